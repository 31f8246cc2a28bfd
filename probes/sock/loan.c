/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/sock/loan.h"

#include "lab/base/clock.h"
#include "lab/base/own.h"
#include "probes/protocol.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* To the server: make sockets of .family, or, when that is 0, trial .number is
 * over.  To the client: first with the sockets, then without, when the server
 * has closed its own descriptors of them: before, a close would not be one.
 * .number = errno when there are none. */
struct message {
	uint32_t family, number;
};

union room {
	char bytes[CMSG_SPACE(sizeof(int) * LOAN_SOCKETS)];
	struct cmsghdr align;
};

static bool wait_message(int64_t until_ns)
{
	struct pollfd p = { .fd = PROBE_PEER_FD, .events = POLLIN };

	for (;;) {
		const int64_t left = until_ns - clock_now_ns();
		const struct timespec ts = { .tv_sec = left / NS_PER_S,
					     .tv_nsec = left % NS_PER_S };
		int n;

		if (left <= 0)
			return false;
		n = ppoll(&p, 1, &ts, NULL);
		if (n > 0 || (n < 0 && errno != EINTR))
			return n > 0;
	}
}

/* --- the client's process --------------------------------------------------
 */

/* Returns: 1 when the sockets that @l has are the client's alone, 0 when more
 * is to come, or a negative errno. */
static int receive_sockets(struct loan *l)
{
	struct message m;
	union room room;
	struct iovec part = { &m, sizeof(m) };
	struct msghdr h = { .msg_iov = &part,
			    .msg_iovlen = 1,
			    .msg_control = room.bytes,
			    .msg_controllen = sizeof(room.bytes) };
	const ssize_t n =
		recvmsg(PROBE_PEER_FD, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&h);

	if (n < (ssize_t)sizeof(m))
		return n < 0 ? -errno : -EPIPE; /* it has ended */
	if (!c)
		return m.number ? -(int)m.number : l->n > 0;
	if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || l->n)
		return -EPROTO;
	l->n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(l->sockets, CMSG_DATA(c), l->n * sizeof(int));
	l->family = (int)m.family;
	return 0;
}

static void give_back(struct loan *l)
{
	while (l->n)
		(void)close(l->sockets[--l->n]);
}

/* Ask for sockets and wait for them. */
static int refill(struct loan *l, int family, int64_t deadline_ns)
{
	const struct message wish = { .family = (uint32_t)family };
	int r = 0;

	give_back(l);
	if (send(PROBE_PEER_FD, &wish, sizeof(wish), MSG_NOSIGNAL) < 0)
		return -errno;
	while (r == 0)
		r = wait_message(deadline_ns) ? receive_sockets(l) : -ETIMEDOUT;
	return r < 0 ? r : 0;
}

int loan_take(struct loan *l, int family, int64_t deadline_ns)
{
	const int r = l->n == 0 || l->family != family
			      ? refill(l, family, deadline_ns)
			      : 0;

	if (r < 0)
		give_back(l); /* perhaps not ours alone */
	return r < 0 ? r : l->sockets[--l->n];
}

void loan_end(uint32_t number)
{
	const struct message m = { .number = number };

	(void)send(PROBE_PEER_FD, &m, sizeof(m), MSG_NOSIGNAL);
}

/* --- the server's process --------------------------------------------------
 */

/* Make as many as there is room for.  Returns: 0, or errno when not even one
 * could be made. */
static int make_sockets(struct loan *l)
{
	for (l->n = 0; l->n < LOAN_SOCKETS; l->n++) {
		const int fd =
			socket(l->family,
			       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		if (fd < 0)
			return l->n ? 0 : errno;
		l->sockets[l->n] = fd;
	}
	return 0;
}

static void send_sockets(uint32_t family)
{
	struct loan l = { .family = (int)family };
	struct message m = { .family = family };
	union room room = { .bytes = { 0 } };
	struct iovec part = { &m, sizeof(m) };
	struct msghdr h = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *c;

	m.number = (uint32_t)make_sockets(&l);
	if (l.n) {
		h.msg_control = room.bytes;
		h.msg_controllen = CMSG_SPACE(l.n * sizeof(int));
		c = CMSG_FIRSTHDR(&h);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(l.n * sizeof(int));
		memcpy(CMSG_DATA(c), l.sockets, l.n * sizeof(int));
	}
	(void)sendmsg(PROBE_PEER_FD, &h, MSG_NOSIGNAL);
	give_back(&l);
	m.number = 0;
	(void)send(PROBE_PEER_FD, &m, sizeof(m), MSG_NOSIGNAL);
}

bool loan_serve(uint32_t number, int64_t until_ns)
{
	while (wait_message(until_ns)) {
		struct message m;

		if (recv(PROBE_PEER_FD, &m, sizeof(m), MSG_DONTWAIT) <
		    (ssize_t)sizeof(m))
			return false;
		if (m.family == AF_INET || m.family == AF_INET6)
			send_sockets(m.family);
		else if (m.number >= number)
			return true;
	}
	return false;
}
