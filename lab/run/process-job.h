/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process-job - what a process of a topology is told.  See process.h. */
#ifndef LAB_RUN_PROCESS_JOB_H
#define LAB_RUN_PROCESS_JOB_H

#include "lab/base/err.h"
#include "lab/base/own.h"
#include "lab/net/net.h"
#include "lab/run/child.h"

#include <stdbool.h>
#include <stdint.h>

/* Words of a command line, ended by NULL. */
struct process_args {
	char **v;
	size_t n;
	bool failed; /* no memory for one of them */
};

enum { PROCESS_TAPS_MAX = CHILD_FDS_MAX - 1 };

struct process_job {
	char name[128]; /* "relay in node 'host'", "wire 'uplink'" */
	const struct net_node *node; /* NULL: none, as for a wire */
	struct spec_at at;	     /* where the file asks for it */
	enum privilege_set rights;   /* that it keeps */
	struct process_args args;    /* the program's name first */
	int taps[PROCESS_TAPS_MAX];  /* or a namespace; borrowed */
	size_t n_taps;
};

static inline const struct interface *
process_tap_spec(const struct net *net, const struct net_tap *tap)
{
	const struct interface *specs =
		net->nodes[tap->node].spec->interfaces.items;

	return &specs[tap->interface - 1]; /* lo has no spec */
}

/* Between the two taps of @link. */
void process_job_wire(struct process_job *ret, const struct link *link,
		      const struct net_tap *taps, uint64_t seed);

/* Errors: ERR_INPUT: its guest has no tap */
int process_job_make(struct process_job *ret, const struct net *net,
		     const struct process *p, struct err *e);

void process_job_done(struct process_job *job);
#define own_process_job OWN(process_job_done)

#endif
