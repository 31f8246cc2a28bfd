/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * story - a trace told in lines, for tests.
 *
 *   "C>S S"		the client sends SYN
 *   "S>C PA 17"	the server sends 17 bytes with PSH and ACK
 *   "C>S R seq=2"	the client sends a bare RST
 *
 * Flags are S F R P A.  Each side counts its own sequence numbers and
 * acknowledges all that the other has sent; `seq=` and `ack=` (relative to
 * the ISNs, as Wireshark shows them) say otherwise and count nothing.
 *
 * A segment without ACK but with RST is as Linux answers segments: no options,
 * window 0.  Z is the answer to a SYN: raw seq 0, window 0, no options.
 * Everything else has timestamps and a window, unless `win=0` or `nots`.
 *
 * `isn=` on a SYN begins another connection.  Segments pass all hops of the
 * story, from the client's to the server's or back; `from=` and `to=` (hop
 * numbers) let one begin or end on the way.
 */
#ifndef TESTS_UNIT_STORY_H
#define TESTS_UNIT_STORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/base/own.h"
#include "lab/flow/flow.h"

#include <stdlib.h>
#include <string.h>

struct hop {
	uint16_t node, interface;
	enum flow_direction direction; /* of what the client sends */
	const char *client, *server;   /* endpoints as seen here */
};

struct story {
	struct flow *flow;
	const struct hop *hops;
	int n_hops;
	uint32_t isn[2], next[2]; /* next: relative */
	uint16_t step;
	int64_t now_ns;
};

/* Both wrap soon. */
enum { STORY_CLIENT_ISN = 0x7ffffff8 };
#define STORY_SERVER_ISN 0xfffffff0U

static const struct hop story_wire = {
	.direction = FLOW_UNKNOWN,
	.client = "10.0.0.1:40000",
	.server = "10.0.0.2:80",
};

static inline void story_begin(struct story *st, const struct hop *hops,
			       int n_hops)
{
	struct err e;

	*st = (struct story){
		.hops = hops ? hops : &story_wire,
		.n_hops = hops ? n_hops : 1,
		.isn = { STORY_CLIENT_ISN, STORY_SERVER_ISN },
		.now_ns = 1000,
	};
	assert_int_equal(flow_new(&st->flow, &e), 0);
}

static inline bool story_number(const char *line, const char *key,
				uint32_t *ret)
{
	const char *at = strstr(line, key);

	if (at)
		*ret = (uint32_t)strtoul(at + strlen(key), NULL, 0);
	return at != NULL;
}

static inline uint8_t story_flags(const char *word)
{
	uint8_t flags = 0;

	for (; *word && *word != ' '; word++) {
		const char *at = strchr("FSRPAU", *word);

		if (at)
			flags |= (uint8_t)(1U << (at - "FSRPAU"));
	}
	return flags;
}

/* What the line says, with endpoints still to be filled in. */
static inline struct segment story_segment(struct story *st, const char *line,
					   int side)
{
	const char *word = line + 4;
	const char *payload = strchr(word, ' ');
	struct segment s = { .window = 501, .ttl = 64, .window_scale = 0xff };
	uint32_t number;

	s.flags = story_flags(word);
	if (payload)
		s.payload_bytes = (uint32_t)strtoul(payload, NULL, 10);
	if ((s.flags & TCP_FLAG_SYN) && story_number(line, "isn=", &number)) {
		st->isn[side] = number;
		if (!(s.flags & TCP_FLAG_ACK))
			st->next[1 - side] = 0;
	}
	if (s.flags & TCP_FLAG_SYN)
		st->next[side] = 0;
	s.seq = st->isn[side] + st->next[side];
	if (story_number(line, "seq=", &number))
		s.seq = st->isn[side] + number;
	else if (!(s.flags & TCP_FLAG_RST))
		st->next[side] += s.payload_bytes + !!(s.flags & TCP_FLAG_SYN) +
				  !!(s.flags & TCP_FLAG_FIN);
	if (s.flags & TCP_FLAG_ACK) {
		number = st->next[1 - side];
		(void)story_number(line, "ack=", &number);
		s.ack = st->isn[1 - side] + number;
	}
	s.has_timestamps = true;
	s.options_bytes = 12;
	if ((s.flags & (TCP_FLAG_RST | TCP_FLAG_ACK)) == TCP_FLAG_RST ||
	    strchr(word, 'Z') || strstr(line, "win=0"))
		s.window = 0;
	if ((s.flags & (TCP_FLAG_RST | TCP_FLAG_ACK)) == TCP_FLAG_RST ||
	    strchr(word, 'Z') || strstr(line, "nots")) {
		s.has_timestamps = false;
		s.options_bytes = 0;
	}
	if (strchr(word, 'Z'))
		s.seq = 0;
	return s;
}

static inline void story_at_hop(struct story *st, struct segment *s, int side,
				int i)
{
	const struct hop *h = &st->hops[i];
	struct flow_item item = {
		.time_ns = st->now_ns,
		.point = { h->node, h->interface },
		.direction = h->direction,
	};
	struct err e;

	assert_true(ip_endpoint_parse(side ? h->server : h->client, &s->src));
	assert_true(ip_endpoint_parse(side ? h->client : h->server, &s->dst));
	if (side && item.direction != FLOW_UNKNOWN)
		item.direction = item.direction == FLOW_IN ? FLOW_OUT : FLOW_IN;
	item.segment = *s;
	assert_int_equal(flow_add(st->flow, &item, &e), 0);
	st->now_ns += 1000;
}

static inline void story_line(struct story *st, const char *line)
{
	const int side = line[0] == 'S';
	struct segment s = story_segment(st, line, side);
	uint32_t from = side ? (uint32_t)st->n_hops - 1 : 0;
	uint32_t to = side ? 0 : (uint32_t)st->n_hops - 1;

	(void)story_number(line, "from=", &from);
	(void)story_number(line, "to=", &to);
	for (int i = (int)from;; i += side ? -1 : 1) {
		story_at_hop(st, &s, side, i);
		s.ttl--;
		if (i == (int)to)
			break;
	}
	st->now_ns += 100000;
}

/* Lines are separated by "; ". */
static inline void story_tell(struct story *st, const char *text)
{
	char *copy = strdup(text), *rest = copy, *line;

	assert_non_null(copy);
	while ((line = strsep(&rest, ";"))) {
		while (*line == ' ')
			line++;
		if (*line)
			story_line(st, line);
	}
	free(copy);
}

/* Where the n-th connection of a batch goes. */
struct story_end {
	struct connection c[8];
	size_t n;
};

static inline void story_keep(const struct connection *c, void *arg)
{
	struct story_end *end = arg;

	assert_true(end->n < ARRAY_SIZE(end->c));
	end->c[end->n++] = *c;
}

/* Flush into @ret, and forget the story. */
static inline void story_end(struct story *st, struct story_end *ret)
{
	ret->n = 0;
	flow_flush(st->flow, story_keep, ret);
	flow_free(st->flow);
	st->flow = NULL;
}

#endif
