/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/selftest.h"

#include "lab/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A shop behind a proxy: what is expected of one workload in three networks. */
struct table {
	struct topology topologies[3];
	struct workload workload;
	struct spec_pair client, server;
	struct selftest s;
	struct err e;
};

/* A constant where the model owns its texts; it is only read here. */
static char *lent(const char *text)
{
	const union {
		const char *constant;
		char *own;
	} u = { .constant = text };

	return u.own;
}

enum { CELL_PAIR, CELL_RELAY, CELL_REJECT };

static void expect(struct table *t, enum expect_text key, const char *text)
{
	t->workload.expects.always.texts[key].text = lent(text);
}

static int setup(void **state)
{
	struct table *t = calloc(1, sizeof(*t));
	static char client[] = "c", server[] = "s", ok[] = "ok";

	assert_non_null(t);
	for (size_t i = 0; i < ARRAY_SIZE(t->topologies); i++) {
		t->topologies[i].client = client;
		t->topologies[i].server = server;
	}
	t->topologies[CELL_RELAY].through = 1U << THROUGH_RELAY;
	t->topologies[CELL_REJECT].through = 1U << THROUGH_REJECT;
	t->client = (struct spec_pair){ .key = lent("TCPAbortOnClose"),
					.value = lent("1") };
	t->workload.expects.always.counters[SIDE_CLIENT] =
		(struct spec_list){ &t->client, 1 };
	expect(t, EXPECT_ENDING, "rstack");
	expect(t, EXPECT_RST, "client");
	expect(t, EXPECT_SERVER, "recv ECONNRESET or left alone");
	t->workload.expects.through[THROUGH_RELAY].texts[EXPECT_SERVER].text =
		ok;
	t->workload.expects.through[THROUGH_RELAY].texts[EXPECT_ENDING].text =
		lent("rstack + fin-both");
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct table *t = *state;

	selftest_done(&t->s);
	free(t);
	return 0;
}

static void begin(struct table *t)
{
	assert_int_equal(
		selftest_init(&t->s, t->topologies, 3, &t->workload, 1, 0), 0);
}

/* A trial in which all is as expected. */
static struct fact_trial good(uint32_t cell, uint32_t number)
{
	return (struct fact_trial){
		.cell = cell,
		.number = number,
		.outcome = OUTCOME_RESET,
		.app = { "ok", cell == CELL_RELAY ? "ok" : "recv ECONNRESET" },
		.endings = cell == CELL_RELAY ? "rstack + fin-both" : "rstack",
		.senders = "client",
		.forms = "rst-ack",
	};
}

static void add(struct table *t, const struct fact_trial *trial)
{
	assert_int_equal(selftest_add_trial(&t->s, trial, &t->e), 0);
}

static void grow(struct table *t, uint32_t cell, const char *node,
		 const char *counter, int64_t value)
{
	const struct store_growth g = { cell, node, counter, value };

	assert_int_equal(selftest_add_growth(&t->s, &g, &t->e), 0);
}

/* Two good trials in each cell that is run. */
static void add_good(struct table *t)
{
	for (uint32_t cell = CELL_PAIR; cell <= CELL_RELAY; cell++)
		for (uint32_t number = 1; number <= 2; number++) {
			const struct fact_trial trial = good(cell, number);

			add(t, &trial);
		}
	grow(t, CELL_PAIR, "c", "TCPAbortOnClose", 2);
}

static const struct selftest_cell *judged(struct table *t, uint32_t cell)
{
	assert_int_equal(selftest_judge(&t->s, &t->e), 0);
	return &t->s.cells[cell];
}

/* "what: expected, seen (trials from first)", one line each */
static void assert_differs(const struct selftest_cell *c, const char *want)
{
	own_text struct text all = { .s = NULL };

	for (size_t i = 0; i < c->n_differences; i++) {
		const struct selftest_difference *d = &c->differences[i];

		text_addf(&all, "%s: %s, %s (%u from %u)\n", d->what,
			  d->expected, d->seen, d->trials, d->first);
	}
	assert_string_equal(text_str(&all), want);
	assert_int_equal(c->verdict, SELFTEST_DIFFERS);
}

static void what_is_as_expected_passes(void **state)
{
	struct table *t = *state;

	begin(t);
	add_good(t);
	assert_int_equal(judged(t, CELL_PAIR)->verdict, SELFTEST_PASSED);
	assert_int_equal(t->s.cells[CELL_RELAY].verdict, SELFTEST_PASSED);
	assert_int_equal(t->s.totals[SELFTEST_PASSED], 2);
	assert_int_equal(t->s.totals[SELFTEST_SKIPPED], 1);
}

static void where_nothing_gets_through_nothing_is_run(void **state)
{
	struct table *t = *state;

	begin(t);
	assert_false(t->s.left_out[CELL_PAIR]);
	assert_true(t->s.left_out[CELL_REJECT]);
	assert_int_equal(t->s.cells[CELL_REJECT].verdict, SELFTEST_SKIPPED);
	assert_string_equal(t->s.cells[CELL_REJECT].reason,
			    "nothing gets through: reject");
}

static void a_workload_about_a_refusal_is_run_there(void **state)
{
	struct table *t = *state;

	t->workload.expects.through[THROUGH_REJECT].texts[EXPECT_CLIENT].text =
		lent("connect ECONNREFUSED");
	begin(t);
	assert_false(t->s.left_out[CELL_REJECT]);
}

static void another_text_is_a_difference_with_its_first_trial(void **state)
{
	struct table *t = *state;
	struct fact_trial trial;

	begin(t);
	add_good(t);
	trial = good(CELL_PAIR, 3);
	trial.senders = "server";
	add(t, &trial);
	trial.number = 4;
	add(t, &trial);
	assert_int_equal(judged(t, CELL_PAIR)->n_differences, 2);
	assert_differs(&t->s.cells[CELL_PAIR],
		       "rst: client, server (2 from 3)\n"
		       "TCPAbortOnClose of node c: 4, 2 (4 from 1)\n");
}

static void no_reset_at_all_is_nobody_s(void **state)
{
	struct table *t = *state;
	struct fact_trial trial = good(CELL_RELAY, 1);

	begin(t);
	trial.senders = trial.forms = NULL;
	trial.endings = NULL;
	add(t, &trial);
	assert_differs(judged(t, CELL_RELAY),
		       "ending: rstack + fin-both, none (1 from 1)\n"
		       "rst: client, nobody (1 from 1)\n");
}

static void what_makes_no_sense_somewhere_is_not_run_there(void **state)
{
	struct table *t = *state;

	t->workload.expects.through[THROUGH_RELAY].skip =
		lent("connections end on the way");
	begin(t);
	assert_false(t->s.left_out[CELL_PAIR]);
	assert_true(t->s.left_out[CELL_RELAY]);
	assert_int_equal(t->s.cells[CELL_RELAY].verdict, SELFTEST_SKIPPED);
	assert_string_equal(t->s.cells[CELL_RELAY].reason,
			    "connections end on the way");
}

static void
what_cannot_be_built_is_not_run_and_keeps_another_reason(void **state)
{
	struct table *t = *state;

	begin(t);
	for (size_t i = CELL_RELAY; i <= CELL_REJECT; i++)
		assert_int_equal(
			selftest_leave_out(&t->s, &t->topologies[i], "no tap"),
			0);
	assert_false(t->s.left_out[CELL_PAIR]);
	assert_true(t->s.left_out[CELL_RELAY]);
	assert_string_equal(t->s.cells[CELL_RELAY].reason, "no tap");
	assert_string_equal(t->s.cells[CELL_REJECT].reason,
			    "nothing gets through: reject");
	assert_int_equal(judged(t, CELL_RELAY)->verdict, SELFTEST_SKIPPED);
}

static void a_wrong_cause_differs_and_an_unknown_one_does_not(void **state)
{
	struct table *t = *state;
	struct fact_trial trial = good(CELL_PAIR, 3);

	expect(t, EXPECT_CAUSE, "close-unread");
	begin(t);
	add_good(t);
	grow(t, CELL_PAIR, "c", "TCPAbortOnClose", 2);
	trial.causes = "unknown";
	add(t, &trial);
	trial.number = 4;
	trial.causes = "linger-zero";
	add(t, &trial);
	assert_differs(judged(t, CELL_PAIR),
		       "cause: close-unread, linger-zero (1 from 4)\n");
}

static void a_counter_of_the_family_must_not_grow_unnamed(void **state)
{
	struct table *t = *state;

	begin(t);
	add_good(t);
	grow(t, CELL_PAIR, "s", "TCPAbortOnData", 2);
	grow(t, CELL_PAIR, "s", "TCPTimeouts", 2);
	assert_differs(judged(t, CELL_PAIR),
		       "TCPAbortOnData of node s: 0, 2 (2 from 1)\n");
}

static void counters_are_not_compared_behind_a_relay(void **state)
{
	struct table *t = *state;

	begin(t);
	add_good(t);
	grow(t, CELL_RELAY, "s", "TCPAbortOnData", 2);
	assert_int_equal(judged(t, CELL_RELAY)->verdict, SELFTEST_PASSED);
}

static void sides_that_share_a_node_are_added_up(void **state)
{
	struct table *t = *state;

	t->server = t->client;
	t->workload.expects.always.counters[SIDE_SERVER] =
		(struct spec_list){ &t->server, 1 };
	t->topologies[CELL_PAIR].server = t->topologies[CELL_PAIR].client;
	begin(t);
	add_good(t);
	assert_differs(judged(t, CELL_PAIR),
		       "TCPAbortOnClose of node c: 4, 2 (2 from 1)\n");
}

static void what_another_cell_left_behind_may_move_a_counter(void **state)
{
	struct table *t = *state;
	struct fact_trial trial = good(CELL_PAIR, 3);

	begin(t);
	add_good(t);
	trial.endings = "half-closed-s";
	trial.senders = NULL;
	add(t, &trial);
	grow(t, CELL_PAIR, "s", "TCPAbortOnData", 1);
	assert_differs(judged(t, CELL_PAIR),
		       "ending: rstack, half-closed-s (1 from 3)\n"
		       "rst: client, nobody (1 from 3)\n"
		       "TCPAbortOnClose of node c: 3, 2 (3 from 1)\n");
}

static void a_broken_trial_shows_nothing(void **state)
{
	struct table *t = *state;
	struct fact_trial trial = good(CELL_PAIR, 3);

	begin(t);
	add_good(t);
	trial.outcome = OUTCOME_INVALID;
	trial.why = "a probe died";
	trial.endings = "established";
	add(t, &trial);
	assert_int_equal(judged(t, CELL_PAIR)->verdict, SELFTEST_PASSED);
}

static void a_cell_of_broken_trials_is_not_judged(void **state)
{
	struct table *t = *state;
	struct fact_trial trial = good(CELL_PAIR, 1);

	begin(t);
	trial.outcome = OUTCOME_INVALID;
	trial.why = "a probe died";
	add(t, &trial);
	assert_int_equal(judged(t, CELL_PAIR)->verdict, SELFTEST_UNJUDGED);
	assert_string_equal(t->s.cells[CELL_PAIR].reason, "a probe died");
	assert_string_equal(t->s.cells[CELL_RELAY].reason, "it was not run");
}

static void a_fault_without_room_is_skipped_by_name(void **state)
{
	struct table *t = *state;
	struct fact_trial trial = good(CELL_PAIR, 1);

	t->workload.scripts[SIDE_CLIENT] = (struct script){
		.n_steps = 1,
		.steps = { { .id = STEP_FAULT, .number = FAULT_SNAT_EXHAUST } },
	};
	begin(t);
	trial.outcome = OUTCOME_INVALID;
	trial.why = "no connection of this trial was captured";
	trial.app[SIDE_CLIENT] = "fault EOPNOTSUPP";
	add(t, &trial);
	assert_int_equal(judged(t, CELL_PAIR)->verdict, SELFTEST_SKIPPED);
	assert_string_equal(t->s.cells[CELL_PAIR].reason,
			    "no room for the fault snat-exhaust here");
}

static void what_the_kernel_cannot_is_skipped(void **state)
{
	struct table *t = *state;
	struct fact_trial trial = good(CELL_PAIR, 1);

	begin(t);
	trial.app[SIDE_SERVER] = "listen EPROTONOSUPPORT";
	add(t, &trial);
	assert_int_equal(judged(t, CELL_PAIR)->verdict, SELFTEST_SKIPPED);
	assert_string_equal(t->s.cells[CELL_PAIR].reason,
			    "this kernel cannot: server listen "
			    "EPROTONOSUPPORT");
}

static void one_trial_that_could_is_enough_for_a_judgement(void **state)
{
	struct table *t = *state;
	struct fact_trial trial = good(CELL_PAIR, 3);

	begin(t);
	add_good(t);
	grow(t, CELL_PAIR, "c", "TCPAbortOnClose", 1);
	trial.app[SIDE_SERVER] = "listen EPROTONOSUPPORT";
	add(t, &trial);
	assert_differs(judged(t, CELL_PAIR),
		       "server: recv ECONNRESET or left alone, "
		       "listen EPROTONOSUPPORT (1 from 3)\n");
}

static void a_cell_that_was_not_planned_is_our_bug(void **state)
{
	struct table *t = *state;
	const struct fact_trial trial = good(9, 1);

	begin(t);
	assert_int_equal(selftest_add_trial(&t->s, &trial, &t->e), -EINVAL);
	assert_string_equal(t->e.text, "cell 9 was not planned");
	assert_int_equal(t->e.class, ERR_BUG);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest cases[] = {
		CASE(what_is_as_expected_passes),
		CASE(where_nothing_gets_through_nothing_is_run),
		CASE(a_workload_about_a_refusal_is_run_there),
		CASE(another_text_is_a_difference_with_its_first_trial),
		CASE(no_reset_at_all_is_nobody_s),
		CASE(what_makes_no_sense_somewhere_is_not_run_there),
		CASE(what_cannot_be_built_is_not_run_and_keeps_another_reason),
		CASE(a_wrong_cause_differs_and_an_unknown_one_does_not),
		CASE(a_counter_of_the_family_must_not_grow_unnamed),
		CASE(counters_are_not_compared_behind_a_relay),
		CASE(sides_that_share_a_node_are_added_up),
		CASE(what_another_cell_left_behind_may_move_a_counter),
		CASE(a_broken_trial_shows_nothing),
		CASE(a_cell_of_broken_trials_is_not_judged),
		CASE(a_fault_without_room_is_skipped_by_name),
		CASE(what_the_kernel_cannot_is_skipped),
		CASE(one_trial_that_could_is_enough_for_a_judgement),
		CASE(a_cell_that_was_not_planned_is_our_bug),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
