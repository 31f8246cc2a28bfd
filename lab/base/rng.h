/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rng - seeded randomness: the same seed gives the same plan, anywhere.
 *
 * Source: Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators
 * (SplitMix64), OOPSLA 2014
 */
#ifndef LAB_BASE_RNG_H
#define LAB_BASE_RNG_H

#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = (r->state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* Evenly from 0 to @n - 1; @n > 0.  Rejection, so that no value is favoured. */
static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
	const uint64_t limit = UINT64_MAX - UINT64_MAX % n;
	uint64_t v;

	do
		v = rng_next(r);
	while (v >= limit);
	return v % n;
}

#endif
