/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept of the programs of a trial. */
#include "lab/store/program.h"

#include "tests/unit/store-answer.h"

static void an_ended_program_has_a_status_and_both_outputs(void **state)
{
	struct sample *s = *state;
	const struct store_trial t = sample_trial(1, 7, OUTCOME_CLEAN);
	struct store_program p = {
		.side = SIDE_CLIENT,
		.command = "curl 'a b'",
		.status = 7,
		.outputs = { { "a\0b", 3, 3 }, { "sorry\n", 6, 9000000 } },
	};

	sample_begin(s);
	p.trial = store_put_trial(s->store, &t, &s->e);
	SAMPLE_OK(s, store_put_program(s->store, &p, &s->e));
	sample_finish(s, true);
	assert_answer(s,
		      "SELECT trial, side, command, stopped, status,"
		      " hex(out), out_bytes, hex(err), err_bytes FROM program",
		      "1|client|curl 'a b'|0|7|610062|3|736F7272790A|9000000");
}

static void a_stopped_program_has_none(void **state)
{
	struct sample *s = *state;
	const struct store_trial t = sample_trial(1, 7, OUTCOME_CLEAN);
	struct store_program p = { .side = SIDE_SERVER,
				   .command = "nc",
				   .stopped = true,
				   .status = 143 };

	sample_begin(s);
	p.trial = store_put_trial(s->store, &t, &s->e);
	SAMPLE_OK(s, store_put_program(s->store, &p, &s->e));
	sample_finish(s, true);
	assert_answer(s,
		      "SELECT side, stopped, status, hex(out), out_bytes"
		      " FROM program",
		      "server|1|NULL||0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SAMPLE_CASE(an_ended_program_has_a_status_and_both_outputs),
		SAMPLE_CASE(a_stopped_program_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
