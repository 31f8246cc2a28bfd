/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock - time is int64_t nanoseconds of CLOCK_MONOTONIC, everywhere. */
#ifndef LAB_BASE_CLOCK_H
#define LAB_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_US 1000LL
#define NS_PER_MS 1000000LL
#define NS_PER_S  1000000000LL

static inline int64_t clock_ns(const struct timespec *ts)
{
	return ts->tv_sec * NS_PER_S + ts->tv_nsec;
}

static inline int64_t clock_now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return clock_ns(&ts);
}

#endif
