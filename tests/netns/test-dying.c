/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/netns/netns-test.h"

#include "lab/base/clock.h"
#include "lab/net/dying.h"
#include "lab/net/netns.h"
#include "tests/netns/loopback.h"

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>

/* Sockets that were destroyed, as they were told. */
struct told {
	struct sockdiag_socket sockets[8];
	size_t n;
};

static int keep(const struct sockdiag_socket *s, void *arg)
{
	struct told *t = arg;

	assert_true(t->n < 8);
	t->sockets[t->n++] = *s;
	return 0;
}

/* Wait until @n are told; the kernel tells from a queue of its own. */
static void await(struct dying *d, struct told *t, size_t n)
{
	const int64_t until_ns = clock_now_ns() + 30 * NS_PER_S;
	struct err e = { .code = 0 };

	while (t->n < n) {
		assert_true(clock_now_ns() < until_ns);
		assert_done(dying_take(d, keep, t, &e), &e);
		(void)poll(NULL, 0, 1);
	}
	assert_int_equal(t->n, n);
}

/* A watch over a namespace with a connection in it; skips without one. */
static struct dying *watch(struct loopback_pair *p, int family)
{
	own_fd int netns = loopback_namespace();
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct dying *d = NULL;
	struct err e = { .code = 0 };

	assert_done(dying_open(&d, netns, &e), &e);
	if (dying_listen(d, true, &e) > 0)
		netns_skip("the kernel does not tell of destroyed sockets");
	assert_int_equal(e.code, 0);
	assert_done(netns_enter(&visit, netns, &e), &e);
	loopback_pair_open(p, family);
	return d;
}

static void end(int *fd)
{
	assert_int_equal(close(*fd), 0);
	*fd = -1;
}

static void unread_bytes_are_told(int family)
{
	struct loopback_pair p;
	struct dying *d = watch(&p, family);
	struct told t = { .n = 0 };

	assert_int_equal(send(p.server, "12345678901234567", 17, 0), 17);
	assert_int_equal(poll(&(struct pollfd){ p.client, POLLIN, 0 }, 1, -1),
			 1);
	end(&p.client);
	await(d, &t, 1);
	assert_int_equal(t.sockets[0].receive_queue, 17);
	assert_int_equal(t.sockets[0].remote.port, 7000);
	assert_int_equal(t.sockets[0].state, TCP_CLOSE);
	end(&p.server);
	await(d, &t, 2);
	assert_int_equal(t.sockets[1].receive_queue, 0);
	assert_int_equal(t.sockets[1].local.port, 7000);
	assert_int_equal(t.sockets[1].remote.port, t.sockets[0].local.port);
	assert_int_equal(dying_lost(d), 0);
	loopback_pair_close(&p);
	dying_close(d);
}

static void the_unread_bytes_of_a_closed_socket_are_told(void)
{
	unread_bytes_are_told(AF_INET);
	unread_bytes_are_told(AF_INET6);
}

static void a_socket_is_told_when_a_time_wait_takes_its_place(void)
{
	struct loopback_pair p;
	struct dying *d = watch(&p, AF_INET);
	struct told t = { .n = 0 };

	end(&p.client);
	await(d, &t, 1);
	assert_int_equal(t.sockets[0].remote.port, 7000);
	end(&p.server);
	await(d, &t, 2);
	/* the FIN that nobody read */
	assert_int_equal(t.sockets[1].receive_queue, 1);
	loopback_pair_close(&p);
	dying_close(d);
}

static void a_disconnected_socket_has_forgotten_the_port_of_its_peer(void)
{
	const struct linger now = { .l_onoff = 1 };
	struct loopback_pair p;
	struct dying *d = watch(&p, AF_INET);
	struct told t = { .n = 0 };

	assert_int_equal(
		setsockopt(p.client, SOL_SOCKET, SO_LINGER, &now, sizeof(now)),
		0);
	end(&p.client);
	await(d, &t, 1);
	assert_int_equal(t.sockets[0].remote.port, 0);
	assert_int_not_equal(t.sockets[0].local.port, 0);
	assert_false(ip_addr_is_any(&t.sockets[0].remote.addr));
	loopback_pair_close(&p);
	dying_close(d);
}

static void who_does_not_listen_is_told_nothing(void)
{
	struct loopback_pair p;
	struct dying *d = watch(&p, AF_INET);
	struct told t = { .n = 0 }, all = { .n = 0 };
	own_fd int netns = ioctl(p.client, SIOCGSKNS);
	struct dying *listener = NULL;
	struct err e = { .code = 0 };

	assert_done(dying_open(&listener, netns, &e), &e);
	assert_done(dying_listen(listener, true, &e), &e);
	end(&p.client);
	await(d, &t, 1);
	assert_done(dying_listen(d, false, &e), &e);
	end(&p.server);
	await(listener, &all, 2); /* it is told by now to whom listened */
	dying_close(listener);
	assert_done(dying_listen(d, true, &e), &e);
	end(&p.listener);
	await(d, &t, 2);
	assert_int_equal(t.sockets[1].local.port, 7000);
	assert_true(ip_addr_is_any(&t.sockets[1].remote.addr));
	loopback_pair_close(&p);
	dying_close(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		netns_test(the_unread_bytes_of_a_closed_socket_are_told),
		netns_test(a_socket_is_told_when_a_time_wait_takes_its_place),
		netns_test(
			a_disconnected_socket_has_forgotten_the_port_of_its_peer),
		netns_test(who_does_not_listen_is_told_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
