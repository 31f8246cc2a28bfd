/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * observer - the two arms of an observer check: trials that were measured, and
 * trials that nothing watched.  Both are judged by the nodes' counters alone.
 */
#ifndef LAB_STORE_OBSERVER_H
#define LAB_STORE_OBSERVER_H

#include "lab/base/outcome.h"
#include "lab/stat/newcombe.h"
#include "lab/store/store.h"

enum observer_arm { OBSERVER_MEASURED, OBSERVER_SILENT, OBSERVER_ARMS };

struct store_observed {
	uint32_t cell, block, position; /* position: in the block */
	enum observer_arm arm;
	enum outcome outcome; /* by the counters */
	const char *why;      /* other or invalid, else NULL */
};
int store_put_observed(struct store *s, const struct store_observed *o,
		       struct err *e);

/* What of it a run has. */
struct observed_cell {
	char *topology, *params, *workload;
	struct hits arms[OBSERVER_ARMS]; /* resets of judged trials */
	uint64_t trials[OBSERVER_ARMS];
};
struct observed {
	struct observed_cell *cells; /* in the order of the plan */
	size_t n;		     /* 0: there was no check */
};
struct db;
int observed_read(struct observed *ret, const struct db *db, struct err *e);
void observed_done(struct observed *o);

#endif
