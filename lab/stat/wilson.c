/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/stat/wilson.h"

#include <math.h>

/* The 97.5 % quantile of the normal distribution: 2.5 % on either side. */
static const double z = 1.959964;

struct interval wilson_95(uint64_t k, uint64_t n)
{
	const double hits = (double)k, trials = (double)n;
	const double misses = trials - hits;
	double centre, half, scale;

	if (n == 0)
		return (struct interval){ 0.0, 1.0 };

	scale = 1.0 / (trials + z * z);
	centre = (hits + z * z / 2.0) * scale;
	half = z * scale * sqrt(hits * misses / trials + z * z / 4.0);

	/* At the ends the formula gives 0 and 1; rounding might not. */
	return (struct interval){
		.low = k == 0 ? 0.0 : centre - half,
		.high = k == n ? 1.0 : centre + half,
	};
}
