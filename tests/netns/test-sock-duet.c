/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trials that one process plays for both sides, and their neighbours that
 * need two. */
#include "tests/netns/sock-test.h"

#include <signal.h>

static const struct script killed[SIDES] = {
	SCRIPT(CONNECT, SEND(17), RECV_EOF, CLOSE),
	SCRIPT(LISTEN, ACCEPT, READABLE(17), KILL),
};

static bool has_reached(int side, uint32_t number, uint32_t point)
{
	return atomic_load(&pair->shared->progress[side]) >=
	       (uint64_t)number * PROGRESS_TRIAL + point;
}

/* Stop the server's process while the second of three trials is played, until
 * the third is over. */
static bool stopped, went_on;

static void stop_the_server(void *arg)
{
	const pid_t server = pair->sides[SIDE_SERVER].pid;

	(void)arg;
	if (!stopped && has_reached(SIDE_CLIENT, 2, PROGRESS_READY)) {
		stopped = true;
		assert_int_equal(kill(server, SIGSTOP), 0);
	} else if (stopped && has_reached(SIDE_SERVER, 3, PROGRESS_DONE)) {
		went_on = true;
		assert_int_equal(kill(server, SIGCONT), 0);
	}
}

static void one_process_is_enough(void)
{
	const struct script slow[SIDES] = {
		SCRIPT(CONNECT, SLEEP(500 * NS_PER_MS), CLOSE),
		SCRIPT(LISTEN, ACCEPT, RECV_EOF),
	};
	const uint16_t order[] = { 0, 1, 0 };

	start();
	deadline_ns = 5 * NS_PER_S;
	on_idle = stop_the_server;
	define(0, clean_close);
	define(1, slow);
	run_batch(order, 3);
	assert_true(stopped && went_on);
	check_clean_close(result(SIDE_CLIENT, 2, 3), result(SIDE_SERVER, 2, 3));
	probe_pair_stop(pair);
}

static void trials_that_need_two_processes_may_stand_between(void)
{
	const struct script lingers[SIDES] = {
		SCRIPT(CONNECT, LINGER(1), CLOSE),
		SCRIPT(LISTEN, ACCEPT, RECV_EOF, CLOSE),
	};
	const uint16_t order[] = { 1, 0, 0, 1, 1, 0, 2, 0, 2, 1, 0 };
	const size_t n = sizeof(order) / sizeof(order[0]);

	start();
	define(0, clean_close);
	define(1, killed);
	define(2, lingers);
	for (int again = 0; again < 3; again++) {
		run_batch(order, n);
		for (size_t i = 0; i < n; i++) {
			const struct probe_result *c =
				result(SIDE_CLIENT, i, n);
			const struct probe_result *s =
				result(SIDE_SERVER, i, n);

			if (order[i] == 0)
				check_clean_close(c, s);
			else if (order[i] == 1)
				assert_call(c, 2, STEP_RECV_EOF, ECONNRESET, 0);
			else
				assert_call(s, 2, STEP_RECV_EOF, 0, 0);
		}
	}
	probe_pair_stop(pair);
}

/* Each refusal costs a listener, which is a socket of the server's process. */
static void there_are_as_many_sockets_as_it_takes(void)
{
	uint16_t order[PROBE_BATCH_MAX];

	start();
	define(0, clean_close);
	define(1, refused);
	for (size_t i = 0; i < PROBE_BATCH_MAX; i++)
		order[i] = i % 2;
	run_batch(order, PROBE_BATCH_MAX);
	for (size_t i = 0; i < PROBE_BATCH_MAX; i++) {
		const struct probe_result *c =
			result(SIDE_CLIENT, i, PROBE_BATCH_MAX);

		if (order[i])
			assert_call(c, 0, STEP_CONNECT, ECONNREFUSED, 0);
		else
			check_clean_close(
				c, result(SIDE_SERVER, i, PROBE_BATCH_MAX));
	}
	probe_pair_stop(pair);
}

static void a_side_that_has_to_wait_lets_the_other_go_on(void)
{
	enum { MANY = 5000000 };
	const struct script scripts[SIDES] = {
		SCRIPT(CONNECT, SEND(MANY), SYNC(0), RECV(MANY), SHUT_W,
		       RECV_EOF),
		SCRIPT(LISTEN, ACCEPT, RECV(MANY), SYNC(0), SEND(MANY),
		       RECV_EOF),
	};

	start();
	deadline_ns = 5 * NS_PER_S;
	play(scripts);
	assert_call(result(SIDE_CLIENT, 0, 1), 3, STEP_RECV, 0, MANY);
	assert_call(result(SIDE_SERVER, 0, 1), 5, STEP_RECV_EOF, 0, 0);
	probe_pair_stop(pair);
}

static void a_listener_may_come_late(void)
{
	const struct script scripts[SIDES] = {
		SCRIPT(SYNC(0), CONNECT, RECV_EOF),
		SCRIPT(SLEEP(NS_PER_MS), LISTEN, SYNC(0), ACCEPT),
	};

	start();
	play(scripts);
	assert_call(result(SIDE_CLIENT, 0, 1), 2, STEP_RECV_EOF, 0, 0);
	assert_int_equal(result(SIDE_SERVER, 0, 1)->n_calls, 4);
	probe_pair_stop(pair);
}

static void two_sides_that_wait_for_each_other_end_at_the_deadline(void)
{
	const struct script scripts[SIDES] = {
		SCRIPT(CONNECT, RECV(1)),
		SCRIPT(LISTEN, ACCEPT, RECV(1)),
	};

	start();
	play(scripts);
	/* The first to give up closes, which may end the other's wait. */
	assert_true(result(SIDE_CLIENT, 0, 1)->state == PROBE_TRIAL_TIMEOUT ||
		    result(SIDE_SERVER, 0, 1)->state == PROBE_TRIAL_TIMEOUT);
	play(clean_close);
	check_clean_close(result(SIDE_CLIENT, 0, 1), result(SIDE_SERVER, 0, 1));
	probe_pair_stop(pair);
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		netns_test(one_process_is_enough),
		netns_test(trials_that_need_two_processes_may_stand_between),
		netns_test(there_are_as_many_sockets_as_it_takes),
		netns_test(a_side_that_has_to_wait_lets_the_other_go_on),
		netns_test(a_listener_may_come_late),
		netns_test(
			two_sides_that_wait_for_each_other_end_at_the_deadline),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
