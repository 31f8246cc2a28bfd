/* SPDX-License-Identifier: GPL-2.0-or-later */
/* newcombe - the interval of a difference between two rates.  Pure. */
#ifndef LAB_STAT_NEWCOMBE_H
#define LAB_STAT_NEWCOMBE_H

#include "lab/stat/wilson.h"

struct hits {
	uint64_t k, n; /* @k successes in @n trials */
};

/**
 * newcombe_95() - 95 % interval of the rate of @a minus that of @b
 *
 * From the Wilson intervals of both, so it is good at 0 and for few trials.
 * One of them without trials says nothing: -1 to 1.
 *
 * Source: Newcombe, Statistics in Medicine 17 (1998) 873-890, method 10
 */
struct interval newcombe_95(struct hits a, struct hits b);

#endif
