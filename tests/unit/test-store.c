/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a writer leaves behind, however it ends. */
#include "tests/unit/store-answer.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void an_existing_file_is_left_as_it_is(void **state)
{
	struct sample *s = *state;
	own_file FILE *there = fopen(s->path, "we");
	char want[128];

	assert_non_null(there);
	assert_int_equal(store_create(&s->store, s->path, &s->e), -EEXIST);
	(void)snprintf(want, sizeof(want), "create %s: File exists", s->path);
	assert_string_equal(s->e.text, want);
	assert_null(s->store);
}

static void the_file_says_whose_it_is_and_which_format(void **state)
{
	struct sample *s = *state;

	sample_begin(s);
	sample_finish(s, true);
	assert_answer(s, "PRAGMA application_id", "1920169068");
	assert_answer(s, "PRAGMA user_version", "3");
	assert_answer(s, "PRAGMA integrity_check", "ok");
}

static void every_table_is_strict(void **state)
{
	struct sample *s = *state;

	sample_begin(s);
	sample_finish(s, true);
	assert_answer(s,
		      "SELECT name FROM pragma_table_list WHERE NOT strict"
		      " AND type = 'table' AND schema = 'main'"
		      " AND name NOT LIKE 'sqlite_%'",
		      "");
}

static void a_finished_run_is_one_file(void **state)
{
	struct sample *s = *state;
	char wal[64];

	sample_begin(s);
	(void)snprintf(wal, sizeof(wal), "%s-wal", s->path);
	sample_finish(s, true);
	assert_int_equal(access(wal, F_OK), -1);
	assert_answer(s, "PRAGMA journal_mode", "delete");
	assert_answer(s,
		      "SELECT id, seed, complete, ended, stopped, packets,"
		      " dropped FROM run",
		      "20261121-074512-7341|18446744073709551615|1|"
		      "2026-11-21T07:45:13Z|NULL|100|0");
}

static void cells_have_an_empty_object_for_no_parameters(void **state)
{
	struct sample *s = *state;

	sample_begin(s);
	sample_finish(s, true);
	assert_answer(s, "SELECT * FROM cell",
		      "0|wire|unread-close|{}\n1|wire|linger0|{}\n"
		      "2|nat|unread-close|{}\n3|nat|linger0|{\"mtu\": 1400}");
}

static void a_trial_keeps_what_both_programs_saw(void **state)
{
	struct sample *s = *state;
	struct store_trial t = sample_trial(1, 7, OUTCOME_OTHER);

	t.why = "timed out";
	t.app[SIDE_CLIENT] = "recv ETIMEDOUT";
	t.calls[SIDE_SERVER] = "[{\"step\":\"accept\"}]";
	sample_begin(s);
	SAMPLE_OK(s, store_put_trial(s->store, &t, &s->e));
	sample_finish(s, true);
	assert_answer(s, "SELECT * FROM trial",
		      "1|1|7|0|1|7000|500|other|timed out|recv ETIMEDOUT|ok|"
		      "NULL|[{\"step\":\"accept\"}]");
}

static void a_connection_keeps_its_legs(void **state)
{
	struct sample *s = *state;
	const struct store_trial t = sample_trial(0, 1, OUTCOME_CLEAN);
	const struct connection c = sample_connection();

	sample_begin(s);
	sample_put(s, &t, &c);
	sample_finish(s, true);
	assert_answer(s, "SELECT * FROM connection",
		      "1|1|0|10.0.0.2|40000|10.0.0.1|80|1000|400|10|64|128|"
		      "fin-both|NULL|1|0|0|SF|ShADadFf|31|"
		      "[[\"client\",\"eth0\",\"10.0.0.2\",40000,\"10.0.0.1\","
		      "80,0,10],"
		      "[\"server\",\"eth0\",\"10.0.0.2\",40000,\"172.17.0.2\","
		      "8080,25,10]]|1|1");
	assert_answer(s, "SELECT * FROM leg",
		      "1|1|client|eth0|10.0.0.2|40000|10.0.0.1|80|0|10\n"
		      "1|2|server|eth0|10.0.0.2|40000|172.17.0.2|8080|25|10");
}

static void a_reset_keeps_every_place_where_it_was_seen(void **state)
{
	struct sample *s = *state;
	const struct store_trial t = sample_trial(0, 1, OUTCOME_RESET);
	const struct connection c = sample_reset();

	sample_begin(s);
	sample_put(s, &t, &c);
	sample_finish(s, true);
	assert_answer(s,
		      "SELECT ending, phase, was_reset, resets FROM connection",
		      "rstack|data|1|1");
	assert_answer(s, "SELECT * FROM reset",
		      "1|1|1|0|1300|server|server|server|rst-ack|data|"
		      "4000000000|1001|510|20|64|2|NULL");
	assert_answer(s, "SELECT * FROM sighting",
		      "1|1|1|server|eth0|out|1300|172.17.0.2|8080|10.0.0.2|"
		      "40000\n"
		      "1|1|2|client|eth0|in|1310|10.0.0.1|80|10.0.0.2|40000");
	assert_answer(
		s, "SELECT * FROM first_reset",
		"wire|{}|unread-close|1|1|server|server|server|rst-ack|data|"
		"rstack|300|4000000000|1001|64");
}

static void an_echo_is_not_a_first_reset(void **state)
{
	struct sample *s = *state;
	const struct store_trial t = sample_trial(0, 1, OUTCOME_CLEAN);
	struct connection c = sample_reset();

	c.ending = ENDING_FIN_BOTH_ECHO_RST;
	c.resets[0].echo = true;
	sample_begin(s);
	sample_put(s, &t, &c);
	sample_finish(s, true);
	assert_answer(s, "SELECT was_reset, resets FROM connection", "0|1");
	assert_answer(s, "SELECT first, echo FROM reset", "0|1");
	assert_answer(s, "SELECT * FROM first_reset", "");
}

static void a_stray_connection_has_no_trial_and_no_cell(void **state)
{
	struct sample *s = *state;
	const struct connection c = sample_connection();

	sample_begin(s);
	SAMPLE_OK(s, sample_try_connection(s, 0, 2, &c, &sample_names));
	sample_finish(s, true);
	assert_answer(s, "SELECT trial, cell FROM connection", "NULL|NULL");
}

static void more_resets_than_fit_are_counted(void **state)
{
	struct sample *s = *state;
	const struct store_trial t = sample_trial(0, 1, OUTCOME_RESET);
	struct connection c = sample_reset();

	c.n_resets = 1000;
	c.resets[0].n_sightings = 500;
	for (size_t i = 1; i < FLOW_RESETS_MAX; i++) {
		c.resets[i] = c.resets[0];
		c.resets[i].echo = true;
	}
	sample_begin(s);
	sample_put(s, &t, &c);
	sample_finish(s, true);
	assert_answer(s, "SELECT resets FROM connection", "1000");
	assert_answer(s, "SELECT count(*), sum(first) FROM reset", "8|1");
	assert_answer(s, "SELECT count(*) FROM sighting", "128");
}

static const char *odd_name(const void *arg, uint16_t node)
{
	(void)arg;
	(void)node;
	return "a\"b\\c\nd and so on, far longer than any interface or node "
	       "may ever be called";
}

static void odd_names_do_not_break_the_json(void **state)
{
	struct sample *s = *state;
	const struct connection c = sample_connection();
	struct store_names names = sample_names;

	names.node = odd_name;
	sample_begin(s);
	SAMPLE_OK(s, sample_try_connection(s, 0, 0, &c, &names));
	sample_finish(s, true);
	assert_answer(s, "SELECT json_valid(legs) FROM connection", "1");
	assert_answer(s, "SELECT substr(node, 1, 7) FROM leg WHERE number = 1",
		      "a\"b\\c?d");
}

static void the_books_of_a_node_are_kept(void **state)
{
	struct sample *s = *state;
	const struct store_books b = {
		.place = { "nat", "{\"mtu\": 1400}", "router" },
		.rst_wire = 3,
		.rst_counted = 4,
		.rst_foreign = 2,
		.counters = "{\"OutRsts\":4}",
	};

	sample_begin(s);
	SAMPLE_OK(s, store_put_books(s->store, &b, &s->e));
	sample_finish(s, true);
	assert_answer(s, "SELECT * FROM books",
		      "nat|{\"mtu\": 1400}|router|3|4|2|{\"OutRsts\":4}");
}

static void settings_and_books_are_kept_by_parameters(void **state)
{
	struct sample *s = *state;
	const struct store_place places[] = {
		{ "nat", "{\"mtu\": 1400}", "router" },
		{ "nat", "{\"mtu\": 9000}", "router" },
	};

	sample_begin(s);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const struct store_books b = { .place = places[i] };

		SAMPLE_OK(s, store_put_books(s->store, &b, &s->e));
		SAMPLE_OK(s, store_put_sysctl(s->store, &places[i],
					      "net.core.somaxconn",
					      i ? "9" : "8", &s->e));
	}
	sample_finish(s, true);
	assert_answer(s, "SELECT params, counters FROM books",
		      "{\"mtu\": 1400}|{}\n{\"mtu\": 9000}|{}");
	assert_answer(s,
		      "SELECT params, value FROM sysctl"
		      " WHERE key = 'net.core.somaxconn'",
		      "{\"mtu\": 1400}|8\n{\"mtu\": 9000}|9");
}

static void a_block_that_was_not_committed_is_not_there(void **state)
{
	struct sample *s = *state;
	const struct store_trial t = sample_trial(0, 1, OUTCOME_CLEAN);
	const struct store_trial u = sample_trial(0, 2, OUTCOME_CLEAN);

	sample_begin(s);
	SAMPLE_OK(s, store_begin_block(s->store, &s->e));
	SAMPLE_OK(s, store_put_trial(s->store, &t, &s->e));
	SAMPLE_OK(s, store_commit_block(s->store, &s->e));
	SAMPLE_OK(s, store_begin_block(s->store, &s->e));
	SAMPLE_OK(s, store_put_trial(s->store, &u, &s->e));
	sample_finish(s, false);
	assert_answer(s, "SELECT number FROM trial", "1");
	assert_answer(s, "SELECT complete, stopped FROM run", "0|interrupted");
}

static void a_run_that_is_closed_early_is_not_complete(void **state)
{
	struct sample *s = *state;

	sample_begin(s);
	store_close(take_ptr(&s->store));
	assert_answer(s, "SELECT complete, ended, packets FROM run",
		      "0|NULL|NULL");
	assert_answer(s, "PRAGMA journal_mode", "delete");
}

static void blocks_do_not_nest(void **state)
{
	struct sample *s = *state;
	char want[128];

	sample_begin(s);
	assert_int_equal(store_commit_block(s->store, &s->e), -EINVAL);
	(void)snprintf(want, sizeof(want), "write %s: no block is open",
		       s->path);
	assert_string_equal(s->e.text, want);
	SAMPLE_OK(s, store_begin_block(s->store, &s->e));
	assert_int_equal(store_begin_block(s->store, &s->e), -EBUSY);
	(void)snprintf(want, sizeof(want), "write %s: a block is open already",
		       s->path);
	assert_string_equal(s->e.text, want);
}

static void a_cell_is_not_put_twice(void **state)
{
	struct sample *s = *state;
	char want[128];

	sample_begin(s);
	assert_true(store_put_cell(s->store, 0, "a", "b", NULL, &s->e) < 0);
	(void)snprintf(want, sizeof(want),
		       "write %s: UNIQUE constraint failed: cell.id", s->path);
	assert_string_equal(s->e.text, want);
	assert_int_equal(s->e.class, ERR_BUG);
}

/* Write whole blocks and tell of each, then half a block, until killed. */
static void write_until_killed(struct sample *s, int tell)
{
	const struct connection c = sample_reset();

	for (uint32_t block = 0;; block++) {
		(void)store_begin_block(s->store, &s->e);
		for (uint32_t i = 0; i < 50; i++) {
			const struct store_trial t = sample_trial(
				0, 50 * block + i + 1, OUTCOME_RESET);
			const int64_t id = store_put_trial(s->store, &t, &s->e);

			(void)sample_try_connection(s, id, 0, &c,
						    &sample_names);
			/* the reader kills us at any of these */
			if (write(tell, i == 25 ? "h" : ".", 1) != 1)
				_exit(1);
		}
		(void)store_commit_block(s->store, &s->e);
		if (write(tell, "c", 1) != 1)
			_exit(1);
	}
}

/* Read what the writer tells until @commits blocks and half of one are in. */
static void await(int from, int commits)
{
	char c;

	for (;;) {
		assert_int_equal(read(from, &c, 1), 1);
		if (c == 'c')
			commits--;
		if (c == 'h' && commits <= 0)
			return;
	}
}

static void a_killed_writer_leaves_whole_blocks(void **state)
{
	struct sample *s = *state;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		(void)close(fds[0]);
		sample_begin(s);
		write_until_killed(s, fds[1]);
	}
	(void)close(fds[1]);
	await(fds[0], 3);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)close(fds[0]);
	assert_true(WIFSIGNALED(status));
	assert_answer(s, "PRAGMA integrity_check", "ok");
	assert_answer(s,
		      "SELECT count(*) >= 150, count(*) % 50,"
		      " count(*) = max(number) FROM trial",
		      "1|0|1");
	assert_answer(s,
		      "SELECT (SELECT count(*) FROM trial) ="
		      " (SELECT count(*) FROM connection),"
		      " (SELECT count(*) FROM trial) ="
		      " (SELECT count(*) FROM reset)",
		      "1|1");
	assert_answer(s, "SELECT complete, ended FROM run", "0|NULL");
}

/* Put blocks until it fails; returns the whole ones. */
static unsigned fill(struct sample *s)
{
	const struct connection c = sample_reset();

	for (unsigned block = 0;; block++) {
		int64_t r = store_begin_block(s->store, &s->e);

		for (uint32_t i = 0; r >= 0 && i < 50; i++) {
			const struct store_trial t = sample_trial(
				0, 50 * block + i + 1, OUTCOME_RESET);

			r = store_put_trial(s->store, &t, &s->e);
			if (r >= 0)
				r = sample_try_connection(s, r, 0, &c,
							  &sample_names);
		}
		if (r >= 0)
			r = store_commit_block(s->store, &s->e);
		if (r < 0)
			return block;
	}
}

static void limit_files(rlim_t bytes)
{
	struct rlimit l;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
	l.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static void a_file_that_cannot_grow_is_one_clear_error(void **state)
{
	struct sample *s = *state;
	const struct store_end end = { .complete = true, .ended = "" };
	char want[128], blocks[32];
	struct rlimit before;
	unsigned whole;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	sample_begin(s);
	limit_files(1 << 20);
	whole = fill(s);
	(void)snprintf(want, sizeof(want), "write %s: File too large", s->path);
	assert_string_equal(s->e.text, want);
	assert_int_equal(s->e.class, ERR_SYSTEM);
	assert_true(whole > 0);

	/* every later call says the same */
	s->e = (struct err){ .code = 0 };
	assert_true(store_begin_block(s->store, &s->e) < 0);
	assert_string_equal(s->e.text, want);
	s->e = (struct err){ .code = 0 };
	assert_true(store_finish(s->store, &end, &s->e) < 0);
	assert_string_equal(s->e.text, want);
	store_close(take_ptr(&s->store));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);

	assert_answer(s, "PRAGMA integrity_check", "ok");
	assert_answer(s, "SELECT complete FROM run", "0");
	(void)snprintf(blocks, sizeof(blocks), "%u", 50 * whole);
	assert_answer(s, "SELECT count(*) FROM trial", blocks);
}

static void a_reader_does_not_disturb_the_writer(void **state)
{
	struct sample *s = *state;
	const struct store_trial t = sample_trial(0, 1, OUTCOME_CLEAN);
	sqlite3 *reader;

	sample_begin(s);
	SAMPLE_OK(s, store_begin_block(s->store, &s->e));
	SAMPLE_OK(s, store_put_trial(s->store, &t, &s->e));
	reader = open_file(s);
	assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT * FROM trial",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	SAMPLE_OK(s, store_commit_block(s->store, &s->e));
	(void)sqlite3_close(reader);
	assert_answer(s, "SELECT count(*) FROM trial", "1");
}

static void a_run_that_failed_says_why_and_the_first_reason_stays(void **state)
{
	struct sample *s = *state;

	sample_begin(s);
	store_close(take_ptr(&s->store));
	SAMPLE_OK(s, store_note_stop(s->dir, "the disk is full", &s->e));
	SAMPLE_OK(s, store_note_stop(s->dir, "no: something else", &s->e));
	assert_answer(s, "SELECT complete, stopped FROM run",
		      "0|the disk is full");
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		SAMPLE_CASE(an_existing_file_is_left_as_it_is),
		SAMPLE_CASE(the_file_says_whose_it_is_and_which_format),
		SAMPLE_CASE(every_table_is_strict),
		SAMPLE_CASE(a_finished_run_is_one_file),
		SAMPLE_CASE(cells_have_an_empty_object_for_no_parameters),
		SAMPLE_CASE(a_trial_keeps_what_both_programs_saw),
		SAMPLE_CASE(a_connection_keeps_its_legs),
		SAMPLE_CASE(a_reset_keeps_every_place_where_it_was_seen),
		SAMPLE_CASE(an_echo_is_not_a_first_reset),
		SAMPLE_CASE(a_stray_connection_has_no_trial_and_no_cell),
		SAMPLE_CASE(more_resets_than_fit_are_counted),
		SAMPLE_CASE(odd_names_do_not_break_the_json),
		SAMPLE_CASE(the_books_of_a_node_are_kept),
		SAMPLE_CASE(settings_and_books_are_kept_by_parameters),
		SAMPLE_CASE(a_block_that_was_not_committed_is_not_there),
		SAMPLE_CASE(a_run_that_is_closed_early_is_not_complete),
		SAMPLE_CASE(
			a_run_that_failed_says_why_and_the_first_reason_stays),
		SAMPLE_CASE(blocks_do_not_nest),
		SAMPLE_CASE(a_cell_is_not_put_twice),
		SAMPLE_CASE(a_killed_writer_leaves_whole_blocks),
		SAMPLE_CASE(a_file_that_cannot_grow_is_one_clear_error),
		SAMPLE_CASE(a_reader_does_not_disturb_the_writer),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
