/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/stat/newcombe.h"

#include <math.h>

static double rate(struct hits h)
{
	return (double)h.k / (double)h.n;
}

struct interval newcombe_95(struct hits a, struct hits b)
{
	const struct interval wa = wilson_95(a.k, a.n),
			      wb = wilson_95(b.k, b.n);
	double pa, pb;

	if (a.n == 0 || b.n == 0)
		return (struct interval){ -1.0, 1.0 };
	pa = rate(a);
	pb = rate(b);
	return (struct interval){
		.low = pa - pb - hypot(pa - wa.low, wb.high - pb),
		.high = pa - pb + hypot(wa.high - pa, pb - wb.low),
	};
}
