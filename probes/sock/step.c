/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  Sockets do not block: each step tries first and asks poll(2)
 * only when the kernel says that it would have to wait, so that a step costs
 * as few system calls as in a program written for speed.
 */
#include "probes/sock/step.h"

#include "lab/base/clock.h"
#include "probes/sock/steps.h"
#include "probes/sock/wait.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_BYTES = 256 * 1024 };

/* Between two looks at what is not acknowledged yet: nothing tells a program
 * that the last byte was. */
#define ACK_LOOK_NS (100 * NS_PER_US)

/* What is sent (zeros) and where what is read goes. */
static char outgoing[BUFFER_BYTES], incoming[BUFFER_BYTES];

int step_socket_error(int fd)
{
	socklen_t n = sizeof(int);
	int error = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
		return errno;
	return error;
}

int step_set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? errno
									: 0;
}

int step_current(const struct run *r)
{
	return r->n_connections ? r->connections[r->n_connections - 1] : -1;
}

/* --- moving bytes ----------------------------------------------------------
 */

static size_t chunk(int64_t left)
{
	return left < BUFFER_BYTES ? (size_t)left : BUFFER_BYTES;
}

int step_send(struct run *r, int64_t number)
{
	const int fd = step_current(r);

	while (r->moved < number) {
		const ssize_t n = send(fd, outgoing, chunk(number - r->moved),
				       step_send_flags(r));
		int error = n < 0 ? errno : 0;

		if (error == EAGAIN)
			error = wait_retry(r, fd, POLLOUT);
		if (error)
			return error;
		r->moved += n > 0 ? n : 0;
	}
	return 0;
}

/* Read up to @number bytes more; *@ret_eof: the peer's FIN came first. */
static int receive(struct run *r, int64_t number, bool *ret_eof)
{
	const int fd = step_current(r);

	*ret_eof = false;
	while (r->moved < number && !*ret_eof) {
		const ssize_t n =
			recv(fd, incoming, chunk(number - r->moved), 0);
		int error = n < 0 ? errno : 0;

		if (error == EAGAIN)
			error = wait_retry(r, fd, POLLIN);
		else if (n == 0)
			*ret_eof = true;
		if (error)
			return error;
		r->moved += n > 0 ? n : 0;
	}
	return 0;
}

int step_recv(struct run *r, int64_t number)
{
	bool eof;
	const int error = receive(r, number, &eof);

	return eof ? ENODATA : error;
}

int step_recv_eof(struct run *r, int64_t number)
{
	bool eof;

	(void)number;
	return receive(r, INT64_MAX, &eof);
}

/* Bytes in the receive queue, or -errno. */
static int64_t unread(int fd)
{
	int n = 0;

	return ioctl(fd, FIONREAD, &n) < 0 ? -errno : n;
}

/* Let poll(2) wait for @number bytes.  Wakes up earlier on FIN and RST.
 * Returns: EAGAIN when it woke up for neither: the bytes of a SYN count from
 * the end of the handshake on (tcp_inq(), include/net/tcp.h, Linux 6.18). */
static int wait_unread(struct run *r, int fd, int64_t number)
{
	short seen = 0;
	int error = step_set_option(fd, SOL_SOCKET, SO_RCVLOWAT, (int)number);

	if (error == 0)
		error = wait_events(r, fd, POLLIN | POLLRDHUP, &seen);
	(void)step_set_option(fd, SOL_SOCKET, SO_RCVLOWAT, 1);
	r->moved = unread(fd);
	if (error || r->moved >= number)
		return error;
	if (r->moved < 0) {
		error = (int)-r->moved;
		r->moved = 0;
		return error;
	}
	if (seen & POLLERR)
		error = step_socket_error(fd);
	if (!error)
		error = seen & (POLLRDHUP | POLLHUP) ? ENODATA : EAGAIN;
	return error;
}

int step_wait_readable(struct run *r, int64_t number)
{
	const int fd = step_current(r);
	int error = EAGAIN;

	r->moved = unread(fd);
	if (r->moved >= number)
		return 0;
	if (r->moved < 0) {
		error = (int)-r->moved;
		r->moved = 0;
	}
	while (error == EAGAIN) {
		error = wait_overdue(r) ? ETIMEDOUT
					: wait_unread(r, fd, number);
		if (error == EAGAIN)
			wait_until(r, clock_now_ns() + ACK_LOOK_NS);
	}
	return error;
}

/* An error is left to the step that comes upon it. */
int step_wait_acked(struct run *r, int64_t number)
{
	struct pollfd p = { .fd = step_current(r) };
	int left = 0;

	(void)number;
	while (!wait_overdue(r)) {
		if (ioctl(p.fd, SIOCOUTQ, &left) < 0)
			return errno;
		if (left > 0)
			(void)wait_poll(r, &p, clock_now_ns() + ACK_LOOK_NS);
		if (left == 0 || p.revents)
			return 0;
	}
	return ETIMEDOUT;
}

/* Nothing is asked for: poll(2) tells of errors and of the end of both
 * directions without being asked. */
int step_wait_broken(struct run *r, int64_t number)
{
	short seen;

	(void)number;
	return wait_events(r, step_current(r), 0, &seen);
}

/* --- ending connections ----------------------------------------------------
 */

int step_shutdown(struct run *r, int64_t number)
{
	return shutdown(step_current(r), (int)number) < 0 ? errno : 0;
}

/* A lingering close blocks also on a socket that does not: it must not
 * outlast the trial.  When the time is up the kernel goes on alone just the
 * same (__tcp_close(), net/ipv4/tcp.c, Linux 6.18). */
int step_linger(struct run *r, int64_t number)
{
	const int64_t left = (r->deadline_ns - clock_now_ns()) / NS_PER_S;
	const int64_t longest = left > 1 ? left : 1;
	const struct linger l = {
		.l_onoff = 1,
		.l_linger = (int)(number < longest ? number : longest),
	};

	return setsockopt(step_current(r), SOL_SOCKET, SO_LINGER, &l,
			  sizeof(l)) < 0
		       ? errno
		       : 0;
}

int step_close(struct run *r, int64_t number)
{
	(void)number;
	if (!r->n_connections)
		return ENOTCONN;
	/* Once: Linux closes the descriptor also when close(2) fails. */
	return close(r->connections[--r->n_connections]) < 0 ? errno : 0;
}

void step_close_connections(struct run *r)
{
	(void)step_close_dup(r, 0);
	(void)step_end_child(r, 0);
	while (r->n_connections)
		(void)close(r->connections[--r->n_connections]);
}

/* --- time ------------------------------------------------------------------
 */

int step_sleep(struct run *r, int64_t number)
{
	const int64_t now = clock_now_ns(), left = r->deadline_ns - now;

	wait_until(r, number < left ? now + number : r->deadline_ns);
	r->timed_out = number >= left;
	return r->timed_out ? ETIMEDOUT : 0;
}

/* The deadline of the trial holds as well. */
int step_patience(struct run *r, int64_t number)
{
	const int64_t until = clock_now_ns() + number;

	if (until < r->deadline_ns)
		r->deadline_ns = until;
	return 0;
}

/* Syncs that the other side got through in this trial; a hold is two. */
static uint32_t peer_syncs(const struct probe_result *peer)
{
	uint32_t n = 0;

	for (size_t i = 0; i < peer->n_calls && i < SCRIPT_STEPS_MAX; i++) {
		const struct probe_call *c = &peer->calls[i];

		if (c->end_ns == 0 || c->error)
			continue;
		n += c->step == STEP_SYNC ? 1 : c->step == STEP_HOLD ? 2 : 0;
	}
	return n;
}

/* A side that is through with the trial may have passed this sync before. */
int step_sync(struct run *r, int64_t number)
{
	struct pace *pace = &r->player->pace;
	const uint32_t trial = r->trial->number;

	(void)number;
	pace_reach(pace, trial, PROGRESS_SYNC + r->syncs);
	if (!wait_point(r, PROGRESS_SYNC + r->syncs, r->deadline_ns)) {
		r->timed_out = true;
		return ETIMEDOUT;
	}
	r->left_alone =
		pace_peer_done(pace, trial) && peer_syncs(r->peer) <= r->syncs;
	r->syncs++;
	return 0;
}

/* A bound of its own: this side's deadline began before the other's. */
int step_wait_peer(struct run *r, int64_t number)
{
	const int64_t until = r->deadline_ns + r->trial->deadline_ns;

	(void)number;
	if (wait_point(r, PROGRESS_DONE, until))
		return 0;
	r->timed_out = true;
	return ETIMEDOUT;
}
