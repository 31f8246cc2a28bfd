/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Legs, resets, bytes and batches: which segment belongs to what. */
#include "tests/unit/story.h"

#define OPENED "C>S S; S>C SA; C>S A; "
#define TALKED OPENED "C>S PA 10; S>C A; S>C PA 17; C>S A; "
#define CLOSED TALKED "C>S FA; S>C FA; C>S A; "

enum { CLIENT_NODE = 1, HOST, CONTAINER };
enum { UPLINK = 2, DOCKER0, VETH };

/*
 * A published port: the client knows the host's address, the container its
 * own.  What the client sends leaves its eth0, comes in at the host's uplink,
 * is translated and leaves through docker0 and the veth's host end.
 */
#define FROM_CLIENT "192.168.7.20:40000"
#define PUBLISHED   "192.168.7.10:8080"
#define INSIDE	    "172.17.0.2:80"
static const struct hop published[] = {
	{ CLIENT_NODE, 2, FLOW_OUT, FROM_CLIENT, PUBLISHED },
	{ HOST, UPLINK, FLOW_IN, FROM_CLIENT, PUBLISHED },
	{ HOST, DOCKER0, FLOW_OUT, FROM_CLIENT, INSIDE },
	{ HOST, VETH, FLOW_OUT, FROM_CLIENT, INSIDE },
	{ CONTAINER, 2, FLOW_IN, FROM_CLIENT, INSIDE },
};

/* A container behind MASQUERADE: the source is what changes. */
static const struct hop masqueraded[] = {
	{ CONTAINER, 2, FLOW_OUT, "172.17.0.2:51000", "192.168.7.20:80" },
	{ HOST, DOCKER0, FLOW_IN, "172.17.0.2:51000", "192.168.7.20:80" },
	{ HOST, UPLINK, FLOW_OUT, "192.168.7.10:61000", "192.168.7.20:80" },
	{ CLIENT_NODE, 2, FLOW_IN, "192.168.7.10:61000", "192.168.7.20:80" },
};

/* A container that uses its own host's published port: both change, and both
 * translations are seen at docker0. */
static const struct hop hairpin[] = {
	{ CONTAINER, 2, FLOW_OUT, "172.17.0.3:51000", PUBLISHED },
	{ HOST, DOCKER0, FLOW_IN, "172.17.0.3:51000", PUBLISHED },
	{ HOST, DOCKER0, FLOW_OUT, "172.17.0.1:51000", INSIDE },
	{ CLIENT_NODE, 2, FLOW_IN, "172.17.0.1:51000", INSIDE },
};

static struct story_end end;

static const struct connection *tell(const struct hop *hops, size_t n_hops,
				     const char *text)
{
	struct story st;

	story_begin(&st, hops, (int)n_hops);
	story_tell(&st, text);
	story_end(&st, &end);
	assert_true(end.n > 0);
	return &end.c[0];
}

static const struct connection *tell_published(const char *text)
{
	return tell(published, ARRAY_SIZE(published), text);
}

static void assert_endpoint(const struct ip_endpoint *ep, const char *want)
{
	char text[IP_TEXT_MAX];

	assert_string_equal(ip_endpoint_text(ep, text), want);
}

static void a_translated_connection_is_one(void **state)
{
	const struct connection *c = tell_published(CLOSED);

	(void)state;
	assert_int_equal(end.n, 1);
	assert_int_equal(c->n_legs, 5);
	assert_endpoint(&c->client, FROM_CLIENT);
	assert_endpoint(&c->server, PUBLISHED);
	assert_endpoint(&c->legs[4].server, INSIDE);
	assert_int_equal(c->legs[4].packets, 10);
	assert_int_equal(c->ending, ENDING_FIN_BOTH);
	assert_int_equal(c->packets, 10);
	assert_int_equal(c->bytes[SIDE_CLIENT], 10);
	assert_int_equal(c->bytes[SIDE_SERVER], 17);
	assert_true(c->judged);
}

static void a_masqueraded_connection_is_one(void **state)
{
	const struct connection *c =
		tell(masqueraded, ARRAY_SIZE(masqueraded), CLOSED);

	(void)state;
	assert_int_equal(end.n, 1);
	assert_int_equal(c->n_legs, 4);
	assert_endpoint(&c->client, "172.17.0.2:51000");
	assert_endpoint(&c->legs[3].client, "192.168.7.10:61000");
}

/* The challenge by a server that remembers the first port is answered by an
 * RST, and the SYN that comes again is translated to another. */
static void a_retried_syn_at_another_port_is_one(void **state)
{
	struct hop again[ARRAY_SIZE(masqueraded)];
	struct story st;

	(void)state;
	story_begin(&st, masqueraded, (int)ARRAY_SIZE(masqueraded));
	story_tell(&st, "C>S S; S>C A seq=7000 ack=5000; C>S R seq=5000");
	memcpy(again, masqueraded, sizeof(again));
	again[2].client = again[3].client = "192.168.7.10:61001";
	st.hops = again;
	story_tell(&st, CLOSED);
	story_end(&st, &end);
	assert_int_equal(end.n, 1);
	assert_int_equal(end.c[0].n_legs, 6);
	assert_int_equal(end.c[0].resets[0].emitter_node, CONTAINER);
	assert_int_equal(end.c[0].ending, ENDING_SYN_CHALLENGE_RST);
}

static void a_hairpin_at_one_point_is_one(void **state)
{
	const struct connection *c =
		tell(hairpin, ARRAY_SIZE(hairpin), TALKED "S>C RA");

	(void)state;
	assert_int_equal(end.n, 1);
	assert_int_equal(c->n_legs, 4);
	assert_int_equal(c->n_resets, 1);
	assert_int_equal(c->resets[0].n_sightings, 4);
}

static void one_reset_is_seen_at_every_hop(void **state)
{
	const struct connection *c = tell_published(TALKED "S>C RA");
	const struct reset *r = connection_first_reset(c);

	(void)state;
	assert_non_null(r);
	assert_int_equal(c->n_resets, 1);
	assert_int_equal(r->side, SIDE_SERVER);
	assert_int_equal(r->emitter_node, CONTAINER);
	assert_int_equal(r->n_sightings, 5);
	assert_int_equal(r->ttl, 64);
	assert_endpoint(&r->sightings[0].src, INSIDE);
	assert_endpoint(&r->sightings[4].src, PUBLISHED);
	assert_int_equal(r->sightings[4].point.node, CLIENT_NODE);
	assert_int_equal(r->sightings[4].direction, FLOW_IN);
	assert_int_equal(reset_emitter(r, CLIENT_NODE, CONTAINER),
			 EMITTER_SERVER);
}

static void the_middle_may_send_a_reset(void **state)
{
	/* the host rejects what the client sends: nothing reaches docker0 */
	const struct connection *c =
		tell_published(TALKED "C>S PA 5 to=1; S>C R from=1");
	const struct reset *r = connection_first_reset(c);

	(void)state;
	assert_non_null(r);
	assert_int_equal(c->ending, ENDING_RST);
	assert_int_equal(r->side, SIDE_SERVER);
	assert_int_equal(r->emitter_node, HOST);
	assert_int_equal(r->n_sightings, 2);
	assert_int_equal(reset_emitter(r, CLIENT_NODE, CONTAINER),
			 EMITTER_MIDDLE);
}

static void a_closed_port_behind_nat_refuses(void **state)
{
	const struct connection *c = tell_published("C>S S; S>C RAZ");

	(void)state;
	assert_int_equal(c->ending, ENDING_SYN_RSTACK);
	assert_int_equal(c->resets[0].emitter_node, CONTAINER);
	assert_int_equal(c->resets[0].n_sightings, 5);
}

static void a_reset_dropped_on_the_way_leaves_the_peer_waiting(void **state)
{
	struct story st;

	(void)state;
	story_begin(&st, published, ARRAY_SIZE(published));
	story_tell(&st, TALKED "S>C RA to=2");
	assert_int_equal(flow_unfinished(st.flow), 1);
	/* the client goes on, and is answered by a bare RST */
	story_tell(&st, "C>S PA 5; S>C R");
	assert_int_equal(flow_unfinished(st.flow), 0);
	story_end(&st, &end);
	assert_int_equal(end.c[0].n_resets, 2);
	assert_int_equal(end.c[0].resets[0].n_sightings, 3);
	assert_false(end.c[0].resets[0].echo);
	assert_true(end.c[0].resets[1].echo);
	assert_int_equal(end.c[0].ending, ENDING_RSTACK);
	assert_int_equal(end.c[0].phase, PHASE_DATA);
}

static void the_same_reset_sent_twice_is_two(void **state)
{
	const struct connection *c =
		tell_published(TALKED "C>S PA 5; S>C R; S>C R");

	(void)state;
	assert_int_equal(c->n_resets, 2);
	assert_int_equal(c->resets[0].n_sightings, 5);
	assert_int_equal(c->resets[1].n_sightings, 5);
}

/* A server that is gone answers each of 20 segments in flight. */
static void resets_beyond_the_room_are_counted(void **state)
{
	struct story st;

	(void)state;
	story_begin(&st, published, ARRAY_SIZE(published));
	story_tell(&st, TALKED);
	for (int i = 0; i < 20; i++)
		story_tell(&st, "C>S PA 5; S>C R");
	story_tell(&st, "C>S PA 5; S>C R from=1");
	story_end(&st, &end);
	assert_int_equal(end.c[0].n_resets, 21);
	assert_int_equal(end.c[0].n_emitters, 2);
	assert_int_equal(end.c[0].emitters[0].node, CONTAINER);
	assert_int_equal(end.c[0].emitters[0].resets, 20);
	assert_int_equal(end.c[0].emitters[1].node, HOST);
	assert_int_equal(end.c[0].emitters[1].resets, 1);
}

static void an_end_must_arrive(void **state)
{
	struct story st;

	(void)state;
	story_begin(&st, published, ARRAY_SIZE(published));
	story_tell(&st, TALKED "C>S FA; S>C FA; C>S A to=3");
	assert_int_equal(flow_unfinished(st.flow), 1);
	story_tell(&st, "C>S A from=4");
	assert_int_equal(flow_unfinished(st.flow), 0);
	story_end(&st, &end);
	assert_int_equal(end.c[0].packets, 10);
}

static void a_translation_that_was_skipped_keeps_the_connection(void **state)
{
	/* The reply is not translated back: it reaches the client from the
	 * container's own address, and the client's kernel knows no such
	 * connection. */
	static const struct hop untranslated = { CLIENT_NODE, 2, FLOW_OUT,
						 FROM_CLIENT, INSIDE };
	struct story st;
	const struct reset *r;

	(void)state;
	story_begin(&st, published, ARRAY_SIZE(published));
	story_tell(&st, TALKED "S>C PA 5 to=2");
	st.hops = &untranslated;
	st.n_hops = 1;
	story_tell(&st, "C>S R seq=11");
	story_end(&st, &end);
	assert_int_equal(end.n, 1);
	r = connection_first_reset(&end.c[0]);
	assert_non_null(r);
	assert_int_equal(r->emitter_node, CLIENT_NODE);
	assert_endpoint(&r->sightings[0].dst, INSIDE);
	assert_int_equal(end.c[0].n_legs, 6);
}

static void the_way_back_may_be_another(void **state)
{
	static const struct hop back[] = {
		{ CLIENT_NODE, 7, FLOW_OUT, FROM_CLIENT, PUBLISHED },
		{ CONTAINER, 7, FLOW_IN, FROM_CLIENT, INSIDE },
	};
	struct story st;

	(void)state;
	story_begin(&st, published, ARRAY_SIZE(published));
	story_tell(&st, "C>S S");
	st.hops = back;
	st.n_hops = ARRAY_SIZE(back);
	story_tell(&st, "S>C SA");
	st.hops = published;
	st.n_hops = ARRAY_SIZE(published);
	story_tell(&st, "C>S A; C>S FA");
	st.hops = back;
	st.n_hops = ARRAY_SIZE(back);
	story_tell(&st, "S>C FA");
	assert_int_equal(flow_unfinished(st.flow), 1);
	st.hops = published;
	st.n_hops = ARRAY_SIZE(published);
	story_tell(&st, "C>S A");
	assert_int_equal(flow_unfinished(st.flow), 0);
	story_end(&st, &end);
	assert_int_equal(end.n, 1);
	assert_int_equal(end.c[0].ending, ENDING_FIN_BOTH);
	assert_int_equal(end.c[0].n_legs, 7);
}

static void a_port_used_again_is_another_connection(void **state)
{
	(void)state;
	(void)tell_published(CLOSED "C>S S isn=77000; S>C SA isn=9; C>S A;"
				    "C>S RA");
	assert_int_equal(end.n, 2);
	assert_int_equal(end.c[0].ending, ENDING_FIN_BOTH);
	assert_int_equal(end.c[1].ending, ENDING_RSTACK);
	assert_int_equal(end.c[1].n_legs, 5);
	assert_true(end.c[0].start_ns < end.c[1].start_ns);
}

static void a_new_syn_ends_the_wait_for_the_old_connection(void **state)
{
	struct story st;

	(void)state;
	story_begin(&st, published, ARRAY_SIZE(published));
	story_tell(&st, TALKED "C>S S isn=77000;"
			       "S>C A seq=18 ack=11; C>S R seq=11");
	assert_int_equal(flow_unfinished(st.flow), 0);
	story_end(&st, &end);
	assert_int_equal(end.n, 2);
	assert_int_equal(end.c[0].ending, ENDING_ESTABLISHED);
	assert_int_equal(end.c[0].n_resets, 0);
	assert_int_equal(end.c[1].ending, ENDING_SYN_CHALLENGE_RST);
	assert_int_equal(end.c[1].n_resets, 1);
}

static void a_syn_sent_again_is_the_same_connection(void **state)
{
	const struct connection *c =
		tell_published("C>S S to=2; C>S S; S>C SA; C>S A; C>S RA");

	(void)state;
	assert_int_equal(end.n, 1);
	assert_int_equal(c->n_legs, 5);
	assert_int_equal(c->packets, 5);
	assert_string_equal(c->zeek_history, "ShAR");
}

static void equal_isns_at_one_point_are_two_connections(void **state)
{
	static const struct hop other = {
		.direction = FLOW_UNKNOWN,
		.client = "10.0.0.1:40001",
		.server = "10.0.0.2:80",
	};
	struct story st;

	(void)state;
	story_begin(&st, NULL, 0);
	story_tell(&st, "C>S S isn=1000");
	st.hops = &other;
	story_tell(&st, "C>S S isn=1000");
	story_end(&st, &end);
	assert_int_equal(end.n, 2);
}

static void what_began_before_is_not_judged(void **state)
{
	const struct connection *c =
		tell(NULL, 0, "S>C PA 17 seq=900; C>S A; C>S RA");

	(void)state;
	assert_int_equal(c->ending, ENDING_MIDSTREAM);
	assert_false(c->judged);
	assert_int_equal(c->n_resets, 1);
	assert_endpoint(&c->server, "10.0.0.2:80");
	assert_string_equal(c->zeek_history, "^dAR");
}

static void a_stray_reset_is_kept_for_the_books(void **state)
{
	struct story st;

	(void)state;
	story_begin(&st, published, ARRAY_SIZE(published));
	story_tell(&st, "C>S R seq=5");
	assert_int_equal(flow_unfinished(st.flow), 0);
	story_end(&st, &end);
	/* untranslated and translated endpoints: nothing joins them */
	assert_int_equal(end.n, 2);
	assert_int_equal(end.c[0].n_resets, 1);
	assert_int_equal(end.c[0].resets[0].n_sightings, 2);
	assert_false(end.c[0].judged);
}

static void lost_frames_forbid_a_judgement(void **state)
{
	/* bytes 1 to 10 were acknowledged, but never seen */
	const struct connection *c =
		tell(NULL, 0, OPENED "C>S PA 5 seq=11; S>C A ack=16");

	(void)state;
	assert_false(c->judged);
	assert_string_equal(c->zeek_history, "ShADaG");
}

static void a_lost_segment_that_came_again_is_no_gap(void **state)
{
	const struct connection *c =
		tell(NULL, 0,
		     OPENED "C>S PA 5 seq=11; C>S PA 10 seq=1; S>C A ack=16");

	(void)state;
	assert_true(c->judged);
	assert_int_equal(c->bytes[SIDE_CLIENT], 15);
}

static void retransmitted_bytes_count_once(void **state)
{
	const struct connection *c =
		tell(NULL, 0,
		     OPENED "C>S PA 10; C>S PA 10 seq=1; C>S PA 15 seq=6;"
			    "S>C A ack=21");

	(void)state;
	assert_int_equal(c->bytes[SIDE_CLIENT], 20);
	assert_string_equal(c->zeek_history, "ShADTa");
	assert_true(c->judged);
}

static void a_forged_segment_outside_the_window_is_not_data(void **state)
{
	const struct connection *c = tell(
		NULL, 0, TALKED "S>C PA 9 seq=80000000; C>S A; C>S A ack=18");

	(void)state;
	assert_true(c->judged);
	assert_int_equal(c->bytes[SIDE_SERVER], 17);
}

static void a_missing_syn_ack_forbids_a_judgement(void **state)
{
	const struct connection *c =
		tell(NULL, 0, "C>S S; C>S A ack=1; C>S PA 4 ack=1; C>S RA");

	(void)state;
	assert_int_equal(c->ending, ENDING_RSTACK);
	assert_false(c->judged);
}

static void more_hops_than_legs_do_no_harm(void **state)
{
	static struct hop many[FLOW_LEGS_MAX + 4];
	const struct connection *c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct hop){ (uint16_t)i, 1, FLOW_OUT, FROM_CLIENT,
					PUBLISHED };
	c = tell(many, ARRAY_SIZE(many), TALKED "C>S RA");
	assert_int_equal(end.n, 1);
	assert_int_equal(c->n_legs, FLOW_LEGS_MAX);
	assert_int_equal(c->n_resets, 1);
	assert_int_equal(c->resets[0].n_sightings, FLOW_LEGS_MAX + 4);
}

static void a_batch_leaves_nothing_to_the_next(void **state)
{
	struct story st;

	(void)state;
	story_begin(&st, NULL, 0);
	for (int i = 0; i < 100; i++) {
		story_tell(&st, i % 2 ? CLOSED : TALKED "C>S RA");
		end.n = 0;
		flow_flush(st.flow, story_keep, &end);
		assert_int_equal(end.n, 1);
		assert_int_equal(end.c[0].n_resets, i % 2 ? 0 : 1);
		assert_int_equal(end.c[0].n_legs, 1);
		assert_int_equal(flow_unfinished(st.flow), 0);
	}
	story_end(&st, &end);
	assert_int_equal(end.n, 0);
}

static void the_emitter_is_named_by_node_and_side(void **state)
{
	struct reset r = { .side = SIDE_SERVER, .emitter_node = 7 };

	(void)state;
	r.sightings[0].direction = FLOW_OUT;
	assert_int_equal(reset_emitter(&r, 1, 7), EMITTER_SERVER);
	assert_int_equal(reset_emitter(&r, 1, 3), EMITTER_MIDDLE);
	/* client and server in one node, over lo */
	r.sightings[0].direction = FLOW_LOCAL;
	assert_int_equal(reset_emitter(&r, 7, 7), EMITTER_SERVER);
	/* a proxy in the client's node answers over lo */
	assert_int_equal(reset_emitter(&r, 7, 3), EMITTER_MIDDLE);
	/* a file says nothing about nodes */
	r.sightings[0].direction = FLOW_UNKNOWN;
	assert_int_equal(reset_emitter(&r, 1, 3), EMITTER_SERVER);
	assert_string_equal(emitter_names[EMITTER_MIDDLE], "middle");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_translated_connection_is_one),
		cmocka_unit_test(a_masqueraded_connection_is_one),
		cmocka_unit_test(a_retried_syn_at_another_port_is_one),
		cmocka_unit_test(a_hairpin_at_one_point_is_one),
		cmocka_unit_test(one_reset_is_seen_at_every_hop),
		cmocka_unit_test(the_middle_may_send_a_reset),
		cmocka_unit_test(a_closed_port_behind_nat_refuses),
		cmocka_unit_test(
			a_reset_dropped_on_the_way_leaves_the_peer_waiting),
		cmocka_unit_test(the_same_reset_sent_twice_is_two),
		cmocka_unit_test(resets_beyond_the_room_are_counted),
		cmocka_unit_test(an_end_must_arrive),
		cmocka_unit_test(
			a_translation_that_was_skipped_keeps_the_connection),
		cmocka_unit_test(the_way_back_may_be_another),
		cmocka_unit_test(a_port_used_again_is_another_connection),
		cmocka_unit_test(
			a_new_syn_ends_the_wait_for_the_old_connection),
		cmocka_unit_test(a_syn_sent_again_is_the_same_connection),
		cmocka_unit_test(equal_isns_at_one_point_are_two_connections),
		cmocka_unit_test(what_began_before_is_not_judged),
		cmocka_unit_test(a_stray_reset_is_kept_for_the_books),
		cmocka_unit_test(lost_frames_forbid_a_judgement),
		cmocka_unit_test(a_lost_segment_that_came_again_is_no_gap),
		cmocka_unit_test(retransmitted_bytes_count_once),
		cmocka_unit_test(
			a_forged_segment_outside_the_window_is_not_data),
		cmocka_unit_test(a_missing_syn_ack_forbids_a_judgement),
		cmocka_unit_test(more_hops_than_legs_do_no_harm),
		cmocka_unit_test(a_batch_leaves_nothing_to_the_next),
		cmocka_unit_test(the_emitter_is_named_by_node_and_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
