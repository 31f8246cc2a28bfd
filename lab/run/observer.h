/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * observer - the silent arm of a run: each of its labs once more, which
 * nothing watches, for trials between those that are measured.
 */
#ifndef LAB_RUN_OBSERVER_H
#define LAB_RUN_OBSERVER_H

#include "lab/run/batch.h"

struct observer {
	struct lab_options options;
	struct lab *labs; /* as those of the run */
	size_t n_labs;
	struct batch_context context;
};

/* Errors:	as lab_open() */
int observer_open(struct observer *o, const struct run_request *q,
		  const struct lab_options *measured, struct err *e);
void observer_done(struct observer *o);

/* Take from the run what both arms share: outputs and limits.  Not what
 * listens. */
void observer_share(struct observer *o, const struct batch_context *run);

#endif
