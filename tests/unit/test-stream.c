/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stream told in steps: "+3 abc" are three bytes at position 3; "+3 abc/5"
 * are five of which three were captured.  What is handed over stands in one
 * text: bytes as they are, "<2 lost>", "<2 cut>".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/base/own.h"
#include "lab/flow/stream.h"

#include <string.h>

/* Wraps within each test. */
#define ISN 0xfffffffcU

struct told {
	struct stream stream;
	char text[4096]; /* the end is left out when it is full */
	uint64_t at;
	uint32_t last_tag, tag;
};

static void add_text(struct told *t, const char *s, size_t n)
{
	const size_t room = sizeof(t->text) - strlen(t->text) - 1;

	(void)strncat(t->text, s, n < room ? n : room);
}

static void on_data(const struct stream_data *d, void *arg)
{
	struct told *t = arg;

	assert_int_equal(d->at, t->at);
	assert_true(d->n > 0);
	t->at += d->n;
	t->last_tag = d->tag;
	add_text(t, (const char *)d->data, d->n);
}

static void on_gap(uint64_t at, uint64_t n, enum stream_gap why, void *arg)
{
	struct told *t = arg;
	char s[32];

	assert_int_equal(at, t->at);
	assert_true(n > 0);
	t->at += n;
	(void)snprintf(s, sizeof(s), "<%llu %s>", (unsigned long long)n,
		       why == STREAM_CUT ? "cut" : "lost");
	add_text(t, s, strlen(s));
}

static const struct stream_events events = { on_data, on_gap };

static void step(struct told *t, const char *line)
{
	const long at = strtol(line, NULL, 10);
	const char *data = strchr(line, ' ') + 1;
	const char *slash = strchr(data, '/');
	const size_t n = slash ? (size_t)(slash - data) : strlen(data);
	struct err e;

	assert_int_equal(
		stream_add(&t->stream,
			   &(struct stream_segment){
				   .seq = ISN + 1 + (uint32_t)at,
				   .data = (const uint8_t *)data,
				   .captured = (uint32_t)n,
				   .bytes = slash ? (uint32_t)atoi(slash + 1)
						  : (uint32_t)n,
				   .tag = t->tag++,
			   },
			   &e),
		0);
}

static void expect(const char *const *lines, const char *before_end,
		   const char *at_end)
{
	struct told t = { .at = 0 };

	stream_init(&t.stream, &events, &t);
	stream_begin(&t.stream, ISN);
	for (; *lines; lines++)
		step(&t, *lines);
	assert_string_equal(t.text, before_end);
	stream_finish(&t.stream);
	assert_string_equal(t.text, at_end);
	assert_int_equal(t.stream.next, t.at);
	stream_done(&t.stream);
}

#define EXPECT(before, end, ...) \
	expect((const char *const[]){ __VA_ARGS__, NULL }, before, end)

static void bytes_in_order_pass_at_once(void **state)
{
	(void)state;
	EXPECT("abcdef", "abcdef", "+0 abc", "+3 def");
}

static void bytes_out_of_order_wait_for_the_hole(void **state)
{
	(void)state;
	EXPECT("abcdefghi", "abcdefghi", "+3 def", "+6 ghi", "+0 abc");
	EXPECT("abcdefghi", "abcdefghi", "+6 ghi", "+3 def", "+0 abc");
	EXPECT("", "<1 lost>bc", "+1 bc");
}

static void of_bytes_that_come_twice_the_first_count(void **state)
{
	(void)state;
	EXPECT("abcdef", "abcdef", "+0 abc", "+0 XYZ", "+3 def", "+1 XYZXY");
	EXPECT("abcde", "abcde", "+0 abc", "+1 XYde");
	EXPECT("aBcdef", "aBcdef", "+0 aBcd", "+2 XYef");
	EXPECT("abcdefg", "abcdefg", "+3 def", "+4 XYg", "+0 abc");
	/* but what fills a hole wins */
	EXPECT("abcZefg", "abcZefg", "+3 def", "+4 XYg", "+0 abcZ");
}

static void a_whole_segment_over_many_small_ones_passes_once(void **state)
{
	(void)state;
	EXPECT("abcdefgh", "abcdefgh", "+2 c", "+4 e", "+6 g", "+0 abcdefgh");
}

static void what_the_snap_length_cut_is_a_gap_at_once(void **state)
{
	(void)state;
	EXPECT("abc<7 cut>klm", "abc<7 cut>klm", "+0 abc/10", "+10 klm");
	EXPECT("ab<3 cut>f", "ab<3 cut>f", "+5 f", "+0 ab/5");
	/* of a second copy only what is beyond the first counts */
	EXPECT("abc<7 cut>", "abc<7 cut>", "+0 abc/10", "+0 abcdefghij");
}

static void a_hole_that_stays_is_named_at_the_end(void **state)
{
	(void)state;
	EXPECT("ab", "ab<2 lost>ef<1 lost>h", "+0 ab", "+4 ef", "+7 h");
}

static void keep_alives_and_old_bytes_are_nothing(void **state)
{
	(void)state;
	EXPECT("abc", "abc", "+0 abc", "+2 c", "+-1 X", "+0 a");
}

static void what_no_window_allows_is_a_stray(void **state)
{
	struct told t = { .at = 0 };

	(void)state;
	stream_init(&t.stream, &events, &t);
	stream_begin(&t.stream, ISN);
	step(&t, "+0 a");
	step(&t, "+2000000000 far");
	stream_finish(&t.stream);
	assert_string_equal(t.text, "a");
	assert_int_equal(t.stream.strays, 1);
	stream_done(&t.stream);
}

static void without_a_syn_it_begins_in_the_middle(void **state)
{
	struct told t = { .at = 0 };

	(void)state;
	stream_init(&t.stream, &events, &t);
	step(&t, "+100 abc");
	step(&t, "+103 def");
	assert_string_equal(t.text, "abcdef");
	assert_true(t.stream.midstream);
	stream_begin(&t.stream, ISN); /* too late: positions are given out */
	assert_int_equal(stream_position(&t.stream, ISN + 1 + 106), 6);
	stream_done(&t.stream);
}

static void memory_is_bounded_and_the_first_hole_given_up(void **state)
{
	struct told t = { .at = 0 };
	char line[16];

	(void)state;
	stream_init(&t.stream, &events, &t);
	stream_begin(&t.stream, ISN);
	for (int i = 1; i < STREAM_HELD_MAX; i++) {
		(void)snprintf(line, sizeof(line), "+%d x", 2 * i);
		step(&t, line);
	}
	assert_string_equal(t.text, "");
	step(&t, "+1000 x");
	assert_string_equal(t.text, "<2 lost>x");
	assert_true(t.stream.n_held < STREAM_HELD_MAX);
	stream_done(&t.stream);
}

static void many_bytes_beyond_a_hole_give_it_up(void **state)
{
	static uint8_t large[STREAM_HELD_BYTES_MAX / 2 + 1];
	struct told t = { .at = 0 };
	struct err e;

	(void)state;
	stream_init(&t.stream, &events, &t);
	stream_begin(&t.stream, ISN);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(
			stream_add(&t.stream,
				   &(struct stream_segment){
					   .seq = ISN + 2 + i * sizeof(large),
					   .data = large,
					   .captured = sizeof(large),
					   .bytes = sizeof(large),
				   },
				   &e),
			0);
	assert_int_equal(t.stream.next, 1 + 2 * sizeof(large));
	assert_int_equal(t.stream.held_bytes, 0);
	stream_done(&t.stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_in_order_pass_at_once),
		cmocka_unit_test(bytes_out_of_order_wait_for_the_hole),
		cmocka_unit_test(of_bytes_that_come_twice_the_first_count),
		cmocka_unit_test(
			a_whole_segment_over_many_small_ones_passes_once),
		cmocka_unit_test(what_the_snap_length_cut_is_a_gap_at_once),
		cmocka_unit_test(a_hole_that_stays_is_named_at_the_end),
		cmocka_unit_test(keep_alives_and_old_bytes_are_nothing),
		cmocka_unit_test(what_no_window_allows_is_a_stray),
		cmocka_unit_test(without_a_syn_it_begins_in_the_middle),
		cmocka_unit_test(memory_is_bounded_and_the_first_hole_given_up),
		cmocka_unit_test(many_bytes_beyond_a_hole_give_it_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
