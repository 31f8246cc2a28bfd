/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the driver of scripts does to a lab between its trials. */
#include "tests/netns/netns-test.h"

#include "lab/base/clock.h"
#include "lab/run/driver.h"
#include "tests/netns/sock-test.h"
#include "tests/netns/topology-text.h"

#include <netinet/tcp.h>

static struct topology topology;
static struct lab *lab;

/* The server closes first and keeps the TIME-WAIT. */
static const struct workload server_first = {
	.deadline_ns = 30 * NS_PER_S,
	.scripts = { SCRIPT(CONNECT, RECV_EOF, CLOSE),
		     SCRIPT(LISTEN, ACCEPT, CLOSE) },
};

static bool go_on(void *arg)
{
	(void)arg;
	return false;
}

static void play_batch(const struct lab_options *o)
{
	static const struct batch_trial trials[PROBE_BATCH_MAX];
	static struct match_trial told[PROBE_BATCH_MAX];
	struct play p = { .lab = lab,
			  .options = o,
			  .trials = trials,
			  .n = PROBE_BATCH_MAX,
			  .idle = go_on,
			  .told = told };
	struct err e = { .code = 0 };

	assert_done(driver_scripts.play(&p, &e), &e);
	/* a script that fails ends before its last step */
	for (size_t i = 0; i < PROBE_BATCH_MAX; i++)
		for (int side = 0; side < SIDES; side++)
			assert_int_equal(told[i].app[side]->n_calls, 3);
}

static int count(const struct sockdiag_socket *s, void *arg)
{
	(void)s;
	++*(unsigned *)arg;
	return 0;
}

/* Wait until the server's node has as many TIME-WAITs: the last FIN may still
 * be on its way. */
static void await_remains(unsigned want)
{
	const int64_t until_ns = clock_now_ns() + 30 * NS_PER_S;
	struct err e = { .code = 0 };
	unsigned n = 0;

	do {
		if (clock_now_ns() > until_ns)
			fail_msg("%u TIME-WAITs instead of %u", n, want);
		n = 0;
		assert_done(
			sockdiag_each_in(lab->nodes[lab->server_node].sockdiag,
					 1U << TCP_TIME_WAIT, count, &n, &e),
			&e);
	} while (n != want);
}

static void time_waits_of_the_server_do_not_pile_up(void)
{
	const struct lab_options o = {
		.libexec = node_test_libexec(),
		.workloads = &server_first,
		.n_workloads = 1,
	};
	struct err e = { .code = 0 };

	topology_text_load(&topology, PAIR_WITH(""));
	/* 80 takes a right that probes do not have */
	topology.listen.port = topology.connect.port = 8080;
	assert_done(lab_open(&topology, 1, &o, &lab, &e), &e);
	for (unsigned i = 1; i < 4; i++) {
		play_batch(&o);
		await_remains(i * PROBE_BATCH_MAX);
	}
	play_batch(&o);
	await_remains(PROBE_BATCH_MAX); /* all but its own are gone */
	lab_close(lab, 1);
	topology_done(&topology);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		netns_test(time_waits_of_the_server_do_not_pile_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
