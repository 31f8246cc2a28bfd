/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/quantity.h"

#include "lab/base/own.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SHARE_FORM "a share from 0% to 100% in steps of 0.0001%, such as 0.5%"
#define RATE_FORM \
	"bits per second with a unit, such as 512kbit, 100mbit or 1gbit"

static void a_share_is_in_parts_per_million(void **state)
{
	static const struct {
		const char *text;
		uint32_t ppm;
	} good[] = {
		{ "0%", 0 },	     { "0", 0 },	  { "0.0%", 0 },
		{ "0.0001%", 1 },    { "0.5%", 5000 },	  { "1%", 10000 },
		{ "12.5%", 125000 }, { "100%", 1000000 }, { "1.50%", 15000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		uint32_t ppm = 7;

		assert_null(quantity_parse_share(good[i].text, &ppm));
		assert_int_equal(ppm, good[i].ppm);
	}
}

static void a_share_that_is_none_is_refused_and_nothing_written(void **state)
{
	static const char *const bad[] = { "",
					   "%",
					   "1",
					   "-1%",
					   "1 %",
					   "1%%",
					   "100.1%",
					   "101%",
					   ".5%",
					   "1.%",
					   "0.00001%",
					   "1e1%",
					   "0x1%",
					   "half",
					   "99999999999999999999%",
					   "0.0000000001%" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint32_t ppm = 7;

		assert_string_equal(quantity_parse_share(bad[i], &ppm),
				    SHARE_FORM);
		assert_int_equal(ppm, 7);
	}
}

static void a_share_is_shown_in_its_shortest_form(void **state)
{
	char buf[QUANTITY_TEXT_MAX];

	(void)state;
	assert_string_equal(quantity_share_text(0, buf), "0%");
	assert_string_equal(quantity_share_text(1, buf), "0.0001%");
	assert_string_equal(quantity_share_text(5000, buf), "0.5%");
	assert_string_equal(quantity_share_text(100000, buf), "10%");
	assert_string_equal(quantity_share_text(1000000, buf), "100%");
}

static void a_rate_is_in_bits_per_second(void **state)
{
	static const struct {
		const char *text;
		uint64_t bps;
	} good[] = {
		{ "0", 0 },
		{ "1bit", 1 },
		{ "512kbit", 512000 },
		{ "100mbit", 100000000 },
		{ "1.5gbit", 1500000000 },
		{ "0.064mbit", 64000 },
		{ "1000gbit", UINT64_C(1000000000000) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		uint64_t bps = 7;

		assert_null(quantity_parse_rate(good[i].text, &bps));
		assert_int_equal(bps, good[i].bps);
	}
}

static void a_rate_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = {
		"",	 "100",	   "mbit",  "-1mbit",
		"1Mbit", "1 mbit", "1mbps", "1mbit2"
	};
	uint64_t bps = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_string_equal(quantity_parse_rate(bad[i], &bps),
				    RATE_FORM);
	assert_string_equal(quantity_parse_rate("1001gbit", &bps),
			    "at most 1000gbit");
	assert_string_equal(quantity_parse_rate("1000.5gbit", &bps),
			    "at most 1000gbit");
	assert_int_equal(bps, 7);
}

static void a_rate_is_shown_in_its_shortest_form(void **state)
{
	char buf[QUANTITY_TEXT_MAX];

	(void)state;
	assert_string_equal(quantity_rate_text(0, buf), "unlimited");
	assert_string_equal(quantity_rate_text(1, buf), "1bit");
	assert_string_equal(quantity_rate_text(1500000, buf), "1500kbit");
	assert_string_equal(quantity_rate_text(2000000000, buf), "2gbit");
}

static void a_delay_is_a_time_of_at_most_a_minute_or_a_bare_zero(void **state)
{
	int64_t ns = 7;

	(void)state;
	assert_string_equal(quantity_parse_delay("2", &ns),
			    "a time with a unit, such as 150us, 20ms or 2s");
	assert_string_equal(quantity_parse_delay("61s", &ns), "at most 60s");
	assert_int_equal(ns, 7);
	assert_null(quantity_parse_delay("2ms", &ns));
	assert_int_equal(ns, 2000000);
	assert_null(quantity_parse_delay("0", &ns));
	assert_int_equal(ns, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_share_is_in_parts_per_million),
		cmocka_unit_test(
			a_share_that_is_none_is_refused_and_nothing_written),
		cmocka_unit_test(a_share_is_shown_in_its_shortest_form),
		cmocka_unit_test(a_rate_is_in_bits_per_second),
		cmocka_unit_test(a_rate_that_is_none_is_refused),
		cmocka_unit_test(a_rate_is_shown_in_its_shortest_form),
		cmocka_unit_test(
			a_delay_is_a_time_of_at_most_a_minute_or_a_bare_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
