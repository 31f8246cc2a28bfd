/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/outcome.h"

/* cmocka.h wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>

/* A trial in which all went well; each case spoils one thing. */
static struct probe_result fine(void)
{
	return (struct probe_result){
		.state = PROBE_TRIAL_RAN,
		.n_calls = 2,
		.begin_ns = 1000,
		.calls = { { .step = STEP_CONNECT,
			     .begin_ns = 1500,
			     .end_ns = 1600 },
			   { .step = STEP_CLOSE,
			     .begin_ns = 1700,
			     .end_ns = 1750 } },
	};
}

static struct trial_facts facts(const struct probe_result *client,
				const struct probe_result *server)
{
	return (struct trial_facts){
		.app = { client, server },
		.captured = true,
		.connections = 1,
		.all_over = true,
	};
}

static void fins_from_both_sides_are_clean(void **state)
{
	const struct probe_result ok = fine();
	const struct trial_facts f = facts(&ok, &ok);
	const char *why = "unset";

	(void)state;
	assert_int_equal(outcome_judge(&f, &why), OUTCOME_CLEAN);
	assert_null(why);
}

static void an_rst_decides_whatever_the_application_saw(void **state)
{
	struct probe_result client = fine();
	const struct probe_result ok = fine();
	struct trial_facts f = facts(&client, &ok);
	const char *why;

	(void)state;
	f.resets = 1;
	assert_int_equal(outcome_judge(&f, &why), OUTCOME_RESET);
	client.calls[0].error = ECONNREFUSED;
	assert_int_equal(outcome_judge(&f, &why), OUTCOME_RESET);
	client.state = PROBE_TRIAL_TIMEOUT;
	assert_int_equal(outcome_judge(&f, &why), OUTCOME_RESET);
	assert_null(why);
}

static void a_port_of_an_earlier_trial_spoils_this_one(void **state)
{
	const struct probe_result ok = fine();
	struct trial_facts f = { .app = { &ok, &ok }, .captured = true };
	struct connection c = { .ending = ENDING_SYN_CHALLENGE_RST,
				.judged = true,
				.n_legs = 2 };
	const char *why;

	(void)state;
	trial_facts_add(&f, &c);
	assert_int_equal(outcome_judge(&f, &why), OUTCOME_INVALID);
	assert_string_equal(why, "its port was that of a connection which an "
				 "earlier trial left behind");
	/* an address translator may give one port twice */
	f = (struct trial_facts){ .app = { &ok, &ok }, .captured = true };
	c.legs[1].client.port = 1024;
	trial_facts_add(&f, &c);
	assert_false(f.met_older);
	/* the trial had that connection itself */
	c.legs[1].client.port = 0;
	f.connections = 1;
	trial_facts_add(&f, &c);
	assert_false(f.met_older);
}

static void a_failure_without_rst_is_other(void **state)
{
	struct probe_result client = fine();
	const struct probe_result ok = fine();
	const struct trial_facts f = facts(&client, &ok);
	const char *why;

	(void)state;
	client.calls[0].error = ECONNREFUSED;
	assert_int_equal(outcome_judge(&f, &why), OUTCOME_OTHER);
	assert_string_equal(why, "a step failed without any RST");
	client.state = PROBE_TRIAL_TIMEOUT;
	assert_int_equal(outcome_judge(&f, &why), OUTCOME_OTHER);
	assert_string_equal(why, "the deadline passed");
}

static void an_open_connection_is_other(void **state)
{
	const struct probe_result ok = fine();
	struct trial_facts f = facts(&ok, &ok);
	const char *why;

	(void)state;
	f.all_over = false;
	assert_int_equal(outcome_judge(&f, &why), OUTCOME_OTHER);
	assert_string_equal(why, "a connection was left open");
}

static void what_was_not_measured_is_invalid(void **state)
{
	const struct probe_result ok = fine();
	struct trial_facts f = facts(&ok, &ok);
	const char *why;

	(void)state;
	f.unjudged = 1;
	assert_int_equal(outcome_judge(&f, &why), OUTCOME_INVALID);
	assert_string_equal(why, "a connection was captured in part only");
	f.unjudged = f.connections = 0;
	assert_int_equal(outcome_judge(&f, &why), OUTCOME_INVALID);
	assert_string_equal(why, "no connection of this trial was captured");
	f.captured = false;
	assert_int_equal(outcome_judge(&f, &why), OUTCOME_INVALID);
	assert_string_equal(why, "not captured");
	f.app[SIDE_SERVER] = NULL;
	assert_int_equal(outcome_judge(&f, &why), OUTCOME_INVALID);
	assert_string_equal(why, "a probe died");
}

/* A closed port answers the SYN, but it was us who could not open it. */
static void what_this_machine_refused_is_invalid_even_with_an_rst(void **state)
{
	const struct probe_result ok = fine();
	struct probe_result spoilt = fine();
	struct trial_facts f = facts(&ok, &spoilt);
	const char *why;

	(void)state;
	f.resets = 1;
	spoilt.calls[0].step = STEP_LISTEN;
	spoilt.calls[0].error = EINVAL;
	assert_int_equal(outcome_judge(&f, &why), OUTCOME_INVALID);
	assert_string_equal(why, "the server could not listen");

	f.app[SIDE_SERVER] = &ok;
	f.app[SIDE_CLIENT] = &spoilt;
	spoilt.calls[0].step = STEP_CONNECT;
	spoilt.calls[0].error = EADDRNOTAVAIL;
	assert_int_equal(outcome_judge(&f, &why), OUTCOME_INVALID);
	assert_string_equal(why, "the client could not begin to connect");

	spoilt.state = PROBE_TRIAL_TIMEOUT;
	spoilt.n_calls = 0;
	assert_int_equal(outcome_judge(&f, &why), OUTCOME_INVALID);
	assert_string_equal(why, "a probe could not begin in time");
}

static void
a_reset_that_only_the_program_saw_is_a_hole_in_the_capture(void **state)
{
	struct probe_result client = fine();
	const struct probe_result ok = fine();
	const struct trial_facts f = facts(&client, &ok);
	const char *why;

	(void)state;
	client.calls[1].error = ECONNRESET;
	assert_int_equal(outcome_judge(&f, &why), OUTCOME_INVALID);
	assert_string_equal(why, "a program saw a reset that was not captured");
	client.calls[1].error = EPIPE; /* also after a FIN and a shutdown */
	assert_int_equal(outcome_judge(&f, &why), OUTCOME_OTHER);
}

static void
a_network_without_a_way_is_other_without_any_connection(void **state)
{
	struct probe_result client = fine();
	const struct probe_result ok = fine();
	struct trial_facts f = facts(&client, &ok);
	const char *why;

	(void)state;
	f.connections = 0;
	f.all_over = false;
	client.calls[0].error = EHOSTUNREACH;
	assert_int_equal(outcome_judge(&f, &why), OUTCOME_OTHER);
	assert_string_equal(why, "a step failed without any RST");
}

static void the_application_is_told_by_its_last_step(void **state)
{
	own_text struct text out = { .s = NULL };
	struct probe_result r = fine();

	(void)state;
	outcome_app_text(&r, &out);
	assert_string_equal(text_str(&out), "ok");

	out.n = 0;
	r.calls[1].error = ECONNRESET;
	outcome_app_text(&r, &out);
	assert_string_equal(text_str(&out), "close ECONNRESET");

	out.n = 0;
	r.calls[0].timed_out = 1;
	outcome_app_text(&r, &out);
	assert_string_equal(text_str(&out), "connect timeout");

	out.n = 0;
	r = fine();
	r.calls[1].step = STEP_KILL;
	outcome_app_text(&r, &out);
	assert_string_equal(text_str(&out), "killed");
}

static void calls_are_a_json_array_of_steps(void **state)
{
	own_text struct text out = { .s = NULL };
	const struct script script = { .n_steps = 2,
				       .steps = { { .id = STEP_CONNECT },
						  { .id = STEP_CLOSE } } };
	struct probe_result r = fine();

	(void)state;
	r.calls[0].error = ECONNREFUSED;
	outcome_calls_json(&r, &script, r.begin_ns, &out);
	assert_string_equal(text_str(&out),
			    "[[\"connect\",0,\"ECONNREFUSED\",500,100],"
			    "[\"close\",0,null,700,50]]");
}

static void a_step_says_which_fault_or_segment_it_was(void **state)
{
	own_text struct text out = { .s = NULL };
	const struct script script = {
		.n_steps = 2,
		.steps = { { STEP_FAULT, FAULT_LINK_DOWN },
			   { STEP_INJECT, SEGMENT_RST_AFTER_FIN } },
	};
	struct probe_result r = fine();

	(void)state;
	r.calls[0].step = STEP_FAULT;
	r.calls[1].step = STEP_INJECT;
	r.calls[1].error = EOPNOTSUPP;
	outcome_calls_json(&r, &script, r.begin_ns, &out);
	assert_string_equal(text_str(&out),
			    "[[\"fault\",0,null,500,100,\"link-down\"],"
			    "[\"inject\",0,\"EOPNOTSUPP\",700,50,"
			    "\"rst-after-fin\"]]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fins_from_both_sides_are_clean),
		cmocka_unit_test(an_rst_decides_whatever_the_application_saw),
		cmocka_unit_test(a_port_of_an_earlier_trial_spoils_this_one),
		cmocka_unit_test(a_failure_without_rst_is_other),
		cmocka_unit_test(an_open_connection_is_other),
		cmocka_unit_test(what_was_not_measured_is_invalid),
		cmocka_unit_test(
			what_this_machine_refused_is_invalid_even_with_an_rst),
		cmocka_unit_test(
			a_reset_that_only_the_program_saw_is_a_hole_in_the_capture),
		cmocka_unit_test(
			a_network_without_a_way_is_other_without_any_connection),
		cmocka_unit_test(the_application_is_told_by_its_last_step),
		cmocka_unit_test(calls_are_a_json_array_of_steps),
		cmocka_unit_test(a_step_says_which_fault_or_segment_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
