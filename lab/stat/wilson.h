/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wilson - the score interval of a rate; good at 0 and for small n.  Pure. */
#ifndef LAB_STAT_WILSON_H
#define LAB_STAT_WILSON_H

#include <stdint.h>

struct interval {
	double low, high; /* 0..1 */
};

/**
 * wilson_95() - 95 % interval of @k successes in @n trials
 *
 * @n == 0 says nothing about the rate: 0 to 1.
 *
 * Source: Wilson, JASA 22 (1927) 209-212; z = 1.959964
 */
struct interval wilson_95(uint64_t k, uint64_t n);

#endif
