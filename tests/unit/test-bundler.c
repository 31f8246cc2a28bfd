/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A frame is put into a bundle as the segment that it holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/flow/bundler.h"

#include <string.h>

enum { S = 2, R = 4, A = 16, PA = 24 };

static struct bundler *bundler_for(struct flow **f)
{
	struct bundler *m = NULL;
	struct err e;

	assert_int_equal(flow_new(f, &e), 0);
	assert_int_equal(bundler_new(&m, *f, &e), 0);
	return m;
}

/* Ethernet, IPv4 10.0.0.1 > 10.0.0.2, TCP 40000 > 80, up to its options */
#define TO_OPTIONS(ip_bytes, tcp_header, flags)                                \
	0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0x08, 0x00, 0x45, 0, 0, ip_bytes,  \
		0, 7, 0, 0, 61, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x9c, 0x40, \
		0, 80, 0, 0, 3, 232, 0, 0, 7, 208, tcp_header, flags, 1, 245,  \
		0, 0, 0, 0

#define STAMPS 1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8

static void assert_added_as_its_segment(const uint8_t *data, size_t n)
{
	const struct bundle_frame frame = {
		.data = data,
		.captured = n,
		.wire_bytes = n,
		.number = 5,
		.time_ns = 77,
		.interface = 3,
	};
	struct bundle_item item;
	struct segment s;
	own_flow struct flow *f = NULL;
	own_bundler struct bundler *m = bundler_for(&f);

	assert_int_equal(bundler_add_frame(m, &frame), BUNDLE_ROOM);
	item = bundler_take(m)->items[0];
	assert_int_equal(packet_decode(LINK_ETHERNET, data, n, n, &s),
			 PACKET_TCP);
	s.frame = 5;
	assert_true(bundler_add(m, &s, 77, 3));
	assert_memory_equal(&bundler_take(m)->items[0], &item, sizeof(item));
	assert_true(item.facts.seq == 1000 && item.facts.ttl == 61);
}

static void a_plain_frame_is_added_as_its_segment(void **state)
{
	static const uint8_t ack[] = { TO_OPTIONS(40, 0x50, A), 1, 2 };
	static const uint8_t syn[] = { TO_OPTIONS(44, 0x60, S), 2, 4, 5, 180 };
	static const uint8_t stamped[] = { TO_OPTIONS(53, 0x80, PA), STAMPS,
					   120 };
	static const uint8_t mptcp[] = { TO_OPTIONS(44, 0x60, R), 30, 4, 0x70,
					 0 };

	(void)state;
	assert_added_as_its_segment(ack, sizeof(ack));
	assert_added_as_its_segment(syn, sizeof(syn));
	assert_added_as_its_segment(stamped, sizeof(stamped));
	assert_added_as_its_segment(mptcp, sizeof(mptcp));
}

static void a_frame_that_is_not_plain_is_not_added(void **state)
{
	static const uint8_t cut[] = { TO_OPTIONS(44, 0x60, S) };
	uint8_t with_options[] = { TO_OPTIONS(44, 0x60, S), 2, 4, 5, 180 };
	const struct bundle_frame frames[] = {
		{ .data = with_options, .captured = sizeof(with_options) },
		{ .data = cut, .captured = sizeof(cut), .wire_bytes = 58 },
		{ .data = cut, .captured = 40, .wire_bytes = 54 },
	};
	own_flow struct flow *f = NULL;
	own_bundler struct bundler *m = bundler_for(&f);

	(void)state;
	with_options[14] = 0x46; /* an IPv4 header of 24 bytes */
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++)
		assert_int_equal(bundler_add_frame(m, &frames[i]),
				 BUNDLE_NOT_PLAIN);
	assert_int_equal(bundler_take(m)->n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_frame_is_added_as_its_segment),
		cmocka_unit_test(a_frame_that_is_not_plain_is_not_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
