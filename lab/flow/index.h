/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * index - finds the connection of a segment.  Private to lab/flow.
 *
 * One table of lists with four kinds of keys.  Its nodes lie in the connections
 * themselves, so that to put or to remove one moves no other.  Keys come from
 * captures that anyone may have made, so a secret number may be in their
 * hashes.
 */
#ifndef LAB_FLOW_INDEX_H
#define LAB_FLOW_INDEX_H

#include "lab/flow/track.h"

enum index_kind {
	INDEX_LEG,   /* point and endpoints, in either order */
	INDEX_TUPLE, /* endpoints at any point */
	INDEX_ISN,   /* the client's */
	INDEX_DATA,  /* the same plus the bytes in its SYN (RFC 7413 3) */
};

struct index_key {
	enum index_kind kind;
	struct flow_point point; /* INDEX_LEG */
	uint32_t isn;		 /* INDEX_ISN, INDEX_DATA */
	const struct ip_endpoint *src, *dst;
	uint64_t pair; /* index_pair_hash(src, dst) */
};

struct index {
	struct index_node **buckets;
	size_t n, mask;	 /* number of buckets - 1 */
	uint64_t secret; /* in every hash; changes only while it is empty */
};

/* Source: the finaliser of SplitMix64 */
static inline uint64_t index_mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* All of an endpoint where it is of IPv4: 48 bits. */
static inline uint64_t index_endpoint(const struct ip_endpoint *ep,
				      uint64_t secret)
{
	uint64_t high, low;
	uint32_t v4;

	if (ep->addr.family == 4) {
		memcpy(&v4, ep->addr.bytes, sizeof(v4));
		return (uint64_t)v4 << 16 | ep->port;
	}
	memcpy(&high, ep->addr.bytes, sizeof(high));
	memcpy(&low, ep->addr.bytes + 8, sizeof(low));
	return index_mix(index_mix(high + secret) + low) + ep->port;
}

/* Of two index_endpoint(), the lower first.  Multiplied by a number that is not
 * known, no two pairs can be found that are equal afterwards. */
static inline uint64_t index_ends_hash(uint64_t secret, uint64_t low,
				       uint64_t high)
{
	return index_mix(low * secret + high);
}

/* The same for both orders. */
static inline uint64_t index_pair_hash(uint64_t secret,
				       const struct ip_endpoint *a,
				       const struct ip_endpoint *b)
{
	const uint64_t x = index_endpoint(a, secret);
	const uint64_t y = index_endpoint(b, secret);

	return index_ends_hash(secret, x < y ? x : y, x < y ? y : x);
}

/* Errors: out of memory. */
int index_init(struct index *x, struct err *e);
void index_done(struct index *x);

/* Whoever does not know @secret cannot choose endpoints and numbers that make
 * searches long.  Before the first index_put(). */
void index_set_secret(struct index *x, uint64_t secret);

/* The node with @key, or NULL. */
struct index_node *index_find(const struct index *x,
			      const struct index_key *key);

/* The node of the leg of @k, with whose segment it is, or NULL. */
struct index_node *index_find_leg(const struct index *x,
				  const struct index_key *k,
				  enum side *ret_side);

/* Make @key lead to @track, whatever it led to before. */
int index_put(struct index *x, const struct index_key *key, struct track *track,
	      uint8_t leg, struct err *e);

/* Let the key of @node, if there is one, lead nowhere, unless it leads to
 * another already.  Before its memory goes. */
void index_remove(struct index *x, struct index_node *node);

/* A leg or an ISN will be looked for soon: fetch where it is. */
void index_expect_leg(const struct index *x, struct flow_point p,
		      uint64_t pair);
void index_expect_isn(const struct index *x, uint32_t isn);
/* The same for the connection of a leg whose place was fetched. */
void index_expect_track(const struct index *x, struct flow_point p,
			uint64_t pair);
/* This will be removed soon. */
void index_expect_node(const struct index *x, const struct index_node *n);

/* Whose segment is one from @src to @dst at @leg?  LEG's own endpoints. */
static inline enum side leg_side(const struct leg *leg,
				 const struct ip_endpoint *src,
				 const struct ip_endpoint *dst)
{
	return ip_endpoint_equal(src, &leg->client) &&
			       ip_endpoint_equal(dst, &leg->server)
		       ? SIDE_CLIENT
		       : SIDE_SERVER;
}

#endif
