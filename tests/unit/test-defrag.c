/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IP fragments, put together by their lengths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/flow/defrag.h"

#define SECOND_NS 1000000000LL

/* A segment with 20 bytes of header and 2000 of payload, in pieces of 1000. */
static const struct segment begun = {
	.seq = 7,
	.payload_bytes = 980,
	.fragmented = true,
	.frame = 3,
};

static struct ip_fragment piece(uint32_t id, unsigned number)
{
	struct ip_fragment f = {
		.src.family = 4,
		.dst.family = 4,
		.id = id,
		.offset = (uint16_t)(number * 1000),
		.bytes = number == 2 ? 20 : 1000,
		.more = number != 2,
	};

	f.src.bytes[3] = 1;
	f.dst.bytes[3] = 2;
	return f;
}

static struct defrag *new_defrag(void)
{
	struct defrag *d = NULL;
	struct err e;

	assert_int_equal(defrag_new(&d, &e), 0);
	return d;
}

/* Add piece @number of datagram @id.  Returns: is it whole? */
static bool add(struct defrag *d, uint32_t id, unsigned number, int64_t now_ns,
		struct segment *ret)
{
	const struct ip_fragment f = piece(id, number);

	return defrag_add(d, &f, number ? NULL : &begun, now_ns, ret);
}

static void pieces_make_a_segment_in_any_order(void **state)
{
	static const unsigned orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 },
					      { 1, 0, 2 }, { 1, 2, 0 },
					      { 2, 0, 1 }, { 2, 1, 0 } };
	own_defrag struct defrag *d = new_defrag();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		struct segment s = { .seq = 0 };

		assert_false(add(d, 5, orders[i][0], 0, &s));
		assert_false(add(d, 5, orders[i][1], 0, &s));
		assert_true(defrag_waits(d));
		assert_true(add(d, 5, orders[i][2], 0, &s));
		assert_int_equal(s.seq, 7);
		assert_int_equal(s.payload_bytes, 2000);
		assert_false(s.fragmented);
		assert_false(defrag_waits(d));
	}
	assert_int_equal(defrag_lost(d), 0);
}

static void a_piece_that_comes_twice_counts_once(void **state)
{
	own_defrag struct defrag *d = new_defrag();
	struct segment s;

	(void)state;
	assert_false(add(d, 5, 0, 0, &s));
	assert_false(add(d, 5, 2, 0, &s));
	assert_false(add(d, 5, 2, 0, &s));
	assert_false(add(d, 5, 0, 0, &s));
	assert_true(add(d, 5, 1, 0, &s));
	assert_int_equal(s.payload_bytes, 2000);
}

static void datagrams_are_told_apart(void **state)
{
	own_defrag struct defrag *d = new_defrag();
	struct ip_fragment elsewhere = piece(5, 1), back = piece(5, 1);
	struct segment s;

	(void)state;
	elsewhere.point = 1;
	back.src = back.dst;
	assert_false(add(d, 5, 0, 0, &s));
	assert_false(add(d, 5, 2, 0, &s));
	assert_false(add(d, 6, 1, 0, &s));
	assert_false(defrag_add(d, &elsewhere, NULL, 0, &s));
	assert_false(defrag_add(d, &back, NULL, 0, &s));
	assert_true(add(d, 5, 1, 0, &s));
}

static void what_stays_incomplete_is_given_up_after_30_seconds(void **state)
{
	own_defrag struct defrag *d = new_defrag();
	struct segment s = { .seq = 0 };
	uint16_t point = 9;

	(void)state;
	assert_false(add(d, 5, 0, SECOND_NS, &s));
	assert_false(add(d, 5, 1, SECOND_NS, &s));
	assert_false(add(d, 6, 1, 2 * SECOND_NS, &s));
	assert_false(defrag_give_up(d, 30 * SECOND_NS, &s, &point));
	assert_true(defrag_give_up(d, 31 * SECOND_NS, &s, &point));
	assert_int_equal(s.seq, 7);
	assert_int_equal(s.frame, 3);
	assert_int_equal(s.payload_bytes, 980);
	assert_true(s.fragmented);
	assert_int_equal(point, 0);
	/* the second does not begin a segment */
	assert_false(defrag_give_up(d, INT64_MAX, &s, &point));
	assert_false(defrag_waits(d));
	assert_int_equal(defrag_lost(d), 2);
}

static void the_oldest_makes_room(void **state)
{
	own_defrag struct defrag *d = new_defrag();
	struct segment s;
	uint16_t point;
	size_t given_up = 0;

	(void)state;
	for (uint32_t id = 0; id < 1000; id++) {
		while (defrag_give_up(d, id, &s, &point))
			given_up++;
		assert_false(add(d, id, 0, id, &s));
	}
	assert_in_range(given_up, 900, 999);
	assert_false(add(d, 999, 1, 1000, &s));
	assert_true(add(d, 999, 2, 1000, &s));
}

static void a_length_that_cannot_be_is_never_whole(void **state)
{
	own_defrag struct defrag *d = new_defrag();
	struct ip_fragment last = piece(5, 2), first = piece(5, 0);
	struct segment s;

	(void)state;
	last.offset = 0xfff8;
	last.bytes = 0xffff;
	assert_false(defrag_add(d, &last, NULL, 0, &s));
	first.bytes = 0xffff;
	assert_false(defrag_add(d, &first, &begun, 0, &s));
	/* a payload that is longer than its piece */
	last = piece(6, 2);
	last.offset = 8;
	first = piece(6, 0);
	first.bytes = 8;
	assert_false(defrag_add(d, &first, &begun, 0, &s));
	assert_false(defrag_add(d, &last, NULL, 0, &s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_make_a_segment_in_any_order),
		cmocka_unit_test(a_piece_that_comes_twice_counts_once),
		cmocka_unit_test(datagrams_are_told_apart),
		cmocka_unit_test(
			what_stays_incomplete_is_given_up_after_30_seconds),
		cmocka_unit_test(the_oldest_makes_room),
		cmocka_unit_test(a_length_that_cannot_be_is_never_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
