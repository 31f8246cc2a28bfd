/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/plan.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A new plan, which must succeed. */
static struct plan plan_of(uint32_t n_cells, uint32_t trials, uint64_t seed)
{
	struct plan p;
	struct err e;

	assert_int_equal(plan_init(&p, n_cells, trials, seed, &e), 0);
	return p;
}

static void check_block(const struct plan *p, const struct plan_block *b,
			uint32_t *totals)
{
	const uint32_t each = (uint32_t)b->n_trials / p->n_cells;
	uint32_t *seen = calloc(p->n_cells, sizeof(*seen));

	assert_non_null(seen);
	assert_int_equal(b->n_trials % p->n_cells, 0);
	for (size_t i = 0; i < b->n_trials; i++) {
		assert_in_range(b->cells[i], 0, p->n_cells - 1);
		seen[b->cells[i]]++;
	}
	for (uint32_t cell = 0; cell < p->n_cells; cell++) {
		assert_int_equal(seen[cell], each);
		totals[cell] += seen[cell];
	}
	free(seen);
}

/* Run through a plan and check the balance of each block and of the whole. */
static void check_plan(uint32_t n_cells, uint32_t trials, uint32_t per_block,
		       uint32_t n_blocks)
{
	struct plan p = plan_of(n_cells, trials, 7341);
	uint32_t *totals = calloc(n_cells, sizeof(*totals));
	struct plan_block b;
	uint32_t blocks = 0;

	assert_non_null(totals);
	assert_int_equal(p.per_block, per_block);
	assert_int_equal(p.n_blocks, n_blocks);
	while (plan_next(&p, &b)) {
		assert_int_equal(b.number, blocks++);
		check_block(&p, &b, totals);
	}
	assert_int_equal(blocks, n_blocks);
	for (uint32_t cell = 0; cell < n_cells; cell++)
		assert_int_equal(totals[cell], trials);
	free(totals);
	plan_done(&p);
}

static void every_cell_comes_equally_often(void **state)
{
	(void)state;
	check_plan(1, 1, 1, 1);
	check_plan(1, 1000, 256, 4);
	check_plan(10, 50, 25, 2);
	check_plan(10, 51, 25, 3);
	check_plan(10, 7, 7, 1);
	check_plan(256, 3, 1, 3);
	check_plan(300, 2, 1, 2);
}

static void same_seed_gives_same_order(void **state)
{
	struct plan a = plan_of(5, 200, 42), b = plan_of(5, 200, 42);
	struct plan_block in_a, in_b;

	(void)state;
	while (plan_next(&a, &in_a)) {
		assert_true(plan_next(&b, &in_b));
		assert_int_equal(in_a.n_trials, in_b.n_trials);
		assert_memory_equal(in_a.cells, in_b.cells,
				    in_a.n_trials * sizeof(*in_a.cells));
	}
	assert_false(plan_next(&b, &in_b));
	plan_done(&a);
	plan_done(&b);
}

static void another_seed_and_block_give_another_order(void **state)
{
	struct plan a = plan_of(2, 256, 1), b = plan_of(2, 256, 2);
	struct plan_block in_a, in_b;
	uint32_t first[256];

	(void)state;
	assert_true(plan_next(&a, &in_a));
	assert_true(plan_next(&b, &in_b));
	assert_int_equal(in_a.n_trials, 256);
	assert_memory_not_equal(in_a.cells, in_b.cells, sizeof(first));
	memcpy(first, in_a.cells, sizeof(first));
	assert_true(plan_next(&a, &in_a));
	assert_memory_not_equal(in_a.cells, first, sizeof(first));
	plan_done(&a);
	plan_done(&b);
}

/*
 * Each of 4 cells must be as likely at each of 8 places.  Over 4000 blocks
 * the chi-square statistic of the 32 counts has (4 - 1) * (8 - 1) = 21 degrees
 * of freedom at most; 46.8 is its 99.9 % quantile.  The seed is fixed, so
 * that the case cannot fail by chance.
 */
static void no_place_in_a_block_favours_a_cell(void **state)
{
	enum { CELLS = 4, PLACES = 8, BLOCKS = 4000 };
	const double expected = (double)BLOCKS / CELLS;
	uint32_t counts[PLACES][CELLS] = { { 0 } };
	double chi2 = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= BLOCKS; seed++) {
		struct plan p = plan_of(CELLS, PLACES / CELLS, seed);
		struct plan_block b;

		assert_true(plan_next(&p, &b));
		assert_int_equal(b.n_trials, PLACES);
		for (size_t i = 0; i < PLACES; i++)
			counts[i][b.cells[i]]++;
		plan_done(&p);
	}
	for (size_t i = 0; i < PLACES; i++) {
		for (size_t c = 0; c < CELLS; c++) {
			const double d = counts[i][c] - expected;

			chi2 += d * d / expected;
		}
	}
	assert_true(chi2 > 1.0); /* counts equal to the unit are no chance */
	assert_true(chi2 < 46.8);
}

static void an_empty_plan_is_refused(void **state)
{
	struct plan p;
	struct err e;

	(void)state;
	assert_int_equal(plan_init(&p, 0, 5, 1, &e), -EINVAL);
	assert_string_equal(e.text,
			    "a run needs at least one cell and one trial");
	assert_int_equal(plan_init(&p, 5, 0, 1, &e), -EINVAL);
	assert_int_equal(e.class, ERR_INPUT);
}

static void a_finished_plan_has_no_more_blocks(void **state)
{
	struct plan p = plan_of(3, 3, 9);
	struct plan_block b;

	(void)state;
	assert_true(plan_next(&p, &b));
	assert_false(plan_next(&p, &b));
	assert_false(plan_next(&p, &b));
	plan_done(&p);
	assert_false(plan_next(&p, &b));
	plan_done(&p);
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(every_cell_comes_equally_often),
		cmocka_unit_test(same_seed_gives_same_order),
		cmocka_unit_test(another_seed_and_block_give_another_order),
		cmocka_unit_test(no_place_in_a_block_favours_a_cell),
		cmocka_unit_test(an_empty_plan_is_refused),
		cmocka_unit_test(a_finished_plan_has_no_more_blocks),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
