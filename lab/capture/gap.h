/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gap - from the clock of packet timestamps to the monotonic one.
 *
 * How it works.  The kernel stamps frames with CLOCK_REALTIME, which may be
 * set at any moment.  Its distance from CLOCK_MONOTONIC, the gap, changes by
 * such a step and by nothing else, because both clocks are slewed together.
 * So a measured gap is kept for as long as new measurements agree with it:
 * handles that share one agree to the nanosecond, and the frames of several
 * nodes stay in order.
 */
#ifndef LAB_CAPTURE_GAP_H
#define LAB_CAPTURE_GAP_H

#include <stdbool.h>
#include <stdint.h>

/* CLOCK_REALTIME minus CLOCK_MONOTONIC, and how wrong that may be. */
struct gap {
	int64_t ns, error_ns;
};

struct gap gap_now(void);

/* The best of some: another task may run between two readings. */
struct gap gap_measure(void);

/* Can both be the same gap, but for the error of measuring? */
bool gap_agrees(const struct gap *a, const struct gap *b);

/**
 * gap_monotonic() - when a frame was stamped
 * @before:	the gap at the last drain
 * @after:	the gap now
 * @real_ns:	the stamp
 * @oldest_ns:	monotonic: the frame cannot be older
 * @newest_ns:	monotonic: nor newer
 *
 * Of two gaps that differ, the one that gives a possible time is right.
 */
int64_t gap_monotonic(const struct gap *before, const struct gap *after,
		      int64_t real_ns, int64_t oldest_ns, int64_t newest_ns);

#endif
