/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench-sock [SECONDS] - what the socket probes cost.
 *
 * Prints, in trials per second over loopback, what the two probes reach with
 * a clean close (connect, 64 bytes there and back, close) in batches of 128,
 * and what one thread reaches that does the same calls in a bare loop.  The
 * two take turns, and the median of the turns counts.
 */
#include "lab/base/clock.h"
#include "lab/base/num.h"
#include "lab/run/probe.h"
#include "tests/netns/node-test.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>

enum { TURNS = 5 };

static const struct script clean_close[SIDES] = {
	{ 4,
	  { { STEP_CONNECT, 0 },
	    { STEP_SEND, 64 },
	    { STEP_RECV, 64 },
	    { STEP_CLOSE, 0 } } },
	{ 6,
	  { { STEP_LISTEN, 0 },
	    { STEP_ACCEPT, 0 },
	    { STEP_RECV, 64 },
	    { STEP_SEND, 64 },
	    { STEP_RECV_EOF, 0 },
	    { STEP_CLOSE, 0 } } },
};

static int private_network(void)
{
	char map[32];
	const unsigned uid = geteuid();
	FILE *f;

	if (unshare((uid ? CLONE_NEWUSER : 0) | CLONE_NEWNET) < 0)
		return -1;
	(void)snprintf(map, sizeof(map), "0 %u 1", uid);
	if (uid && (f = fopen("/proc/self/uid_map", "w"))) {
		(void)fputs(map, f);
		(void)fclose(f);
	}
	/* the default range is used up by TIME-WAIT within a second or two */
	f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "w");
	if (f) {
		(void)fputs("1024 65535", f);
		(void)fclose(f);
	}
	f = fopen("/proc/sys/net/ipv4/tcp_tw_reuse", "w");
	if (f) {
		(void)fputs("1", f);
		(void)fclose(f);
	}
	return node_test_lo_up();
}

/* --- the probes ------------------------------------------------------------
 */

static uint32_t last_trial;

/* Returns: clean trials, or -1. */
static int64_t one_batch(struct probe_pair *pair,
			 const struct ip_endpoint *addresses, struct err *e)
{
	struct probe_trial trials[PROBE_BATCH_MAX] = { { 0 } };
	int64_t clean = 0;

	for (size_t i = 0; i < PROBE_BATCH_MAX; i++) {
		trials[i].number = last_trial + 1 + (uint32_t)i;
		trials[i].deadline_ns = NS_PER_S;
	}
	if (probe_pair_begin(pair, trials, PROBE_BATCH_MAX, addresses, e) < 0 ||
	    probe_pair_wait(pair, NULL, NULL, e) < 0)
		return -1;
	for (size_t i = 0; i < PROBE_BATCH_MAX; i++) {
		const struct probe_result *r = probe_pair_result(
			pair, SIDE_SERVER, i, trials[i].number);

		clean += r && r->n_calls == 6 && r->calls[5].error == 0;
	}
	last_trial += PROBE_BATCH_MAX;
	return clean;
}

static double probes_turn(struct probe_pair *pair, int64_t turn_ns)
{
	static struct ip_endpoint addresses[SIDES];
	const int64_t begin_ns = clock_now_ns();
	struct err e = { .code = 0 };
	int64_t trials = 0;

	(void)ip_endpoint_parse("127.0.0.1:7000", &addresses[SIDE_CLIENT]);
	addresses[SIDE_SERVER] = addresses[SIDE_CLIENT];
	while (clock_now_ns() - begin_ns < turn_ns) {
		const int64_t clean = one_batch(pair, addresses, &e);

		if (clean != PROBE_BATCH_MAX) {
			(void)fprintf(stderr, "%" PRId64 " clean: %s\n", clean,
				      e.text);
			return 0;
		}
		trials += clean;
	}
	return (double)trials * NS_PER_S / (double)(clock_now_ns() - begin_ns);
}

/* --- the bare loop ---------------------------------------------------------
 */

static bool bare_trial(int listener, const struct sockaddr_in *sa)
{
	char buf[64] = { 0 };
	const int one = 1;
	int c = socket(AF_INET, SOCK_STREAM, 0), s;
	bool ok;

	(void)setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	ok = connect(c, (const struct sockaddr *)sa, sizeof(*sa)) == 0;
	s = accept(listener, NULL, NULL);
	ok = ok && send(c, buf, sizeof(buf), 0) == sizeof(buf) &&
	     recv(s, buf, sizeof(buf), 0) == sizeof(buf) &&
	     send(s, buf, sizeof(buf), 0) == sizeof(buf) &&
	     recv(c, buf, sizeof(buf), 0) == sizeof(buf);
	(void)close(c);
	ok = ok && recv(s, buf, sizeof(buf), 0) == 0;
	(void)close(s);
	return ok;
}

static double bare_turn(int listener, const struct sockaddr_in *sa,
			int64_t turn_ns)
{
	const int64_t begin_ns = clock_now_ns();
	int64_t trials = 0;

	while (clock_now_ns() - begin_ns < turn_ns) {
		if (!bare_trial(listener, sa))
			return 0;
		trials++;
	}
	return (double)trials * NS_PER_S / (double)(clock_now_ns() - begin_ns);
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v)
{
	qsort(v, TURNS, sizeof(*v), by_value);
	return v[TURNS / 2];
}

int main(int argc, char **argv)
{
	const struct sockaddr_in sa = { .sin_family = AF_INET,
					.sin_port = htons(7001),
					.sin_addr = {
						htonl(INADDR_LOOPBACK) } };
	double probes[TURNS], bare[TURNS];
	struct node_test client, server;
	struct probe_pair *pair = NULL;
	struct err e = { .code = 0 };
	int64_t seconds = 5;
	int listener;

	if (private_network() < 0 ||
	    (argc > 1 && !num_parse(argv[1], 1, 600, &seconds))) {
		(void)fprintf(stderr, "usage: bench-sock [SECONDS], where a "
				      "network namespace can be made\n");
		return 2;
	}
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (const struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(listener, 128) < 0 ||
	    probe_pair_start(&pair, node_test_here(&client, "client"),
			     node_test_here(&server, "server"),
			     node_test_libexec(), &e) < 0 ||
	    probe_pair_define(pair, 0, clean_close, &e) < 0) {
		(void)fprintf(stderr, "bench-sock: %s\n", e.text);
		return 1;
	}
	for (int i = 0; i < TURNS; i++) {
		probes[i] = probes_turn(pair, seconds * NS_PER_S / TURNS / 2);
		bare[i] = bare_turn(listener, &sa,
				    seconds * NS_PER_S / TURNS / 2);
	}
	probe_pair_stop(pair);
	printf("probes    %6.0f trials/s\n", median(probes));
	printf("bare loop %6.0f trials/s\n", median(bare));
	printf("ratio     %6.2f\n", median(probes) / median(bare));
	return 0;
}
