/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A direction takes turns between two steps: fill the empty
 * pipe from its source, then drain it into its sink.  While it fills, only its
 * source matters, and while it drains, only its sink: a backend that is gone
 * is noticed by the next bytes for it and not before, as by a goroutine that
 * sleeps in its read.
 */
#include "probes/relay/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	/* internal/poll/splice_linux.go maxSpliceSize */
	SPLICE_BYTES = 1 << 20,
	/* then it is the turn of another connection */
	TURN_STEPS = 16,
};

enum step { STEP_ON, STEP_WAIT, STEP_OVER };

int copy_begin(struct connection *c)
{
	for (int i = 0; i < PEERS; i++) {
		if (pipe2(c->directions[i].pipe, O_CLOEXEC | O_NONBLOCK) < 0)
			return -errno;
		c->peers[i].readable = c->peers[i].writable = true;
	}
	c->dialing = false;
	return 0;
}

/* @edge: of the socket that had to wait. */
static enum step step_failed(bool *edge)
{
	if (errno == EINTR)
		return STEP_ON;
	if (errno != EAGAIN)
		return STEP_OVER;
	*edge = false;
	return STEP_WAIT;
}

static enum step fill(struct direction *d, struct peer *from)
{
	ssize_t n;

	if (!from->readable)
		return STEP_WAIT;
	n = splice(from->fd, NULL, d->pipe[1], NULL, SPLICE_BYTES,
		   SPLICE_F_NONBLOCK);
	if (n < 0)
		return step_failed(&from->readable);
	if (n == 0)
		return STEP_OVER;
	d->held = (size_t)n;
	return STEP_ON;
}

static enum step drain(struct direction *d, struct peer *to)
{
	ssize_t n;

	if (!to->writable)
		return STEP_WAIT;
	n = splice(d->pipe[0], NULL, to->fd, NULL, d->held, SPLICE_F_NONBLOCK);
	if (n < 0)
		return step_failed(&to->writable);
	d->held -= (size_t)n;
	return STEP_ON;
}

/* A socket that is not connected any more refuses to be shut: no matter. */
static void end_direction(struct direction *d, struct peer *from,
			  struct peer *to)
{
	(void)shutdown(from->fd, SHUT_RD);
	(void)shutdown(to->fd, SHUT_WR);
	d->over = true;
}

static enum step move(struct connection *c, int source)
{
	struct direction *d = &c->directions[source];
	struct peer *from = &c->peers[source], *to = &c->peers[!source];
	enum step step = STEP_ON;

	for (int i = 0; step == STEP_ON && i < TURN_STEPS; i++)
		step = d->held ? drain(d, to) : fill(d, from);
	if (step == STEP_OVER)
		end_direction(d, from, to);
	return step;
}

enum copy_result copy_turn(struct connection *c)
{
	bool more = false;

	for (int source = 0; source < PEERS; source++)
		if (!c->directions[source].over)
			more |= move(c, source) == STEP_ON;
	if (c->directions[CLIENT].over && c->directions[BACKEND].over)
		return COPY_OVER;
	return more ? COPY_MORE : COPY_WAIT;
}
