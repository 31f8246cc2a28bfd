/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/net/multicast.h"

#include "lab/net/netns.h"

#include <libmnl/libmnl.h>
#include <stdalign.h>
#include <sys/socket.h>

/* Asked for; without rights over the machine net.core.rmem_max is the most. */
enum { ROOM_BYTES = 4 << 20 };

static void ask_for_room(struct mnl_socket *socket)
{
	const int fd = mnl_socket_get_fd(socket), room = ROOM_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room,
				 sizeof(room));
}

int multicast_open(struct multicast *ret, int netns,
		   const struct multicast_family *family, struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct mnl_socket *socket;
	int r = netns_enter(&visit, netns, e);

	if (r < 0)
		return r;
	socket = mnl_socket_open2(family->protocol,
				  SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!socket && family->absent)
		return err_set(e, ERR_HOST, errno, "%s", family->absent);
	if (!socket)
		return err_errno(e, "%s", family->doing);
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		r = err_errno(e, "%s", family->doing);
		(void)mnl_socket_close(socket);
		return r;
	}
	ask_for_room(socket);
	*ret = (struct multicast){ .family = family, .socket = socket };
	return 0;
}

void multicast_close(struct multicast *m)
{
	if (m->socket)
		(void)mnl_socket_close(m->socket);
	m->socket = NULL;
}

int multicast_join(struct multicast *m, int group, bool on)
{
	const int how = on ? NETLINK_ADD_MEMBERSHIP : NETLINK_DROP_MEMBERSHIP;

	return mnl_socket_setsockopt(m->socket, how, &group, sizeof(group)) < 0
		       ? -errno
		       : 0;
}

struct telling {
	multicast_fn fn;
	void *arg;
	int stopped; /* what .fn returned */
};

static int on_message(const struct nlmsghdr *message, void *arg)
{
	struct telling *t = arg;

	if (!t->stopped)
		t->stopped = t->fn(message, t->arg);
	return MNL_CB_OK;
}

int multicast_take(struct multicast *m, multicast_fn fn, void *arg,
		   struct err *e)
{
	struct telling t = { .fn = fn, .arg = arg };
	alignas(struct nlmsghdr) char buf[8192];

	while (!t.stopped) {
		const ssize_t n =
			mnl_socket_recvfrom(m->socket, buf, sizeof(buf));

		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == ENOBUFS) {
			m->lost++;
			continue;
		}
		if (n < 0 ||
		    mnl_cb_run(buf, (size_t)n, 0, 0, on_message, &t) < 0)
			return err_errno(e, "%s", m->family->doing);
	}
	return t.stopped;
}
