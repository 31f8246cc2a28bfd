/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sock-test - the two probes, both in the namespace of the case, over
 * loopback. */
#ifndef TESTS_SOCK_TEST_H
#define TESTS_SOCK_TEST_H

#include "tests/netns/netns-test.h"

#include "lab/base/clock.h"
#include "lab/run/probe.h"
#include "tests/netns/node-test.h"

#define SCRIPT(...)                                                 \
	{                                                           \
		.n_steps = sizeof((struct step[]){ __VA_ARGS__ }) / \
			   sizeof(struct step),                     \
		.steps = {                                          \
			__VA_ARGS__                                 \
		}                                                   \
	}
#define CONNECT                 \
	{                       \
		STEP_CONNECT, 0 \
	}
#define LISTEN                 \
	{                      \
		STEP_LISTEN, 0 \
	}
#define ACCEPT                 \
	{                      \
		STEP_ACCEPT, 0 \
	}
#define SEND(n)              \
	{                    \
		STEP_SEND, n \
	}
#define RECV(n)              \
	{                    \
		STEP_RECV, n \
	}
#define RECV_EOF                 \
	{                        \
		STEP_RECV_EOF, 0 \
	}
#define READABLE(n)                   \
	{                             \
		STEP_WAIT_READABLE, n \
	}
#define LINGER(n)              \
	{                      \
		STEP_LINGER, n \
	}
#define CLOSE                 \
	{                     \
		STEP_CLOSE, 0 \
	}
#define KILL                 \
	{                    \
		STEP_KILL, 0 \
	}
#define SYNC(n)              \
	{                    \
		STEP_SYNC, n \
	}
#define SLEEP(n)              \
	{                     \
		STEP_SLEEP, n \
	}
#define SHUT_W                         \
	{                              \
		STEP_SHUTDOWN, SHUT_WR \
	}

/* One per case: the process of a case runs no other. */
static struct node_test nodes[SIDES];
static struct probe_pair *pair;
static struct ip_endpoint addresses[SIDES];
static uint32_t last_trial;
static uint8_t apart; /* wanted of all trials */
static int64_t deadline_ns = 300 * NS_PER_MS;
static void (*on_idle)(void *arg);

static inline void start_at(const char *address)
{
	struct err e = { .code = 0 };

	if (node_test_lo_up() < 0)
		netns_skip("loopback: %s", strerror(errno));
	for (int side = 0; side < SIDES; side++) {
		(void)node_test_here(&nodes[side], side_names[side]);
		assert_true(ip_endpoint_parse(address, &addresses[side]));
	}
	assert_done(probe_pair_start(&pair, &nodes[SIDE_CLIENT].node,
				     &nodes[SIDE_SERVER].node,
				     node_test_libexec(), &e),
		    &e);
}

static inline void start(void)
{
	start_at("127.0.0.1:7000");
}

static inline void define(uint32_t number, const struct script *scripts)
{
	struct err e = { .code = 0 };

	if (probe_pair_define(pair, number, scripts, &e) < 0)
		fail_msg("%s", e.text);
}

/* Run trials of the given scripts. */
static inline int try_batch(const uint16_t *scripts, size_t n, struct err *e)
{
	struct probe_trial trials[PROBE_BATCH_MAX] = { { 0 } };
	int r;

	for (size_t i = 0; i < n; i++)
		trials[i] = (struct probe_trial){
			.number = ++last_trial,
			.script = scripts[i],
			.apart = apart,
			.deadline_ns = deadline_ns,
		};
	r = probe_pair_begin(pair, trials, n, addresses, e);
	return r < 0 ? r : probe_pair_wait(pair, on_idle, NULL, e);
}

static inline void run_batch(const uint16_t *scripts, size_t n)
{
	struct err e = { .code = 0 };

	if (try_batch(scripts, n, &e) < 0)
		fail_msg("%s", e.text);
}

static inline const struct probe_result *result(int side, size_t index,
						size_t n)
{
	const struct probe_result *r = probe_pair_result(
		pair, side, index, last_trial + 1 - (uint32_t)(n - index));

	assert_non_null(r);
	return r;
}

/* Define @scripts as number 0 and play them once. */
static inline void play(const struct script *scripts)
{
	const uint16_t zero = 0;

	define(0, scripts);
	run_batch(&zero, 1);
}

static inline void assert_call(const struct probe_result *r, size_t i, int step,
			       int error, int64_t bytes)
{
	assert_true(i < r->n_calls);
	assert_int_equal(r->calls[i].step, step);
	assert_int_equal(r->calls[i].error, error);
	assert_int_equal(r->calls[i].result, bytes);
	assert_true(r->calls[i].begin_ns > 0);
	assert_true(r->calls[i].end_ns >= r->calls[i].begin_ns);
}

static const struct script clean_close[SIDES] = {
	SCRIPT(CONNECT, SEND(64), RECV(64), CLOSE),
	SCRIPT(LISTEN, ACCEPT, RECV(64), SEND(64), RECV_EOF, CLOSE),
};
static const struct script refused[SIDES] = {
	SCRIPT(CONNECT),
	{ .n_steps = 0 },
};

static inline void check_clean_close(const struct probe_result *c,
				     const struct probe_result *s)
{
	assert_int_equal(c->state, PROBE_TRIAL_RAN);
	assert_int_equal(s->state, PROBE_TRIAL_RAN);
	assert_int_equal(c->n_calls, 4);
	assert_int_equal(s->n_calls, 6);
	assert_call(c, 0, STEP_CONNECT, 0, 0);
	assert_call(c, 1, STEP_SEND, 0, 64);
	assert_call(c, 2, STEP_RECV, 0, 64);
	assert_call(c, 3, STEP_CLOSE, 0, 0);
	assert_call(s, 0, STEP_LISTEN, 0, 0);
	assert_call(s, 1, STEP_ACCEPT, 0, 0);
	assert_call(s, 4, STEP_RECV_EOF, 0, 0);
	assert_call(s, 5, STEP_CLOSE, 0, 0);
	assert_true(ip_endpoint_equal(&c->local, &s->peer));
	assert_true(ip_endpoint_equal(&c->peer, &s->local));
	assert_true(c->end_ns > c->begin_ns && s->end_ns > s->begin_ns);
}

#endif
