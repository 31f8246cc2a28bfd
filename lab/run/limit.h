/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limit - when a run has to end: at a signal, or when its time is over.
 *
 * A run ends between two blocks.  Where the trials at hand only wait for
 * their deadlines, a block could take minutes, so after a grace it ends
 * between two trials, with a part of the last block.
 */
#ifndef LAB_RUN_LIMIT_H
#define LAB_RUN_LIMIT_H

#include "lab/base/clock.h"

#include <signal.h>
#include <stdbool.h>

#define LIMIT_GRACE_NS NS_PER_S

struct limit {
	const volatile sig_atomic_t *stop;
	int64_t until_ns;  /* 0: no limit of time */
	int64_t wanted_ns; /* since when it has to end; 0: not yet */
};

/* Why the run has to end, or NULL. */
static inline const char *limit_reached(struct limit *l)
{
	const int64_t now = clock_now_ns();
	const char *why = NULL;

	if (*l->stop)
		why = "interrupted";
	else if (l->until_ns && now > l->until_ns)
		why = "--max-time is over";
	if (why && !l->wanted_ns)
		l->wanted_ns = now;
	return why;
}

/* Is the grace over as well? */
static inline bool limit_overdue(struct limit *l)
{
	return limit_reached(l) &&
	       clock_now_ns() - l->wanted_ns > LIMIT_GRACE_NS;
}

#endif
