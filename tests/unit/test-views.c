/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks and what programs saw, written and read back. */
#include "lab/store/socket.h"
#include "lab/store/summary.h"

#include "tests/unit/store-answer.h"

static const struct store_socket client = {
	.number = 1,
	.role = STORE_ROLE_CLIENT,
	.node = "client",
	.state = "FIN-WAIT-2",
	.timer = "timewait",
	.timer_ms = 59000,
	.cookie = 1,
	.local = { { 4, { 10, 0, 0, 1 } }, 0, 40000 },
	.remote = { { 4, { 10, 0, 0, 2 } }, 0, 80 },
};
static const struct store_socket server = {
	.number = 2,
	.role = STORE_ROLE_SERVER,
	.node = "server",
	.state = "CLOSE-WAIT",
	.timer = "off",
	.receive_queue = 1,
	.inode = 5,
	.cookie = 2,
	.local = { { 4, { 10, 0, 0, 2 } }, 0, 80 },
	.remote = { { 4, { 10, 0, 0, 1 } }, 0, 40000 },
};

/* A look at @sockets, the kernel's order turned around for odd trials. */
static void put_look(struct sample *s, uint32_t cell, uint32_t trial,
		     const char *hold, const struct store_socket *sockets,
		     size_t n)
{
	const struct store_trial t = sample_trial(cell, trial, OUTCOME_CLEAN);
	struct store_look look = { .number = 1, .hold = hold };
	int64_t row;

	look.trial = store_put_trial(s->store, &t, &s->e);
	row = store_put_look(s->store, &look, &s->e);
	for (size_t i = 0; i < n; i++) {
		struct store_socket one = sockets[trial % 2 ? n - 1 - i : i];

		one.number = (uint32_t)i + 1;
		SAMPLE_OK(s, store_put_socket(s->store, row, &one, &s->e));
	}
}

static struct summary *finished(struct sample *s)
{
	struct summary *sum = NULL;

	sample_finish(s, true);
	SAMPLE_OK(s, summary_read(s->dir, &sum, &s->e));
	return sum;
}

static void looks_that_are_alike_are_counted_together(void **state)
{
	const struct store_socket both[] = { client, server };
	struct sample *s = *state;
	own_summary struct summary *sum = NULL;
	const struct view_states *v;

	sample_begin(s);
	put_look(s, 0, 1, "half", both, 2);
	put_look(s, 0, 2, "half", both, 2);
	put_look(s, 0, 3, "half", &server, 1);
	put_look(s, 2, 1, NULL, NULL, 0);
	sum = finished(s);
	assert_int_equal(sum->cells[0].views.n_states, 2);
	v = &sum->cells[0].views.states[0];
	assert_int_equal(v->trials, 2);
	assert_string_equal(v->hold, "half");
	assert_int_equal(v->n, 2);
	assert_string_equal(v->sockets[0].role, "client");
	assert_string_equal(v->sockets[0].state, "FIN-WAIT-2");
	assert_string_equal(v->sockets[0].timer, "timewait");
	assert_true(v->sockets[0].orphan);
	assert_string_equal(v->sockets[1].node, "server");
	assert_int_equal(v->sockets[1].receive_queue, 1);
	assert_false(v->sockets[1].orphan);
	assert_int_equal(v[1].trials, 1);
	assert_int_equal(v[1].n, 1);
	assert_int_equal(sum->cells[1].views.n_states, 0);
	v = &sum->cells[2].views.states[0];
	assert_null(v->hold);
	assert_int_equal(v->n, 0);
}

static void a_listener_counts_while_somebody_waits(void **state)
{
	struct store_socket listener = server;
	struct sample *s = *state;
	own_summary struct summary *sum = NULL;

	listener.role = STORE_ROLE_LISTENER;
	listener.state = "LISTEN";
	listener.receive_queue = 0;
	sample_begin(s);
	put_look(s, 0, 1, "a", &listener, 1);
	listener.receive_queue = 2;
	put_look(s, 1, 1, "a", &listener, 1);
	sum = finished(s);
	assert_int_equal(sum->cells[0].views.states[0].n, 0);
	assert_int_equal(sum->cells[1].views.states[0].n, 1);
}

static void what_programs_saw_is_counted_per_kind(void **state)
{
	struct sample *s = *state;
	own_summary struct summary *sum = NULL;
	struct store_trial t = sample_trial(1, 1, OUTCOME_CLEAN);
	const struct view_seen *v;

	sample_begin(s);
	SAMPLE_OK(s, store_put_trial(s->store, &t, &s->e));
	t.number = 2;
	SAMPLE_OK(s, store_put_trial(s->store, &t, &s->e));
	t = sample_trial(1, 3, OUTCOME_OTHER);
	t.app[SIDE_CLIENT] = "connect timeout";
	t.why = "the deadline passed";
	SAMPLE_OK(s, store_put_trial(s->store, &t, &s->e));
	sum = finished(s);
	assert_int_equal(sum->cells[1].views.n_seen, 2);
	v = sum->cells[1].views.seen;
	assert_int_equal(v[0].trials, 2);
	assert_string_equal(v[0].outcome, "clean");
	assert_string_equal(v[0].app[SIDE_CLIENT], "ok");
	assert_null(v[0].wire);
	assert_null(v[0].rst);
	assert_null(v[0].why);
	assert_int_equal(v[1].trials, 1);
	assert_string_equal(v[1].app[SIDE_CLIENT], "connect timeout");
	assert_string_equal(v[1].why, "the deadline passed");
}

static void destroyed_sockets_are_a_point_behind_the_looks(void **state)
{
	struct sample *s = *state;
	own_summary struct summary *sum = NULL;
	struct store_socket gone = server;
	const struct view_states *v;

	gone.number = 1;
	gone.receive_queue = 17;
	sample_begin(s);
	put_look(s, 0, 1, NULL, &client, 1); /* the trial is row 1 */
	SAMPLE_OK(s, store_put_destroyed(s->store, 1, &gone, &s->e));
	sum = finished(s);
	assert_int_equal(sum->cells[0].views.n_states, 2);
	v = &sum->cells[0].views.states[1];
	assert_int_equal(v->number, 2);
	assert_string_equal(v->hold, VIEWS_DESTROYED);
	assert_int_equal(v->trials, 1);
	assert_int_equal(v->n, 1);
	assert_string_equal(v->sockets[0].role, "server");
	assert_string_equal(v->sockets[0].state, "UNCONN");
	assert_int_equal(v->sockets[0].receive_queue, 17);
	assert_true(v->sockets[0].orphan);
}

static struct store_frame frame_after(int64_t wait_ns)
{
	return (struct store_frame){ .what = FRAME_UNREAD,
				     .frames = "PING(ACK) 17 bytes",
				     .bytes = 17,
				     .wait_ns = wait_ns };
}

static void put_framed(struct sample *s, uint32_t number,
		       const struct store_frame *f)
{
	const struct store_trial t = sample_trial(1, number, OUTCOME_RESET);
	const struct connection c = { .n_legs = 0, .judged = true };
	const struct store_connection of = {
		.trial = store_put_trial(s->store, &t, &s->e),
		.cell = 1,
		.connection = &c,
		.frame = f,
	};

	SAMPLE_OK(s, store_put_connection(s->store, &of, &sample_names, &s->e));
}

static void frames_are_counted_with_the_times_they_waited(void **state)
{
	static const int64_t waits[] = { 300, 100, -1, 200, 400 };
	const struct store_frame none = { .what = FRAME_UNKNOWN,
					  .bytes = -1,
					  .wait_ns = -1,
					  .why = "it was not captured" };
	struct sample *s = *state;
	own_summary struct summary *sum = NULL;
	const struct view_frames *v;

	sample_begin(s);
	for (uint32_t i = 0; i < ARRAY_SIZE(waits); i++) {
		const struct store_frame f = frame_after(waits[i]);

		put_framed(s, i + 1, &f);
	}
	put_framed(s, 6, &none);
	put_framed(s, 7, NULL);
	sum = finished(s);
	assert_int_equal(sum->cells[1].views.n_frames, 2);
	v = sum->cells[1].views.frames;
	assert_string_equal(v[0].what, "unread");
	assert_string_equal(v[0].frames, "PING(ACK) 17 bytes");
	assert_null(v[0].why);
	assert_int_equal(v[0].connections, 5);
	assert_int_equal(v[0].least_ns, 100);
	assert_int_equal(v[0].median_ns, 200);
	assert_int_equal(v[0].most_ns, 400);
	assert_string_equal(v[1].what, "unknown");
	assert_null(v[1].frames);
	assert_string_equal(v[1].why, "it was not captured");
	assert_int_equal(v[1].median_ns, -1);
}

/* Formats 1 and 2 had no table of them. */
static void a_run_of_an_older_format_has_no_frames(void **state)
{
	struct sample *s = *state;
	own_summary struct summary *sum = NULL;
	sqlite3 *db;

	sample_begin(s);
	sample_finish(s, true);
	db = open_file(s);
	assert_int_equal(sqlite3_exec(db,
				      "DROP TABLE frame;"
				      " PRAGMA user_version = 2",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	SAMPLE_OK(s, summary_read(s->dir, &sum, &s->e));
	assert_int_equal(sum->cells[0].views.n_frames, 0);
}

/* Format 1 had neither table. */
static void a_run_of_the_first_format_has_no_states(void **state)
{
	struct sample *s = *state;
	own_summary struct summary *sum = NULL;
	sqlite3 *db;

	sample_begin(s);
	sample_finish(s, true);
	db = open_file(s);
	assert_int_equal(sqlite3_exec(db,
				      "DROP VIEW socket_state; DROP TABLE"
				      " socket; DROP TABLE look;"
				      " DROP TABLE destroyed;"
				      " PRAGMA user_version = 1",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	SAMPLE_OK(s, summary_read(s->dir, &sum, &s->e));
	assert_int_equal(sum->cells[0].views.n_states, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SAMPLE_CASE(looks_that_are_alike_are_counted_together),
		SAMPLE_CASE(a_listener_counts_while_somebody_waits),
		SAMPLE_CASE(what_programs_saw_is_counted_per_kind),
		SAMPLE_CASE(destroyed_sockets_are_a_point_behind_the_looks),
		SAMPLE_CASE(frames_are_counted_with_the_times_they_waited),
		SAMPLE_CASE(a_run_of_an_older_format_has_no_frames),
		SAMPLE_CASE(a_run_of_the_first_format_has_no_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
