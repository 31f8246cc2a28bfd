/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stored trials, one by one. */
#include "lab/store/trial.h"

#include "lab/base/outcome.h"
#include "lab/base/text.h"
#include "lab/store/reasons.h"
#include "tests/unit/store-answer.h"

static void put(struct sample *s, uint32_t cell, uint32_t number,
		enum outcome outcome, const struct connection *c)
{
	const struct store_trial t = sample_trial(cell, number, outcome);
	const int64_t id = store_put_trial(s->store, &t, &s->e);

	SAMPLE_OK(s, id);
	if (c)
		SAMPLE_OK(s,
			  sample_try_connection(s, id, cell, c, &sample_names));
}

/* Cell 0: clean, then two resets, the last one an echo; cell 2: one that made
 * no connection; the others were not run. */
static void fill(struct sample *s)
{
	struct connection clean = sample_connection(), reset = sample_reset();
	struct connection echo = sample_reset();

	echo.resets[1] = echo.resets[0];
	echo.resets[1].echo = true;
	echo.n_resets = 2;
	sample_begin(s);
	SAMPLE_OK(s, store_begin_block(s->store, &s->e));
	put(s, 0, 1, OUTCOME_CLEAN, &clean);
	put(s, 0, 2, OUTCOME_RESET, &reset);
	put(s, 0, 3, OUTCOME_RESET, &echo);
	put(s, 2, 1, OUTCOME_OTHER, NULL);
	SAMPLE_OK(s, store_commit_block(s->store, &s->e));
}

static void each_cell_has_an_example_with_a_reset_if_it_can(void **state)
{
	struct sample *s = *state;
	own_stored_cells struct stored_cells c = { .n = 0 };
	own_text struct text out = { .s = NULL };

	fill(s);
	SAMPLE_OK(s, stored_cells_read(s->dir, &c, &s->e));
	assert_string_equal(c.run, "20261121-074512-7341");
	assert_false(c.has_clock);
	for (size_t i = 0; i < c.n; i++)
		text_addf(&out, "%d %s/%s %s %d of %d, %u %s\n",
			  (int)c.cells[i].id, c.cells[i].topology,
			  c.cells[i].workload, c.cells[i].params,
			  (int)c.cells[i].resets, (int)c.cells[i].trials,
			  c.cells[i].example, c.cells[i].outcome ?: "-");
	assert_string_equal(text_str(&out),
			    "0 wire/unread-close {} 2 of 3, 2 reset\n"
			    "1 wire/linger0 {} 0 of 0, 0 -\n"
			    "2 nat/unread-close {} 0 of 1, 1 other\n"
			    "3 nat/linger0 {\"mtu\": 1400} 0 of 0, 0 -\n");
}

static void each_cause_has_its_first_trial(void **state)
{
	struct sample *s = *state;
	own_stored_reasons struct stored_reasons list = { .n = 0 };
	const struct verdict likely = { .cause = CAUSE_LATE_DATA,
					.confidence = CONFIDENCE_LIKELY,
					.unread = -1,
					.late = -1 };
	struct connection c = sample_reset();
	own_text struct text out = { .s = NULL };

	fill(s);
	SAMPLE_OK(s, store_begin_block(s->store, &s->e));
	SAMPLE_OK(s, store_put_connection(
			     s->store,
			     &(struct store_connection){ .trial = 4,
							 .cell = 2,
							 .connection = &c,
							 .verdict = &likely },
			     &sample_names, &s->e));
	SAMPLE_OK(s, store_commit_block(s->store, &s->e));
	SAMPLE_OK(s, stored_reasons_read(s->dir, &list, &s->e));
	for (size_t i = 0; i < list.n; i++)
		text_addf(&out, "%s %s %d, cell %d trial %u\n",
			  list.items[i].cause, list.items[i].confidence,
			  (int)list.items[i].connections,
			  (int)list.items[i].cell, list.items[i].trial);
	assert_string_equal(text_str(&out),
			    "close-unread strong 2, cell 0 trial 2\n"
			    "late-data likely 1, cell 2 trial 1\n");
}

static void a_trial_has_its_connections_legs_and_resets(void **state)
{
	struct sample *s = *state;
	own_stored_trial struct stored_trial t = { .n = 0 };
	const struct ip_endpoint inner = sample_endpoint("172.17.0.2:8080");
	const struct stored_connection *c;

	fill(s);
	SAMPLE_OK(s, stored_trial_read(s->dir, 0, 3, &t, &s->e));
	assert_string_equal(t.outcome, "reset");
	assert_string_equal(t.client_app, "ok");
	assert_null(t.why);
	assert_int_equal(t.n, 1);
	c = t.connections;
	assert_string_equal(c->ending, "rstack");
	assert_true(c->judged);
	assert_int_equal(c->start_ns, 1000);
	assert_int_equal(c->n_legs, 2);
	assert_string_equal(c->legs[1].node, "server");
	assert_string_equal(c->legs[1].interface, "eth0");
	assert_true(ip_endpoint_equal(&c->legs[1].server, &inner));
	assert_int_equal(c->legs[1].first_ns, 1025);
	assert_int_equal(c->legs[1].packets, 10);
	assert_int_equal(c->n_resets, 2);
	assert_true(c->resets[0].first && !c->resets[0].echo);
	assert_true(!c->resets[1].first && c->resets[1].echo);
	assert_string_equal(c->resets[0].emitter, "server");
	assert_string_equal(c->resets[0].form, "rst-ack");
	assert_int_equal(c->resets[0].n_sightings, 2);
	assert_string_equal(c->resets[0].sightings[0].node, "server");
	assert_int_equal(c->resets[0].sightings[0].time_ns, 1300);
	assert_string_equal(c->resets[0].sightings[0].direction, "out");
	assert_true(ip_endpoint_equal(&c->resets[0].sightings[0].src, &inner));
	assert_int_equal(c->resets[0].ttl, 64);
	assert_string_equal(c->cause, "close-unread");
	assert_string_equal(c->confidence, "strong");
	assert_int_equal(c->bytes[SIDE_SERVER], 128);
	assert_true(c->from_client && c->to_server);
	assert_null(c->kernel_reason);
}

static void the_kernel_s_reason_is_kept_with_the_cause(void **state)
{
	struct sample *s = *state;
	own_stored_trial struct stored_trial t = { .n = 0 };
	const struct verdict sure = { .cause = CAUSE_LATE_DATA,
				      .confidence = CONFIDENCE_CERTAIN,
				      .unread = -1,
				      .late = 17,
				      .reason = "TCP_TIMEWAIT_SOCKET" };
	struct connection c = sample_reset();

	fill(s);
	SAMPLE_OK(s, store_begin_block(s->store, &s->e));
	SAMPLE_OK(s, store_put_connection(
			     s->store,
			     &(struct store_connection){ .trial = 4,
							 .cell = 2,
							 .connection = &c,
							 .verdict = &sure },
			     &sample_names, &s->e));
	SAMPLE_OK(s, store_commit_block(s->store, &s->e));
	SAMPLE_OK(s, stored_trial_read(s->dir, 2, 1, &t, &s->e));
	assert_int_equal(t.n, 1);
	assert_string_equal(t.connections[0].kernel_reason,
			    "TCP_TIMEWAIT_SOCKET");
	assert_int_equal(t.connections[0].cause_bytes, 17);
}

/* A run that was made before the two columns were there. */
static void of_an_older_run_both_ends_are_the_programs(void **state)
{
	struct sample *s = *state;
	own_stored_trial struct stored_trial t = { .n = 0 };
	sqlite3 *db;

	fill(s);
	store_close(take_ptr(&s->store));
	db = open_file(s);
	assert_int_equal(sqlite3_exec(db,
				      "UPDATE connection SET from_client = 0;"
				      "ALTER TABLE connection"
				      " DROP COLUMN from_client;"
				      "ALTER TABLE connection"
				      " DROP COLUMN to_server;"
				      "ALTER TABLE cause"
				      " DROP COLUMN kernel_reason",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	(void)sqlite3_close(db);
	SAMPLE_OK(s, stored_trial_read(s->dir, 0, 3, &t, &s->e));
	assert_true(t.connections[0].from_client);
	assert_true(t.connections[0].to_server);
}

static void a_trial_without_a_connection_can_be_read(void **state)
{
	struct sample *s = *state;
	own_stored_trial struct stored_trial t = { .n = 0 };

	fill(s);
	SAMPLE_OK(s, stored_trial_read(s->dir, 2, 1, &t, &s->e));
	assert_string_equal(t.outcome, "other");
	assert_int_equal(t.n, 0);
}

static void
a_trial_that_is_not_there_is_answered_with_those_that_are(void **state)
{
	struct sample *s = *state;
	struct stored_trial t;

	fill(s);
	assert_int_equal(stored_trial_read(s->dir, 0, 4, &t, &s->e), -ENOENT);
	assert_string_equal(s->e.text, "no trial 4: they go from 1 to 3");
	assert_int_equal(s->e.class, ERR_EMPTY);
	assert_int_equal(stored_trial_read(s->dir, 1, 1, &t, &s->e), -ENOENT);
	assert_string_equal(s->e.text, "no trial 1: none of this cell was run");
}

static int add_line(const struct stored_line *l, void *arg, struct err *e)
{
	(void)e;
	text_addf(arg, "%u %s %s, %s\n", l->number, l->outcome, l->endings,
		  l->senders);
	return 0;
}

static void the_trials_with_an_rst_are_listed(void **state)
{
	struct sample *s = *state;
	own_text struct text out = { .s = NULL };

	fill(s);
	SAMPLE_OK(s, stored_resets_each(s->dir, 0, add_line, &out, &s->e));
	assert_string_equal(text_str(&out),
			    "2 reset rstack, server (server)\n"
			    "3 reset rstack, server (server)\n");
	text_done(&out);
	SAMPLE_OK(s, stored_resets_each(s->dir, 2, add_line, &out, &s->e));
	assert_string_equal(text_str(&out), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SAMPLE_CASE(each_cell_has_an_example_with_a_reset_if_it_can),
		SAMPLE_CASE(each_cause_has_its_first_trial),
		SAMPLE_CASE(a_trial_has_its_connections_legs_and_resets),
		SAMPLE_CASE(of_an_older_run_both_ends_are_the_programs),
		SAMPLE_CASE(the_kernel_s_reason_is_kept_with_the_cause),
		SAMPLE_CASE(a_trial_without_a_connection_can_be_read),
		SAMPLE_CASE(
			a_trial_that_is_not_there_is_answered_with_those_that_are),
		SAMPLE_CASE(the_trials_with_an_rst_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
