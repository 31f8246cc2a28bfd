/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps that are about acknowledgements.
 *
 * How sending until an error works.  A proxy that has learnt of a reset on one
 * of its connections does not say so on the other before it gets to it.  Each
 * byte waits for its acknowledgement and a little longer, so that not many
 * bytes go out meanwhile.
 */
#include "probes/sock/step.h"

#include "lab/base/clock.h"
#include "probes/sock/steps.h"
#include "probes/sock/wait.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* Until the next byte, unless the connection breaks. */
#define PAUSE_NS NS_PER_MS

/* Returns: 0, or the errno of either. */
static int send_one(struct run *r, int fd)
{
	struct pollfd p = { .fd = fd };
	int error;

	if (send(fd, "", 1, step_send_flags(r)) < 0)
		return errno;
	r->moved++;
	error = step_wait_acked(r, 0);
	if (!error)
		error = wait_poll(r, &p, clock_now_ns() + PAUSE_NS);
	return error;
}

int step_send_until_error(struct run *r, int64_t number)
{
	const int fd = step_current(r);
	int error = 0;

	(void)number;
	while (!error && clock_now_ns() < r->deadline_ns)
		error = send_one(r, fd);
	if (error)
		return error;
	r->timed_out = true;
	return ETIMEDOUT;
}

/* A delayed ACK that is due goes out (tcp_sock_set_quickack(), net/ipv4/tcp.c,
 * Linux 6.18). */
int step_ack_now(struct run *r, int64_t number)
{
	const int fd = step_current(r);
	const int on = 1;

	(void)number;
	return setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on)) < 0
		       ? errno
		       : 0;
}
