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
		.ending = ENDING_FIN_BOTH,
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
	f.ending = ENDING_ESTABLISHED;
	assert_int_equal(outcome_judge(&f, &why), OUTCOME_OTHER);
	assert_string_equal(why, "the connection was left open");
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
	struct probe_result r = fine();

	(void)state;
	r.calls[0].error = ECONNREFUSED;
	outcome_calls_json(&r, r.begin_ns, &out);
	assert_string_equal(text_str(&out),
			    "[[\"connect\",0,\"ECONNREFUSED\",500,100],"
			    "[\"close\",0,null,700,50]]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fins_from_both_sides_are_clean),
		cmocka_unit_test(an_rst_decides_whatever_the_application_saw),
		cmocka_unit_test(a_failure_without_rst_is_other),
		cmocka_unit_test(an_open_connection_is_other),
		cmocka_unit_test(what_was_not_measured_is_invalid),
		cmocka_unit_test(the_application_is_told_by_its_last_step),
		cmocka_unit_test(calls_are_a_json_array_of_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
