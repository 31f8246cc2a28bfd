/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Segments in bundles give the connections that segments one by one give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/base/rng.h"
#include "lab/flow/bundler.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT_MAX = 60000 };

/* Connections as they were told. */
struct told {
	size_t n;
	struct connection *c;
};

/* Two flows that are given the same segments. */
struct both {
	struct flow *alone, *bundled;
	struct bundler *bundler;
	struct told by_one, by_bundle;
	size_t bundles, entangled;
	int64_t now_ns;
};

static void keep(const struct connection *c, void *arg)
{
	struct told *told = arg;

	assert_in_range(told->n, 0, KEPT_MAX - 1);
	told->c[told->n++] = *c;
}

static void begin(struct both *b, const struct flow_limits *limits)
{
	struct err e;

	*b = (struct both){ .now_ns = 1000 };
	assert_int_equal(flow_new(&b->alone, &e), 0);
	assert_int_equal(flow_new(&b->bundled, &e), 0);
	if (limits)
		flow_limit(b->bundled, limits);
	assert_int_equal(bundler_new(&b->bundler, b->bundled, &e), 0);
	b->by_one.c = calloc(KEPT_MAX, sizeof(struct connection));
	b->by_bundle.c = calloc(KEPT_MAX, sizeof(struct connection));
	assert_true(b->by_one.c && b->by_bundle.c);
}

/* By way of a copy, as to another thread. */
static void send_on(struct both *b)
{
	static struct bundle copy;
	const struct bundle *bundle = bundler_take(b->bundler);
	struct err e;

	memset(&copy, 0xa5, sizeof(copy));
	bundle_copy(&copy, bundle);
	b->bundles += bundle->n != 0;
	b->entangled += bundle->entangled;
	assert_int_equal(flow_add_bundle(b->bundled, &copy, &e), 0);
}

static void add(struct both *b, const struct segment *s, uint16_t interface)
{
	const struct flow_item item = {
		.segment = *s,
		.time_ns = b->now_ns,
		.point.interface = interface,
		.direction = FLOW_UNKNOWN,
	};
	struct err e;

	assert_int_equal(flow_add(b->alone, &item, &e), 0);
	if (!bundler_add(b->bundler, s, b->now_ns, interface))
		send_on(b);
	b->now_ns += 1000;
}

static void assert_same_resets(const struct connection *a,
			       const struct connection *b)
{
	assert_int_equal(a->n_resets, b->n_resets);
	for (size_t i = 0; i < a->n_resets && i < FLOW_RESETS_MAX; i++) {
		const struct reset *x = &a->resets[i], *y = &b->resets[i];

		assert_int_equal(x->time_ns, y->time_ns);
		assert_int_equal(x->frame, y->frame);
		assert_int_equal(x->side, y->side);
		assert_int_equal(x->form, y->form);
		assert_int_equal(x->phase, y->phase);
		assert_int_equal(x->echo, y->echo);
		assert_int_equal(x->astray, y->astray);
		assert_int_equal(x->usual_ttl, y->usual_ttl);
		assert_int_equal(x->taken_bytes, y->taken_bytes);
		assert_int_equal(x->refused_bytes, y->refused_bytes);
		assert_int_equal(x->n_sightings, y->n_sightings);
	}
}

static void assert_same(const struct connection *a, const struct connection *b)
{
	assert_int_equal(a->number, b->number);
	assert_true(ip_endpoint_equal(&a->client, &b->client));
	assert_true(ip_endpoint_equal(&a->server, &b->server));
	assert_int_equal(a->start_ns, b->start_ns);
	assert_int_equal(a->end_ns, b->end_ns);
	assert_int_equal(a->packets, b->packets);
	assert_int_equal(a->bytes[0], b->bytes[0]);
	assert_int_equal(a->bytes[1], b->bytes[1]);
	assert_int_equal(a->ending, b->ending);
	assert_int_equal(a->phase, b->phase);
	assert_int_equal(a->doubt, b->doubt);
	assert_string_equal(a->zeek_state, b->zeek_state);
	assert_string_equal(a->zeek_history, b->zeek_history);
	assert_int_equal(a->completeness, b->completeness);
	assert_int_equal(a->n_legs, b->n_legs);
	for (size_t i = 0; i < a->n_legs; i++) {
		assert_true(ip_endpoint_equal(&a->legs[i].client,
					      &b->legs[i].client));
		assert_int_equal(a->legs[i].packets, b->legs[i].packets);
		assert_int_equal(a->legs[i].first_ns, b->legs[i].first_ns);
	}
	assert_same_resets(a, b);
}

/* Hand over what is left, and compare. */
static void end(struct both *b)
{
	send_on(b);
	assert_int_equal(flow_unfinished(b->alone),
			 flow_unfinished(b->bundled));
	flow_flush(b->alone, keep, &b->by_one);
	flow_flush(b->bundled, keep, &b->by_bundle);
	assert_int_equal(b->by_one.n, b->by_bundle.n);
	for (size_t i = 0; i < b->by_one.n; i++)
		assert_same(&b->by_one.c[i], &b->by_bundle.c[i]);
}

static void done(struct both *b)
{
	flow_free(b->alone);
	flow_free(b->bundled);
	bundler_free(b->bundler);
	free(b->by_one.c);
	free(b->by_bundle.c);
}

/* --- segments --------------------------------------------------------------
 */

static struct ip_endpoint endpoint(bool server, uint16_t n)
{
	struct ip_endpoint ep = { .port = server ? 80 : 40000 + n };

	ep.addr.family = n % 5 == 4 ? 6 : 4;
	ep.addr.bytes[0] = server ? 10 : 20;
	ep.addr.bytes[n % 5 == 4 ? 15 : 3] = 1;
	return ep;
}

/* Of a client with this number and its server. */
static struct segment segment(uint16_t n, bool from_server, uint8_t flags)
{
	return (struct segment){
		.src = endpoint(from_server, n),
		.dst = endpoint(!from_server, n),
		.flags = flags,
		.ttl = 64,
		.window = flags & TCP_FLAG_RST ? 0 : 500,
		.window_scale = 0xff,
	};
}

enum { S = 2, SA = 18, A = 16, PA = 24, FA = 17, RA = 20, R = 4 };

/* What random ones are made of. */
struct mix {
	uint32_t clients, isns, interfaces;
	uint32_t bundle; /* segments in one, about */
};

static struct segment any_segment(struct rng *rng, const struct mix *mix)
{
	static const uint8_t flags[] = { S, SA, A, A, PA, PA, PA, FA, RA, R };
	const uint16_t n = (uint16_t)rng_below(rng, mix->clients);
	struct segment s = segment(n, rng_next(rng) & 1,
				   flags[rng_below(rng, sizeof(flags))]);
	/* each client has numbers of its own, or some share them */
	const uint32_t base = (n % mix->isns) * 1000;

	s.seq = base + (uint32_t)rng_below(rng, s.flags & TCP_FLAG_SYN ? 2 : 9);
	s.ack = base + 1 + (uint32_t)rng_below(rng, 9);
	s.payload_bytes = (uint32_t)rng_below(rng, 4);
	s.ttl = (uint8_t)(60 + rng_below(rng, 5));
	s.has_timestamps = rng_next(rng) & 1;
	s.frame = rng_next(rng);
	if (s.flags == RA && rng_below(rng, 3) == 0)
		s.seq = 0;
	return s;
}

static void add_many(struct both *b, uint64_t seed, const struct mix *mix,
		     size_t n)
{
	struct rng rng = { seed };

	for (size_t i = 0; i < n; i++) {
		const struct segment s = any_segment(&rng, mix);

		add(b, &s, (uint16_t)rng_below(&rng, mix->interfaces));
		if (rng_below(&rng, mix->bundle) == 0)
			send_on(b);
	}
}

static void whatever_comes_gives_the_same_connections(void **state)
{
	static const struct mix mixes[] = {
		{ 1, 1, 1, 5 },		{ 5, 5, 1, 7 },
		{ 5, 2, 1, 7 },		{ 5, 5, 3, 7 },
		{ 40, 40, 1, 20 },	{ 40, 7, 3, 20 },
		{ 300, 300, 1, 40 },	{ 300, 290, 2, 40 },
		{ 4000, 4000, 1, 100 }, { 4000, 40, 2, 100 },
		{ 4000, 4000, 1, 9000 }
	};
	size_t bundles = 0, entangled = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mixes); i++) {
		struct both b;

		begin(&b, NULL);
		add_many(&b, i + 71, &mixes[i], 20000);
		end(&b);
		bundles += b.bundles;
		entangled += b.entangled;
		done(&b);
	}
	assert_in_range(entangled, bundles / 10, bundles - bundles / 10);
}

/* From its beginning to its end, a step each time. */
static struct segment step(uint16_t n, uint32_t i)
{
	static const struct {
		bool from_server;
		uint8_t flags;
		uint32_t seq, ack, bytes;
	} steps[] = {
		{ false, S, 0, 0, 0 },	 { true, SA, 0, 1, 0 },
		{ false, A, 1, 1, 0 },	 { false, PA, 1, 1, 10 },
		{ true, A, 1, 11, 0 },	 { true, PA, 1, 11, 20 },
		{ false, A, 11, 21, 0 }, { true, RA, 21, 11, 0 },
	};
	struct segment s = segment(n, steps[i].from_server, steps[i].flags);
	const uint32_t isn = (uint32_t)n * 7919;

	s.seq = steps[i].seq + isn + (steps[i].from_server ? 5 : 0);
	s.ack = i ? steps[i].ack + isn + (steps[i].from_server ? 0 : 5) : 0;
	s.payload_bytes = steps[i].bytes;
	return s;
}

enum { STEPS = 8, CLIENTS = 6000, ABREAST = 64 };

/* Connections that are whole, so many at the same time. */
static void tell_whole(struct both *b)
{
	for (uint32_t from = 0; from < CLIENTS; from += ABREAST)
		for (uint32_t i = 0; i < STEPS; i++)
			for (uint32_t n = from; n < from + ABREAST; n++) {
				const struct segment s = step((uint16_t)n, i);

				add(b, &s, 0);
			}
}

static void connections_side_by_side_are_not_entangled(void **state)
{
	struct both b;

	(void)state;
	begin(&b, NULL);
	tell_whole(&b);
	end(&b);
	assert_true(b.bundles > 20);
	assert_int_equal(b.entangled, 0);
	assert_int_equal(b.by_bundle.c[0].ending, ENDING_RSTACK);
	assert_int_equal(b.by_bundle.c[0].doubt, DOUBT_NONE);
	done(&b);
}

static void count(const struct connection *c, void *arg)
{
	size_t *n = arg;

	*n += c->doubt == DOUBT_NONE && c->ending == ENDING_RSTACK;
}

static void what_is_over_retires_between_bundles(void **state)
{
	size_t n = 0;
	const struct flow_limits limits = {
		.over = 10,
		.secret = 7341,
		.fn = count,
		.arg = &n,
	};
	struct both b;

	(void)state;
	begin(&b, &limits);
	tell_whole(&b);
	send_on(&b);
	assert_in_range(n, CLIENTS - BUNDLE_MAX, CLIENTS - 10);
	flow_flush(b.bundled, count, &n);
	assert_int_equal(n, CLIENTS + ABREAST - CLIENTS % ABREAST);
	done(&b);
}

/* Among those that end in a bundle the last may be of the first chain. */
static void who_ends_last_in_a_bundle_is_kept_no_shorter(void **state)
{
	enum { OTHERS = 200 };
	size_t n = 0;
	const struct flow_limits limits = {
		.over = OTHERS / 2 + BUNDLE_MAX,
		.secret = 7341,
		.fn = count,
		.arg = &n,
	};
	struct both b;
	struct segment s;

	(void)state;
	begin(&b, &limits);
	for (uint32_t i = 0; i < STEPS; i++)
		for (uint32_t client = OTHERS; client--;) {
			s = step((uint16_t)client, i);
			add(&b, &s, 0);
		}
	send_on(&b);
	send_on(&b);
	s = segment(OTHERS - 1, false, PA); /* of the first chain, late */
	add(&b, &s, 0);
	send_on(&b);
	flow_flush(b.bundled, keep, &b.by_bundle);
	assert_int_equal(n + b.by_bundle.n, OTHERS);
	done(&b);
}

/* --- what is entangled -----------------------------------------------------
 */

/* Those of an even number have come one hop further. */
static void add_one(struct both *b, struct segment s, uint32_t seq,
		    uint32_t ack)
{
	s.seq = seq;
	s.ack = ack;
	s.ttl -= s.src.port % 2 == 0 && s.dst.port % 2 == 0;
	add(b, &s, 0);
}

static bool last_is_entangled(struct both *b)
{
	const size_t before = b->entangled;

	send_on(b);
	return b->entangled > before;
}

static void a_number_at_two_pairs_of_endpoints_entangles(void **state)
{
	struct both b;

	(void)state;
	begin(&b, NULL);
	add_one(&b, segment(1, false, S), 500, 0);
	add_one(&b, segment(2, false, S), 500, 0);
	assert_true(last_is_entangled(&b));
	add_one(&b, segment(2, true, SA), 900, 501);
	add_one(&b, segment(1, true, SA), 900, 501);
	add_one(&b, segment(1, false, A), 501, 901);
	add_one(&b, segment(2, false, A), 501, 901);
	end(&b);
	assert_int_equal(b.by_bundle.n, 1);
	assert_int_equal(b.by_bundle.c[0].n_legs, 2);
	done(&b);
}

/* The bundle itself does not show it: the other leg began in the one before. */
static void a_leg_that_joins_an_older_connection_is_followed(void **state)
{
	struct both b;

	(void)state;
	begin(&b, NULL);
	add_one(&b, segment(1, false, S), 500, 0);
	send_on(&b);
	add_one(&b, segment(2, false, S), 500, 0);
	assert_false(last_is_entangled(&b));
	add_one(&b, segment(2, true, SA), 900, 501);
	add_one(&b, segment(1, true, SA), 900, 501);
	add_one(&b, segment(1, false, RA), 501, 901);
	add_one(&b, segment(2, false, RA), 501, 901);
	end(&b);
	assert_int_equal(b.by_bundle.n, 1);
	assert_int_equal(b.by_bundle.c[0].n_legs, 2);
	assert_int_equal(b.by_bundle.c[0].resets[0].n_sightings, 2);
	done(&b);
}

static void a_port_that_is_used_again_entangles(void **state)
{
	struct both b;

	(void)state;
	begin(&b, NULL);
	add_one(&b, segment(1, false, S), 500, 0);
	add_one(&b, segment(1, true, SA), 900, 501);
	assert_false(last_is_entangled(&b));
	add_one(&b, segment(1, false, R), 501, 0);
	add_one(&b, segment(2, false, S), 700, 0);
	add_one(&b, segment(1, false, S), 9000, 0);
	assert_true(last_is_entangled(&b));
	end(&b);
	assert_int_equal(b.by_bundle.n, 3);
	done(&b);
}

static void a_beginning_with_data_entangles(void **state)
{
	struct both b;
	struct segment s;

	(void)state;
	begin(&b, NULL);
	add_one(&b, segment(1, false, S), 510, 0);
	send_on(&b);
	s = segment(2, false, S);
	s.payload_bytes = 10;
	add_one(&b, s, 500, 0);
	/* whose SYN does it answer? */
	s = segment(2, true, SA);
	s.seq = 900;
	s.ack = 511;
	add(&b, &s, 1);
	add_one(&b, segment(1, true, SA), 900, 511);
	add_one(&b, segment(1, false, A), 511, 901);
	assert_true(last_is_entangled(&b));
	end(&b);
	done(&b);
}

/* Its SYN came in the bundle before; the one that was sent again has none. */
static void an_answer_to_data_from_elsewhere_is_followed(void **state)
{
	struct both b;
	struct segment s = segment(2, false, S);

	(void)state;
	begin(&b, NULL);
	s.payload_bytes = 10;
	add_one(&b, s, 500, 0);
	send_on(&b);
	add_one(&b, segment(2, false, S), 500, 0);
	add_one(&b, segment(3, true, SA), 900, 511);
	add_one(&b, segment(2, false, A), 511, 901);
	assert_false(last_is_entangled(&b));
	end(&b);
	assert_int_equal(b.by_bundle.n, 1);
	assert_true(b.by_bundle.c[0].judged);
	done(&b);
}

static void two_ends_that_are_one_entangle(void **state)
{
	static const struct {
		uint8_t flags;
		uint32_t seq, ack;
	} steps[] = { { S, 100, 0 },	{ SA, 500, 101 }, { A, 101, 501 },
		      { PA, 101, 501 }, { PA, 501, 111 }, { R, 111, 0 } };
	struct both b;

	(void)state;
	begin(&b, NULL);
	for (uint16_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct segment s = segment(1, false, steps[i].flags);

		s.dst = s.src;
		s.seq = steps[i].seq;
		s.ack = steps[i].ack;
		add(&b, &s, i % 2);
	}
	assert_true(last_is_entangled(&b));
	end(&b);
	done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_comes_gives_the_same_connections),
		cmocka_unit_test(connections_side_by_side_are_not_entangled),
		cmocka_unit_test(what_is_over_retires_between_bundles),
		cmocka_unit_test(who_ends_last_in_a_bundle_is_kept_no_shorter),
		cmocka_unit_test(a_beginning_with_data_entangles),
		cmocka_unit_test(an_answer_to_data_from_elsewhere_is_followed),
		cmocka_unit_test(two_ends_that_are_one_entangle),
		cmocka_unit_test(a_number_at_two_pairs_of_endpoints_entangles),
		cmocka_unit_test(
			a_leg_that_joins_an_older_connection_is_followed),
		cmocka_unit_test(a_port_that_is_used_again_entangles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
