/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capture gives the same connections whether its frames are plain or not.
 *
 * Each capture is written twice: as Ethernet, whose frames are taken the short
 * way where that is right, and without the 14 bytes of Ethernet, where none is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/import/scan.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	ETHERNET_HEAD_BYTES = 14,
	IP_BYTES = 20,
	TCP_BYTES = 20,
	FRAME_MAX = 100,
	CAPTURE_MAX = 64 << 10,
	CONNECTIONS_MAX = 16,
	SECOND = 1000000, /* in microseconds */
};

enum { F = 1, S = 2, A = 16, PA = 24 };

static struct capture {
	uint8_t bytes[CAPTURE_MAX];
	size_t n;
	bool ethernet, several; /* pcapng with two interfaces */
	uint32_t interface;	/* of what comes next, if several */
	uint64_t now;
} capture;

static void put(const void *p, size_t n)
{
	assert_true(capture.n + n <= sizeof(capture.bytes));
	memcpy(capture.bytes + capture.n, p, n);
	capture.n += n;
}

static void begin(bool ethernet, bool several)
{
	const uint32_t linktype = ethernet ? LINK_ETHERNET : LINK_RAW;
	const uint32_t head[] = {
		0xa1b2c3d4, 0x00040002, 0, 0, 65535, linktype
	};
	const uint32_t section[] = { 0x0a0d0d0a, 28,	     0x1a2b3c4d, 1,
				     UINT32_MAX, UINT32_MAX, 28 };

	capture.n = 0;
	capture.ethernet = ethernet;
	capture.several = several;
	capture.interface = 0;
	capture.now = SECOND;
	if (!several) {
		put(head, sizeof(head));
		return;
	}
	put(section, sizeof(section));
	for (int i = 0; i < 2; i++) {
		/* a name of one letter: else both would be one */
		const uint32_t block[] = {
			1, 32, linktype, 65535, 1U << 16 | 2, (uint32_t)'a' + i,
			0, 32
		};

		put(block, sizeof(block));
	}
}

static void put_packet(const uint8_t *p, size_t n)
{
	const uint32_t bytes = (uint32_t)n, pad = (4 - bytes % 4) % 4;
	const uint32_t record[] = { (uint32_t)(capture.now / SECOND),
				    (uint32_t)(capture.now % SECOND), bytes,
				    bytes };
	const uint32_t block[] = { 6,
				   32 + bytes + pad,
				   capture.interface,
				   (uint32_t)(capture.now >> 32),
				   (uint32_t)capture.now,
				   bytes,
				   bytes };

	capture.now += 1000;
	if (!capture.several) {
		put(record, sizeof(record));
		put(p, n);
		return;
	}
	put(block, sizeof(block));
	put(p, n);
	put("\0\0\0", pad);
	put(&block[1], sizeof(block[1]));
}

struct wire_segment {
	uint16_t client, server; /* ports */
	bool returns;
	uint8_t flags, payload;
	uint32_t seq, ack;
	bool begins_fragments; /* of which no other comes */
};

static void put_segment(const struct wire_segment *s)
{
	static const uint8_t ethernet[ETHERNET_HEAD_BYTES] = { [12] = 8 };
	const uint16_t src = s->returns ? s->server : s->client;
	const uint16_t dst = s->returns ? s->client : s->server;
	const uint8_t more = s->begins_fragments ? 0x20 : 0;
	const uint8_t ends[2] = { s->returns ? 2 : 1, s->returns ? 1 : 2 };
	const uint8_t length = IP_BYTES + TCP_BYTES + s->payload;
	const uint8_t packet[FRAME_MAX] = {
		0x45, 0, 0, length, 0, 7, more, 0, 64, 6, 0, 0,
		/* from and to */
		10, 0, 0, ends[0], 10, 0, 0, ends[1],
		/* TCP */
		(uint8_t)(src >> 8), (uint8_t)src, (uint8_t)(dst >> 8),
		(uint8_t)dst, 0, 0, (uint8_t)(s->seq >> 8), (uint8_t)s->seq, 0,
		0, (uint8_t)(s->ack >> 8), (uint8_t)s->ack, 0x50, s->flags, 1,
		245
	};
	uint8_t frame[ETHERNET_HEAD_BYTES + FRAME_MAX];

	memcpy(frame, ethernet, sizeof(ethernet));
	memcpy(frame + sizeof(ethernet), packet, length);
	if (capture.ethernet)
		put_packet(frame, sizeof(ethernet) + length);
	else
		put_packet(packet, length);
}

/* @server:	port */
static void put_connection(uint16_t client, uint16_t server)
{
	/* its own: who sends the same number elsewhere may be the same */
	const uint32_t x = client, y = client + 9000U;
	const struct wire_segment segments[] = {
		{ client, server, false, S, 0, x, 0, false },
		{ client, server, true, S | A, 0, y, x + 1, false },
		{ client, server, false, A, 0, x + 1, y + 1, false },
		{ client, server, false, PA, 9, x + 1, y + 1, false },
		{ client, server, true, F | A, 0, y + 1, x + 10, false },
		{ client, server, false, F | A, 0, x + 10, y + 2, false },
		{ client, server, true, A, 0, y + 2, x + 11, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(segments); i++)
		put_segment(&segments[i]);
}

struct told {
	struct connection c[CONNECTIONS_MAX];
	size_t n;
	struct import_totals totals;
};

static void read_told(int fd, struct told *ret)
{
	static struct record_reader reader;
	struct record r;
	struct err e;
	int result;

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	reader = (struct record_reader){ .fd = fd };
	ret->n = 0;
	while ((result = record_get(&reader, &r, &e)) > 0) {
		assert_int_not_equal(r.type, RECORD_ERROR);
		if (r.type == RECORD_TOTALS)
			memcpy(&ret->totals, r.bytes, sizeof(ret->totals));
		if (r.type != RECORD_CONNECTION)
			continue;
		assert_true(ret->n < CONNECTIONS_MAX);
		assert_true(record_get_connection(&r, &ret->c[ret->n++]));
	}
	assert_int_equal(result, 0);
}

static void scan_capture(uint16_t port, struct told *ret)
{
	static const volatile sig_atomic_t go_on;
	static struct record_writer w;
	own_fd int fd = memfd_create("capture", MFD_CLOEXEC);
	own_fd int told = memfd_create("told", MFD_CLOEXEC);
	const struct source_file file = { .name = "capture", .fd = fd };
	const struct import_request q = {
		.files = &file,
		.n = 1,
		.port = port,
		.stop = &go_on,
	};

	assert_true(fd >= 0 && told >= 0);
	assert_int_equal(write(fd, capture.bytes, capture.n), capture.n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	w = (struct record_writer){ .fd = told };
	scan(&q, NULL, NULL, &w);
	read_told(told, ret);
}

static void assert_same(const struct told *x, const struct told *y)
{
	assert_int_equal(x->n, y->n);
	for (size_t i = 0; i < x->n; i++) {
		const struct connection *a = &x->c[i], *b = &y->c[i];

		assert_int_equal(a->number, b->number);
		assert_int_equal(a->client.port, b->client.port);
		assert_int_equal(a->packets, b->packets);
		assert_int_equal(a->start_ns, b->start_ns);
		assert_int_equal(a->end_ns, b->end_ns);
		assert_int_equal(a->ending, b->ending);
		assert_int_equal(a->doubt, b->doubt);
		assert_string_equal(a->zeek_history, b->zeek_history);
		assert_int_equal(a->legs[0].point.interface,
				 b->legs[0].point.interface);
	}
	assert_memory_equal(&x->totals, &y->totals, sizeof(x->totals));
}

/* @write_it:	what is in it
 * @port:	that is wanted, or 0
 * Returns: what was told, the same for both */
static const struct told *scan_both(void (*write_it)(void), bool several,
				    uint16_t port)
{
	static struct told plain, other;

	begin(true, several);
	write_it();
	scan_capture(port, &plain);
	begin(false, several);
	write_it();
	scan_capture(port, &other);
	assert_same(&plain, &other);
	return &plain;
}

static void write_two(void)
{
	put_connection(4000, 80);
	put_connection(4001, 8080);
	put_connection(4002, 80);
}

static void a_port_is_asked_for_in_each_frame(void **state)
{
	(void)state;
	assert_int_equal(scan_both(write_two, false, 0)->n, 3);
	assert_int_equal(scan_both(write_two, false, 80)->n, 2);
	assert_int_equal(scan_both(write_two, false, 8080)->n, 1);
}

/* A segment the rest of which does not come is followed half a minute later, as
 * far as it did, and ends its connection then. */
static void write_fragment(void)
{
	put_connection(4000, 80);
	put_segment(
		&(struct wire_segment){ 4001, 80, false, S, 0, 1, 0, true });
	for (uint16_t i = 0; i < 8; i++) {
		capture.now += 7 * SECOND;
		put_connection(5000 + i, 80);
	}
}

static void a_lost_fragment_is_given_up_between_plain_frames(void **state)
{
	const struct told *told;

	(void)state;
	told = scan_both(write_fragment, false, 0);
	assert_int_equal(told->n, 10);
	assert_int_equal(told->totals.fragments, 0);
	assert_int_equal(told->totals.tcp, 1 + 9 * 7);
}

static void write_interfaces(void)
{
	for (uint16_t i = 0; i < 6; i++) {
		capture.interface = i % 2;
		put_connection(4000 + i, 80);
	}
}

static void each_frame_is_of_its_interface(void **state)
{
	const struct told *told;

	(void)state;
	told = scan_both(write_interfaces, true, 0);
	assert_int_equal(told->n, 6);
	for (size_t i = 0; i < told->n; i++)
		assert_int_equal(told->c[i].legs[0].point.interface,
				 (told->c[i].client.port - 4000) % 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_is_asked_for_in_each_frame),
		cmocka_unit_test(
			a_lost_fragment_is_given_up_between_plain_frames),
		cmocka_unit_test(each_frame_is_of_its_interface),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
