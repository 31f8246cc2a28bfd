/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow - segments -> connections with their legs, endings and resets.  Pure.
 *
 * How it works.  A leg is one connection as one point sees it: a point and a
 * pair of endpoints.  NAT rewrites endpoints but neither sequence numbers, so
 * legs whose SYN carries the same ISN are one connection.  What a side did is
 * judged where it did it: the client's segments at the leg that saw the SYN
 * first, the server's at the leg that saw it last.  An RST may be born
 * anywhere; sightings with the same direction, seq, ack and flags are one
 * reset, whose emitter is the node of its first sighting.
 *
 * Segments must be added in the order of their timestamps over all points.
 *
 * Order means order of emission: a segment counts when it is first seen.
 * A connection that has an RST is a reset connection, unless both sides had
 * sent FIN before and the RST refused nothing but that: such an RST is an
 * echo, as is every RST after the first.
 */
#ifndef LAB_FLOW_FLOW_H
#define LAB_FLOW_FLOW_H

#include "lab/base/err.h"
#include "lab/base/own.h"
#include "lab/base/side.h"
#include "lab/flow/ending.h"
#include "lab/flow/packet.h"

enum {
	FLOW_LEGS_MAX = 16,
	FLOW_RESETS_MAX = 8,
	FLOW_SIGHTINGS_MAX = 16,
	FLOW_HISTORY_MAX = 32,
	FLOW_EMITTERS_MAX = 8,
};

/* Where a frame was captured.  Numbers are the caller's. */
struct flow_point {
	uint16_t node;
	uint16_t interface;
};

enum flow_direction {
	FLOW_IN,
	FLOW_OUT,
	FLOW_LOCAL,   /* on lo: leaves and enters at once */
	FLOW_UNKNOWN, /* imported: the node says nothing about the sender */
	FLOW_DIRECTIONS
};

/* Instead of a node: none of those that are captured. */
enum { FLOW_NOBODY = UINT16_MAX };

struct leg {
	struct flow_point point;
	struct ip_endpoint client, server; /* as seen here */
	int64_t first_ns;		   /* monotonic */
	uint32_t packets;
};

struct sighting {
	struct flow_point point;
	enum flow_direction direction;
	int64_t time_ns;
	struct ip_endpoint src, dst;
};

struct reset {
	int64_t time_ns; /* of the first sighting */
	uint64_t frame;	 /* the same: segment.frame */
	enum side side;	 /* whose address it carries as sender */
	enum reset_form form;
	enum phase phase;
	bool echo; /* a later RST of a connection already reset or closed */
	/* of the first sighting; FLOW_NOBODY when that was coming in */
	uint16_t emitter_node;
	uint32_t seq, ack;
	uint16_t window;
	uint8_t flags, ttl;
	uint8_t usual_ttl; /* of what the side sent before; 0: nothing */
	uint16_t mptcp;	   /* as in struct segment */
	/* Its number is none that the side has sent up to: it answers an
	 * acknowledgement of what was never sent. */
	bool astray;
	int64_t taken_bytes; /* of the peer's payload, acknowledged by then */
	uint32_t refused_bytes; /* of it, sent by then and not acknowledged */
	size_t n_sightings;	/* may exceed what .sightings holds */
	struct sighting sightings[FLOW_SIGHTINGS_MAX];
};

/* How many of a connection's resets were first seen in a node, and not as
 * they came in: then they were sent beyond it, by FLOW_NOBODY. */
struct reset_count {
	uint16_t node;
	uint32_t resets;
};

/* Why a connection cannot be judged: not all of it was seen. */
enum doubt {
	DOUBT_NONE,
	DOUBT_MIDSTREAM, /* it was open when the capture began */
	DOUBT_ONE_WAY,	 /* only one side's segments were captured */
	DOUBT_HANDSHAKE, /* a part of the handshake is missing */
	DOUBT_GAP,	 /* acknowledged bytes are missing */
	DOUBT_FRAGMENTS, /* the same, of segments that came in pieces */
	DOUBTS
};

struct connection {
	uint64_t number; /* in the order of first segments, from 1 */
	struct ip_endpoint client, server; /* at the client's leg */
	int64_t start_ns, end_ns;	   /* monotonic; first, last segment */
	uint32_t packets;		   /* sent by either side, once each */
	uint64_t bytes[SIDES];		   /* payload */
	enum ending ending;
	enum phase phase;   /* of the first reset, or PHASE_NONE */
	bool judged;	    /* false: beginning or middle was not seen */
	enum doubt doubt;   /* DOUBT_NONE: it is judged */
	char zeek_state[8]; /* "SF", "RSTO" */
	char zeek_history[FLOW_HISTORY_MAX];
	uint8_t completeness; /* Wireshark's bits */
	size_t n_emitters;    /* every reset is counted here, also those that
			       * .resets has no room for */
	struct reset_count emitters[FLOW_EMITTERS_MAX];
	size_t n_legs;
	struct leg legs[FLOW_LEGS_MAX]; /* in the order of first sighting */
	size_t n_resets; /* may exceed what .resets holds; first is no echo
			  * unless the connection had closed by FINs before */
	struct reset resets[FLOW_RESETS_MAX];
};

/* Was it reset?  Echoes do not count. */
bool connection_was_reset(const struct connection *c);

/* The reset that makes it so, or NULL. */
const struct reset *connection_first_reset(const struct connection *c);

/* Who sent a reset, in the user's words. */
enum emitter { EMITTER_CLIENT, EMITTER_SERVER, EMITTER_MIDDLE, EMITTERS };
extern const char *const emitter_names[EMITTERS];

/*
 * @client and @server are the nodes in which the two programs run; both may
 * be one node.  FLOW_NOBODY: that side of the connection is not the program
 * but something between the two, such as a relay.  An RST that was first seen
 * in the node of the side whose address it carries was sent by that side, every
 * other one by something in between.  Where the direction is unknown (lo,
 * imported files) only the side is known, and it decides.
 */
enum emitter reset_emitter(const struct reset *r, uint16_t client,
			   uint16_t server);

/* Was it born as another connection's, and translated to this one's where it
 * is first seen? */
static inline bool reset_is_forwarded(const struct reset *r)
{
	return r->n_sightings && r->sightings[0].direction == FLOW_OUT &&
	       r->sightings[0].point.node != r->emitter_node;
}

struct flow;

int flow_new(struct flow **ret, struct err *e);
void flow_free(struct flow *f);
OWN_DEFINE(flow, struct flow, flow_free)
#define own_flow OWN(own_flow_release)

/* One sighting of a segment. */
struct flow_item {
	struct segment segment;
	int64_t time_ns;
	struct flow_point point;
	enum flow_direction direction;
};

/* Errors: out of memory only. */
int flow_add(struct flow *f, const struct flow_item *item, struct err *e);

/*
 * Connections that have not reached an end: something may still come.
 *
 * An end is an RST, or both FINs and both their ACKs, that has arrived at the
 * last point before its receiver: a segment under way, or one that was
 * dropped, keeps the connection unfinished.  A client that began anew from
 * the same port has finished its old connection.  Connections whose beginning
 * was not seen are not waited for: they belong to an earlier batch.
 * O(1).
 */
size_t flow_unfinished(const struct flow *f);

typedef void (*connection_fn)(const struct connection *c, void *arg);

/**
 * flow_flush() - hand over every connection, in the order of start, and
 * forget it
 * @fn:		borrows its argument for the call
 *
 * Memory is then bounded by the largest batch, not by the run.
 */
void flow_flush(struct flow *f, connection_fn fn, void *arg);

struct flow_limits {
	/* Of connections that are over, the last so many are kept for segments
	 * that come late. */
	size_t over;
	/* And none that was silent for longer.  0: no limit */
	int64_t over_ns;
	/* Of all: beyond, those that were silent longest go.  0: no limit */
	size_t connections;
	/* A number that nobody can guess: without it someone could make up a
	 * capture that takes the square of its length.  0: it is trusted */
	uint64_t secret;
	connection_fn fn; /* is given each that goes; as of flow_flush() */
	void *arg;
};

/**
 * flow_limit() - let flow_add() hand over connections by itself
 *
 * For captures of any length: memory is then bounded by the connections that
 * are alive.  One that is over goes after @limits->over more; one that is not
 * goes when it has been silent for longer than any socket waits.  Those left
 * come with flow_flush().  Before the first segment.
 */
void flow_limit(struct flow *f, const struct flow_limits *limits);

/* Who only counts connections has no use for .zeek_state and .zeek_history: let
 * them stay empty.  Before the first segment. */
void flow_spare_zeek(struct flow *f);

/* Time goes on without segments: hand over those whose time has come. */
void flow_tick(struct flow *f, int64_t now_ns);

#endif
