/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench-wire [FRAMES] - what a wire adds to a frame, and how exact it is.
 *
 * One thread sends a small UDP datagram from one namespace and spins until it
 * arrives in the other, on a processor of its own: so no wake-up but the
 * wire's is measured.  Over a veth pair, and what is left of the time when the
 * veth pair's median and the wire's delay are taken off.  Then TCP throughput
 * for a second each.
 */
#include "lab/base/clock.h"
#include "lab/base/num.h"
#include "lab/net/netns.h"
#include "lab/net/rtnl.h"
#include "lab/net/tap.h"
#include "lab/run/child.h"
#include "tests/netns/node-test.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

enum { WARM_UP = 20, FRAMES_MAX = 100000, PORT = 7000 };

struct end {
	int netns;
	struct rtnl *rt;
	int index, tap;
};

struct bench {
	struct end ends[2];
	pid_t wire;
	int pidfd, control;
	struct node_test home;
};

static char names[2][8] = { "near", "far" };

static int must(int r, const struct err *e)
{
	if (r < 0) {
		(void)fprintf(stderr, "bench-wire: %s\n", e->text);
		exit(1);
	}
	return r;
}

static int must_call(int r, const char *what)
{
	if (r < 0) {
		(void)fprintf(stderr, "bench-wire: %s: %s\n", what,
			      strerror(errno));
		exit(1);
	}
	return r;
}

static void private_network(void)
{
	const unsigned uid = geteuid();
	FILE *f;

	must_call(unshare((uid ? CLONE_NEWUSER : 0) | CLONE_NEWNET),
		  "a network namespace");
	f = uid ? fopen("/proc/self/uid_map", "we") : NULL;
	if (f) {
		(void)fprintf(f, "0 %u 1", uid);
		(void)fclose(f);
	}
}

/* Processor 0 is ours, the next the wire's, where there are two. */
static void pin(pid_t pid, int place)
{
	cpu_set_t allowed, one;

	CPU_ZERO(&one);
	if (sched_getaffinity(getpid(), sizeof(allowed), &allowed) < 0)
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed) || place-- > 0)
			continue;
		CPU_SET(cpu, &one);
		(void)sched_setaffinity(pid, sizeof(one), &one);
		return;
	}
}

/* --- the two networks ------------------------------------------------------
 */

static void open_ends(struct bench *b)
{
	struct err e;

	for (int i = 0; i < 2; i++) {
		own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
		struct end *end = &b->ends[i];

		end->index = 10 + i;
		end->tap = -1;
		must(netns_new(&end->netns, &e), &e);
		must(netns_enter(&visit, end->netns, &e), &e);
		must(rtnl_open(&end->rt, &e), &e);
	}
}

static void bring_up(struct bench *b)
{
	static const char *const addresses[] = { "10.3.0.1/24", "10.3.0.2/24" };
	struct ip_prefix prefix;
	struct err e;

	for (int i = 0; i < 2; i++) {
		struct end *end = &b->ends[i];

		(void)ip_prefix_parse(addresses[i], &prefix);
		must(rtnl_add_address(end->rt, end->index, &prefix, &e), &e);
		must(rtnl_set_up(end->rt, end->index, &e), &e);
	}
}

static void open_veth(struct bench *b)
{
	struct interface specs[2];
	struct rtnl_device devices[2];
	struct err e;

	open_ends(b);
	for (int i = 0; i < 2; i++) {
		specs[i] = (struct interface){ .name = names[i],
					       .txqlen = -1,
					       .forward_delay_ns = -1 };
		devices[i] = (struct rtnl_device){ &specs[i], b->ends[i].index,
						   b->ends[i].netns };
	}
	must(rtnl_make_veth(b->ends[0].rt, &devices[0], &devices[1], &e), &e);
	bring_up(b);
}

/* @settings: more words for the wire, ended by NULL */
static void start_wire(struct bench *b, const char *const *settings)
{
	char *words[8] = { (char[]){ "wire" }, (char[]){ "1" } };
	char path[4352], byte;
	struct err e;
	int pair[2];
	struct child_spec child = {
		.node = node_test_here(&b->home, "home"),
		.rights = PRIVILEGE_NONE,
		.path = path,
		.argv = words,
		.n_fds = 3,
	};

	for (size_t n = 2; *settings; settings++)
		words[n++] = (char *)(uintptr_t)*settings;
	(void)snprintf(path, sizeof(path), "%s/wire", node_test_libexec());
	must_call(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair),
		  "a control socket");
	child.fds[0] = pair[1];
	child.fds[1] = b->ends[0].tap;
	child.fds[2] = b->ends[1].tap;
	b->wire = must(child_start(&child, &b->pidfd, &e), &e);
	(void)close(pair[1]);
	b->control = pair[0];
	pin(b->wire, 1);
	if (recv(b->control, &byte, 1, 0) != 1 || byte)
		must_call(-1, "the wire is not ready");
}

static void open_wire(struct bench *b, const char *const *settings)
{
	struct err e;

	open_ends(b);
	for (int i = 0; i < 2; i++) {
		own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
		const struct tap_spec spec = { .name = names[i],
					       .index = b->ends[i].index,
					       .offloads = true };

		must(netns_enter(&visit, b->ends[i].netns, &e), &e);
		must(tap_make(&spec, &b->ends[i].tap, &e), &e);
	}
	bring_up(b);
	start_wire(b, settings);
}

static void close_bench(struct bench *b)
{
	if (b->wire > 0) {
		(void)close(b->control);
		(void)child_end(b->wire, b->pidfd, clock_now_ns() + NS_PER_S);
		(void)close(b->pidfd);
		(void)close(b->home.node.netns);
	}
	for (int i = 0; i < 2; i++) {
		if (b->ends[i].tap >= 0)
			(void)close(b->ends[i].tap);
		rtnl_close(b->ends[i].rt);
		(void)close(b->ends[i].netns);
	}
	*b = (struct bench){ .wire = 0 };
}

/* --- latency ---------------------------------------------------------------
 */

static int open_socket(const struct end *end, int type, const char *endpoint,
		       bool binds)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct sockaddr_storage sa;
	struct ip_endpoint ep;
	struct err e;
	int fd;
	unsigned n;

	(void)ip_endpoint_parse(endpoint, &ep);
	n = ip_endpoint_to_sockaddr(&ep, &sa);
	must(netns_enter(&visit, end->netns, &e), &e);
	fd = must_call(socket(AF_INET, type | SOCK_CLOEXEC, 0), "a socket");
	must_call(binds ? bind(fd, (struct sockaddr *)&sa, n)
			: connect(fd, (struct sockaddr *)&sa, n),
		  endpoint);
	return fd;
}

static int64_t one_way_ns(int from, int to)
{
	char frame[64] = { 0 };
	const int64_t begin_ns = clock_now_ns();

	(void)send(from, frame, sizeof(frame), 0);
	while (recv(to, frame, sizeof(frame), MSG_DONTWAIT) < 0)
		if (clock_now_ns() - begin_ns > NS_PER_S)
			return -1; /* the first waits for ARP, or was lost */
	return clock_now_ns() - begin_ns;
}

static int by_value(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Prints the times less @less_ns.  Returns: the median. */
static int64_t bench_latency(const struct bench *b, const char *name, size_t n,
			     int64_t less_ns)
{
	cpu_set_t before;
	static int64_t times[FRAMES_MAX];
	const int to =
		open_socket(&b->ends[1], SOCK_DGRAM, "10.3.0.2:7000", true);
	const int from =
		open_socket(&b->ends[0], SOCK_DGRAM, "10.3.0.2:7000", false);
	size_t got = 0;

	(void)sched_getaffinity(getpid(), sizeof(before), &before);
	pin(getpid(), 0);
	for (int i = 0; i < WARM_UP; i++)
		(void)one_way_ns(from, to);
	for (size_t i = 0; i < n; i++) {
		times[got] = one_way_ns(from, to);
		got += times[got] >= 0;
	}
	(void)sched_setaffinity(getpid(), sizeof(before), &before);
	(void)close(from);
	(void)close(to);
	if (!got)
		return -1;
	qsort(times, got, sizeof(*times), by_value);
	printf("%-22s %9.1f %9.1f %9.1f   (%zu frames)\n", name,
	       (double)(times[0] - less_ns) / 1e3,
	       (double)(times[got / 2] - less_ns) / 1e3,
	       (double)(times[got * 99 / 100] - less_ns) / 1e3, got);
	(void)fflush(stdout);
	return times[got / 2];
}

static const struct {
	const char *name;
	int64_t delay_ns;
	const char *settings[2];
	size_t divisor; /* so that a run takes no longer than others */
} wires[] = {
	{ "plain wire adds", 0, { NULL }, 1 },
	{ " 50 us wire adds", 50 * NS_PER_US, { "there.delay_ns=50000" }, 1 },
	{ "100 us wire adds", 100 * NS_PER_US, { "there.delay_ns=100000" }, 1 },
	{ "  1 ms wire adds", NS_PER_MS, { "there.delay_ns=1000000" }, 2 },
	{ " 10 ms wire adds",
	  10 * NS_PER_MS,
	  { "there.delay_ns=10000000" },
	  10 },
};

/* --- throughput ------------------------------------------------------------
 */

static void pour(int from)
{
	static char buf[1 << 17];

	for (;;)
		if (send(from, buf, sizeof(buf), MSG_NOSIGNAL) < 0)
			_exit(0);
}

static void bench_throughput(const struct bench *b, const char *name)
{
	static char buf[1 << 17];
	const int listener =
		open_socket(&b->ends[1], SOCK_STREAM, "10.3.0.2:7000", true);
	int64_t begin_ns, bytes = 0;
	int from, to;
	pid_t pid;

	must_call(listen(listener, 1), "listen");
	from = open_socket(&b->ends[0], SOCK_STREAM, "10.3.0.2:7000", false);
	to = must_call(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept");
	pid = must_call(fork(), "fork");
	if (pid == 0) {
		(void)close(to);
		pour(from);
	}
	(void)close(from);
	begin_ns = clock_now_ns();
	while (clock_now_ns() - begin_ns < NS_PER_S) {
		const ssize_t n = recv(to, buf, sizeof(buf), 0);

		if (n <= 0)
			break;
		bytes += n;
	}
	printf("%-22s %9.2f Gbit/s over TCP\n", name,
	       (double)bytes * 8 / (double)(clock_now_ns() - begin_ns));
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	(void)close(to);
	(void)close(listener);
}

int main(int argc, char **argv)
{
	struct bench b = { .wire = 0 };
	int64_t n = 2000, veth_ns;

	if (argc > 2 ||
	    (argc == 2 && !num_parse(argv[1], 100, FRAMES_MAX, &n))) {
		(void)fprintf(stderr, "usage: bench-wire [FRAMES]\n");
		return 2;
	}
	private_network();
	printf("%-22s %9s %9s %9s\n", "us, one way", "least", "median", "p99");
	open_veth(&b);
	veth_ns = bench_latency(&b, "veth", (size_t)n, 0);
	bench_throughput(&b, "veth");
	close_bench(&b);
	for (size_t i = 0; i < sizeof(wires) / sizeof(wires[0]); i++) {
		open_wire(&b, wires[i].settings);
		(void)bench_latency(&b, wires[i].name,
				    (size_t)n / wires[i].divisor,
				    veth_ns + wires[i].delay_ns);
		bench_throughput(&b, wires[i].name);
		close_bench(&b);
	}
	return 0;
}
