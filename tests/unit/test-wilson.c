/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/stat/wilson.h"

#include "lab/base/own.h"

#include <stdbool.h>

/* Bounds in percent, to two decimals. */
static const struct {
	uint64_t k, n;
	double low, high;
} known[] = {
	{ 0, 300, 0.00, 1.26 },	   { 134, 400, 29.05, 38.26 },
	{ 4, 50, 3.15, 18.84 },	   { 0, 50, 0.00, 7.13 },
	{ 50, 50, 92.87, 100.00 }, { 1, 1, 20.65, 100.00 },
};

static bool near(double a, double b, double most)
{
	return a - b <= most && b - a <= most;
}

static void intervals_are_those_of_the_literature(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const struct interval got = wilson_95(known[i].k, known[i].n);

		assert_true(near(100 * got.low, known[i].low, 0.005));
		assert_true(near(100 * got.high, known[i].high, 0.005));
	}
}

static void no_trial_says_nothing(void **state)
{
	const struct interval got = wilson_95(0, 0);

	(void)state;
	assert_true(got.low == 0.0);
	assert_true(got.high == 1.0);
}

static void bounds_at_the_ends_are_exact(void **state)
{
	(void)state;
	for (uint64_t n = 1; n < 2000; n++) {
		assert_true(wilson_95(0, n).low == 0.0);
		assert_true(wilson_95(n, n).high == 1.0);
	}
}

static void hits_and_misses_mirror_each_other(void **state)
{
	(void)state;
	for (uint64_t k = 0; k <= 97; k++) {
		const struct interval hits = wilson_95(k, 97);
		const struct interval misses = wilson_95(97 - k, 97);

		assert_true(near(hits.low, 1.0 - misses.high, 1e-12));
		assert_true(near(hits.high, 1.0 - misses.low, 1e-12));
	}
}

static void interval_holds_the_rate_and_stays_inside_0_and_1(void **state)
{
	(void)state;
	for (uint64_t k = 0; k <= 97; k++) {
		const struct interval got = wilson_95(k, 97);
		const double rate = (double)k / 97.0;

		assert_true(0.0 <= got.low && got.low <= rate);
		assert_true(rate <= got.high && got.high <= 1.0);
	}
}

static void more_trials_narrow_the_interval(void **state)
{
	(void)state;
	for (uint64_t n = 3; n < 3000; n += 3) {
		const struct interval few = wilson_95(n / 3, n);
		const struct interval more = wilson_95(n / 3 + 1, n + 3);

		assert_true(more.high - more.low < few.high - few.low);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intervals_are_those_of_the_literature),
		cmocka_unit_test(no_trial_says_nothing),
		cmocka_unit_test(bounds_at_the_ends_are_exact),
		cmocka_unit_test(hits_and_misses_mirror_each_other),
		cmocka_unit_test(
			interval_holds_the_rate_and_stays_inside_0_and_1),
		cmocka_unit_test(more_trials_narrow_the_interval),
	};

	return cmocka_run_group_tests_name("wilson", tests, NULL, NULL);
}
