/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/sock/wait.h"

#include "lab/base/clock.h"
#include "probes/sock/duet.h"

#include <errno.h>

static struct timespec time_left(int64_t until_ns)
{
	const int64_t left = until_ns - clock_now_ns();

	if (left <= 0)
		return (struct timespec){ .tv_sec = 0 };
	return (struct timespec){ .tv_sec = left / NS_PER_S,
				  .tv_nsec = left % NS_PER_S };
}

int wait_poll(struct run *r, struct pollfd *p, int64_t until_ns)
{
	struct timespec left = { .tv_sec = 0 };

	if (r->duet)
		duet_wait(r, p, until_ns);
	else
		left = time_left(until_ns);
	return ppoll(p, 1, &left, NULL) < 0 && errno != EINTR ? errno : 0;
}

bool wait_overdue(struct run *r)
{
	if (clock_now_ns() >= r->deadline_ns)
		r->timed_out = true;
	return r->timed_out;
}

int wait_retry(struct run *r, int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	if (wait_overdue(r))
		return ETIMEDOUT;
	if (!r->duet)
		return wait_poll(r, &p, r->deadline_ns);
	duet_wait(r, &p, r->deadline_ns);
	return 0;
}

int wait_events(struct run *r, int fd, short events, short *ret_seen)
{
	struct pollfd p = { .fd = fd, .events = events };
	int error = 0;

	while (!error && !p.revents)
		error = wait_overdue(r) ? ETIMEDOUT
					: wait_poll(r, &p, r->deadline_ns);
	*ret_seen = p.revents;
	return error;
}

bool wait_point(struct run *r, uint32_t point, int64_t until_ns)
{
	struct pollfd none = { .fd = -1 };
	const struct pace *pace = &r->player->pace;
	const uint32_t number = r->trial->number;

	if (!r->duet)
		return pace_wait(&r->player->pace, number, point, until_ns);
	while (!pace_reached(pace, number, point) && clock_now_ns() < until_ns)
		duet_wait(r, &none, until_ns);
	return pace_reached(pace, number, point);
}

void wait_until(struct run *r, int64_t until_ns)
{
	struct pollfd none = { .fd = -1 };

	while (clock_now_ns() < until_ns)
		(void)wait_poll(r, &none, until_ns);
}
