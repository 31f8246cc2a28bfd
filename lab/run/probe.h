/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe - the lab's side of the two persistent probes of a topology: start
 * them, give them scripts, run batches of trials, read what they saw.
 *
 * The words on the wire are in probes/protocol.h.  A probe is not trusted: what
 * it left in the shared memory is checked and copied before anyone reads it.
 */
#ifndef LAB_RUN_PROBE_H
#define LAB_RUN_PROBE_H

#include "lab/base/err.h"
#include "lab/base/own.h"
#include "lab/net/net.h"
#include "probes/protocol.h"

#include <sys/types.h>

struct probe_side {
	const struct net_node *node; /* borrowed */
	pid_t pid;		     /* 0: not running */
	int pidfd, control;	     /* control: SOCK_SEQPACKET */
};

/*
 * Perform what a probe asks for in the middle of a batch, see
 * lab/run/fault.h.
 *
 * Returns: 0 or an errno, the answer for the probe; negative: the batch ends.
 */
typedef int (*probe_fault_fn)(void *arg, int side, uint32_t fault,
			      int connection, struct err *e);

struct probe_pair {
	struct probe_side sides[SIDES];
	const char *libexec;	 /* borrowed */
	probe_fault_fn on_fault; /* set after the start; NULL: refuse */
	void *fault_arg;
	struct probe_shared *shared; /* mapped from .shared_fd */
	int shared_fd;
	uint32_t batch;	     /* number of the last batch sent */
	size_t n_trials;     /* of it */
	int64_t patience_ns; /* how long neither side may get on */
	int64_t limit_ns;    /* when that is over */
	uint64_t progress;   /* of both sides, when last looked at */
	int broken;	     /* the side that failed, or SIDES: none */
	bool defined[PROBE_SCRIPTS_MAX];
	struct script scripts[PROBE_SCRIPTS_MAX][SIDES];
	struct probe_result results[SIDES][PROBE_BATCH_MAX]; /* copies */
};

/**
 * probe_pair_start() - start `sock client` and `sock server` in their nodes
 * @client:	borrowed until probe_pair_stop(), as are @server and @libexec
 * @libexec:	directory that holds the program `sock`
 *
 * The probes have no capability and no descriptor but their own.
 *
 * Errors:	as child_start(); ERR_SYSTEM when one does not answer
 */
int probe_pair_start(struct probe_pair **ret, const struct net_node *client,
		     const struct net_node *server, const char *libexec,
		     struct err *e);

/* Make @scripts, by side, script number @number of both probes. */
int probe_pair_define(struct probe_pair *p, uint32_t number,
		      const struct script *scripts, struct err *e);

/* Called about every 2 ms while a batch runs, and once when it is over. */
typedef void (*probe_idle_fn)(void *arg);

/**
 * probe_pair_begin() - send a batch
 * @trials:	at most PROBE_BATCH_MAX; .addresses is not looked at, .apart is
 *		what is wished: the scripts or the nodes may need it, too
 * @addresses:	by side: what the client dials, where the server listens
 *
 * No batch may be under way.  Follow with probe_pair_wait().
 */
int probe_pair_begin(struct probe_pair *p, const struct probe_trial *trials,
		     size_t n, const struct ip_endpoint *addresses,
		     struct err *e);

/* Begin no further trial of the batch under way: the rest has no result. */
void probe_pair_cancel(struct probe_pair *p);

/**
 * probe_pair_wait() - wait until both probes are done with the batch
 * @idle:	or NULL
 *
 * Never longer than three deadlines and a second without progress.  When a
 * probe dies, breaks the protocol or hangs, .broken says which side, and the
 * pair must be restarted; the results of the trials before stay readable.
 *
 * Errors:	ERR_SYSTEM: which probe failed, and how
 */
int probe_pair_wait(struct probe_pair *p, probe_idle_fn idle, void *arg,
		    struct err *e);

/**
 * probe_pair_result() - what @side saw of a trial of the last batch
 * @index:	of the trial in the batch
 * @number:	of the trial
 *
 * Returns: borrowed until the next batch; NULL when the probe told nothing,
 * or no sense, about that trial.
 */
const struct probe_result *probe_pair_result(const struct probe_pair *p,
					     int side, size_t index,
					     uint32_t number);

/**
 * probe_pair_ends() - what @side knows of its connection by now
 *
 * For the first trial of the batch under way.
 *
 * Returns: false when that side has not begun it.
 */
bool probe_pair_ends(const struct probe_pair *p, int side,
		     struct ip_endpoint *ret_local,
		     struct ip_endpoint *ret_peer);

/* End both probes, start them anew, and define the same scripts again. */
int probe_pair_restart(struct probe_pair *p, struct err *e);

/* Close the control sockets, wait for the probes to end, kill what does not. */
void probe_pair_stop(struct probe_pair *p);
OWN_DEFINE(probe_pair, struct probe_pair, probe_pair_stop)
#define own_probe_pair OWN(own_probe_pair_release)

#endif
