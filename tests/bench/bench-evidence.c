/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench-evidence [ROUNDS [N]] - what does each source of evidence cost a
 * connection?
 *
 * How it works.  One thread connects over loopback and closes both ends, N
 * times (2000), with nothing that listens, and with each of the sources and
 * levels of `rstlab run --evidence` listening to that namespace.  The arms take
 * turns within each round, another first in each, and a figure is the median
 * over the rounds (15) of its difference to the bare loop of the same round.
 * What was told is taken every hundred connections, as a run does between
 * trials.
 *
 * Prints: name, microseconds of CPU for each connection, more than bare, times
 * bare.
 */
#include "lab/base/clock.h"
#include "lab/base/num.h"
#include "lab/base/own.h"
#include "lab/capture/live.h"
#include "lab/cause/kernel.h"
#include "lab/net/dying.h"
#include "lab/net/netns.h"
#include "lab/net/rtnl.h"
#include "lab/net/tracking.h"

#include <assert.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { ROUNDS_MAX = 101, TAKE_EVERY = 100 };

enum { WIRE = 1, EVENTS = 2, DEATHS = 4, TRACKS = 8 };

static const struct {
	const char *name;
	unsigned sources;
} arms[] = {
	{ "bare", 0 },
	{ "wire", WIRE },
	{ "kernel-events", EVENTS },
	{ "destroyed-sockets", DEATHS },
	{ "connection-tracking", TRACKS },
	{ "light", WIRE },
	{ "full, as root", WIRE | EVENTS | TRACKS },
	{ "full, as a user", WIRE | DEATHS | TRACKS },
};

struct ears {
	unsigned sources;
	struct live *live;
	struct kernel *kernel;
	struct dying *dying;
	struct tracking *tracking;
	uint64_t told;
};

/* --- to listen -------------------------------------------------------------
 */

static int listen_with(struct ears *x, unsigned sources, int netns,
		       struct err *e)
{
	const struct live_options options = { .snap_bytes = 0 };
	int r = 0;

	*x = (struct ears){ .sources = sources };
	if (sources & WIRE)
		r = live_open(&netns, 1, &options, &x->live, e);
	if (r == 0 && (sources & EVENTS))
		r = kernel_open(&x->kernel, e);
	if (r == 0 && (sources & EVENTS))
		r = kernel_watch(x->kernel, netns, e);
	if (r == 0 && (sources & DEATHS))
		r = dying_open(&x->dying, netns, e);
	if (r == 0 && (sources & DEATHS))
		r = dying_listen(x->dying, true, e);
	if (r == 0 && (sources & TRACKS))
		r = tracking_open(&x->tracking, netns, e);
	return r;
}

static void listen_no_more(struct ears *x)
{
	live_close(x->live);
	kernel_close(x->kernel);
	dying_close(x->dying);
	tracking_close(x->tracking);
}

static void count_frame(const struct frame *f, void *arg)
{
	(void)f;
	++*(uint64_t *)arg;
}

static void count_event(const struct kernel_event *event, void *arg)
{
	(void)event;
	++*(uint64_t *)arg;
}

static int count_socket(const struct sockdiag_socket *socket, void *arg)
{
	(void)socket;
	++*(uint64_t *)arg;
	return 0;
}

static int count_entry(const struct tracking_entry *entry, void *arg)
{
	(void)entry;
	++*(uint64_t *)arg;
	return 0;
}

static int take(struct ears *x, struct err *e)
{
	int r = 0;

	if (x->live)
		r = live_drain(x->live, count_frame, &x->told, e);
	if (r >= 0 && x->kernel)
		r = kernel_read(x->kernel, count_event, &x->told, e);
	if (r >= 0 && x->dying)
		r = dying_take(x->dying, count_socket, &x->told, e);
	if (r >= 0 && x->tracking)
		r = tracking_take(x->tracking, count_entry, &x->told, e);
	return r < 0 ? r : 0;
}

/* --- the loop --------------------------------------------------------------
 */

/* In the namespace that the thread is in. */
static int listen_anywhere(struct sockaddr_in *ret)
{
	own_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(*ret);

	*ret = (struct sockaddr_in){ .sin_family = AF_INET };
	ret->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)ret, sizeof(*ret)) < 0 ||
	    listen(fd, 128) < 0 ||
	    getsockname(fd, (struct sockaddr *)ret, &len) < 0)
		return -1;
	return take_fd(&fd);
}

static int connect_and_close(int listener, const struct sockaddr_in *to)
{
	own_fd int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	own_fd int server = -1;

	if (client < 0 ||
	    connect(client, (const struct sockaddr *)to, sizeof(*to)) < 0)
		return -1;
	server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	return server < 0 ? -1 : 0;
}

/* Loopback does all of its work in the thread that sends, so this is what a
 * clock would show on an idle machine, and nearly so on a busy one. */
static int64_t spent_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static int loop(struct ears *x, int64_t n, double *ret_us, struct err *e)
{
	struct sockaddr_in to;
	own_fd int listener = listen_anywhere(&to);
	const int64_t begin_ns = spent_ns();

	for (int64_t i = 0; i < n; i++) {
		if (listener < 0 || connect_and_close(listener, &to) < 0)
			return err_errno(e, "connect over loopback");
		if (i % TAKE_EVERY == TAKE_EVERY - 1 && take(x, e) < 0)
			return -1;
	}
	*ret_us = (double)(spent_ns() - begin_ns) / NS_PER_US / (double)n;
	return 0;
}

/* A namespace of its own each time: no TIME-WAIT is left from before. */
static int one(size_t arm, int64_t n, double *ret_us, struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_rtnl struct rtnl *rt = NULL;
	own_fd int netns = -1;
	struct ears x = { .sources = 0 };
	int r = netns_new(&netns, e);

	if (r == 0)
		r = listen_with(&x, arms[arm].sources, netns, e);
	if (r == 0)
		r = netns_enter(&visit, netns, e);
	if (r == 0)
		r = rtnl_open(&rt, e);
	if (r == 0)
		r = rtnl_set_up(rt, 1, e);
	if (r == 0)
		r = loop(&x, n, ret_us, e);
	listen_no_more(&x);
	return r;
}

/* --- figures ---------------------------------------------------------------
 */

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare);
	return values[n / 2];
}

static void print_arm(size_t arm, double us[][ROUNDS_MAX], size_t rounds)
{
	double all[ROUNDS_MAX], more[ROUNDS_MAX], times[ROUNDS_MAX];

	for (size_t i = 0; i < rounds; i++) {
		all[i] = us[arm][i];
		more[i] = us[arm][i] - us[0][i];
		times[i] = us[arm][i] / us[0][i];
	}
	printf("%-20s %7.1f us  %+6.1f us  %5.2f\n", arms[arm].name,
	       median(all, rounds), median(more, rounds),
	       median(times, rounds));
}

int main(int argc, char **argv)
{
	static double us[ARRAY_SIZE(arms)][ROUNDS_MAX];
	bool has[ARRAY_SIZE(arms)];
	int64_t rounds = 15, n = 2000;

	if ((argc > 1 && !num_parse(argv[1], 1, ROUNDS_MAX, &rounds)) ||
	    (argc > 2 && !num_parse(argv[2], TAKE_EVERY, 20000, &n))) {
		fprintf(stderr, "usage: %s [ROUNDS [CONNECTIONS]]\n", argv[0]);
		return 2;
	}
	memset(has, true, sizeof(has));
	for (int64_t i = 0; i < rounds; i++)
		for (size_t turn = 0; turn < ARRAY_SIZE(arms); turn++) {
			const size_t arm =
				(turn + (size_t)i) % ARRAY_SIZE(arms);
			struct err e = { .code = 0 };

			if (!has[arm] || one(arm, n, &us[arm][i], &e) == 0)
				continue;
			has[arm] = false;
			fprintf(stderr, "%s: %s\n", arms[arm].name, e.text);
		}
	for (size_t arm = 0; has[0] && arm < ARRAY_SIZE(arms); arm++)
		if (has[arm])
			print_arm(arm, us, (size_t)rounds);
	return has[0] ? 0 : 7;
}
