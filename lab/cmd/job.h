/* SPDX-License-Identifier: GPL-2.0-or-later */
/* job - one run, from its directory to its exit status. */
#ifndef LAB_CMD_JOB_H
#define LAB_CMD_JOB_H

#include "lab/cmd/progress.h"
#include "lab/run/run.h"

#include <stdbool.h>

/* What the process inside leaves for the one outside. */
struct job_result {
	struct run_verdict verdict; /* .stopped points nowhere outside */
	char stopped[96];	    /* .verdict.stopped, or "" */
	uint64_t done;		    /* trials, also when it failed */
	bool finished;		    /* run_execute() came back with success */
};

struct job {
	struct run_request request;
	enum progress_mode progress;
	bool quiet;
	struct job_result *result; /* from inside_alloc() */
};

/**
 * job_run() - do it inside private namespaces
 * Returns: 0 when run_execute() succeeded; 128 + the signal that ended it;
 * or a negative errno
 */
int job_run(struct job *j, struct err *e);

/* The part of it that is not about rates: is the run whole, and did the
 * environment hold? */
int job_checks(const struct job_result *r);

/* The exit status that the result stands for; a reason for each that is not 0
 * goes to standard error. */
int job_status(const struct job_result *r);

#endif
