/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/capture/gap.h"

#include "lab/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_measured_gap_fits_both_clocks(void **state)
{
	const struct gap g = gap_measure();
	struct timespec real;
	int64_t from, to;

	(void)state;
	from = clock_now_ns();
	(void)clock_gettime(CLOCK_REALTIME, &real);
	to = clock_now_ns();
	assert_true(clock_ns(&real) - g.ns >= from - g.error_ns);
	assert_true(clock_ns(&real) - g.ns <= to + g.error_ns);
}

static void two_measurements_of_one_gap_agree(void **state)
{
	const struct gap a = gap_measure(), b = gap_now();

	(void)state;
	assert_true(gap_agrees(&a, &b));
}

static void a_gap_that_moved_further_than_its_error_disagrees(void **state)
{
	const struct gap a = { .ns = 1000, .error_ns = 20 };
	const struct gap near = { .ns = 1050, .error_ns = 30 };
	const struct gap far = { .ns = 1051, .error_ns = 30 };

	(void)state;
	assert_true(gap_agrees(&a, &near));
	assert_false(gap_agrees(&a, &far));
}

/* Monotonic 5000 to 6000 is possible; the clock was 1 000 000 ahead of it,
 * then somebody set it. */
static const struct gap before = { .ns = 1000000 };

static void a_stamp_of_a_steady_clock_is_shifted(void **state)
{
	(void)state;
	assert_int_equal(gap_monotonic(&before, &before, 1005500, 5000, 6000),
			 5500);
}

static void stamps_around_a_step_forward_are_both_right(void **state)
{
	const struct gap after = { .ns = 3000000 };

	(void)state;
	assert_int_equal(gap_monotonic(&before, &after, 1005200, 5000, 6000),
			 5200);
	assert_int_equal(gap_monotonic(&before, &after, 3005800, 5000, 6000),
			 5800);
}

static void stamps_around_a_step_back_are_both_right(void **state)
{
	const struct gap after = { .ns = -2000000 };

	(void)state;
	assert_int_equal(gap_monotonic(&before, &after, 1005200, 5000, 6000),
			 5200);
	assert_int_equal(gap_monotonic(&before, &after, -1994200, 5000, 6000),
			 5800);
}

static void a_stamp_that_fits_neither_gap_uses_the_new_one(void **state)
{
	const struct gap after = { .ns = 3000000 };

	(void)state;
	assert_int_equal(gap_monotonic(&before, &after, 3007000, 5000, 6000),
			 7000);
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(a_measured_gap_fits_both_clocks),
		cmocka_unit_test(two_measurements_of_one_gap_agree),
		cmocka_unit_test(
			a_gap_that_moved_further_than_its_error_disagrees),
		cmocka_unit_test(a_stamp_of_a_steady_clock_is_shifted),
		cmocka_unit_test(stamps_around_a_step_forward_are_both_right),
		cmocka_unit_test(stamps_around_a_step_back_are_both_right),
		cmocka_unit_test(
			a_stamp_that_fits_neither_gap_uses_the_new_one),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
