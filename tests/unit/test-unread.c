/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which frames a range of bytes belongs to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/flow/unread.h"

/* A gRPC server's last words, with a hole before the last. */
static const struct named_range frames[] = {
	{ { 0, 40 }, "HEADERS[1]" },
	{ { 40, 61 }, "DATA[1]" },
	{ { 61, 78 }, "PING(ACK)" },
	{ { 100, 117 }, "GOAWAY" },
};

static void expect(uint64_t from, uint64_t to, const char *wanted)
{
	own_text struct text t = { .s = NULL };

	unread_add_name(&t, frames, ARRAY_SIZE(frames),
			(struct stream_range){ from, to });
	assert_string_equal(text_str(&t), wanted);
}

static void a_whole_frame_is_named_with_its_bytes(void **state)
{
	(void)state;
	expect(61, 78, "PING(ACK) 17 bytes");
	expect(0, 40, "HEADERS[1] 40 bytes");
}

static void a_part_says_of_what(void **state)
{
	(void)state;
	expect(70, 78, "8 of 17 bytes of PING(ACK)");
	expect(61, 62, "1 of 17 bytes of PING(ACK)");
}

static void several_frames_are_named_in_order(void **state)
{
	(void)state;
	expect(56, 78, "5 of 21 bytes of DATA[1], PING(ACK) 17 bytes");
	expect(0, 78,
	       "HEADERS[1] 40 bytes, DATA[1] 21 bytes, PING(ACK) 17 bytes");
}

static void bytes_between_frames_belong_to_none(void **state)
{
	(void)state;
	expect(78, 100, "22 bytes of no known frame");
	expect(70, 105,
	       "8 of 17 bytes of PING(ACK), 22 bytes of no known frame, "
	       "5 of 17 bytes of GOAWAY");
	expect(117, 130, "13 bytes of no known frame");
}

static void no_bytes_have_no_name(void **state)
{
	(void)state;
	expect(61, 61, "");
}

static void what_lies_at_the_seams_is_found(void **state)
{
	size_t first = 9;

	(void)state;
	assert_int_equal(unread_find(frames, ARRAY_SIZE(frames),
				     (struct stream_range){ 40, 61 }, &first),
			 1);
	assert_int_equal(first, 1);
	assert_int_equal(unread_find(frames, ARRAY_SIZE(frames),
				     (struct stream_range){ 78, 100 }, &first),
			 0);
	assert_int_equal(unread_find(frames, ARRAY_SIZE(frames),
				     (struct stream_range){ 39, 41 }, &first),
			 2);
	assert_int_equal(first, 0);
	assert_int_equal(
		unread_find(NULL, 0, (struct stream_range){ 0, 9 }, &first), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_frame_is_named_with_its_bytes),
		cmocka_unit_test(a_part_says_of_what),
		cmocka_unit_test(several_frames_are_named_in_order),
		cmocka_unit_test(bytes_between_frames_belong_to_none),
		cmocka_unit_test(no_bytes_have_no_name),
		cmocka_unit_test(what_lies_at_the_seams_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
