/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures that are long or have parts missing. */
#include "lab/flow/index.h"
#include "tests/unit/story.h"

#include <string.h>

#define OPENED "C>S S; S>C SA; C>S A; "
#define TALKED OPENED "C>S PA 10; S>C A; S>C PA 17; C>S A; "
#define CLOSED TALKED "C>S FA; S>C FA; C>S A; "

static struct story_end end;

struct count {
	size_t n, unjudged;
};

static void count(const struct connection *c, void *arg)
{
	struct count *total = arg;

	total->n++;
	total->unjudged += !c->judged;
}

/* What @line says, on 5000 connections one after the other. */
static void tell_many(struct story *st, const char *line, struct hop *hop)
{
	char client[32];

	for (int i = 0; i < 5000; i++) {
		(void)snprintf(client, sizeof(client), "10.0.%d.%d:4000",
			       i / 250, i % 250);
		*hop = (struct hop){
			.direction = FLOW_UNKNOWN,
			.client = client,
			.server = "10.1.0.2:80",
		};
		st->hops = hop;
		story_tell(st, line);
	}
}

static void connections_that_are_over_retire_by_themselves(void **state)
{
	struct count total = { 0, 0 };
	const struct flow_limits limits = {
		.over = 10,
		.secret = 7341,
		.fn = count,
		.arg = &total,
	};
	struct story st;
	struct hop hop;

	(void)state;
	story_begin(&st, NULL, 0);
	flow_limit(st.flow, &limits);
	tell_many(&st, TALKED "C>S RA", &hop);
	assert_int_equal(total.n, 5000 - 10 - 1);
	assert_int_equal(flow_unfinished(st.flow), 0);
	flow_flush(st.flow, count, &total);
	assert_int_equal(total.n, 5000);
	assert_int_equal(total.unjudged, 0);
	story_end(&st, &end);
}

static void a_limit_of_connections_lets_the_longest_silent_go(void **state)
{
	struct count total = { 0, 0 };
	const struct flow_limits limits = {
		.over = 10,
		.connections = 100,
		.fn = count,
		.arg = &total,
	};
	struct story st;
	struct hop hop;

	(void)state;
	story_begin(&st, NULL, 0);
	flow_limit(st.flow, &limits);
	tell_many(&st, "C>S S isn=5", &hop);
	assert_true(total.n >= 4900);
	assert_true(total.n < 5000);
	flow_flush(st.flow, count, &total);
	assert_int_equal(total.n, 5000);
	story_end(&st, &end);
}

static void count_in_order(const struct connection *c, void *arg)
{
	uint16_t *port = arg;

	assert_int_equal(c->client.port, ++*port);
}

static void many_connections_come_out_in_the_order_of_start(void **state)
{
	own_flow struct flow *f = NULL;
	struct flow_item item = { .direction = FLOW_IN };
	struct segment *s = &item.segment;
	uint16_t port = 0;
	struct err e;

	(void)state;
	assert_int_equal(flow_new(&f, &e), 0);
	assert_true(ip_endpoint_parse("[fd00::1]:1", &s->src));
	assert_true(ip_endpoint_parse("[fd00::2]:80", &s->dst));
	s->flags = TCP_FLAG_SYN;
	for (int i = 1; i <= 3000; i++) {
		s->src.port = (uint16_t)i;
		s->seq = (uint32_t)i * 7919;
		item.time_ns = i;
		assert_int_equal(flow_add(f, &item, &e), 0);
	}
	assert_int_equal(flow_unfinished(f), 3000);
	flow_flush(f, count_in_order, &port);
	assert_int_equal(port, 3000);
}

/* The address goes down while the port goes up, as someone may have made them.
 */
static uint64_t hash_of(const struct index *x, uint16_t n)
{
	const uint64_t low = 1000 - (uint64_t)n;
	struct ip_endpoint a = { .port = n }, b;

	assert_true(ip_endpoint_parse("[fd00::2]:80", &b));
	a.addr = b.addr;
	memcpy(a.addr.bytes + 8, &low, sizeof(low));
	return index_pair_hash(x->secret, &a, &b);
}

static void nobody_without_the_secret_makes_endpoints_meet(void **state)
{
	struct index x, y;
	struct err e;

	(void)state;
	assert_int_equal(index_init(&x, &e), 0);
	assert_int_equal(index_init(&y, &e), 0);
	index_set_secret(&y, 0x6b8b4567327b23c6ULL);
	for (uint16_t i = 1; i < 1000; i++) {
		assert_int_not_equal(hash_of(&x, i), hash_of(&x, 0));
		assert_int_not_equal(hash_of(&x, i), hash_of(&y, i));
	}
	index_done(&x);
	index_done(&y);
}

static void what_is_over_retires_with_time_and_the_others_go_on(void **state)
{
	const struct flow_limits limits = {
		.over = 10,
		.over_ns = 1000000000LL,
		.fn = story_keep,
		.arg = &end,
	};
	static const struct hop other = {
		.direction = FLOW_UNKNOWN,
		.client = "10.0.0.1:40001",
		.server = "10.0.0.2:80",
	};
	struct story st;

	(void)state;
	story_begin(&st, NULL, 0);
	flow_limit(st.flow, &limits);
	story_tell(&st, CLOSED);
	st.hops = &other;
	story_tell(&st, "C>S S isn=5; S>C SA");
	end.n = 0;
	flow_tick(st.flow, limits.over_ns);
	assert_int_equal(end.n, 0);
	flow_tick(st.flow, st.now_ns + limits.over_ns);
	assert_int_equal(end.n, 1);
	assert_int_equal(end.c[0].ending, ENDING_FIN_BOTH);
	assert_int_equal(flow_unfinished(st.flow), 1);
	story_tell(&st, "C>S A; C>S RA");
	assert_int_equal(flow_unfinished(st.flow), 0);
	story_end(&st, &end);
	assert_int_equal(end.n, 1);
	assert_int_equal(end.c[0].ending, ENDING_RSTACK);
	assert_int_equal(end.c[0].client.port, 40001);
	assert_int_equal(end.c[0].packets, 4);
}

static const struct connection *only(const char *line)
{
	struct story st;

	story_begin(&st, NULL, 0);
	story_tell(&st, line);
	story_end(&st, &end);
	assert_int_equal(end.n, 1);
	return &end.c[0];
}

static void a_segment_that_comes_late_fills_its_gap(void **state)
{
	(void)state;
	assert_true(only(OPENED "S>C A ack=101; C>S PA 100; C>S FA; S>C FA; "
				"C>S A")
			    ->judged);
	assert_int_equal(only(OPENED "S>C A ack=101; C>S RA")->doubt,
			 DOUBT_GAP);
}

static void each_doubt_has_its_name(void **state)
{
	(void)state;
	assert_int_equal(only(OPENED "C>S FA; S>C FA; C>S A")->doubt,
			 DOUBT_NONE);
	assert_int_equal(only("C>S PA 10; S>C A; C>S RA")->doubt,
			 DOUBT_MIDSTREAM);
	assert_int_equal(only("C>S S; C>S A; C>S PA 10; C>S FA")->doubt,
			 DOUBT_ONE_WAY);
	assert_int_equal(only("C>S S; C>S A; C>S PA 10; S>C A")->doubt,
			 DOUBT_HANDSHAKE);
	/* unanswered is whole: there was no more to see */
	assert_int_equal(only("C>S S; C>S S")->doubt, DOUBT_NONE);
}

static void a_reset_knows_the_ttl_its_side_had(void **state)
{
	const struct connection *c = only(OPENED "C>S PA 10; S>C A; C>S RA");

	(void)state;
	assert_int_equal(c->resets[0].ttl, 64);
	assert_int_equal(c->resets[0].usual_ttl, 64);
	assert_int_equal(only("C>S S; S>C RA")->resets[0].usual_ttl, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			connections_that_are_over_retire_by_themselves),
		cmocka_unit_test(
			a_limit_of_connections_lets_the_longest_silent_go),
		cmocka_unit_test(
			many_connections_come_out_in_the_order_of_start),
		cmocka_unit_test(
			nobody_without_the_secret_makes_endpoints_meet),
		cmocka_unit_test(
			what_is_over_retires_with_time_and_the_others_go_on),
		cmocka_unit_test(a_segment_that_comes_late_fills_its_gap),
		cmocka_unit_test(each_doubt_has_its_name),
		cmocka_unit_test(a_reset_knows_the_ttl_its_side_had),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
