/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  Each side is followed at its own first hop (.out_leg), where
 * every segment it sends is seen, once, in the order of sending.  What a side
 * has received is told by its last hop (.in_leg).  All other sightings only
 * count for their leg; but an RST may be born anywhere (reset.c).
 */
#include "lab/flow/track.h"

#include "lab/flow/tcpseq.h"

/* Sequence numbers further ahead than any window are not of this stream:
 * forged segments, old connections.  RFC 7323 2.3: at most 1 GiB; buffers of
 * 16 MiB are the most that is found in practice. */
enum { PLAUSIBLE_BYTES = 1 << 26 };

/* Was everything before @seq acknowledged by @s? */
static bool acknowledged(const struct sender *s, uint32_t seq)
{
	return s->has_ack && !tcpseq_before(s->ack, seq);
}

/* The first of the holes is given up when there are too many. */
static void hole_add(struct sender *s, uint32_t from, uint32_t to)
{
	if (s->n_holes == TRACK_HOLES_MAX) {
		s->lost = true;
		s->n_holes--;
		memmove(s->holes, s->holes + 1,
			s->n_holes * sizeof(s->holes[0]));
	}
	s->holes[s->n_holes++] = (struct hole){ from, to };
}

/* Payload from @from to before @to came late: take it out of the holes.
 * Returns: how much of it was missing. */
static uint32_t holes_fill(struct sender *s, uint32_t from, uint32_t to)
{
	struct hole rest[TRACK_HOLES_MAX * 2];
	uint32_t filled = 0;
	size_t n = 0;

	for (size_t i = 0; i < s->n_holes; i++) {
		const struct hole h = s->holes[i];
		const uint32_t a = tcpseq_max(h.from, from);
		const uint32_t b = tcpseq_before(to, h.to) ? to : h.to;

		if (!tcpseq_before(a, b)) {
			rest[n++] = h;
			continue;
		}
		filled += b - a;
		if (h.from != a)
			rest[n++] = (struct hole){ h.from, a };
		if (h.to != b)
			rest[n++] = (struct hole){ b, h.to };
	}
	s->n_holes = 0;
	for (size_t i = 0; i < n; i++)
		hole_add(s, rest[i].from, rest[i].to);
	return filled;
}

/* The side sent [@from, @from + @n).  Returns: how much was new. */
static uint32_t cover(struct sender *s, uint32_t from, uint32_t n)
{
	const uint32_t to = from + n;
	uint32_t fresh = 0;

	if (s->has_next && from == s->next && n < PLAUSIBLE_BYTES) {
		s->next = to;
		return n;
	}
	if (!s->has_next) {
		s->has_next = true;
		s->next = from;
	}
	if (tcpseq_before(s->next + PLAUSIBLE_BYTES, to))
		return 0;
	if (tcpseq_before(s->next, from)) {
		hole_add(s, s->next, from);
		s->next = from;
	}
	if (tcpseq_before(from, s->next) && s->n_holes)
		fresh = holes_fill(s, from,
				   tcpseq_before(to, s->next) ? to : s->next);
	if (tcpseq_before(s->next, to)) {
		fresh += to - s->next;
		s->next = to;
	}
	return fresh;
}

static void sent_syn(struct track *t, const struct seen *v)
{
	struct sender *me = &t->sender[v->side];

	if (me->has_isn)
		return;
	me->has_isn = true;
	me->isn = v->s->seq;
	me->has_next = true;
	me->next = v->s->seq + 1;
	me->n_holes = 0;
	me->has_ack = false; /* a challenge ACK was about another stream */
	me->has_timestamps = v->s->marks & SEGMENT_TIMESTAMPS;
}

/* Nothing follows a FIN: what seemed to lie beyond one in a hole was none of
 * this stream.  Returns: is @at in a hole? */
static bool holes_cut(struct sender *s, uint32_t at)
{
	for (size_t i = 0; i < s->n_holes; i++) {
		struct hole *h = &s->holes[i];

		if (tcpseq_before(at, h->from) || !tcpseq_before(at, h->to))
			continue;
		h->to = at;
		s->n_holes = i + (h->from != at);
		return true;
	}
	return false;
}

static void sent_fin(struct sender *me, const struct segment_facts *s)
{
	const uint32_t at = s->seq + s->payload_bytes;

	if (me->fin || (tcpseq_before(at, me->next) && !holes_cut(me, at)))
		return;
	me->fin = true;
	me->fin_at = at;
	me->next = at + 1;
}

/* Has @side acknowledged what its peer never sent, as far as was captured? */
static bool acknowledges_gap(const struct track *t, enum side side)
{
	const struct sender *me = &t->sender[side];
	const struct sender *peer = &t->sender[side_other(side)];

	if (!me->has_ack || !peer->has_next)
		return false;
	for (size_t i = 0; i < peer->n_holes; i++)
		if (tcpseq_before(peer->holes[i].from, me->ack))
			return true;
	return tcpseq_before(peer->next, me->ack);
}

/* What is missing may still come: several queues of one card are captured out
 * of order.  So this is only what Zeek says; track_conclude() looks again. */
static void note_gap(struct track *t, enum side side)
{
	struct sender *peer = &t->sender[side_other(side)];

	if (peer->gap_told || !acknowledges_gap(t, side))
		return;
	peer->gap_told = true;
	zeek_gap(&t->zeek, side_other(side));
}

static void sent_ack(struct track *t, enum side side, uint32_t ack)
{
	struct sender *me = &t->sender[side];
	const struct sender *peer = &t->sender[side_other(side)];

	if (peer->has_next && tcpseq_before(peer->next + PLAUSIBLE_BYTES, ack))
		return;
	if (me->has_ack && !tcpseq_before(me->ack, ack))
		return;
	me->has_ack = true;
	me->ack = ack;
	if (t->established && peer->has_next)
		note_gap(t, side);
}

/* Is the three-way handshake over with this segment? */
static void note_handshake(struct track *t, enum side side, bool syn)
{
	const struct sender *client = &t->sender[SIDE_CLIENT];
	const struct sender *server = &t->sender[SIDE_SERVER];

	if (client->has_isn && server->has_isn) {
		t->established = acknowledged(client, server->isn + 1) &&
				 acknowledged(server, client->isn + 1);
		return;
	}
	if (syn)
		return;
	if (side == SIDE_SERVER) {
		t->challenged = true;
		return;
	}
	/* a client sends no ACK before it got a SYN-ACK */
	t->missed = true;
	t->established = true;
}

/* @side sent @s, at its first hop. */
static inline void note_sent(struct track *t, enum side side,
			     const struct segment_facts *s, int64_t time_ns)
{
	t->packets++;
	t->end_ns = time_ns;
	t->completeness |= wireshark_completeness(s);
	t->fragmented |= !!(s->marks & SEGMENT_FRAGMENTED);
	t->sender[side].ttl = s->ttl;
	t->sender[side].ttl_known = true;
}

/* The same once its payload is taken in.
 * @fresh:	bytes of that which had not been sent before
 * @known:	are its numbers this connection's? */
static inline void note_content(struct track *t, enum side side,
				const struct segment_facts *s, uint32_t fresh,
				bool known)
{
	t->bytes[side] += fresh;
	if (!zeek_knows(&t->zeek, side, s, !fresh))
		zeek_segment(&t->zeek, side, s, !fresh);
	if (known && (s->flags & TCP_FLAG_ACK))
		sent_ack(t, side, s->ack);
	if (!t->established)
		note_handshake(t, side, s->flags & TCP_FLAG_SYN);
	if (s->flags & TCP_FLAG_FIN)
		sent_fin(&t->sender[side], s);
}

/* A side's segment where it leaves. */
static void track_emit(struct track *t, const struct seen *v)
{
	const struct segment_facts *s = v->s;
	struct sender *me = &t->sender[v->side];
	const uint32_t start = s->seq + !!(s->flags & TCP_FLAG_SYN);
	uint32_t fresh = 0;
	bool known;

	note_sent(t, v->side, s, v->time_ns);
	if (s->flags & TCP_FLAG_SYN)
		sent_syn(t, v);
	known = me->has_isn || t->midstream || t->missed;
	if (known)
		fresh = cover(me, start, s->payload_bytes);
	note_content(t, v->side, s, fresh, known);
}

/* A segment of @from has arrived; what of it lets the connection end? */
static inline void track_arrive(struct track *t, enum side from,
				const struct segment_facts *s)
{
	struct sender *me = &t->sender[side_other(from)];

	if (me->fin && (s->flags & TCP_FLAG_ACK) &&
	    tcpseq_before(me->fin_at, s->ack) &&
	    !tcpseq_before(me->next, s->ack))
		me->fin_acked = true;
}

/* The first SYN of a side shows the way: it is seen at every hop, in order. */
static void learn_legs(struct track *t, const struct seen *v)
{
	struct sender *me = &t->sender[v->side];
	struct sender *peer = &t->sender[side_other(v->side)];
	const bool syn = v->s->flags & TCP_FLAG_SYN;

	if (syn && !(me->syn_legs & 1U << v->leg)) {
		me->syn_legs |= (uint16_t)(1U << v->leg);
		if (!me->has_isn)
			me->out_leg = v->leg;
		peer->in_leg = v->leg;
		if (!peer->has_isn)
			peer->out_leg = v->leg;
	}
	/* until the peer has shown another way */
	if (me->out_leg == LEG_NONE)
		me->out_leg = v->leg;
	if (me->in_leg == LEG_NONE)
		me->in_leg = v->leg;
	if (peer->in_leg == LEG_NONE)
		peer->in_leg = v->leg;
}

/* The SYN comes again after its RST has cleared the old connection away. */
static void note_retry(struct track *t, const struct seen *v)
{
	if (v->side != SIDE_CLIENT || !is_plain_syn(v->s))
		return;
	t->syn_ns = v->time_ns;
	if (v->leg != t->sender[SIDE_CLIENT].out_leg)
		return;
	if (t->syn_sent < UINT8_MAX)
		t->syn_sent++;
	if (!t->was_reset || t->ending != ENDING_SYN_CHALLENGE_RST)
		return;
	t->was_reset = t->reset_arrived = t->challenged = false;
}

/* Is @s the next of a side whose numbers are known, and are both followed at
 * the first leg? */
static bool is_next(const struct track *t, enum side side,
		    const struct segment_facts *s)
{
	const uint8_t flags = TCP_FLAG_SYN | TCP_FLAG_RST | TCP_FLAG_ACK;
	const struct sender *me = &t->sender[side];
	const struct sender *peer = &t->sender[side_other(side)];

	return (s->flags & flags) == TCP_FLAG_ACK && me->has_next &&
	       s->seq == me->next && s->payload_bytes < PLAUSIBLE_BYTES &&
	       !(me->out_leg | me->in_leg | peer->in_leg) && !track_over(t);
}

bool track_continue(struct track *t, enum side side,
		    const struct segment_facts *s, int64_t time_ns)
{
	struct sender *me = &t->sender[side];

	if (!is_next(t, side, s))
		return false;
	t->first_leg.leg.packets++;
	note_sent(t, side, s, time_ns);
	me->next += s->payload_bytes;
	note_content(t, side, s, s->payload_bytes, true);
	track_arrive(t, side, s);
	return true;
}

void track_see(struct track *t, const struct seen *v)
{
	if (v->leg != LEG_NONE)
		track_leg(t, v->leg)->leg.packets++;
	if (v->s->flags & TCP_FLAG_RST) {
		track_see_reset(t, v);
		return;
	}
	if (v->leg == LEG_NONE)
		return;
	learn_legs(t, v);
	note_retry(t, v);
	if (v->leg == t->sender[v->side].out_leg)
		track_emit(t, v);
	if (v->leg == t->sender[side_other(v->side)].in_leg)
		track_arrive(t, v->side, v->s);
}

void track_begin(struct track *t, int64_t time_ns, bool midstream)
{
	const struct sender silent = { .out_leg = LEG_NONE,
				       .in_leg = LEG_NONE };

	/* in pieces so short that compilers make no loop of them */
	memset(t, 0, offsetof(struct track, sender));
	t->sender[SIDE_CLIENT] = t->sender[SIDE_SERVER] = silent;
	zeek_begin(&t->zeek);
	t->resets = NULL;
	t->start_ns = t->end_ns = time_ns;
	t->midstream = midstream;
	t->established = midstream;
}

bool track_owns_syn(const struct track *t, enum side side, uint32_t seq)
{
	const struct sender *me = &t->sender[side];

	if (t->midstream)
		return false;
	if (me->has_isn)
		return me->isn == seq && !(t->established && track_over(t));
	/* simultaneous open: both sent SYN before either arrived */
	return side == SIDE_SERVER && !t->challenged && !t->was_reset;
}

static enum ending ending_without_reset(const struct track *t)
{
	const bool client_fin = t->sender[SIDE_CLIENT].fin;
	const bool server_fin = t->sender[SIDE_SERVER].fin;

	if (client_fin)
		return server_fin ? ENDING_FIN_BOTH : ENDING_HALF_CLOSED_CLIENT;
	if (server_fin)
		return ENDING_HALF_CLOSED_SERVER;
	/* a SYN-ACK that is never acknowledged is open all the same */
	return t->established || t->sender[SIDE_SERVER].has_isn
		       ? ENDING_ESTABLISHED
		       : ENDING_SYN_ONLY;
}

/* Was more than a SYN seen of one side, and nothing of the other? */
static bool is_one_way(const struct track *t)
{
	const bool client = t->sender[SIDE_CLIENT].ttl_known;
	const bool server = t->sender[SIDE_SERVER].ttl_known;

	return client != server && t->packets > 1 && !t->was_reset &&
	       (server || t->missed || t->midstream);
}

static bool has_gap(const struct track *t)
{
	return t->sender[SIDE_CLIENT].lost || t->sender[SIDE_SERVER].lost ||
	       (t->established && (acknowledges_gap(t, SIDE_CLIENT) ||
				   acknowledges_gap(t, SIDE_SERVER)));
}

static enum doubt doubt_of(const struct track *t)
{
	if (is_one_way(t))
		return DOUBT_ONE_WAY;
	if (t->midstream)
		return DOUBT_MIDSTREAM;
	if (t->missed)
		return DOUBT_HANDSHAKE;
	if (has_gap(t))
		return t->fragmented ? DOUBT_FRAGMENTS : DOUBT_GAP;
	return DOUBT_NONE;
}

static void tell_resets(const struct track_resets *from, struct connection *c)
{
	c->n_resets = from->n;
	c->n_emitters = from->n_emitters;
	memcpy(c->emitters, from->emitters,
	       from->n_emitters * sizeof(c->emitters[0]));
	for (size_t i = 0; i < c->n_resets && i < FLOW_RESETS_MAX; i++)
		reset_note_tell(i ? &from->more[i - 1] : &from->first,
				&c->resets[i]);
}

void track_conclude(const struct track *t, struct connection *ret)
{
	struct connection *c = ret;

	c->number = t->number;
	c->client = t->first_leg.leg.client;
	c->server = t->first_leg.leg.server;
	c->start_ns = t->start_ns;
	c->end_ns = t->end_ns;
	c->packets = t->packets;
	memcpy(c->bytes, t->bytes, sizeof(c->bytes));
	c->phase = (enum phase)t->phase;
	c->completeness = t->completeness;
	if (t->midstream)
		c->ending = ENDING_MIDSTREAM;
	else if (t->ending_known)
		c->ending = (enum ending)t->ending;
	else
		c->ending = ending_without_reset(t);
	c->doubt = doubt_of(t);
	c->judged = c->doubt == DOUBT_NONE;
	(void)stpcpy(c->zeek_state,
		     zeek_conn_state(&t->zeek, !t->bytes[SIDE_CLIENT] &&
						       !t->bytes[SIDE_SERVER]));
	memcpy(c->zeek_history, t->zeek.history, sizeof(c->zeek_history));
	c->n_legs = t->n_legs;
	for (uint8_t i = 0; i < t->n_legs; i++)
		c->legs[i] = track_leg_of(t, i)->leg;
	c->n_resets = c->n_emitters = 0;
	if (t->resets)
		tell_resets(t->resets, c);
}
