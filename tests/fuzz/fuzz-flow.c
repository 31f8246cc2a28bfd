/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes -> frames and segments -> connections whose books balance.
 *
 *   clang -std=gnu17 -D_GNU_SOURCE -g -O1 -I. \
 *	-fsanitize=fuzzer,address,undefined \
 *	tests/fuzz/fuzz-flow.c lab/flow/[!.]*.c \
 *	lab/base/{err,grow,text,num}.c -lnghttp2 -lm -o fuzz-flow
 *
 * How it works.  The input is a list of steps.  Most are segments built from
 * a few bytes, between two endpoints with near sequence numbers, so that they
 * meet; one kind is a frame for the decoder; one ends the batch,
 * one retires what is old.
 */
#include "tests/fuzz/fuzz-flow.h"

#include "lab/flow/flow.h"

struct input {
	const uint8_t *data;
	size_t n;
};

struct totals {
	size_t added, resets_added; /* sightings */
	size_t connections, resets, sightings;
	bool full; /* a connection had more resets than it holds */
};

static uint8_t take(struct input *in)
{
	if (!in->n)
		return 0;
	in->n--;
	return *in->data++;
}

/* As assert(), which a release build drops. */
static void must(bool holds)
{
	if (!holds)
		abort();
}

static void endpoint(uint8_t choice, bool server, struct ip_endpoint *ret)
{
	*ret = (struct ip_endpoint){ .port = server ? 80 : 40000 };
	ret->addr.family = choice & 4 ? 6 : 4;
	ret->addr.bytes[0] = server ? 10 : 20;
	ret->port += choice & 3;
}

static struct segment segment(struct input *in)
{
	const uint8_t who = take(in);
	const bool server = who & 8;
	struct segment s = { .ttl = 64, .window_scale = 0xff };

	endpoint(who, server, &s.src);
	endpoint(who, !server, &s.dst);
	s.flags = take(in) & 0x3f;
	s.seq = 0xfffffff0U + (take(in) & 0x3f);
	s.ack = 0xfffffff0U + (take(in) & 0x3f);
	s.payload_bytes = take(in) & 0x1f;
	s.window = who & 16 ? 0 : 500;
	s.has_timestamps = who & 32;
	return s;
}

static bool is_same(const struct segment *a, const struct segment *b,
		    uint32_t link_bytes)
{
	return ip_endpoint_equal(&a->src, &b->src) &&
	       ip_endpoint_equal(&a->dst, &b->dst) && a->seq == b->seq &&
	       a->ack == b->ack && a->window == b->window &&
	       a->flags == b->flags && a->ttl == b->ttl &&
	       a->ip_id == b->ip_id && a->options_bytes == b->options_bytes &&
	       a->has_timestamps == b->has_timestamps && a->tsval == b->tsval &&
	       a->tsecr == b->tsecr && a->mss == b->mss &&
	       a->window_scale == b->window_scale && a->mptcp == b->mptcp &&
	       a->payload_bytes == b->payload_bytes &&
	       a->payload_offset == b->payload_offset + link_bytes &&
	       a->payload_captured == b->payload_captured &&
	       a->fragmented == b->fragmented;
}

/* Frames of Ethernet that hold what most do have a decoder of their own; what
 * it finds must be what the other finds in the packet alone. */
static void check_plain(const uint8_t *frame, size_t n, size_t wire,
			enum packet_verdict v, const struct segment *s)
{
	enum { ETHERNET_BYTES = 14 };
	struct segment other;

	if (n < ETHERNET_BYTES || frame[12] != 0x08 || frame[13] != 0x00)
		return;
	must(packet_decode(LINK_RAW, frame + ETHERNET_BYTES, n - ETHERNET_BYTES,
			   wire - ETHERNET_BYTES, &other) == v);
	must(v != PACKET_TCP || is_same(s, &other, ETHERNET_BYTES));
}

static bool frame(struct input *in, struct segment *ret)
{
	static const uint32_t linktypes[] = {
		LINK_ETHERNET,	 LINK_RAW,  LINK_LINUX_SLL,
		LINK_LINUX_SLL2, LINK_NULL, 9999,
	};
	const uint32_t type = linktypes[take(in) % ARRAY_SIZE(linktypes)];
	size_t n = take(in);
	const size_t wire = n + take(in);
	enum packet_verdict v;

	if (n > in->n)
		n = in->n;
	v = packet_decode(type, in->data, n, wire, ret);
	if (v == PACKET_TCP) {
		must(ret->payload_captured <= ret->payload_bytes);
		must(ret->payload_offset + ret->payload_captured <= n);
	}
	if (type == LINK_ETHERNET)
		check_plain(in->data, n, wire, v, ret);
	in->data += n;
	in->n -= n;
	return v == PACKET_TCP;
}

static void audit(const struct connection *c, void *arg)
{
	struct totals *t = arg;
	size_t by_node = 0;

	t->connections++;
	t->resets += c->n_resets;
	must(c->n_legs >= 1 && c->n_legs <= FLOW_LEGS_MAX);
	must(c->ending < ENDINGS && c->phase < PHASES);
	must(memchr(c->zeek_history, 0, FLOW_HISTORY_MAX) != NULL);
	must(memchr(c->zeek_state, 0, sizeof(c->zeek_state)) != NULL);
	must((c->n_resets > 0) == (c->phase != PHASE_NONE));
	must(c->start_ns <= c->end_ns);
	for (size_t i = 0; i < c->n_emitters; i++)
		by_node += c->emitters[i].resets;
	must(by_node <= c->n_resets); /* what only passed is not born here */
	if (c->n_resets > FLOW_RESETS_MAX)
		t->full = true;
	for (size_t i = 0; i < c->n_resets && i < FLOW_RESETS_MAX; i++)
		t->sightings += c->resets[i].n_sightings;
}

static void end_batch(struct flow *f, struct totals *t)
{
	const size_t unfinished = flow_unfinished(f);

	flow_flush(f, audit, t);
	must(unfinished <= t->connections);
	must(t->resets <= t->sightings || t->full);
	must(flow_unfinished(f) == 0);
	must(t->connections <= t->added);
	must(t->resets <= t->resets_added);
	must(t->full || t->sightings == t->resets_added);
	*t = (struct totals){ 0 };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in = { data, n };
	struct totals t = { 0 };
	own_flow struct flow *f = NULL;
	int64_t now_ns = 0;
	struct err e;

	if (flow_new(&f, &e) < 0)
		return 0;
	if (take(&in) & 1)
		flow_limit(f, &(struct flow_limits){
				      .over = take(&in) & 3,
				      .over_ns = 4096,
				      .connections = take(&in) & 7,
				      .fn = audit,
				      .arg = &t,
			      });
	while (in.n) {
		const uint8_t step = take(&in);
		struct flow_item item = {
			.point = { step & 3, step >> 2 & 3 },
			.direction = step % 3,
		};
		struct segment *s = &item.segment;

		if (step == 0xff) {
			end_batch(f, &t);
			continue;
		}
		if (step == 0xfe) {
			flow_tick(f, now_ns + 4096);
			continue;
		}
		if (step >= 0xf0 && !frame(&in, s))
			continue;
		if (step < 0xf0)
			*s = segment(&in);
		now_ns += 1LL << (step >> 4) * 3;
		item.time_ns = now_ns;
		must(flow_add(f, &item, &e) == 0);
		t.added++;
		t.resets_added += !!(s->flags & TCP_FLAG_RST);
	}
	end_batch(f, &t);
	return 0;
}
