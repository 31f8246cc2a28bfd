/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps that change a connection, or only look at it. */
#include "probes/sock/step.h"

#include "lab/base/clock.h"
#include "probes/sock/steps.h"
#include "probes/sock/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static int set(const struct run *r, int level, int option, int64_t number)
{
	return step_set_option(step_current(r), level, option, (int)number);
}

/* Reading is what it does for the program; for the kernel the bytes stay
 * unread. */
int step_peek(struct run *r, int64_t number)
{
	static char bytes[64 * 1024];
	const size_t most =
		(size_t)number < sizeof(bytes) ? (size_t)number : sizeof(bytes);
	const int error = step_wait_readable(r, number);
	ssize_t n;

	if (error)
		return error;
	n = recv(step_current(r), bytes, most, MSG_PEEK);
	return n < 0 ? errno : 0;
}

/* tcp(7): seconds; less than 0 leaves no FIN-WAIT-2 at all
 * (do_tcp_setsockopt(), __tcp_close(), net/ipv4/tcp.c, Linux 6.18) */
int step_linger2(struct run *r, int64_t number)
{
	return set(r, IPPROTO_TCP, TCP_LINGER2, number);
}

int step_keepalive(struct run *r, int64_t number)
{
	int error = set(r, IPPROTO_TCP, TCP_KEEPIDLE, number);

	if (!error)
		error = set(r, IPPROTO_TCP, TCP_KEEPINTVL, number);
	if (!error)
		error = set(r, IPPROTO_TCP, TCP_KEEPCNT, 1);
	return error ? error : set(r, SOL_SOCKET, SO_KEEPALIVE, 1);
}

int step_user_timeout(struct run *r, int64_t number)
{
	return set(r, IPPROTO_TCP, TCP_USER_TIMEOUT, number / NS_PER_MS);
}

/* socket(7): the kernel doubles it, and knows a least value. */
int step_rcvbuf(struct run *r, int64_t number)
{
	return set(r, SOL_SOCKET, SO_RCVBUF, number);
}

int step_sndbuf(struct run *r, int64_t number)
{
	return set(r, SOL_SOCKET, SO_SNDBUF, number);
}

int step_cork(struct run *r, int64_t number)
{
	(void)number;
	return set(r, IPPROTO_TCP, TCP_CORK, 1);
}

int step_nagle(struct run *r, int64_t number)
{
	(void)number;
	return set(r, IPPROTO_TCP, TCP_NODELAY, 0);
}

int step_dup(struct run *r, int64_t number)
{
	const int fd = fcntl(step_current(r), F_DUPFD_CLOEXEC, 3);

	(void)number;
	if (fd < 0)
		return errno;
	(void)step_close_dup(r, 0);
	r->second = fd;
	return 0;
}

int step_close_dup(struct run *r, int64_t number)
{
	const int fd = r->second;

	(void)number;
	r->second = 0;
	if (fd == 0)
		return EBADF;
	return close(fd) < 0 ? errno : 0;
}

/* tcp_disconnect(), net/ipv4/tcp.c, Linux 6.18 */
int step_unconnect(struct run *r, int64_t number)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };

	(void)number;
	return connect(step_current(r), &none, sizeof(none)) < 0 ? errno : 0;
}
