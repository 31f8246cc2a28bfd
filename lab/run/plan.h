/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan - which trial runs when.  Pure: all randomness of a run is drawn here,
 * from the seed.
 *
 * How it works.  Measuring one cell after the other would confuse the cell
 * with the minute, so a run is cut into blocks; each block holds every cell
 * equally often, in an order of its own.
 */
#ifndef LAB_RUN_PLAN_H
#define LAB_RUN_PLAN_H

#include "lab/base/err.h"
#include "lab/base/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plan {
	uint64_t seed;
	uint32_t n_cells;
	uint32_t trials;    /* per cell */
	uint32_t per_block; /* trials of each cell in a block */
	uint32_t n_blocks;  /* the last may hold fewer of each cell */
	uint32_t *order;    /* room for one block */
	struct rng rng;
	uint32_t next; /* block */
};

struct plan_block {
	uint32_t number;       /* from 0 */
	const uint32_t *cells; /* the cell of each trial, in order */
	size_t n_trials;
};

int plan_init(struct plan *p, uint32_t n_cells, uint32_t trials, uint64_t seed,
	      struct err *e);
/* Returns: false when there are no more blocks. */
bool plan_next(struct plan *p, struct plan_block *ret);
void plan_done(struct plan *p);

#endif
