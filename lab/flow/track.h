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
	bool lost;	/* the peer acknowledged what we never saw */
	bool has_timestamps;
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
	uint8_t slot; /* in .resets, or FLOW_RESETS_MAX: no room */
};

struct track {
	struct track *next; /* by start, or in the free list */
	int64_t syn_ns;	    /* last sighting of the client's SYN */
	bool midstream;
	bool missed; /* a segment of the handshake was not seen */
	bool established;
	bool challenged; /* SYN answered by an ACK that is no SYN-ACK */
	bool was_reset;
	bool reset_arrived;
	bool superseded; /* the client began anew from the same port */
	bool ending_known;
	uint8_t leg_ttl[FLOW_LEGS_MAX];
	uint8_t leg_direction[FLOW_LEGS_MAX]; /* of the SYN */
	uint8_t syn_sent;		      /* times, at its first leg */
	uint8_t leg_syn_sent[FLOW_LEGS_MAX];  /* once its SYN passed */
	uint32_t n_keys; /* ever; the last TRACK_KEYS_MAX are kept */
	struct sender sender[SIDES];
	struct zeek zeek;
	struct reset_key keys[TRACK_KEYS_MAX];
	struct connection c; /* last: its arrays are not cleared */
};

/* One segment at one point. */
struct seen {
	const struct segment *s;
	struct flow_point point;
	enum flow_direction direction;
	int64_t time_ns;
	enum side side;	 /* whose segment it is */
	uint8_t leg;	 /* or LEG_NONE */
	bool forwarded;	 /* an RST that came into this node as another's */
	uint16_t origin; /* of it: where it was first seen */
};

static inline bool is_plain_syn(const struct segment *s)
{
	return (s->flags & (TCP_FLAG_SYN | TCP_FLAG_ACK | TCP_FLAG_RST)) ==
	       TCP_FLAG_SYN;
}

/* Make @t a connection without legs. */
void track_begin(struct track *t, int64_t time_ns, bool midstream);

/* A SYN without ACK on the endpoints of @t: is it the connection's own? */
bool track_owns_syn(const struct track *t, enum side side, uint32_t seq);

/* Take in one sighting. */
void track_see(struct track *t, const struct seen *v);

/* Nothing more is expected. */
bool track_finished(const struct track *t);

/* Fill in what is known only at the end. */
void track_conclude(struct track *t);

/* Take in one sighting of an RST (reset.c). */
void track_see_reset(struct track *t, const struct seen *v);

#endif
