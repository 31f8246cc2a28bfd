/* SPDX-License-Identifier: GPL-2.0-or-later */
/* loopback - TCP over lo in a private namespace, for tests. */
#ifndef TESTS_NETNS_LOOPBACK_H
#define TESTS_NETNS_LOOPBACK_H

#include "lab/base/ip.h"
#include "lab/net/netns.h"
#include "lab/net/rtnl.h"
#include "tests/netns/netns-test.h"

#include <sys/socket.h>

/* A namespace with lo up. */
static inline int loopback_namespace(void)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_rtnl struct rtnl *rt = NULL;
	struct err e = { .code = 0 };
	int fd = -1;

	assert_done(netns_new(&fd, &e), &e);
	assert_done(netns_enter(&visit, fd, &e), &e);
	assert_done(rtnl_open(&rt, &e), &e);
	assert_done(rtnl_set_up(rt, 1, &e), &e);
	return fd;
}

static inline int loopback_socket(int family)
{
	const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	return fd;
}

static inline unsigned loopback_address(int family, uint16_t port,
					struct sockaddr_storage *ret)
{
	struct ip_endpoint ep = { .port = port };

	(void)ip_addr_parse(family == AF_INET ? "127.0.0.1" : "::1", &ep.addr);
	return ip_endpoint_to_sockaddr(&ep, ret);
}

/* Returns: 0 or errno. */
static inline int loopback_connect(int fd, int family, uint16_t port)
{
	struct sockaddr_storage sa;
	const unsigned n = loopback_address(family, port, &sa);

	return connect(fd, (struct sockaddr *)&sa, n) < 0 ? errno : 0;
}

struct loopback_pair {
	int listener, client, server;
};

/* A connection between two sockets of the current namespace, port 7000. */
static inline void loopback_pair_open(struct loopback_pair *p, int family)
{
	struct sockaddr_storage sa;
	const unsigned n = loopback_address(family, 7000, &sa);

	p->listener = loopback_socket(family);
	p->client = loopback_socket(family);
	assert_int_equal(bind(p->listener, (struct sockaddr *)&sa, n), 0);
	assert_int_equal(listen(p->listener, 1), 0);
	assert_int_equal(loopback_connect(p->client, family, 7000), 0);
	p->server = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(p->server >= 0);
}

static inline void loopback_pair_close(struct loopback_pair *p)
{
	own_fd_release(&p->server);
	own_fd_release(&p->client);
	own_fd_release(&p->listener);
}

#endif
