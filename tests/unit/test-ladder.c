/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ladders, whole. */
#include "lab/report/ladder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A client's data, dropped behind a router; then the router resets it. */
static const struct ladder_event dropped[] = {
	{ .time_ns = -2500, .from = 0, .to = 0, .text = "send 64" },
	{ .time_ns = 0, .from = 0, .to = 1, .text = "PSH,ACK 64" },
	{ .time_ns = 1000,
	  .from = 1,
	  .to = 2,
	  .lost = true,
	  .text = "PSH,ACK 64" },
	{ .time_ns = 12340, .from = 1, .to = 0, .marked = true, .text = "RST" },
	{ .time_ns = 20000, .from = 2, .to = 2, .text = "close" },
};
static const char *const lanes[] = { "client (a)", "router", "server (b)" };

static struct ladder sample(void)
{
	return (struct ladder){ .lanes = lanes,
				.n_lanes = 3,
				.events = dropped,
				.n_events = ARRAY_SIZE(dropped),
				.columns = 60 };
}

static void assert_drawn(const struct ladder *l, const char *want)
{
	own_text struct text out = { .s = NULL };

	ladder_add(&out, l);
	assert_string_equal(text_str(&out), want);
}

static void a_segment_is_an_arrow_and_a_call_a_dot(void **state)
{
	const struct ladder l = sample();

	(void)state;
	assert_drawn(
		&l,
		"  time us  client (a)           router            server (b)\n"
		"     -2.5  * send 64               |                       |\n"
		"     +0.0  |----- PSH,ACK 64 ----->|                       |\n"
		"     +1.0  |                       |----- PSH,ACK 64 ----x |\n"
		">   +12.3  |<-------- RST ---------|                       |\n"
		"    +20.0  |                       |                 close *\n");
}

static void with_utf8_it_has_lines(void **state)
{
	struct ladder l = sample();

	(void)state;
	l.utf8 = true;
	l.n_events = 3;
	assert_drawn(
		&l,
		"  time µs  client (a)           router            server (b)\n"
		"     -2.5  ● send 64               │                       │\n"
		"     +0.0  │───── PSH,ACK 64 ─────▶│                       │\n"
		"     +1.0  │                       │───── PSH,ACK 64 ────✗ │\n");
}

static size_t widest(const char *s)
{
	size_t most = 0;

	while (*s) {
		const size_t n = strcspn(s, "\n");

		most = n > most ? n : most;
		s += n + !!s[n];
	}
	return most;
}

static void lanes_that_do_not_fit_become_one(void **state)
{
	static const char *const many[] = { "client", "a", "b",	    "c",
					    "d",      "e", "server" };
	const struct ladder_event events[] = {
		{ .from = 0, .to = 1, .text = "SYN" },
		{ .from = 1, .to = 2, .text = "SYN" },
		{ .from = 3, .to = 4, .text = "SYN" }, /* within */
		{ .from = 5, .to = 6, .text = "SYN" },
	};
	const struct ladder l = { .lanes = many,
				  .n_lanes = ARRAY_SIZE(many),
				  .events = events,
				  .n_events = ARRAY_SIZE(events),
				  .columns = 50 };
	own_text struct text out = { .s = NULL };

	(void)state;
	ladder_add(&out, &l);
	assert_true(widest(text_str(&out)) <= 50);
	assert_string_equal(
		text_str(&out),
		"  time us  client      a        4 nodes   server\n"
		"     +0.0  |--- SYN -->|           |           |\n"
		"     +0.0  |           |--- SYN -->|           |\n"
		"     +0.0  |           |           |--- SYN -->|\n");
}

static void a_long_one_is_folded_around_what_matters(void **state)
{
	struct ladder_event events[1000];
	struct ladder l = sample();
	own_text struct text out = { .s = NULL };
	size_t rows = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		events[i] = (struct ladder_event){ .time_ns = (int64_t)i,
						   .to = 1,
						   .marked = i == 500,
						   .text = "ACK" };
	l.events = events;
	l.n_events = ARRAY_SIZE(events);
	ladder_add(&out, &l);
	for (const char *s = text_str(&out); (s = strchr(s, '\n')); s++)
		rows++;
	/* a head, 16 and 10 at the ends, 15 around the one, two folds */
	assert_int_equal(rows, 1 + 16 + 10 + 15 + 2);
	assert_non_null(strstr(out.s, "... 474 more; --all shows them\n"));
	assert_non_null(strstr(out.s, "... 485 more; --all shows them\n"));
	assert_non_null(strstr(out.s, "\n> "));
	l.all = true;
	text_done(&out);
	ladder_add(&out, &l);
	assert_null(strstr(text_str(&out), "more; --all"));
}

static void it_never_exceeds_the_columns(void **state)
{
	struct ladder l = sample();

	(void)state;
	for (l.columns = 40; l.columns < 170; l.columns += 13) {
		own_text struct text out = { .s = NULL };

		ladder_add(&out, &l);
		assert_true(widest(text_str(&out)) <= l.columns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_segment_is_an_arrow_and_a_call_a_dot),
		cmocka_unit_test(with_utf8_it_has_lines),
		cmocka_unit_test(lanes_that_do_not_fit_become_one),
		cmocka_unit_test(a_long_one_is_folded_around_what_matters),
		cmocka_unit_test(it_never_exceeds_the_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
