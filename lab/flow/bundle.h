/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bundle - some thousand segments in a row, those of each connection chained.
 *
 * How it works.  In a capture of a busy machine neighbours are of different
 * connections, each at another point of its life, so a processor that takes
 * them as they come cannot guess what it will do next.  Connection by
 * connection they are alike, and what is known of one stays in the nearest
 * cache.  So whoever fills a bundle chains the segments with the same
 * endpoints, and flow_add_bundle() follows one chain after the other.
 *
 * That gives the same connections, numbered as they began, unless segments with
 * different endpoints concern one connection, as address translation makes
 * them, a chain holds more than one beginning or one with data, or both ends of
 * a chain are one.  Such a bundle is entangled: it is followed as it came.
 */
#ifndef LAB_FLOW_BUNDLE_H
#define LAB_FLOW_BUNDLE_H

#include "lab/flow/flow.h"

enum { BUNDLE_MAX = 2048, BUNDLE_END = UINT16_MAX };

/* One sighting of a segment.  Small, as it goes from one processor to another,
 * and written without being read. */
struct bundle_item {
	int64_t time_ns;
	uint64_t frame; /* as in struct segment */
	struct segment_facts facts;
	uint16_t interface; /* of its point */
	bool returns;	    /* it goes from .b of its chain to .a */
};

struct bundle_chain {
	struct ip_endpoint a, b;
	uint64_t pair; /* index_pair_hash() of them */
	uint16_t first;
};

/* A SYN, or what answers one, whose ISN is new in the bundle. */
struct bundle_greeting {
	uint32_t isn;
	uint16_t chain;
	bool answers;
};

struct bundle {
	uint16_t n, n_chains, n_greetings;
	uint16_t interfaces; /* the number in every item is below it */
	bool entangled;
	uint16_t next[BUNDLE_MAX]; /* of the same chain, or BUNDLE_END */
	struct bundle_greeting greetings[BUNDLE_MAX];
	struct bundle_chain chains[BUNDLE_MAX]; /* as they began */
	struct bundle_item items[BUNDLE_MAX];	/* in the order of time */
};

/* No more than there is in @from. */
void bundle_copy(struct bundle *to, const struct bundle *from);

/**
 * flow_add_bundle() - flow_add() for all of @b
 *
 * What has retired is handed over before, not while they are added.  As far as
 * limits go, connections end in the order of their chains: a limit .over that
 * is larger by BUNDLE_MAX keeps all that flow_add() keeps.
 */
int flow_add_bundle(struct flow *f, const struct bundle *b, struct err *e);

#endif
