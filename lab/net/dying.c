/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/net/dying.h"

#include "lab/base/own.h"
#include "lab/net/netns.h"

#include <libmnl/libmnl.h>
#include <linux/sock_diag.h>
#include <stdalign.h>
#include <sys/socket.h>

struct dying {
	struct mnl_socket *socket;
	bool listening;
	uint64_t lost;
};

/* Asked for; without rights over the machine net.core.rmem_max is the most. */
enum { ROOM_BYTES = 4 << 20 };

int dying_open(struct dying **ret, int netns, struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_mem struct dying *d = calloc(1, sizeof(*d));
	const int room = ROOM_BYTES;
	int r;

	if (!d)
		return err_set(e, ERR_SYSTEM, ENOMEM, "no memory");
	r = netns_enter(&visit, netns, e);
	if (r < 0)
		return r;
	d->socket = mnl_socket_open2(NETLINK_SOCK_DIAG,
				     SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!d->socket)
		return err_errno(e, "hear of the sockets that are destroyed");
	if (mnl_socket_bind(d->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		r = err_errno(e, "hear of the sockets that are destroyed");
		(void)mnl_socket_close(d->socket);
		return r;
	}
	if (setsockopt(mnl_socket_get_fd(d->socket), SOL_SOCKET, SO_RCVBUFFORCE,
		       &room, sizeof(room)) < 0)
		(void)setsockopt(mnl_socket_get_fd(d->socket), SOL_SOCKET,
				 SO_RCVBUF, &room, sizeof(room));
	*ret = take_ptr(&d);
	return 0;
}

void dying_close(struct dying *d)
{
	if (!d)
		return;
	(void)mnl_socket_close(d->socket);
	free(d);
}

static int forget(const struct sockdiag_socket *socket, void *arg)
{
	(void)socket;
	(void)arg;
	return 0;
}

int dying_listen(struct dying *d, bool on, struct err *e)
{
	static const int groups[] = { SKNLGRP_INET_TCP_DESTROY,
				      SKNLGRP_INET6_TCP_DESTROY };
	const int how = on ? NETLINK_ADD_MEMBERSHIP : NETLINK_DROP_MEMBERSHIP;

	if (on == d->listening)
		return 0;
	if (on) {
		const int r = dying_take(d, forget, NULL, e);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		int group = groups[i];

		if (mnl_socket_setsockopt(d->socket, how, &group,
					  sizeof(group)) == 0)
			continue;
		/* before Linux 4.2, or without IPv6 */
		if (errno == EINVAL || errno == ENOENT)
			return i == 0;
		return err_errno(e, "hear of the sockets that are destroyed");
	}
	d->listening = on;
	return 0;
}

struct telling {
	sockdiag_fn fn;
	void *arg;
	int stopped; /* what .fn returned */
};

static int on_message(const struct nlmsghdr *nlh, void *arg)
{
	struct telling *t = arg;
	struct sockdiag_socket s;

	if (!t->stopped && sockdiag_read(nlh, &s))
		t->stopped = t->fn(&s, t->arg);
	return MNL_CB_OK;
}

int dying_take(struct dying *d, sockdiag_fn fn, void *arg, struct err *e)
{
	struct telling t = { .fn = fn, .arg = arg };
	alignas(struct nlmsghdr) char buf[8192];

	while (!t.stopped) {
		const ssize_t n =
			mnl_socket_recvfrom(d->socket, buf, sizeof(buf));

		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == ENOBUFS) {
			d->lost++;
			continue;
		}
		if (n < 0 ||
		    mnl_cb_run(buf, (size_t)n, 0, 0, on_message, &t) < 0)
			return err_errno(e, "hear of the sockets that are "
					    "destroyed");
	}
	return t.stopped;
}

uint64_t dying_lost(const struct dying *d)
{
	return d->lost;
}
