/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Segments that no program sent, and resets that lost their translation. */
#include "tests/unit/story.h"

#define TALKED                   \
	"C>S S; S>C SA; C>S A; " \
	"C>S PA 10; S>C A; S>C PA 17; C>S A; "

enum { CLIENT_NODE = 1, HOST, CONTAINER };
enum { UPLINK = 2, DOCKER0, VETH };

#define FROM_CLIENT "192.168.7.20:40000"
#define PUBLISHED   "192.168.7.10:8080"
#define ASTRAY	    "192.168.7.10:80"
#define INSIDE	    "172.17.0.2:80"
static const struct hop published[] = {
	{ CLIENT_NODE, 2, FLOW_OUT, FROM_CLIENT, PUBLISHED },
	{ HOST, UPLINK, FLOW_IN, FROM_CLIENT, PUBLISHED },
	{ HOST, DOCKER0, FLOW_OUT, FROM_CLIENT, INSIDE },
	{ CONTAINER, 2, FLOW_IN, FROM_CLIENT, INSIDE },
};

/* Tracking forgot it: what the server says reaches the client from :80.  What
 * the client answers belongs to that, and is still brought to the server. */
static const struct hop forgotten[] = {
	{ CLIENT_NODE, 2, FLOW_OUT, FROM_CLIENT, ASTRAY },
	{ HOST, UPLINK, FLOW_IN, FROM_CLIENT, ASTRAY },
	{ HOST, DOCKER0, FLOW_OUT, FROM_CLIENT, INSIDE },
	{ CONTAINER, 2, FLOW_IN, FROM_CLIENT, INSIDE },
};

/*
 * From 127.0.0.1 to a container without docker-proxy.  Of a SYN docker0 shows
 * nothing but the translated ends; of what answers it a bridge that calls
 * iptables shows the ones before translation already.
 */
static const struct hop by_loopback[] = {
	{ HOST, DOCKER0, FLOW_OUT, "172.17.0.1:40224", INSIDE },
	{ HOST, VETH, FLOW_OUT, "172.17.0.1:40224", INSIDE },
	{ CONTAINER, 2, FLOW_IN, "172.17.0.1:40224", INSIDE },
};
static const struct hop back_to_loopback[] = {
	{ HOST, DOCKER0, FLOW_OUT, "127.0.0.1:40224", INSIDE },
	{ HOST, VETH, FLOW_OUT, "172.17.0.1:40224", INSIDE },
	{ CONTAINER, 2, FLOW_IN, "172.17.0.1:40224", INSIDE },
};

/* A node port: both ends of what goes through are rewritten.  After the entry
 * was dropped, the client's next segment gets another port. */
static const struct hop node_port[] = {
	{ CLIENT_NODE, 2, FLOW_OUT, FROM_CLIENT, PUBLISHED },
	{ HOST, UPLINK, FLOW_IN, FROM_CLIENT, PUBLISHED },
	{ HOST, VETH, FLOW_OUT, "10.244.0.0:23586", INSIDE },
	{ CONTAINER, 2, FLOW_IN, "10.244.0.0:23586", INSIDE },
};
static const struct hop renamed[] = {
	{ CLIENT_NODE, 2, FLOW_OUT, FROM_CLIENT, PUBLISHED },
	{ HOST, UPLINK, FLOW_IN, FROM_CLIENT, PUBLISHED },
	{ HOST, VETH, FLOW_OUT, "10.244.0.0:52026", INSIDE },
	{ CONTAINER, 2, FLOW_IN, "10.244.0.0:52026", INSIDE },
};

static struct story_end end;

static void a_segment_far_ahead_is_no_loss(void **state)
{
	struct story st;

	(void)state;
	story_begin(&st, NULL, 0);
	story_tell(&st, TALKED "S>C A seq=50000018; C>S A; S>C PA 17; C>S A; "
			       "C>S FA; S>C FA; C>S A");
	story_end(&st, &end);
	assert_int_equal(end.n, 1);
	assert_true(end.c[0].judged);
	assert_int_equal(end.c[0].ending, ENDING_FIN_BOTH);
}

/* The nearest that is one: bytes before the FIN were never seen. */
static void bytes_missing_before_a_fin_are_a_loss(void **state)
{
	struct story st;

	(void)state;
	story_begin(&st, NULL, 0);
	story_tell(&st, TALKED "S>C FA seq=100; C>S A ack=101; C>S FA; S>C A");
	story_end(&st, &end);
	assert_int_equal(end.n, 1);
	assert_false(end.c[0].judged);
}

static void a_reset_knows_nothing_of_what_its_receiver_sends_later(void **state)
{
	struct story st;

	(void)state;
	story_begin(&st, published, ARRAY_SIZE(published));
	story_tell(&st, TALKED "C>S PA 7; C>S RA to=2; S>C PA 17; C>S R");
	story_end(&st, &end);
	assert_int_equal(end.c[0].n_resets, 2);
	assert_int_equal(end.c[0].resets[0].taken_bytes, 17);
	assert_int_equal(end.c[0].resets[0].refused_bytes, 0);
	assert_int_equal(end.c[0].resets[1].taken_bytes, 17);
	assert_int_equal(end.c[0].resets[1].refused_bytes, 17);
}

static void
a_reset_that_lost_its_translation_was_born_where_it_left(void **state)
{
	struct story st;

	(void)state;
	story_begin(&st, published, ARRAY_SIZE(published));
	story_tell(&st, TALKED "S>C PA 17 to=3");
	st.hops = forgotten;
	story_tell(&st, "C>S R seq=11");
	story_end(&st, &end);
	assert_int_equal(end.n, 2);
	/* the server's socket is reset by it, and the host did not send it */
	assert_true(connection_was_reset(&end.c[0]));
	assert_int_equal(end.c[0].n_emitters, 0);
	assert_int_equal(end.c[0].resets[0].emitter_node, CLIENT_NODE);
	assert_int_equal(end.c[1].n_emitters, 1);
	assert_int_equal(end.c[1].emitters[0].node, CLIENT_NODE);
}

/* The same, and nobody captures where the client is. */
static void
a_reset_from_outside_that_lost_its_translation_stays_so(void **state)
{
	struct story st;

	(void)state;
	story_begin(&st, published + 1, ARRAY_SIZE(published) - 1);
	story_tell(&st, TALKED "S>C PA 17 to=2");
	st.hops = forgotten + 1;
	story_tell(&st, "C>S R seq=11");
	story_end(&st, &end);
	assert_int_equal(end.n, 2);
	assert_true(connection_was_reset(&end.c[0]));
	assert_int_equal(end.c[0].resets[0].sightings[0].direction, FLOW_OUT);
	assert_int_equal(end.c[0].resets[0].emitter_node, FLOW_NOBODY);
	assert_int_equal(end.c[0].n_emitters, 0);
}

static void a_reset_of_which_both_ends_are_rewritten_is_still_one(void **state)
{
	struct story st;

	(void)state;
	story_begin(&st, node_port, ARRAY_SIZE(node_port));
	story_tell(&st, TALKED);
	st.hops = renamed;
	story_tell(&st, "C>S PA 1; S>C R seq=18");
	story_end(&st, &end);
	assert_int_equal(end.n, 2);
	assert_true(connection_was_reset(&end.c[0]));
	assert_int_equal(end.c[0].n_emitters, 0);
	assert_int_equal(end.c[0].resets[0].emitter_node, CONTAINER);
	assert_int_equal(end.c[1].emitters[0].node, CONTAINER);
}

static void a_reset_that_never_came_in_was_born_in_the_host(void **state)
{
	struct story st;

	(void)state;
	story_begin(&st, published, ARRAY_SIZE(published));
	story_tell(&st, TALKED "S>C PA 17 to=3");
	st.hops = forgotten;
	story_tell(&st, "C>S R seq=11 from=2");
	story_end(&st, &end);
	assert_int_equal(end.n, 1);
	assert_int_equal(end.c[0].n_emitters, 1);
	assert_int_equal(end.c[0].emitters[0].node, HOST);
	assert_int_equal(end.c[0].resets[0].emitter_node, HOST);
}

static void a_refusal_translated_back_is_still_the_containers(void **state)
{
	struct story st;

	(void)state;
	story_begin(&st, by_loopback, ARRAY_SIZE(by_loopback));
	story_tell(&st, "C>S S");
	st.hops = back_to_loopback;
	story_tell(&st, "S>C RAZ");
	story_end(&st, &end);
	assert_int_equal(end.n, 1);
	assert_int_equal(end.c[0].ending, ENDING_SYN_RSTACK);
	assert_int_equal(end.c[0].n_resets, 1);
	assert_int_equal(end.c[0].resets[0].n_sightings, 3);
	assert_int_equal(end.c[0].n_emitters, 1);
	assert_int_equal(end.c[0].emitters[0].node, CONTAINER);
	assert_int_equal(reset_emitter(&end.c[0].resets[0], HOST, CONTAINER),
			 EMITTER_SERVER);
}

/* The nearest that is not: it acknowledges another SYN. */
static void a_refusal_of_another_syn_is_a_stray(void **state)
{
	struct story st;

	(void)state;
	story_begin(&st, by_loopback, ARRAY_SIZE(by_loopback));
	story_tell(&st, "C>S S");
	st.hops = back_to_loopback;
	story_tell(&st, "S>C RAZ ack=9 to=0 from=0");
	story_end(&st, &end);
	assert_int_equal(end.n, 2);
	assert_int_equal(end.c[0].n_resets, 0);
	assert_int_equal(end.c[1].ending, ENDING_MIDSTREAM);
	assert_int_equal(end.c[1].resets[0].emitter_node, FLOW_NOBODY);
}

/* RFC 7413 3: the SYN,ACK acknowledges the SYN and its 64 bytes, or, of a
 * server that does not take them, the SYN alone. */
static void data_in_a_syn_do_not_hide_whom_the_answer_is_for(void **state)
{
	static const char *const answers[] = { "S>C SA", "S>C SA ack=1" };
	struct story st;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		story_begin(&st, by_loopback, ARRAY_SIZE(by_loopback));
		story_tell(&st, "C>S S 64");
		st.hops = back_to_loopback;
		story_tell(&st, answers[i]);
		st.hops = by_loopback;
		story_tell(&st, "C>S A; C>S FA");
		st.hops = back_to_loopback;
		story_tell(&st, "S>C FA");
		st.hops = by_loopback;
		story_tell(&st, "C>S A");
		story_end(&st, &end);
		assert_int_equal(end.n, 1);
		assert_int_equal(end.c[0].ending, ENDING_FIN_BOTH);
		assert_true(end.c[0].judged);
		assert_int_equal(end.c[0].n_legs, 4);
	}
}

/* The nearest that is not: it acknowledges a part of the data. */
static void an_answer_to_other_data_in_a_syn_is_a_stray(void **state)
{
	struct story st;

	(void)state;
	story_begin(&st, by_loopback, ARRAY_SIZE(by_loopback));
	story_tell(&st, "C>S S 64");
	st.hops = back_to_loopback;
	story_tell(&st, "S>C SA ack=64 to=0 from=0");
	story_end(&st, &end);
	assert_int_equal(end.n, 2);
	assert_int_equal(end.c[1].ending, ENDING_MIDSTREAM);
}

/* --- how far both streams had come at a reset ------------------------------
 */

static const struct reset *first_reset_of(const char *story)
{
	struct story st;

	story_begin(&st, NULL, 0);
	story_tell(&st, story);
	story_end(&st, &end);
	assert_true(end.n >= 1 && end.c[0].n_resets >= 1);
	return &end.c[0].resets[0];
}

static void bytes_after_ones_own_fin_are_refused(void **state)
{
	const struct reset *r =
		first_reset_of(TALKED "C>S FA; S>C PA 17; C>S R");

	(void)state;
	assert_int_equal(r->refused_bytes, 17);
	assert_int_equal(r->taken_bytes, 17);
	assert_false(r->astray);
}

/* The nearest that does not: it answers a FIN, or numbers that were skipped. */
static void a_fin_and_a_gap_are_no_refused_bytes(void **state)
{
	(void)state;
	assert_int_equal(
		first_reset_of(TALKED "C>S FA; S>C FA; C>S R")->refused_bytes,
		0);
	assert_int_equal(first_reset_of(TALKED "C>S FA; S>C SA seq=500; "
					       "C>S R")
				 ->refused_bytes,
			 0);
}

static void bytes_sent_after_a_reset_were_not_taken_by_its_sender(void **state)
{
	const struct reset *r = first_reset_of(TALKED "C>S RA; S>C PA 64");

	(void)state;
	assert_int_equal(r->taken_bytes, 17);
	assert_int_equal(end.c[0].bytes[SIDE_SERVER], 81);
}

static void a_number_that_its_side_never_reached_is_astray(void **state)
{
	(void)state;
	assert_true(
		first_reset_of("C>S S; S>C SA; C>S A; S>C R seq=5000")->astray);
	assert_false(
		first_reset_of("C>S S; S>C SA; C>S A; S>C R seq=1")->astray);
	/* a refusal has no number of its own */
	assert_false(first_reset_of("C>S S; S>C RAZ")->astray);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_segment_far_ahead_is_no_loss),
		cmocka_unit_test(bytes_missing_before_a_fin_are_a_loss),
		cmocka_unit_test(
			a_reset_from_outside_that_lost_its_translation_stays_so),
		cmocka_unit_test(
			a_reset_that_lost_its_translation_was_born_where_it_left),
		cmocka_unit_test(
			a_reset_of_which_both_ends_are_rewritten_is_still_one),
		cmocka_unit_test(
			a_reset_that_never_came_in_was_born_in_the_host),
		cmocka_unit_test(
			a_refusal_translated_back_is_still_the_containers),
		cmocka_unit_test(
			a_reset_knows_nothing_of_what_its_receiver_sends_later),
		cmocka_unit_test(a_refusal_of_another_syn_is_a_stray),
		cmocka_unit_test(
			data_in_a_syn_do_not_hide_whom_the_answer_is_for),
		cmocka_unit_test(an_answer_to_other_data_in_a_syn_is_a_stray),
		cmocka_unit_test(bytes_after_ones_own_fin_are_refused),
		cmocka_unit_test(a_fin_and_a_gap_are_no_refused_bytes),
		cmocka_unit_test(
			bytes_sent_after_a_reset_were_not_taken_by_its_sender),
		cmocka_unit_test(
			a_number_that_its_side_never_reached_is_astray),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
