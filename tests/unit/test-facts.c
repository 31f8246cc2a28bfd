/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/store/facts.h"

#include "lab/base/text.h"
#include "tests/unit/sample-run.h"

#include <inttypes.h>

/* All facts as lines of text. */
static int add_trial(const struct fact_trial *t, void *arg, struct err *e)
{
	(void)e;
	text_addf(arg, "%" PRIu32 ":%" PRIu32 " %s (%s) %s/%s %s, %s, %s, %s\n",
		  t->cell, t->number, outcome_names[t->outcome], t->why ?: "-",
		  t->app[SIDE_CLIENT], t->app[SIDE_SERVER] ?: "-",
		  t->endings ?: "-", t->senders ?: "-", t->forms ?: "-",
		  t->causes ?: "-");
	return 0;
}

static int add_growth(const struct store_growth *g, void *arg, struct err *e)
{
	(void)e;
	text_addf(arg, "%" PRIu32 " %s %s %" PRId64 "\n", g->cell, g->node,
		  g->counter, g->growth);
	return 0;
}

static void put(struct sample *s, const struct store_trial *t,
		const struct connection *c, size_t n)
{
	const int64_t id = store_put_trial(s->store, t, &s->e);

	SAMPLE_OK(s, id);
	for (size_t i = 0; i < n; i++)
		SAMPLE_OK(s, sample_try_connection(s, id, t->cell, &c[i],
						   &sample_names));
}

/* The second trial goes through a relay: two connections, one reset.  An echo
 * is not a first RST. */
static void put_trials(struct sample *s)
{
	struct connection c[] = { sample_connection(), sample_reset() };
	struct store_trial t = sample_trial(2, 1, OUTCOME_OTHER);

	t.why = "the deadline passed";
	t.app[SIDE_CLIENT] = "connect timeout";
	t.app[SIDE_SERVER] = NULL;
	put(s, &t, NULL, 0);
	t = sample_trial(0, 2, OUTCOME_RESET);
	c[1].resets[1] = c[1].resets[0];
	c[1].resets[1].echo = true;
	c[1].n_resets = 2;
	put(s, &t, c, 2);
	t = sample_trial(0, 1, OUTCOME_CLEAN);
	put(s, &t, c, 1);
}

static void the_connections_of_a_trial_stand_in_one_text(void **state)
{
	struct sample *s = *state;
	own_text struct text all = { .s = NULL };
	const struct facts_reader reader = { .trial = add_trial, .arg = &all };

	sample_begin(s);
	put_trials(s);
	sample_finish(s, true);
	SAMPLE_OK(s, facts_read(s->dir, &reader, &s->e));
	assert_string_equal(
		text_str(&all),
		"0:1 clean (-) ok/ok fin-both, -, -, -\n"
		"0:2 reset (-) ok/ok fin-both + rstack, server, rst-ack, "
		"close-unread\n"
		"2:1 other (the deadline passed) connect timeout/- -, -, -, -\n");
}

static int add_causes(const struct fact_trial *t, void *arg, struct err *e)
{
	(void)e;
	text_addf(arg, "%s\n", t->causes ?: "-");
	return 0;
}

/* As root the kernel may say another. */
static void a_cause_that_is_no_more_than_likely_is_not_told(void **state)
{
	struct sample *s = *state;
	own_text struct text all = { .s = NULL };
	const struct facts_reader reader = { .trial = add_causes, .arg = &all };
	const struct store_trial t = sample_trial(0, 1, OUTCOME_RESET);
	const struct verdict likely = { .cause = CAUSE_SOCKET_GONE,
					.confidence = CONFIDENCE_LIKELY };
	const struct connection c = sample_reset();
	struct store_connection mine = { .cell = t.cell,
					 .connection = &c,
					 .verdict = &likely };

	sample_begin(s);
	mine.trial = store_put_trial(s->store, &t, &s->e);
	SAMPLE_OK(s, mine.trial);
	SAMPLE_OK(s,
		  store_put_connection(s->store, &mine, &sample_names, &s->e));
	SAMPLE_OK(s, sample_try_connection(s, mine.trial, t.cell, &c,
					   &sample_names));
	sample_finish(s, true);
	SAMPLE_OK(s, facts_read(s->dir, &reader, &s->e));
	assert_string_equal(text_str(&all), "unknown + close-unread\n");
}

static void what_a_counter_grew_by_is_added_up(void **state)
{
	static const struct store_growth growths[] = {
		{ 1, "web", "OutRsts", 2 },
		{ 0, "web", "OutRsts", 1 },
		{ 1, "web", "OutRsts", 3 },
		{ 1, "app", "TCPAbortOnClose", 1 },
	};
	struct sample *s = *state;
	own_text struct text all = { .s = NULL };
	const struct facts_reader reader = { .growth = add_growth,
					     .arg = &all };

	sample_begin(s);
	for (size_t i = 0; i < ARRAY_SIZE(growths); i++)
		SAMPLE_OK(s, store_put_growth(s->store, &growths[i], &s->e));
	sample_finish(s, true);
	SAMPLE_OK(s, facts_read(s->dir, &reader, &s->e));
	assert_string_equal(text_str(&all), "0 web OutRsts 1\n"
					    "1 app TCPAbortOnClose 1\n"
					    "1 web OutRsts 5\n");
}

static int refuse(const struct fact_trial *t, void *arg, struct err *e)
{
	(void)t;
	(void)arg;
	return err_set(e, ERR_BUG, EINVAL, "no more");
}

static void a_reader_may_stop(void **state)
{
	struct sample *s = *state;
	const struct facts_reader reader = { .trial = refuse };

	sample_begin(s);
	put_trials(s);
	sample_finish(s, true);
	assert_int_equal(facts_read(s->dir, &reader, &s->e), -EINVAL);
	assert_string_equal(s->e.text, "no more");
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		SAMPLE_CASE(the_connections_of_a_trial_stand_in_one_text),
		SAMPLE_CASE(what_a_counter_grew_by_is_added_up),
		SAMPLE_CASE(a_cause_that_is_no_more_than_likely_is_not_told),
		SAMPLE_CASE(a_reader_may_stop),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
