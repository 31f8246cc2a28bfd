/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/tc.h"

#include "lab/base/own.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void expect(const struct impairment *m, const char *words)
{
	own_text struct text text = { .s = NULL };

	tc_add_netem(&text, m);
	assert_string_equal(text_str(&text), words);
}

static void nothing_to_do_is_only_a_queue(void **state)
{
	const struct impairment m = { .delay_ns = 0 };

	(void)state;
	expect(&m, "netem limit 1000");
}

static void every_key_has_its_words(void **state)
{
	const struct impairment m = {
		.delay_ns = 20000000,
		.jitter_ns = 1500000,
		.loss_ppm = 5000,
		.duplicate_ppm = 10000,
		.reorder_ppm = 20001,
		.rate_bps = 1500000,
	};

	(void)state;
	expect(&m, "netem limit 1000 delay 20ms 1500us loss 0.5% duplicate 1% "
		   "reorder 2.0001% rate 1500kbit");
}

/* The good state's own loss stands last. */
static void bursts_are_a_model_of_gilbert_and_elliott(void **state)
{
	const struct impairment m = {
		.loss_ppm = 1000,
		.bad_ppm = 500,
		.good_ppm = 200000,
		.bad_loss_ppm = 900000,
	};

	(void)state;
	expect(&m, "netem limit 1000 loss gemodel 0.05% 20% 90% 0.1%");
}

static void times_have_units_that_tc_knows(void **state)
{
	(void)state;
	expect(&(struct impairment){ .delay_ns = 60000000000 },
	       "netem limit 1000 delay 60s");
	expect(&(struct impairment){ .delay_ns = 1000001 },
	       "netem limit 1000 delay 1000001ns");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_to_do_is_only_a_queue),
		cmocka_unit_test(every_key_has_its_words),
		cmocka_unit_test(bursts_are_a_model_of_gilbert_and_elliott),
		cmocka_unit_test(times_have_units_that_tc_knows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
