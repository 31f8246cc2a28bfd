/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/base/clock.h"
#include "lab/base/own.h"
#include "probes/wire/impair.h"

#include <string.h>

enum { MANY = 100000 };

static struct impair start(struct impairment settings)
{
	struct impair i;

	impair_init(&i, &settings, 42);
	return i;
}

static void assert_about(size_t n, size_t wanted)
{
	/* more than 6 standard deviations of any count here; and the seed is
	 * fixed */
	assert_in_range(n, wanted - 1000, wanted + 1000);
}

static void the_same_seed_decides_the_same(void **state)
{
	const struct impairment s = { .jitter_ns = 1000,
				      .loss_ppm = 300000,
				      .bad_ppm = 10000,
				      .good_ppm = 100000,
				      .bad_loss_ppm = 900000,
				      .duplicate_ppm = 200000,
				      .reorder_ppm = 100000 };
	struct impair a = start(s), b = start(s);

	(void)state;
	for (int i = 0; i < 1000; i++) {
		const struct impair_decision x = impair_next(&a);
		const struct impair_decision y = impair_next(&b);

		assert_int_equal(x.lost, y.lost);
		assert_int_equal(x.duplicate, y.duplicate);
		assert_int_equal(x.reorder, y.reorder);
		assert_int_equal(x.delay_ns, y.delay_ns);
	}
}

static void another_seed_decides_otherwise(void **state)
{
	const struct impairment s = { .loss_ppm = 500000 };
	struct impair a, b;
	int same = 0;

	(void)state;
	impair_init(&a, &s, 1);
	impair_init(&b, &s, 2);
	for (int i = 0; i < MANY; i++)
		same += impair_next(&a).lost == impair_next(&b).lost;
	assert_about((size_t)same, MANY / 2);
}

static void one_setting_leaves_what_others_decide_alone(void **state)
{
	struct impair a = start((struct impairment){ .loss_ppm = 250000 });
	struct impair b = start((struct impairment){ .loss_ppm = 250000,
						     .delay_ns = 5,
						     .duplicate_ppm = 500000,
						     .reorder_ppm = 900000 });

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(impair_next(&a).lost, impair_next(&b).lost);
}

static void rates_are_kept(void **state)
{
	struct impair i = start((struct impairment){ .loss_ppm = 100000,
						     .duplicate_ppm = 200000,
						     .reorder_ppm = 300000 });
	size_t lost = 0, duplicate = 0, reorder = 0;

	(void)state;
	for (int n = 0; n < MANY; n++) {
		const struct impair_decision d = impair_next(&i);

		lost += d.lost;
		duplicate += d.duplicate;
		reorder += d.reorder;
	}
	assert_about(lost, MANY / 10);
	assert_about(duplicate, MANY / 5);
	assert_about(reorder, 3 * MANY / 10);
}

static void everything_or_nothing_is_possible(void **state)
{
	struct impair all = start((struct impairment){ .loss_ppm = 1000000 });
	struct impair none = start((struct impairment){ .delay_ns = 1 });

	(void)state;
	for (int n = 0; n < 1000; n++) {
		assert_true(impair_next(&all).lost);
		assert_false(impair_next(&none).lost);
	}
}

/* good -> bad 1 %, bad -> good 25 %: bad for 1/26 of the time, in bursts of 4
 * on average. */
static void losses_of_the_bad_state_come_in_bursts(void **state)
{
	struct impair i = start((struct impairment){ .bad_ppm = 10000,
						     .good_ppm = 250000,
						     .bad_loss_ppm = 1000000 });
	size_t lost = 0, bursts = 0;
	bool before = false;

	(void)state;
	for (int n = 0; n < MANY; n++) {
		const bool now = impair_next(&i).lost;

		lost += now;
		bursts += now && !before;
		before = now;
	}
	assert_in_range(lost, MANY / 26 - 400, MANY / 26 + 400);
	assert_in_range(lost * 100 / bursts, 360, 440);
}

static void jitter_is_even_around_the_delay(void **state)
{
	struct impair i = start(
		(struct impairment){ .delay_ns = 2000, .jitter_ns = 500 });
	size_t below = 0;

	(void)state;
	for (int n = 0; n < MANY; n++) {
		const int64_t delay_ns = impair_next(&i).delay_ns;

		assert_in_range(delay_ns, 1500, 2500);
		below += delay_ns < 2000;
	}
	assert_about(below, MANY / 2);
}

static void no_delay_is_negative(void **state)
{
	struct impair i =
		start((struct impairment){ .delay_ns = 10, .jitter_ns = 1000 });

	(void)state;
	for (int n = 0; n < 1000; n++)
		assert_true(impair_next(&i).delay_ns >= 0);
}

static void a_frame_occupies_the_line_for_its_bits(void **state)
{
	const struct impair slow =
		start((struct impairment){ .rate_bps = 1000000 });
	const struct impair free = start((struct impairment){ .delay_ns = 1 });

	(void)state;
	assert_int_equal(impair_line_ns(&slow, 1250), 10 * NS_PER_MS);
	assert_int_equal(impair_line_ns(&free, 1250), 0);
}

static void every_setting_can_be_said(void **state)
{
	static const char *const words[] = {
		"delay_ns=1",	   "jitter_ns=2",   "loss_ppm=3",
		"bad_ppm=4",	   "good_ppm=5",    "bad_loss_ppm=6",
		"duplicate_ppm=7", "reorder_ppm=8", "rate_bps=9000000000",
		"queue=10",
	};
	struct impair_settings s = IMPAIR_DEFAULT;

	(void)state;
	assert_int_equal(s.queue, 1000);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		assert_true(impair_parse(words[i], &s));
	assert_int_equal(s.impairment.delay_ns, 1);
	assert_int_equal(s.impairment.jitter_ns, 2);
	assert_int_equal(s.impairment.loss_ppm, 3);
	assert_int_equal(s.impairment.bad_ppm, 4);
	assert_int_equal(s.impairment.good_ppm, 5);
	assert_int_equal(s.impairment.bad_loss_ppm, 6);
	assert_int_equal(s.impairment.duplicate_ppm, 7);
	assert_int_equal(s.impairment.reorder_ppm, 8);
	assert_int_equal(s.impairment.rate_bps, 9000000000);
	assert_int_equal(s.queue, 10);
}

static void what_is_no_setting_changes_nothing(void **state)
{
	static const char *const words[] = {
		"",
		"=",
		"delay_ns",
		"delay_ns=",
		"delay_ns=-1",
		"delay=1",
		"delay_ns=1ms",
		"delay_nss=1",
		"loss_ppm=1000001",
		"rate_bps=1000000000001",
		"queue=1000001",
	};
	struct impair_settings s = IMPAIR_DEFAULT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (impair_parse(words[i], &s))
			fail_msg("'%s' was taken", words[i]);
	assert_true(impair_is_plain(&s.impairment));
	assert_int_equal(s.queue, IMPAIR_QUEUE_DEFAULT);
}

static void only_what_can_happen_makes_a_wire_other_than_plain(void **state)
{
	const struct impairment plain[] = {
		{ .delay_ns = 0 },
		{ .bad_ppm = 1000, .good_ppm = 1000 },
		{ .bad_loss_ppm = 1000 },
	};
	const struct impairment other[] = {
		{ .delay_ns = 1 },	{ .jitter_ns = 1 },
		{ .loss_ppm = 1 },	{ .bad_ppm = 1, .bad_loss_ppm = 1 },
		{ .duplicate_ppm = 1 }, { .reorder_ppm = 1 },
		{ .rate_bps = 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		assert_true(impair_is_plain(&plain[i]));
	for (size_t i = 0; i < ARRAY_SIZE(other); i++)
		assert_false(impair_is_plain(&other[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_seed_decides_the_same),
		cmocka_unit_test(another_seed_decides_otherwise),
		cmocka_unit_test(one_setting_leaves_what_others_decide_alone),
		cmocka_unit_test(rates_are_kept),
		cmocka_unit_test(everything_or_nothing_is_possible),
		cmocka_unit_test(losses_of_the_bad_state_come_in_bursts),
		cmocka_unit_test(jitter_is_even_around_the_delay),
		cmocka_unit_test(no_delay_is_negative),
		cmocka_unit_test(a_frame_occupies_the_line_for_its_bits),
		cmocka_unit_test(every_setting_can_be_said),
		cmocka_unit_test(what_is_no_setting_changes_nothing),
		cmocka_unit_test(
			only_what_can_happen_makes_a_wire_other_than_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
