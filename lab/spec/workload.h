/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * workload - what a probes/workloads/NAME.yaml says: one script for the
 * client and one for the server, each a list of steps such as "send 64".
 *
 * Scripts are plain values without pointers: they travel to the probes as
 * they are.
 */
#ifndef LAB_SPEC_WORKLOAD_H
#define LAB_SPEC_WORKLOAD_H

#include "lab/base/err.h"
#include "lab/base/own.h"
#include "lab/spec/exec.h"
#include "lab/spec/expect.h"
#include "lab/spec/script.h"
#include "lab/spec/spec.h"

#include <stdint.h>

struct workload {
	char *path; /* NULL: it is no file but .yaml */
	char *yaml; /* its text, as it was read */
	char *name;
	char *summary;
	int by_default; /* 1: part of a run that names no workload */
	/* 1: socket states are written down after each trial, without a hold,
	 * too */
	int states;
	struct script scripts[SIDES];
	uint32_t processes; /* 2: one for each side, see scripts_apart() */
	/* for one trial; unless the file says, 2 s, with .exec 10 s */
	int64_t deadline_ns;
	struct exec exec; /* when given, there are no scripts */
	/* of its family, whose servers may play with it: workload_join() */
	struct workload *partners;
	size_t n_partners;
	struct spec_list steps_text[SIDES]; /* of char *: as written */
	struct expects expects;
};

/**
 * workload_load() - read and check one file
 *
 * Checked: each step exists and fits its side and argument; both scripts
 * name the same syncs in the same order, so that a script cannot dead-lock on
 * them; nothing follows kill and wait-peer, and the two scripts do not wait
 * for each other's end; what uses a connection or a listener stands where
 * there is one, and a script has one connection.
 *
 * Errors:	as spec_load()
 */
int workload_load(struct workload *w, const char *path, struct spec_diags *d,
		  struct err *e);
void workload_done(struct workload *w);

/* Add a partner; *@partner is taken over, also when that fails. */
int workload_join(struct workload *w, struct workload *partner, struct err *e);
#define own_workload OWN(workload_done)

#endif
