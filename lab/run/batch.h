/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * batch - trials of one lab, one after the other without a pause, then their
 * capture, connections, outcomes and rows.
 */
#ifndef LAB_RUN_BATCH_H
#define LAB_RUN_BATCH_H

#include "lab/base/err.h"
#include "lab/run/collect.h"
#include "lab/run/driver.h"
#include "lab/run/evidence.h"
#include "lab/run/limit.h"
#include "lab/run/run.h"
#include "lab/store/observer.h"
#include "lab/store/store.h"

struct batch {
	struct lab *lab;
	uint32_t block;
	size_t n; /* at most PROBE_BATCH_MAX */
	struct batch_trial trials[PROBE_BATCH_MAX];
};

/* What the batches of a run share; the counts rise.  .cells: by cell. */
struct batch_cell {
	uint32_t judged, invalid;
	uint32_t told; /* trials that the user was told of */
};

struct batch_context {
	const struct lab_options *labs;
	const struct run_events *events;
	const char *id; /* of the run */
	struct limit *limit;
	struct collector *collector;
	struct recorder *recorder;	  /* NULL: nothing is recorded */
	struct evidence_source *evidence; /* NULL: the kernel tells nothing */
	bool silent;   /* nothing is captured: the counters alone decide */
	bool compared; /* with the other arm of the run, by the counters */
	bool light;    /* nothing is heard that costs a connection something */
	struct store *store;
	struct batch_cell *cells; /* room for all cells; the caller's */
	uint64_t trials, outcomes[OUTCOMES];
	/* room, used again and again */
	struct text app[SIDES], calls[SIDES];
	struct batch_found *found;
	size_t found_cap;
};
void batch_context_done(struct batch_context *ctx);

/**
 * batch_run() - run, capture, analyse and store @b
 *
 * A probe that dies costs its unfinished trials (invalid) and is started
 * anew.  When the run is overdue, trials that have not begun are left out.
 * A process of the topology that dies costs the whole batch.
 *
 * Errors:	ERR_SYSTEM: storing, or starting one of them again, failed
 */
int batch_run(const struct batch *b, struct batch_context *ctx, struct err *e);

/* Analyse and store what came to @lab after its last batch. */
int batch_finish(struct lab *lab, struct batch_context *ctx, struct err *e);

#endif
