/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wait - how a step waits, in the process of its side or in one that plays
 * both sides (duet.h).
 */
#ifndef PROBES_SOCK_WAIT_H
#define PROBES_SOCK_WAIT_H

#include "probes/sock/step.h"

#include <poll.h>

/* Wait for what @p asks for, at most until then.  Says in .revents what there
 * is, which may be nothing before the time is over.  Returns: 0 or an errno. */
int wait_poll(struct run *r, struct pollfd *p, int64_t until_ns);

/* Wait until it may be worth to try again what failed with EAGAIN.
 * Returns: 0; ETIMEDOUT, noted in @r, after the deadline; another errno. */
int wait_retry(struct run *r, int fd, short events);

/* The same for as long as it takes to see @events, an error or a hang-up,
 * which are returned in *@ret_seen. */
int wait_events(struct run *r, int fd, short events, short *ret_seen);

/* Wait until the other side has reached @point of this trial.
 * Returns: false when the time was over before. */
bool wait_point(struct run *r, uint32_t point, int64_t until_ns);

/* Wait until then, whatever happens. */
void wait_until(struct run *r, int64_t until_ns);

/* Has the deadline passed?  Notes that. */
bool wait_overdue(struct run *r);

#endif
