/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * program-test - relays, wires and user-mode networks as the lab starts them,
 * in small networks of a case's own, and TCP sockets in these.
 */
#ifndef TESTS_NETNS_PROGRAM_TEST_H
#define TESTS_NETNS_PROGRAM_TEST_H

#include "lab/base/clock.h"
#include "lab/net/counters.h"
#include "lab/net/netns.h"
#include "lab/net/rtnl.h"
#include "lab/net/tap.h"
#include "lab/run/child.h"
#include "tests/netns/netns-test.h"
#include "tests/netns/node-test.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

enum { PATIENCE_S = 10 }; /* for what must happen; then the case fails */

/*
 * netns_test() for cases with taps.  Where /dev/net/tun is root's alone, an
 * ordinary user cannot run them: that is the machine's choice, so they are
 * skipped even where others must run.
 */
#define tap_test(fn)                                       \
	{                                                  \
		.name = #fn, .test_func = tap_test_run,    \
		.initial_state = &(struct netns_test_case) \
		{                                          \
			fn                                 \
		}                                          \
	}

static inline void tap_test_run(void **state)
{
	static const char device[] = "/dev/net/tun";

	if (geteuid() != 0 && access(device, R_OK | W_OK) < 0 &&
	    errno == EACCES) {
		(void)fprintf(stderr, "cannot run here: %s is not for all\n",
			      device);
		skip();
	}
	netns_test_run(state);
}

/* --- networks --------------------------------------------------------------
 */

struct place {
	struct node_test node;
	int netns;
	struct rtnl *rt;
	struct counter_source *counters;
};

static inline void place_new(struct place *p, const char *name)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct err e = { .code = 0 };

	assert_done(netns_new(&p->netns, &e), &e);
	assert_done(netns_enter(&visit, p->netns, &e), &e);
	assert_done(rtnl_open(&p->rt, &e), &e);
	assert_done(rtnl_set_up(p->rt, 1, &e), &e);
	assert_done(counters_open(&p->counters, p->netns, &e), &e);
	node_test_here(&p->node, name);
}

static inline void place_done(struct place *p)
{
	counters_close(p->counters);
	rtnl_close(p->rt);
	(void)close(p->node.node.netns);
	(void)close(p->netns);
}

/* Indices are given, so that nothing has to be looked up. */
static inline int place_next_index(void)
{
	static int index = 100;

	return ++index;
}

static inline void place_address(struct place *p, int index, const char *text)
{
	struct err e = { .code = 0 };
	struct ip_prefix prefix;

	assert_true(ip_prefix_parse(text, &prefix));
	assert_done(rtnl_add_address(p->rt, index, &prefix, &e), &e);
}

static inline void place_default_route(struct place *p, const char *via)
{
	struct route route = { .to = { .length = 0 } };
	struct err e = { .code = 0 };

	assert_true(ip_addr_parse(via, &route.via));
	route.to.addr.family = route.via.family;
	assert_done(rtnl_add_route(p->rt, &route, 0, &e), &e);
}

/* A link between @a and @b; @net is "10.1.0." and "fd01::", a has 1, b 2. */
static inline void place_join(struct place *a, struct place *b, const char *net,
			      const char *net6)
{
	static char names[2][8] = { "up", "down" };
	struct place *const ends[] = { a, b };
	struct interface specs[2];
	struct rtnl_device devices[2];
	struct err e = { .code = 0 };
	char text[IP_TEXT_MAX];

	for (int i = 0; i < 2; i++) {
		specs[i] = (struct interface){ .name = names[i],
					       .txqlen = -1,
					       .forward_delay_ns = -1 };
		devices[i] =
			(struct rtnl_device){ &specs[i], place_next_index(),
					      ends[i]->netns };
	}
	assert_done(rtnl_make_veth(a->rt, &devices[0], &devices[1], &e), &e);
	for (int i = 0; i < 2; i++) {
		(void)snprintf(text, sizeof(text), "%s%d/24", net, i + 1);
		place_address(ends[i], devices[i].index, text);
		(void)snprintf(text, sizeof(text), "%s%d/64", net6, i + 1);
		place_address(ends[i], devices[i].index, text);
		assert_done(rtnl_set_up(ends[i]->rt, devices[i].index, &e), &e);
	}
}

/* A tap that is up, with an address if that is not NULL.  Returns: its side
 * for a program; *@ret_index is that of the interface. */
static inline int place_tap(struct place *p, const char *address, bool offloads,
			    int *ret_index)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	const struct tap_spec spec = { .name = "tap0",
				       .index = place_next_index(),
				       .offloads = offloads };
	struct err e = { .code = 0 };
	int fd = -1;

	assert_done(netns_enter(&visit, p->netns, &e), &e);
	assert_done(tap_make(&spec, &fd, &e), &e);
	if (address)
		place_address(p, spec.index, address);
	assert_done(rtnl_set_up(p->rt, spec.index, &e), &e);
	*ret_index = spec.index;
	return fd;
}

static inline void place_sysctl(struct place *p, const char *path,
				const char *value)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct err e = { .code = 0 };

	assert_done(netns_enter(&visit, p->netns, &e), &e);
	assert_int_equal(netns_test_write(path, value), 0);
}

static inline int64_t place_resets(struct place *p)
{
	struct err e = { .code = 0 };
	struct counters c;

	assert_done(counters_read(p->counters, &c, &e), &e);
	return c.value[COUNTER_OUT_RSTS];
}

/* --- programs --------------------------------------------------------------
 */

struct program {
	pid_t pid;
	int pidfd, control;
};

/* Start @words[0] in @at; @taps may be NULL.  It is not ready yet. */
static inline void program_launch(struct program *p, const struct place *at,
				  const char *const *words, const int *taps,
				  size_t n_taps)
{
	char path[4352]; /* a directory and a name */
	int pair[2];
	struct err e = { .code = 0 };
	struct child_spec child = { .node = &at->node.node,
				    .rights = PRIVILEGE_NONE,
				    .path = path,
				    .argv = (char *const *)(uintptr_t)words };

	(void)snprintf(path, sizeof(path), "%s/%s", node_test_libexec(),
		       words[0]);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	child.fds[child.n_fds++] = pair[1];
	for (size_t i = 0; i < n_taps; i++)
		child.fds[child.n_fds++] = taps[i];
	p->pid = child_start(&child, &p->pidfd, &e);
	assert_done(p->pid, &e);
	p->control = pair[0];
	(void)close(pair[1]);
}

/* What it says first: one byte, or a sentence.  @buf holds 512 bytes. */
static inline ssize_t program_hear(const struct program *p, char *buf)
{
	ssize_t n;

	do
		n = recv(p->control, buf, 511, 0);
	while (n < 0 && errno == EINTR);
	buf[n > 0 ? n : 0] = '\0';
	return n;
}

static inline void program_start(struct program *p, const struct place *at,
				 const char *const *words, const int *taps,
				 size_t n_taps)
{
	char said[512];

	program_launch(p, at, words, taps, n_taps);
	if (program_hear(p, said) != 1)
		fail_msg("%s is not ready: %s", words[0], said);
}

static inline int program_wait(struct program *p)
{
	const int status = child_end(p->pid, p->pidfd,
				     clock_now_ns() + PATIENCE_S * NS_PER_S);

	(void)close(p->control);
	(void)close(p->pidfd);
	return status;
}

/* It ends by itself, without complaint, when nobody holds its socket. */
static inline void program_stop(struct program *p)
{
	(void)shutdown(p->control, SHUT_RDWR);
	assert_int_equal(program_wait(p), 0);
}

/* --- TCP -------------------------------------------------------------------
 */

static inline int tcp_socket(const struct place *p, const char *endpoint,
			     struct sockaddr_storage *ret_sa, unsigned *ret_n)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	const struct timeval patience = { PATIENCE_S, 0 };
	struct err e = { .code = 0 };
	struct ip_endpoint ep;
	int fd;

	assert_true(ip_endpoint_parse(endpoint, &ep));
	*ret_n = ip_endpoint_to_sockaddr(&ep, ret_sa);
	assert_done(netns_enter(&visit, p->netns, &e), &e);
	fd = socket(ret_sa->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			 sizeof(patience));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
			 sizeof(patience));
	return fd;
}

static inline int tcp_listen(const struct place *p, const char *endpoint)
{
	const int one = 1;
	struct sockaddr_storage sa;
	unsigned n;
	const int fd = tcp_socket(p, endpoint, &sa, &n);

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, n), 0);
	assert_int_equal(listen(fd, 128), 0);
	return fd;
}

/* Returns: 0 or errno. */
static inline int tcp_connect(const struct place *p, const char *endpoint,
			      int *ret_fd)
{
	struct sockaddr_storage sa;
	unsigned n;

	*ret_fd = tcp_socket(p, endpoint, &sa, &n);
	return connect(*ret_fd, (struct sockaddr *)&sa, n) < 0 ? errno : 0;
}

static inline int tcp_accept(int listener)
{
	const struct timeval patience = { PATIENCE_S, 0 };
	const int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	assert_true(fd >= 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			 sizeof(patience));
	return fd;
}

/* Returns: 0 or errno. */
static inline int tcp_send(int fd, const char *text)
{
	const size_t n = strlen(text);

	return send(fd, text, n, MSG_NOSIGNAL) == (ssize_t)n ? 0 : errno;
}

static inline void tcp_expect(int fd, const char *text)
{
	char buf[64] = "";

	assert_int_equal(recv(fd, buf, strlen(text), MSG_WAITALL),
			 strlen(text));
	assert_string_equal(buf, text);
}

/* Returns: 0 for EOF as the next thing, or errno. */
static inline int tcp_end(int fd)
{
	char c;
	const ssize_t n = recv(fd, &c, 1, 0);

	assert_true(n <= 0);
	return n < 0 ? errno : 0;
}

static inline void tcp_wait_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&p, 1, PATIENCE_S * 1000), 1);
}

/* Until everything sent was acknowledged, so that no late acknowledgement can
 * meet a closed port: tcp(7), SIOCOUTQ. */
static inline void tcp_wait_acknowledged(int fd)
{
	const int64_t limit_ns = clock_now_ns() + PATIENCE_S * NS_PER_S;
	int left = 1;

	while (left) {
		assert_int_equal(ioctl(fd, SIOCOUTQ, &left), 0);
		assert_true(clock_now_ns() < limit_ns);
		(void)sched_yield();
	}
}

/* Close with an RST. */
static inline void tcp_abort(int fd)
{
	const struct linger now = { 1, 0 };

	assert_int_equal(
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	(void)close(fd);
}

/* Write byte by byte until it fails, each time giving the answer @wait_ms to
 * arrive.  Returns: the errno; *@ret_sent is how many writes succeeded. */
static inline int tcp_write_until_it_fails(int fd, int wait_ms, int *ret_sent)
{
	struct pollfd broken = { .fd = fd };
	int error;

	*ret_sent = 0;
	while (!(error = tcp_send(fd, "x")) && *ret_sent < 1000) {
		++*ret_sent;
		(void)poll(&broken, 1, wait_ms);
	}
	return error;
}

#endif
