/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flow-parts - the table of connections.  Private to lab/flow. */
#ifndef LAB_FLOW_FLOW_PARTS_H
#define LAB_FLOW_FLOW_PARTS_H

#include "lab/flow/index.h"

enum { TRACKS_PER_CHUNK = 16, PASSING_MAX = 16 };

/* An RST on its way, whatever its connection is taken for. */
struct passing {
	uint32_t seq, ack;
	uint16_t src_port, dst_port;
	uint16_t origin; /* the node of its first sighting */
	uint16_t in;	 /* the last node that it came into */
	int64_t time_ns; /* of its last sighting; 0: none */
};

struct chunk {
	struct chunk *next;
	struct track tracks[TRACKS_PER_CHUNK];
};

struct retirement {
	struct flow_limits limits;  /* .fn NULL: none */
	struct track *first, *last; /* those that are over, in that order */
	size_t n_over;
	size_t sweep_at; /* so many connections: look for silent ones */
};

struct flow {
	struct index index;
	struct track *first, *last; /* in the order of start */
	struct track *free;
	struct chunk *chunks;
	struct flow_point point; /* the only one so far */
	bool has_point, several_points;
	bool spares_zeek;
	struct track_resets *free_resets;
	size_t unfinished, n_tracks;
	size_t n_translated; /* of them */
	uint64_t numbers;    /* given out */
	struct retirement retirement;
	struct connection told; /* what is handed over */
	struct passing passing[PASSING_MAX];
	uint32_t n_passing; /* ever */
};

/* The connection at whose leg @v was seen, or NULL.  Sets the side and the leg.
 * @pair:	index_pair_hash() of the endpoints of @v */
struct track *flow_find(const struct flow *f, struct seen *v, uint64_t pair);

/* retire.c.  @t is over, or was begun anew: it may go, but not yet. */
void retire_later(struct flow *f, struct track *t);

/* Is @s, seen at the first leg of @t, but the next of @side?  Then it is taken
 * in. */
static inline bool flow_continue(struct flow *f, struct track *t,
				 enum side side, const struct segment_facts *s,
				 int64_t time_ns)
{
	if (!track_continue(t, side, s, time_ns))
		return false;
	if (track_over(t)) {
		f->unfinished -= !t->midstream;
		retire_later(f, t);
	}
	return true;
}

/* The same of what flow_find() found for @v. */
static inline bool flow_next(struct flow *f, struct track *found,
			     const struct seen *v)
{
	return found && !v->leg &&
	       flow_continue(f, found, v->side, v->s, v->time_ns);
}

/* flow_add() of one that does more, without letting anything retire.  @found
 * becomes the connection that it went to. */
int flow_take(struct flow *f, struct track **found, struct seen *v,
	      uint64_t pair, struct err *e);

/* The connection that a SYN would be taken for by its ISN, or what answers one
 * by the ISN that it acknowledges; or NULL. */
struct track *flow_greeted(const struct flow *f, uint32_t isn, bool answers);

/* retire.c.  Hand over those whose time has come. */
void retire_now(struct flow *f, int64_t now_ns);

/* The same, where there are limits and any may have been reached. */
static inline void retire_due(struct flow *f, int64_t now_ns)
{
	const struct retirement *r = &f->retirement;

	if (r->limits.fn && (r->n_over > r->limits.over || r->limits.over_ns ||
			     f->n_tracks >= r->sweep_at))
		retire_now(f, now_ns);
}

#endif
