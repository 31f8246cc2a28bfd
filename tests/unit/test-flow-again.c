/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that another connection had tells nothing of that. */
#include "tests/unit/story.h"

#include <stdio.h>

/* Each takes the place of each, its own too. */
static const char *const stories[] = {
	"C>S S isn=1000; S>C SA; C>S A; C>S PA 10; S>C A; S>C PA 17; C>S A; "
	"C>S FA; S>C FA; C>S A",
	"C>S S isn=2000; S>C SA; C>S A; C>S PA 10; S>C RA; S>C R seq=1; "
	"C>S R seq=11; C>S R seq=12",
	/* a gap, one hop only */
	"C>S S isn=3000 to=0; S>C SA from=0; C>S A to=0; S>C A ack=101 from=0; "
	"C>S RA to=0",
	/* with data in the SYN, sent again */
	"C>S S 10 isn=4000; C>S S 10 seq=0; S>C SA; C>S A; C>S FA; S>C FA; "
	"C>S A",
	"C>S S isn=5000; S>C Z",
	/* one RST, at one hop or at the other */
	"C>S S isn=6000; S>C SA; C>S A; C>S RA to=0",
	"C>S S isn=6000; S>C SA; C>S A; C>S RA from=1",
	/* nothing of its beginning */
	"C>S PA 3; S>C A; S>C PA 5; C>S RA",
};

static const struct hop hops[] = {
	{ 0, 0, FLOW_UNKNOWN, "10.0.0.1:40000", "10.0.0.2:80" },
	{ 1, 0, FLOW_UNKNOWN, "10.0.0.1:40000", "10.0.0.2:80" },
};

static struct story_end end;

enum { FACTS_MAX = 2048 };

/* But for its number and the times. */
static void write_facts(const struct connection *c, char *ret)
{
	size_t n = (size_t)snprintf(
		ret, FACTS_MAX,
		"ending %d doubt %d judged %d phase %d completeness %d\n"
		"packets %u bytes %llu %llu zeek %s %s\n",
		c->ending, c->doubt, c->judged, c->phase, c->completeness,
		c->packets, (unsigned long long)c->bytes[SIDE_CLIENT],
		(unsigned long long)c->bytes[SIDE_SERVER], c->zeek_state,
		c->zeek_history);

	for (size_t i = 0; i < c->n_legs; i++)
		n += (size_t)snprintf(
			ret + n, FACTS_MAX - n, "leg %u %u: %u packets\n",
			c->legs[i].point.node, c->legs[i].client.port,
			c->legs[i].packets);
	for (size_t i = 0; i < c->n_resets; i++) {
		const struct reset *r = &c->resets[i];

		n += (size_t)snprintf(
			ret + n, FACTS_MAX - n,
			"reset %d %d %d %d seq %u ack %u ttl %u %u taken %lld "
			"refused %u seen %zu\n",
			r->side, r->form, r->phase, r->echo, r->seq, r->ack,
			r->ttl, r->usual_ttl, (long long)r->taken_bytes,
			r->refused_bytes, (size_t)r->n_sightings);
	}
	for (size_t i = 0; i < c->n_emitters; i++)
		n += (size_t)snprintf(ret + n, FACTS_MAX - n, "by %u: %u\n",
				      c->emitters[i].node,
				      c->emitters[i].resets);
	assert_true(n < FACTS_MAX);
}

/* In a table of its own. */
static void tell_alone(const char *text, char *ret)
{
	struct story st;

	story_begin(&st, hops, ARRAY_SIZE(hops));
	story_tell(&st, text);
	story_end(&st, &end);
	assert_int_equal(end.n, 1);
	write_facts(&end.c[0], ret);
}

static void each_is_told_as_if_it_were_the_first(void **state)
{
	char wanted[FACTS_MAX], got[FACTS_MAX];
	struct story st;

	(void)state;
	for (size_t first = 0; first < ARRAY_SIZE(stories); first++) {
		for (size_t i = 0; i < ARRAY_SIZE(stories); i++) {
			tell_alone(stories[i], wanted);
			end.n = 0;
			story_begin(&st, hops, ARRAY_SIZE(hops));
			story_tell(&st, stories[first]);
			flow_flush(st.flow, story_keep, &end);
			assert_int_equal(end.n, 1);
			st.isn[SIDE_CLIENT] = STORY_CLIENT_ISN;
			st.isn[SIDE_SERVER] = STORY_SERVER_ISN;
			st.next[SIDE_CLIENT] = st.next[SIDE_SERVER] = 0;
			story_tell(&st, stories[i]);
			story_end(&st, &end);
			assert_int_equal(end.n, 1);
			write_facts(&end.c[0], got);
			assert_string_equal(got, wanted);
		}
	}
}

/* What would lead to it by the data in its SYN is gone as well. */
static void a_number_leads_to_none_that_is_gone(void **state)
{
	static const struct hop other = { 0, 1, FLOW_UNKNOWN, "10.0.0.3:40000",
					  "10.0.0.4:80" };
	const struct flow_limits limits = { .fn = story_keep, .arg = &end };
	struct story st;

	(void)state;
	end.n = 0;
	story_begin(&st, hops, 1);
	flow_limit(st.flow, &limits);
	story_tell(&st, "C>S S 10; S>C SA; C>S A; C>S FA; S>C FA; C>S A");
	flow_tick(st.flow, st.now_ns);
	assert_int_equal(end.n, 1);
	st.hops = &other;
	story_tell(&st, "S>C SA ack=11; S>C SA ack=1");
	story_end(&st, &end);
	assert_int_equal(end.n, 1);
	assert_int_equal(end.c[0].ending, ENDING_MIDSTREAM);
	assert_int_equal(end.c[0].packets, 2);
}

static void one_of_unknown_beginning_is_never_waited_for(void **state)
{
	struct story st;

	(void)state;
	story_begin(&st, NULL, 0);
	story_tell(&st, "C>S PA 10; S>C A; C>S FA; S>C FA; C>S A");
	assert_int_equal(flow_unfinished(st.flow), 0);
	story_end(&st, &end);
	assert_int_equal(end.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_told_as_if_it_were_the_first),
		cmocka_unit_test(a_number_leads_to_none_that_is_gone),
		cmocka_unit_test(one_of_unknown_beginning_is_never_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
