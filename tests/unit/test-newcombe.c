/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/stat/newcombe.h"

#include "lab/base/own.h"

#include <stdbool.h>

/* Source: Newcombe 1998, table II, method 10, to four decimals. */
static const struct {
	struct hits a, b;
	double low, high;
} known[] = {
	{ { 56, 70 }, { 48, 80 }, 0.0524, 0.3339 },
	{ { 9, 10 }, { 3, 10 }, 0.1705, 0.8090 },
	{ { 6, 7 }, { 2, 7 }, 0.0582, 0.8062 },
	{ { 5, 56 }, { 0, 29 }, -0.0381, 0.1926 },
	{ { 0, 10 }, { 0, 20 }, -0.1611, 0.2775 },
	{ { 10, 10 }, { 0, 20 }, 0.6791, 1.0000 },
};

static bool near(double a, double b)
{
	return a - b <= 0.00005 && b - a <= 0.00005;
}

static void intervals_are_those_of_the_literature(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const struct interval got = newcombe_95(known[i].a, known[i].b);

		assert_true(near(got.low, known[i].low));
		assert_true(near(got.high, known[i].high));
	}
}

static void the_other_way_round_is_the_negative(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const struct interval got = newcombe_95(known[i].b, known[i].a);

		assert_true(near(got.low, -known[i].high));
		assert_true(near(got.high, -known[i].low));
	}
}

static void an_arm_without_trials_says_nothing(void **state)
{
	const struct interval a =
		newcombe_95((struct hits){ 0, 0 }, (struct hits){ 5, 9 });
	const struct interval b =
		newcombe_95((struct hits){ 5, 9 }, (struct hits){ 0, 0 });

	(void)state;
	assert_true(a.low == -1.0 && a.high == 1.0);
	assert_true(b.low == -1.0 && b.high == 1.0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intervals_are_those_of_the_literature),
		cmocka_unit_test(the_other_way_round_is_the_negative),
		cmocka_unit_test(an_arm_without_trials_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
