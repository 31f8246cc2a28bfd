/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept of the sockets of a trial. */
#include "lab/store/socket.h"

#include "tests/unit/store-answer.h"

static const struct store_socket waiting = {
	.number = 1,
	.role = STORE_ROLE_SERVER,
	.node = "server",
	.state = "CLOSE-WAIT",
	.timer = "keepalive",
	.timer_ms = 7200,
	.receive_queue = 18,
	.send_queue = 5,
	.retransmits = 2,
	.inode = 4711,
	.uid = 1000,
	.cookie = 9,
	.local = { { 4, { 10, 0, 0, 2 } }, 0, 80 },
	.remote = { { 4, { 10, 0, 0, 1 } }, 0, 40000 },
};

static void a_look_keeps_what_was_seen_of_each_socket(void **state)
{
	struct sample *s = *state;
	const struct store_trial t = sample_trial(1, 7, OUTCOME_CLEAN);
	struct store_look look = { .number = 1, .hold = "half", .time_ns = 99 };
	int64_t row;

	sample_begin(s);
	look.trial = store_put_trial(s->store, &t, &s->e);
	row = store_put_look(s->store, &look, &s->e);
	assert_true(row > 0);
	SAMPLE_OK(s, store_put_socket(s->store, row, &waiting, &s->e));
	sample_finish(s, true);
	assert_answer(s, "SELECT * FROM look", "1|1|1|half|99");
	assert_answer(s, "SELECT * FROM socket",
		      "1|1|server|server|CLOSE-WAIT|18|5|10.0.0.2|80|"
		      "10.0.0.1|40000|keepalive|7200|2|4711|1000|9");
}

static void a_socket_without_a_descriptor_has_no_owner(void **state)
{
	struct sample *s = *state;
	const struct store_trial t = sample_trial(1, 7, OUTCOME_CLEAN);
	struct store_look look = { .number = 1, .time_ns = 99 };
	struct store_socket orphan = waiting;

	orphan.inode = 0;
	sample_begin(s);
	look.trial = store_put_trial(s->store, &t, &s->e);
	SAMPLE_OK(s, store_put_socket(s->store,
				      store_put_look(s->store, &look, &s->e),
				      &orphan, &s->e));
	sample_finish(s, true);
	assert_answer(s, "SELECT inode, uid FROM socket", "NULL|NULL");
	assert_answer(s,
		      "SELECT topology, workload, trial, look, point, state,"
		      " orphan FROM socket_state",
		      "wire|linger0|7|1|after exit|CLOSE-WAIT|1");
}

static void a_look_without_any_socket_is_a_row_too(void **state)
{
	struct sample *s = *state;
	const struct store_trial t = sample_trial(1, 7, OUTCOME_RESET);
	struct store_look look = { .number = 1, .time_ns = 99 };

	sample_begin(s);
	look.trial = store_put_trial(s->store, &t, &s->e);
	assert_true(store_put_look(s->store, &look, &s->e) > 0);
	sample_finish(s, true);
	assert_answer(s, "SELECT trial, point, role, state FROM socket_state",
		      "7|after exit|NULL|NULL");
}

static void a_destroyed_socket_keeps_its_queues(void **state)
{
	struct sample *s = *state;
	const struct store_trial t = sample_trial(1, 7, OUTCOME_CLEAN);
	struct store_socket disconnected = waiting;
	int64_t row;

	disconnected.number = 2;
	disconnected.remote.port = 0;
	sample_begin(s);
	row = store_put_trial(s->store, &t, &s->e);
	SAMPLE_OK(s, store_put_destroyed(s->store, row, &waiting, &s->e));
	SAMPLE_OK(s, store_put_destroyed(s->store, row, &disconnected, &s->e));
	sample_finish(s, true);
	assert_answer(s, "SELECT * FROM destroyed WHERE number = 1",
		      "1|1|server|server|18|5|10.0.0.2|80|10.0.0.1|40000|9");
	assert_answer(s,
		      "SELECT receive_queue, send_queue, remote_port"
		      " FROM destroyed WHERE number = 2",
		      "NULL|NULL|0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SAMPLE_CASE(a_look_keeps_what_was_seen_of_each_socket),
		SAMPLE_CASE(a_socket_without_a_descriptor_has_no_owner),
		SAMPLE_CASE(a_look_without_any_socket_is_a_row_too),
		SAMPLE_CASE(a_destroyed_socket_keeps_its_queues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
