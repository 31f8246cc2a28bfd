/* SPDX-License-Identifier: GPL-2.0-or-later */
/* batch-parts - a batch under way: batch.c plays it, batch-store.c keeps what
 * came of it. */
#ifndef LAB_RUN_BATCH_PARTS_H
#define LAB_RUN_BATCH_PARTS_H

#include "lab/run/batch.h"
#include "lab/run/found.h"

/* A connection waits here for its trial's row, which it names. */
struct batch_work {
	struct batch *b; /* .n: as many as could be played in one go */
	struct batch_context *ctx;
	const struct driver *driver;
	struct play play;
	struct match_trial told[PROBE_BATCH_MAX];
	struct trial_facts facts[PROBE_BATCH_MAX];
	struct trial_facts counted; /* of a trial that stands alone */
	size_t n_found;
	bool failed; /* out of memory */
};

/* Trials and connections -> rows; forgets what was gathered of them. */
int batch_store(struct batch_work *w, struct err *e);

#endif
