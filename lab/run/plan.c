/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/plan.h"

#include <errno.h>
#include <stdlib.h>

/* Trials that a block aims at: enough for a useful order, few enough that an
 * interrupted run loses little. */
enum { BLOCK_TRIALS = 256 };

static uint32_t per_block_of(uint32_t n_cells, uint32_t trials)
{
	const uint32_t wanted = BLOCK_TRIALS / n_cells;

	if (wanted < 1)
		return 1;
	return wanted < trials ? wanted : trials;
}

int plan_init(struct plan *p, uint32_t n_cells, uint32_t trials, uint64_t seed,
	      struct err *e)
{
	struct plan new = { .seed = seed,
			    .n_cells = n_cells,
			    .trials = trials,
			    .rng = { .state = seed } };

	if (n_cells == 0 || trials == 0)
		return err_set(e, ERR_INPUT, EINVAL,
			       "a run needs at least one cell and one trial");
	new.per_block = per_block_of(n_cells, trials);
	new.n_blocks = (trials - 1) / new.per_block + 1;
	new.order = calloc((size_t)n_cells * new.per_block, sizeof(*new.order));
	if (!new.order)
		return err_errno(e, "plan %u cells", n_cells);
	*p = new;
	return 0;
}

/* Source: Durstenfeld, Algorithm 235: Random permutation, CACM 7 (1964) */
static void shuffle(uint32_t *order, size_t n, struct rng *rng)
{
	for (size_t i = n - 1; i > 0; i--) {
		const size_t j = rng_below(rng, i + 1);
		const uint32_t moved = order[i];

		order[i] = order[j];
		order[j] = moved;
	}
}

bool plan_next(struct plan *p, struct plan_block *ret)
{
	uint32_t each;
	size_t n;

	if (p->next >= p->n_blocks)
		return false;
	each = p->trials - p->next * p->per_block;
	if (each > p->per_block)
		each = p->per_block;
	n = (size_t)p->n_cells * each;
	for (size_t i = 0; i < n; i++)
		p->order[i] = (uint32_t)(i % p->n_cells);
	shuffle(p->order, n, &p->rng);
	*ret = (struct plan_block){ .number = p->next++,
				    .cells = p->order,
				    .n_trials = n };
	return true;
}

void plan_done(struct plan *p)
{
	free(p->order);
	p->order = NULL;
	p->next = p->n_blocks;
}
