/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/capture/gap.h"

#include "lab/base/clock.h"

#include <stdlib.h>

enum { TRIES = 8 };

struct gap gap_now(void)
{
	const int64_t before = clock_now_ns();
	struct timespec real;
	int64_t after;

	(void)clock_gettime(CLOCK_REALTIME, &real);
	after = clock_now_ns();
	return (struct gap){
		.ns = clock_ns(&real) - before - (after - before) / 2,
		.error_ns = (after - before) / 2 + 1,
	};
}

struct gap gap_measure(void)
{
	struct gap best = gap_now();

	for (int i = 1; i < TRIES; i++) {
		const struct gap g = gap_now();

		if (g.error_ns < best.error_ns)
			best = g;
	}
	return best;
}

bool gap_agrees(const struct gap *a, const struct gap *b)
{
	return llabs(a->ns - b->ns) <= a->error_ns + b->error_ns;
}

int64_t gap_monotonic(const struct gap *before, const struct gap *after,
		      int64_t real_ns, int64_t oldest_ns, int64_t newest_ns)
{
	const int64_t t = real_ns - after->ns;
	const int64_t was = real_ns - before->ns;

	if (t == was || (t >= oldest_ns && t <= newest_ns))
		return t;
	return was >= oldest_ns && was <= newest_ns ? was : t;
}
