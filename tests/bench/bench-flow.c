/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a segment costs on the way from a frame to a connection, in a trial
 * as the lab runs it: one connection through five points of a published port,
 * ten segments and an RST, handed over after each trial.
 */
#include "lab/base/clock.h"
#include "lab/flow/flow.h"

#include <stdio.h>

enum { TRIALS = 20000, ROUNDS = 7, POINTS = 5 };

/* PSH,ACK over SLL2, IPv4, with timestamps */
static const uint8_t frame[] = {
	8,    0,    0,	  0,   0,    0,	   0,	 3,   0,   1,	4,
	6,    2,    0,	  0,   0,    0,	   1,	 0,   0, /* SLL2 */
	0x45, 0,    0,	  69,  0x12, 0x34, 0x40, 0,   64,  6,	0,
	0,    10,   0,	  0,   1,    10,   0,	 0,   2, /* IPv4 */
	0x9c, 0x40, 0,	  80,  1,    2,	   3,	 4,   5,   6,	7,
	8,    0x80, 0x18, 1,   0xf5, 0,	   0,	 0,   0,   1,	1,
	8,    10,   1,	  2,   3,    4,	   5,	 6,   7,   8, /* TCP */
	'H',  'e',  'l',  'l', 'o',  ' ',  't',	 'h', 'e', 'r', 'e',
	'!',  ' ',  '1',  '2', '3',  '4',
};

static const struct {
	bool server;
	uint8_t flags;
	uint32_t seq, ack, payload;
} trial[] = {
	{ false, TCP_FLAG_SYN, 0, 0, 0 },
	{ true, TCP_FLAG_SYN | TCP_FLAG_ACK, 0, 1, 0 },
	{ false, TCP_FLAG_ACK, 1, 1, 0 },
	{ false, TCP_FLAG_PSH | TCP_FLAG_ACK, 1, 1, 100 },
	{ true, TCP_FLAG_ACK, 1, 101, 0 },
	{ true, TCP_FLAG_PSH | TCP_FLAG_ACK, 1, 101, 17 },
	{ false, TCP_FLAG_ACK, 101, 18, 0 },
	{ false, TCP_FLAG_FIN | TCP_FLAG_ACK, 101, 18, 0 },
	{ true, TCP_FLAG_ACK, 18, 102, 0 },
	{ true, TCP_FLAG_PSH | TCP_FLAG_ACK, 18, 102, 17 },
	{ false, TCP_FLAG_RST, 102, 0, 0 },
};

static void count_reset(const struct connection *c, void *arg)
{
	size_t *resets = arg;

	*resets += connection_was_reset(c);
}

static struct ip_endpoint endpoint(uint8_t host, uint16_t port)
{
	return (struct ip_endpoint){ { 4, { 10, 0, 0, host } }, 0, port };
}

/* One segment on its way through all points; those behind the host's uplink
 * know the container's address. */
static int pass(struct flow *f, uint32_t number, size_t i, int64_t *now_ns)
{
	const bool server = trial[i].server;
	struct err e;

	for (uint16_t hop = 0; hop < POINTS; hop++) {
		const uint16_t at = server ? POINTS - 1 - hop : hop;
		const struct ip_endpoint here =
			at < 2 ? endpoint(2, 8080) : endpoint(9, 80);
		const struct ip_endpoint there =
			endpoint(1, (uint16_t)(32768 + number % 28000));
		const struct flow_item item = {
			.segment = {
				.src = server ? here : there,
				.dst = server ? there : here,
				.seq = number * 64000 + server * 999 +
				       trial[i].seq,
				.ack = number * 64000 + !server * 999 +
				       trial[i].ack,
				.flags = trial[i].flags,
				.window = trial[i].flags == TCP_FLAG_RST ? 0 :
									   501,
				.payload_bytes = trial[i].payload,
				.ttl = 64,
			},
			.time_ns = *now_ns += 1000,
			.point = { at / 2, at },
			.direction = (server ^ (at % 2)) ? FLOW_IN : FLOW_OUT,
		};

		if (flow_add(f, &item, &e) < 0)
			return -1;
	}
	return 0;
}

static int64_t time_flow(struct flow *f, size_t *resets)
{
	const int64_t start_ns = clock_now_ns();
	int64_t now_ns = 0;

	for (uint32_t number = 0; number < TRIALS; number++) {
		for (size_t i = 0; i < ARRAY_SIZE(trial); i++) {
			if (pass(f, number, i, &now_ns) < 0)
				return -1;
		}
		flow_flush(f, count_reset, resets);
	}
	return clock_now_ns() - start_ns;
}

static int64_t time_decode(size_t n, uint64_t *payload)
{
	const int64_t start_ns = clock_now_ns();

	for (size_t i = 0; i < n; i++) {
		struct segment s;

		if (packet_decode(LINK_LINUX_SLL2, frame, sizeof(frame),
				  sizeof(frame), &s) == PACKET_TCP)
			*payload += s.payload_bytes;
	}
	return clock_now_ns() - start_ns;
}

int main(void)
{
	const size_t n = (size_t)TRIALS * ARRAY_SIZE(trial) * POINTS;
	int64_t best_flow_ns = INT64_MAX, best_decode_ns = INT64_MAX;
	own_flow struct flow *f = NULL;
	uint64_t payload = 0;
	size_t resets = 0;
	struct err e;

	if (flow_new(&f, &e) < 0)
		return 1;
	for (int round = 0; round < ROUNDS; round++) {
		const int64_t flow_ns = time_flow(f, &resets);
		const int64_t decode_ns = time_decode(n, &payload);

		if (flow_ns < 0)
			return 1;
		if (flow_ns < best_flow_ns)
			best_flow_ns = flow_ns;
		if (decode_ns < best_decode_ns)
			best_decode_ns = decode_ns;
	}
	if (resets != (size_t)TRIALS * ROUNDS || payload != n * ROUNDS * 17)
		return 1;
	printf("flow_add, flush included: %.0f ns per segment\n",
	       (double)best_flow_ns / (double)n);
	printf("packet_decode: %.0f ns per frame\n",
	       (double)best_decode_ns / (double)n);
	return 0;
}
