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
#include "lab/base/side.h"
#include "lab/spec/expect.h"
#include "lab/spec/spec.h"

#include <stdint.h>

enum step_id {
#define STEP(id, name, argument, sides, help) STEP_##id,
#include "lab/spec/steps.def"
#undef STEP
	STEP_COUNT
};

enum step_argument {
	STEP_ARG_NONE,
	STEP_ARG_BYTES,	   /* number = bytes */
	STEP_ARG_SECONDS,  /* number = seconds */
	STEP_ARG_DURATION, /* number = nanoseconds */
	STEP_ARG_WORD,	   /* number = index of the sync or hold, from 0 */
	STEP_ARG_HOW,	   /* number = SHUT_RD, SHUT_WR or SHUT_RDWR */
	STEP_ARG_FAULT,	   /* number = enum fault_id */
};

enum { STEP_CLIENT = 1, STEP_SERVER = 2, STEP_BOTH = 3 };

struct step_info {
	const char *name;
	enum step_argument argument;
	int sides; /* STEP_CLIENT, STEP_SERVER or both */
	const char *help;
};
extern const struct step_info step_infos[STEP_COUNT];

enum fault_id {
#define FAULT(id, name, needs, help) FAULT_##id,
#include "lab/spec/faults.def"
#undef FAULT
	FAULT_COUNT
};

struct fault_info {
	const char *name;
	int needs_connection;
	const char *help;
};
extern const struct fault_info fault_infos[FAULT_COUNT];

enum { SCRIPT_STEPS_MAX = 32 };

struct step {
	uint8_t id; /* enum step_id */
	int64_t number;
};

struct script {
	uint8_t n_steps;
	struct step steps[SCRIPT_STEPS_MAX];
};

struct workload {
	char *path;
	char *name;
	char *summary;
	int by_default; /* 1: part of a run that names no workload */
	/* 1: socket states are written down after each trial, without a hold,
	 * too */
	int states;
	struct script scripts[SIDES];
	int64_t deadline_ns; /* for one trial; 2 s unless the file says */
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
#define own_workload OWN(workload_done)

#endif
