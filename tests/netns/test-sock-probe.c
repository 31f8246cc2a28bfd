/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two probes.  Built twice: with APART each side is played by its own
 * process. */
#include "tests/netns/sock-test.h"

#include "lab/run/child.h"

#include <poll.h>
#include <signal.h>

static unsigned idle_calls;

static void count_idle(void *arg)
{
	(void)arg;
	idle_calls++;
}

static void a_clean_close_is_clean_on_both_sides(void)
{
	start();
	on_idle = count_idle;
	play(clean_close);
	check_clean_close(result(SIDE_CLIENT, 0, 1), result(SIDE_SERVER, 0, 1));
	assert_true(idle_calls > 0);
	probe_pair_stop(pair);
}

static void ipv6_works_like_ipv4(void)
{
	start_at("[::1]:7000");
	play(clean_close);
	check_clean_close(result(SIDE_CLIENT, 0, 1), result(SIDE_SERVER, 0, 1));
	probe_pair_stop(pair);
}

static void a_server_on_any_address_reports_the_one_it_was_met_at(void)
{
	start();
	assert_true(ip_endpoint_parse("0.0.0.0:7000", &addresses[SIDE_SERVER]));
	play(clean_close);
	check_clean_close(result(SIDE_CLIENT, 0, 1), result(SIDE_SERVER, 0, 1));
	probe_pair_stop(pair);
}

static void a_refused_connect_knows_its_port(void)
{
	const struct probe_result *c;

	start();
	play(refused);
	c = result(SIDE_CLIENT, 0, 1);
	assert_int_equal(c->state, PROBE_TRIAL_RAN);
	assert_int_equal(c->n_calls, 1);
	assert_call(c, 0, STEP_CONNECT, ECONNREFUSED, 0);
	assert_true(c->local.port != 0);
	assert_int_equal(result(SIDE_SERVER, 0, 1)->n_calls, 0);
	probe_pair_stop(pair);
}

static void a_listener_is_kept_only_while_nobody_can_tell(void)
{
	const uint16_t order[] = { 0, 0, 1, 0, 1, 1, 0 };
	const size_t n = sizeof(order) / sizeof(order[0]);

	start();
	define(0, clean_close);
	define(1, refused);
	for (int again = 0; again < 3; again++) {
		run_batch(order, n);
		for (size_t i = 0; i < n; i++) {
			const struct probe_result *c =
				result(SIDE_CLIENT, i, n);

			if (order[i] == 0)
				check_clean_close(c, result(SIDE_SERVER, i, n));
			else
				assert_call(c, 0, STEP_CONNECT, ECONNREFUSED,
					    0);
		}
	}
	probe_pair_stop(pair);
}

/* The server ends without accept: its process would take the listener along,
 * and with it the connection in its queue. */
static void an_unaccepted_connection_is_reset_when_the_script_ends(void)
{
	const struct script scripts[SIDES] = {
		SCRIPT(CONNECT, SYNC(0), RECV_EOF),
		SCRIPT(LISTEN, SYNC(0)),
	};

	start();
	play(scripts);
	assert_call(result(SIDE_CLIENT, 0, 1), 2, STEP_RECV_EOF, ECONNRESET, 0);
	probe_pair_stop(pair);
}

static void linger_0_aborts(void)
{
	const struct script scripts[SIDES] = {
		SCRIPT(CONNECT, LINGER(0), CLOSE),
		SCRIPT(LISTEN, ACCEPT, RECV_EOF, CLOSE),
	};
	const struct probe_result *s;

	start();
	play(scripts);
	s = result(SIDE_SERVER, 0, 1);
	assert_call(s, 2, STEP_RECV_EOF, ECONNRESET, 0);
	assert_int_equal(s->n_calls, 3); /* a failed step ends the script */
	assert_int_equal(s->state, PROBE_TRIAL_RAN);
	probe_pair_stop(pair);
}

static void close_with_unread_bytes_aborts(void)
{
	const struct script scripts[SIDES] = {
		SCRIPT(CONNECT, SEND(17), RECV_EOF, CLOSE),
		SCRIPT(LISTEN, ACCEPT, READABLE(17), CLOSE),
	};

	start();
	play(scripts);
	assert_call(result(SIDE_SERVER, 0, 1), 2, STEP_WAIT_READABLE, 0, 17);
	assert_call(result(SIDE_CLIENT, 0, 1), 2, STEP_RECV_EOF, ECONNRESET, 0);
	probe_pair_stop(pair);
}

static void many_bytes_arrive_whole(void)
{
	enum { MANY = 5000000 };
	const struct script scripts[SIDES] = {
		SCRIPT(CONNECT, SEND(MANY), SHUT_W, RECV_EOF, CLOSE),
		SCRIPT(LISTEN, ACCEPT, RECV(1000000), RECV_EOF, CLOSE),
	};

	start();
	play(scripts);
	assert_call(result(SIDE_CLIENT, 0, 1), 1, STEP_SEND, 0, MANY);
	assert_call(result(SIDE_SERVER, 0, 1), 2, STEP_RECV, 0, 1000000);
	assert_call(result(SIDE_SERVER, 0, 1), 3, STEP_RECV_EOF, 0,
		    MANY - 1000000);
	probe_pair_stop(pair);
}

static void a_fin_before_the_bytes_is_told_with_what_came(void)
{
	const struct script scripts[SIDES] = {
		SCRIPT(CONNECT, SEND(10), CLOSE),
		SCRIPT(LISTEN, ACCEPT, RECV(64), CLOSE),
	};
	const struct script waiting[SIDES] = {
		SCRIPT(CONNECT, SEND(10), CLOSE),
		SCRIPT(LISTEN, ACCEPT, READABLE(64), CLOSE),
	};

	start();
	play(scripts);
	assert_call(result(SIDE_SERVER, 0, 1), 2, STEP_RECV, ENODATA, 10);
	play(waiting);
	assert_call(result(SIDE_SERVER, 0, 1), 2, STEP_WAIT_READABLE, ENODATA,
		    10);
	probe_pair_stop(pair);
}

static void a_passed_deadline_is_a_timeout(void)
{
	const struct script scripts[SIDES] = {
		SCRIPT(CONNECT, RECV(1), CLOSE),
		SCRIPT(LISTEN, ACCEPT, SLEEP(NS_PER_S), CLOSE),
	};
	const struct probe_result *c, *s;

	start();
	play(scripts);
	c = result(SIDE_CLIENT, 0, 1);
	s = result(SIDE_SERVER, 0, 1);
	assert_int_equal(s->state, PROBE_TRIAL_TIMEOUT);
	assert_int_equal(s->calls[2].timed_out, 1);
	assert_call(s, 2, STEP_SLEEP, ETIMEDOUT, 0);
	/* Its own deadline, or the server's close, whichever came first. */
	assert_true(c->calls[1].error == ETIMEDOUT ||
		    c->calls[1].error == ENODATA);
	probe_pair_stop(pair);
}

/* In 128 trials either side is sometimes first, and sometimes long done. */
static void sync_lets_neither_side_ahead(void)
{
	const struct script scripts[SIDES] = {
		SCRIPT(SYNC(0), CONNECT, SYNC(1), CLOSE, SYNC(2)),
		SCRIPT(LISTEN, SYNC(0), ACCEPT, SYNC(1), RECV_EOF, CLOSE,
		       SYNC(2)),
	};
	const uint16_t zeros[PROBE_BATCH_MAX] = { 0 };

	start();
	define(0, scripts);
	run_batch(zeros, PROBE_BATCH_MAX);
	for (size_t i = 0; i < PROBE_BATCH_MAX; i++) {
		const struct probe_result *c =
			result(SIDE_CLIENT, i, PROBE_BATCH_MAX);
		const struct probe_result *s =
			result(SIDE_SERVER, i, PROBE_BATCH_MAX);

		assert_int_equal(c->state, PROBE_TRIAL_RAN);
		assert_int_equal(s->state, PROBE_TRIAL_RAN);
		assert_int_equal(c->n_calls, 5);
		assert_int_equal(s->n_calls, 7);
		/* connect after sync 0; close after the server's sync 1 */
		assert_true(c->calls[1].begin_ns >= s->calls[1].begin_ns);
		assert_true(c->calls[3].begin_ns >= s->calls[3].begin_ns);
	}
	probe_pair_stop(pair);
}

static void a_side_left_alone_at_a_sync_says_so(void)
{
	const struct script fails[SIDES] = {
		SCRIPT(SYNC(0), CONNECT, CLOSE),
		SCRIPT(ACCEPT, SYNC(0)),
	};
	const struct probe_result *c;

	start();
	play(fails); /* accept without a listener fails at once */
	c = result(SIDE_CLIENT, 0, 1);
	assert_int_equal(c->state, PROBE_TRIAL_PEER);
	assert_int_equal(c->n_calls, 1);
	assert_int_equal(result(SIDE_SERVER, 0, 1)->calls[0].error, EBADF);
	probe_pair_stop(pair);
}

static void a_killed_side_is_a_result_and_the_probe_lives_on(void)
{
	const struct script scripts[SIDES] = {
		SCRIPT(CONNECT, SEND(17), RECV_EOF, CLOSE),
		SCRIPT(LISTEN, ACCEPT, READABLE(17), KILL),
	};
	const uint16_t order[] = { 1, 0, 1, 0, 1 };

	start();
	define(0, scripts);
	define(1, clean_close);
	const pid_t server = pair->sides[SIDE_SERVER].pid;

	run_batch(order, 5);
	for (size_t i = 0; i < 5; i++) {
		const struct probe_result *c = result(SIDE_CLIENT, i, 5);
		const struct probe_result *s = result(SIDE_SERVER, i, 5);

		if (order[i] == 1) {
			check_clean_close(c, s);
			continue;
		}
		assert_int_equal(s->state, PROBE_TRIAL_RAN);
		assert_int_equal(s->n_calls, 4);
		assert_call(s, 3, STEP_KILL, 0, 0);
		assert_call(c, 2, STEP_RECV_EOF, ECONNRESET, 0);
	}
	assert_int_equal(pair->sides[SIDE_SERVER].pid, server);
	probe_pair_stop(pair);
}

static void probes_outlive_the_signals_of_a_terminal(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGQUIT, SIGHUP,
				       SIGTSTP };

	start();
	for (int side = 0; side < SIDES; side++)
		for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
			assert_int_equal(
				kill(pair->sides[side].pid, signals[i]), 0);
	play(clean_close);
	check_clean_close(result(SIDE_CLIENT, 0, 1), result(SIDE_SERVER, 0, 1));
	probe_pair_stop(pair);
}

static void a_dead_probe_is_named_and_can_be_restarted(void)
{
	const uint16_t zero = 0;
	struct err e = { .code = 0 };

	start();
	play(clean_close);
	assert_int_equal(kill(pair->sides[SIDE_SERVER].pid, SIGKILL), 0);
	assert_true(try_batch(&zero, 1, &e) < 0);
	assert_string_equal(e.text,
			    "server probe: killed by signal 9 (Killed)");
	assert_int_equal(pair->broken, SIDE_SERVER);
	assert_int_equal(e.class, ERR_SYSTEM);
	assert_null(probe_pair_result(pair, SIDE_SERVER, 0, last_trial));

	if (probe_pair_restart(pair, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(pair->broken, SIDES);
	run_batch(&zero, 1);
	check_clean_close(result(SIDE_CLIENT, 0, 1), result(SIDE_SERVER, 0, 1));
	probe_pair_stop(pair);
}

static void a_stuck_probe_is_named(void)
{
	const uint16_t zero = 0;
	struct err e = { .code = 0 };

	start();
	define(0, clean_close);
	assert_int_equal(kill(pair->sides[SIDE_SERVER].pid, SIGSTOP), 0);
	assert_true(try_batch(&zero, 1, &e) < 0);
	assert_string_equal(e.text, "server probe: stuck in a trial that is "
				    "long over its deadline");
	assert_int_equal(pair->broken, SIDE_SERVER);
	probe_pair_stop(pair); /* ends the stopped one too */
}

static void nonsense_ends_a_probe_with_70(void)
{
	const uint32_t nonsense[64] = { 0xdead, 0xbeef };
	const pid_t pid = (start(), pair->sides[SIDE_CLIENT].pid);
	struct probe_side *s = &pair->sides[SIDE_CLIENT];

	assert_true(send(s->control, nonsense, sizeof(nonsense), 0) > 0);
	assert_int_equal(child_wait(pid), 70);
	s->pid = 0;
	probe_pair_stop(pair);
}

static void a_script_for_the_wrong_side_ends_a_probe_with_70(void)
{
	const struct script swapped[SIDES] = {
		SCRIPT(LISTEN, ACCEPT),
		SCRIPT(CONNECT),
	};
	struct err e = { .code = 0 };

	start();
	(void)probe_pair_define(pair, 0, swapped, &e);
	for (int side = 0; side < SIDES; side++) {
		assert_int_equal(child_wait(pair->sides[side].pid), 70);
		pair->sides[side].pid = 0;
	}
	probe_pair_stop(pair);
}

static void probes_end_when_the_lab_lets_go(void)
{
	start();
	for (int side = 0; side < SIDES; side++) {
		struct probe_side *s = &pair->sides[side];

		(void)close(s->control);
		s->control = -1;
		assert_int_equal(child_wait(s->pid), 0);
		s->pid = 0;
	}
	probe_pair_stop(pair);
}

static void a_missing_probe_program_is_named(void)
{
	struct err e = { .code = 0 };

	(void)node_test_here(&nodes[0], "left");
	(void)node_test_here(&nodes[1], "right");
	assert_true(probe_pair_start(&pair, &nodes[0].node, &nodes[1].node,
				     "/nonexistent", &e) < 0);
	assert_string_equal(e.text, "client probe: start 'sock' in node "
				    "'left': program '/nonexistent/sock': No "
				    "such file or directory");
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		netns_test(a_clean_close_is_clean_on_both_sides),
		netns_test(ipv6_works_like_ipv4),
		netns_test(
			a_server_on_any_address_reports_the_one_it_was_met_at),
		netns_test(a_refused_connect_knows_its_port),
		netns_test(a_listener_is_kept_only_while_nobody_can_tell),
		netns_test(
			an_unaccepted_connection_is_reset_when_the_script_ends),
		netns_test(linger_0_aborts),
		netns_test(close_with_unread_bytes_aborts),
		netns_test(many_bytes_arrive_whole),
		netns_test(a_fin_before_the_bytes_is_told_with_what_came),
		netns_test(a_passed_deadline_is_a_timeout),
		netns_test(sync_lets_neither_side_ahead),
		netns_test(a_side_left_alone_at_a_sync_says_so),
		netns_test(a_killed_side_is_a_result_and_the_probe_lives_on),
		netns_test(probes_outlive_the_signals_of_a_terminal),
		netns_test(a_dead_probe_is_named_and_can_be_restarted),
		netns_test(a_stuck_probe_is_named),
		netns_test(nonsense_ends_a_probe_with_70),
		netns_test(a_script_for_the_wrong_side_ends_a_probe_with_70),
		netns_test(probes_end_when_the_lab_lets_go),
		netns_test(a_missing_probe_program_is_named),
	};

#ifdef APART
	apart = 1;
#endif
	return cmocka_run_group_tests(cases, NULL, NULL);
}
