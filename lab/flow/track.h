/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track - one connection while its segments come in.  Private to lab/flow.
 *
 * The owner of a track (flow.c) says which leg a segment was seen at; the
 * track works out what that means.
 */
#ifndef LAB_FLOW_TRACK_H
#define LAB_FLOW_TRACK_H

#include "lab/flow/flow.h"
#include "lab/flow/zeek.h"

enum {
	LEG_NONE = 0xff,     /* unknown, or beyond FLOW_LEGS_MAX */
	TRACK_HOLES_MAX = 4, /* per side; enough for one lost burst */
	TRACK_KEYS_MAX = 16, /* resets whose further sightings are expected */
};

struct hole {
	uint32_t from, to; /* sequence numbers */
};

/* What one side has sent, as seen where it sends. */
struct sender {
	bool has_isn, has_next, has_ack, fin;
	bool fin_acked; /* and the ACK has reached this side */
	bool lost;	/* more holes than there is room for */
	bool gap_told;	/* the peer acknowledged what had not been seen */
	bool has_timestamps;
	bool ttl_known;	   /* it has sent something other than an RST */
	uint8_t ttl;	   /* of the last of that */
	uint8_t out_leg;   /* first hop of what it sends */
	uint8_t in_leg;	   /* last hop of what it receives */
	uint16_t syn_legs; /* bit leg: its SYN was seen there */
	uint8_t n_holes;
	uint32_t isn;
	uint32_t next;	 /* after all it has sent */
	uint32_t ack;	 /* highest it has sent */
	uint32_t fin_at; /* where its payload ends */
	struct hole holes[TRACK_HOLES_MAX];
};

/* A reset some sightings of which may still be to come. */
struct reset_key {
	uint32_t seq, ack;
	uint32_t passed; /* bit leg * 2 + outgoing: seen there */
	uint8_t flags, side;
	uint8_t slot; /* of its note, or FLOW_RESETS_MAX: no room */
};

/* A struct reset while its sightings come in; most have few. */
struct reset_note {
	int64_t time_ns;
	uint64_t frame;
	uint32_t seq, ack;
	uint16_t window, emitter_node;
	uint8_t side, form, phase;
	bool echo;
	bool astray;
	uint8_t flags, ttl, usual_ttl;
	uint16_t mptcp;
	int64_t taken_bytes;
	uint32_t refused_bytes;
	uint32_t n_sightings;
	struct sighting first;
	struct sighting *more; /* the rest, or NULL; owned */
};

/* What only a connection with an RST needs.  Zeroed, and so are its notes; as
 * for what is counted, and what a reset fills, that the counts are 0 will do.
 */
struct track_resets {
	struct track_resets *next; /* in the free list */
	uint32_t n;		   /* ever */
	uint32_t n_keys;	   /* ever; the last TRACK_KEYS_MAX are kept */
	struct reset_key keys[TRACK_KEYS_MAX];
	size_t n_emitters;
	struct reset_count emitters[FLOW_EMITTERS_MAX];
	struct reset_note first;
	struct reset_note *more; /* FLOW_RESETS_MAX - 1, or NULL; owned */
};

/* Leads to a connection, and lies in it: index.h. */
struct index_node {
	struct index_node *next; /* in its list */
	struct track *track;
	uint32_t hash;
	uint8_t kind, leg; /* enum index_kind; of .track */
	bool linked;	   /* it is in the index */
};

struct leg_track {
	struct leg leg;
	uint64_t pair;		/* index_pair_hash() of its endpoints */
	uint8_t ttl, direction; /* of the SYN */
	uint8_t syn_sent;	/* once its SYN passed here */
	struct index_node node, tuple_node;
};

/*
 * Captures hold millions of connections, so what few need lies elsewhere:
 * .more_legs and .resets.
 */
struct track {
	struct track *next, *previous; /* by start; .next: in the free list */
	int64_t syn_ns;		       /* last sighting of the client's SYN */
	uint64_t number;
	uint64_t bytes[SIDES];
	uint32_t packets;
	bool midstream;
	bool missed; /* a segment of the handshake was not seen */
	bool established;
	bool challenged; /* SYN answered by an ACK that is no SYN-ACK */
	bool was_reset;
	bool reset_arrived;
	bool superseded; /* the client began anew from the same port */
	bool ending_known;
	bool fragmented; /* by IP, so that not all payload was counted */
	bool queued;	 /* in the owner's list of those that are over */
	bool translated; /* its legs have not all the same endpoints */
	uint8_t ending, phase, completeness;
	uint8_t syn_sent;   /* times, at its first leg */
	uint32_t syn_bytes; /* of payload in the client's first SYN */
	uint8_t n_legs;
	struct sender sender[SIDES];
	struct zeek zeek;
	struct track_resets *resets; /* NULL: no RST yet */
	/* from here on not cleared */
	int64_t start_ns, end_ns;
	struct track *next_over, *previous_over; /* if .queued */
	struct leg_track first_leg;
	struct leg_track *more_legs; /* FLOW_LEGS_MAX - 1, or NULL */
	struct index_node isn_node, data_node;
};

static inline struct leg_track *track_leg(struct track *t, uint8_t leg)
{
	return leg ? &t->more_legs[leg - 1] : &t->first_leg;
}

static inline const struct leg_track *track_leg_of(const struct track *t,
						   uint8_t leg)
{
	return leg ? &t->more_legs[leg - 1] : &t->first_leg;
}

/* One segment at one point. */
struct seen {
	const struct segment_facts *s;
	const struct ip_endpoint *src, *dst;
	uint64_t frame; /* as in struct segment */
	struct flow_point point;
	enum flow_direction direction;
	int64_t time_ns;
	enum side side;	 /* whose segment it is */
	uint8_t leg;	 /* or LEG_NONE */
	bool forwarded;	 /* an RST that came into this node as another's */
	uint16_t origin; /* of it: where it was first seen */
};

static inline bool is_plain_syn(const struct segment_facts *s)
{
	return (s->flags & (TCP_FLAG_SYN | TCP_FLAG_ACK | TCP_FLAG_RST)) ==
	       TCP_FLAG_SYN;
}

/* A SYN-ACK, or the RST,ACK that refuses a SYN (RFC 9293 3.10.7.1: seq 0): it
 * acknowledges the client's ISN, whatever translation makes of its ends. */
static inline bool answers_syn(const struct segment_facts *s)
{
	const uint8_t syn_ack = TCP_FLAG_SYN | TCP_FLAG_ACK;
	const uint8_t rst_ack = TCP_FLAG_RST | TCP_FLAG_ACK;
	const uint8_t flags = s->flags & (syn_ack | rst_ack);

	return flags == syn_ack || (flags == rst_ack && s->seq == 0);
}

/* It will be needed soon. */
static inline void track_fetch(const void *track)
{
	enum { LINE_BYTES = 64 };

	for (size_t i = 0; i < sizeof(struct track); i += LINE_BYTES)
		__builtin_prefetch((const char *)track + i, 1);
}

/* Make @t a connection without legs. */
void track_begin(struct track *t, int64_t time_ns, bool midstream);

/* A SYN without ACK on the endpoints of @t: is it the connection's own? */
bool track_owns_syn(const struct track *t, enum side side, uint32_t seq);

/* Take in one sighting. */
void track_see(struct track *t, const struct seen *v);

/* The same for most segments by far, seen at the leg where their connection
 * began: the next of @side, whose numbers are known, while the connection is
 * not over, which it may be then.
 * Returns: false: @s may be more than that; nothing was done */
bool track_continue(struct track *t, enum side side,
		    const struct segment_facts *s, int64_t time_ns);

/* It has come to its end, and that has reached its receiver. */
static inline bool track_over(const struct track *t)
{
	return t->reset_arrived || t->superseded ||
	       (t->sender[SIDE_CLIENT].fin_acked &&
		t->sender[SIDE_SERVER].fin_acked);
}

/* Nothing more is expected: of what began before the batch, nothing ever is. */
static inline bool track_finished(const struct track *t)
{
	return t->midstream || track_over(t);
}

/* What has become of it.  @ret: only as many legs, resets and sightings as
 * there are are written */
void track_conclude(const struct track *t, struct connection *ret);

/* Take in one sighting of an RST (reset.c).  .resets is there. */
void track_see_reset(struct track *t, const struct seen *v);
void reset_note_tell(const struct reset_note *from, struct reset *ret);
/* Make @r as good as new. */
void track_resets_clear(struct track_resets *r);

#endif
