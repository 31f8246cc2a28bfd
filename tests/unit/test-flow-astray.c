/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Segments that no program sent, and resets that lost their translation. */
#include "tests/unit/story.h"

#define TALKED                   \
	"C>S S; S>C SA; C>S A; " \
	"C>S PA 10; S>C A; S>C PA 17; C>S A; "

enum { CLIENT_NODE = 1, HOST, CONTAINER };
enum { UPLINK = 2, DOCKER0 };

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_segment_far_ahead_is_no_loss),
		cmocka_unit_test(bytes_missing_before_a_fin_are_a_loss),
		cmocka_unit_test(
			a_reset_that_lost_its_translation_was_born_where_it_left),
		cmocka_unit_test(
			a_reset_that_never_came_in_was_born_in_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
