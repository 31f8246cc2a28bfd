/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  An RST crosses several points, and a side may send the same
 * RST again.  A sighting belongs to the latest reset with the same side, seq,
 * ack and flags that has not passed this leg in this direction yet.  Where
 * its side's own segments leave, a sighting is always a new reset.
 *
 * A reset is judged at its first sighting, by what had been emitted until
 * then.  One thing cannot be read off that order: FINs and RSTs that cross.
 * Take a client that has sent FIN and is sent data and FIN at once.  It
 * answers the data with an RST, and both FINs were on the wire before.  Zeek
 * says SF; but bytes that the server wrote were refused and its socket gets
 * ECONNRESET, as it would had its FIN left a microsecond later.  What counts
 * is what the sender of the RST had taken in:
 *
 *   RST,ACK	its ACK number is what it had taken in.  Short of the peer's
 *		FIN: decided without knowing of it, a reset
 *   bare RST	it says nothing, but it answers a segment, and a side
 *		acknowledges what it takes in.  Payload that was never
 *		acknowledged was refused: a reset.  Nothing but the FIN left:
 *		an echo, which costs nobody a byte
 *
 * Both are then as if the peer's FIN had not been sent: fin-rstack and
 * fin-rst in the closing phase.
 */
#include "lab/flow/tcpseq.h"
#include "lab/flow/track.h"

#include <assert.h>
#include <stdlib.h>

/* Linux: include/net/tcp.h, tcp_v4_send_reset() and tcp_send_active_reset()
 * of 6.18.  An active reset carries what every segment of its connection
 * carries, so without negotiated timestamps only the ACK bit is left. */
static enum reset_form form_of(const struct track *t, const struct seen *v)
{
	const struct segment_facts *s = v->s;
	const bool ts = t->sender[SIDE_CLIENT].has_timestamps &&
			t->sender[SIDE_SERVER].has_timestamps;

	if (!(s->flags & TCP_FLAG_ACK))
		return s->window || s->options_bytes ? FORM_ODD : FORM_RST;
	if (s->window || s->marks & SEGMENT_TIMESTAMPS)
		return FORM_RSTACK;
	if (!s->seq)
		return FORM_RSTACK_ZERO;
	return ts || !t->established ? FORM_ODD : FORM_RSTACK;
}

/* Both FINs were on the wire.  Did the sender refuse data, or decide without
 * knowing of the peer's FIN? */
static bool crossed_fin(const struct track *t, const struct seen *v)
{
	const struct sender *me = &t->sender[v->side];
	const struct sender *peer = &t->sender[side_other(v->side)];

	if (v->s->flags & TCP_FLAG_ACK)
		return !tcpseq_before(peer->fin_at, v->s->ack);
	return me->has_ack && tcpseq_before(me->ack, peer->fin_at);
}

static enum ending ending_in_handshake(const struct track *t,
				       const struct seen *v)
{
	const bool answered = t->sender[SIDE_SERVER].has_isn;

	if (v->side == SIDE_CLIENT) {
		if (answered)
			return ENDING_SYN_SYNACK_RST;
		return t->challenged ? ENDING_SYN_CHALLENGE_RST
				     : ENDING_SYN_RST;
	}
	if (!answered)
		return ENDING_SYN_RSTACK;
	return v->s->flags & TCP_FLAG_ACK ? ENDING_RSTACK : ENDING_RST;
}

/* What the first RST makes of the connection. */
static enum ending ending_by(const struct track *t, const struct seen *v)
{
	const bool ack = v->s->flags & TCP_FLAG_ACK;
	const bool fin = t->sender[v->side].fin;
	const bool peer_fin = t->sender[side_other(v->side)].fin;

	if (t->midstream)
		return ENDING_MIDSTREAM;
	if (fin && peer_fin && !crossed_fin(t, v))
		return ENDING_FIN_BOTH_ECHO_RST;
	if (fin)
		return ack ? ENDING_FIN_RSTACK : ENDING_FIN_RST;
	if (peer_fin)
		return ack ? ENDING_RSTACK_AFTER_PEER_FIN
			   : ENDING_RST_AFTER_PEER_FIN;
	if (!t->established)
		return ending_in_handshake(t, v);
	return ack ? ENDING_RSTACK : ENDING_RST;
}

static bool is_echo(const struct track *t, const struct seen *v)
{
	return t->was_reset ||
	       (t->sender[SIDE_CLIENT].fin && t->sender[SIDE_SERVER].fin &&
		!crossed_fin(t, v));
}

static enum phase phase_of(const struct track *t, bool echo)
{
	if (echo)
		return PHASE_AFTER;
	if (t->sender[SIDE_CLIENT].fin || t->sender[SIDE_SERVER].fin)
		return PHASE_CLOSING;
	return t->established ? PHASE_DATA : PHASE_HANDSHAKE;
}

static void count_emitter(struct track_resets *all, uint16_t node)
{
	size_t i = 0;

	while (i < all->n_emitters && all->emitters[i].node != node)
		i++;
	if (i == FLOW_EMITTERS_MAX)
		return;
	if (i == all->n_emitters)
		all->emitters[all->n_emitters++] =
			(struct reset_count){ node, 0 };
	all->emitters[i].resets++;
}

static uint32_t passed_bit(const struct seen *v)
{
	if (v->leg == LEG_NONE)
		return 0;
	return 1U << (v->leg * 2 + (v->direction == FLOW_OUT));
}

/* Without memory, a further sighting is only counted. */
static struct sighting *sighting_slot(struct reset_note *r)
{
	if (!r->n_sightings)
		return &r->first;
	if (r->n_sightings >= FLOW_SIGHTINGS_MAX)
		return NULL;
	if (!r->more)
		r->more = calloc(FLOW_SIGHTINGS_MAX - 1, sizeof(*r->more));
	return r->more ? &r->more[r->n_sightings - 1] : NULL;
}

static void add_sighting(struct reset_note *r, const struct seen *v)
{
	struct sighting *slot = sighting_slot(r);

	if (slot)
		*slot = (struct sighting){
			.point = v->point,
			.direction = v->direction,
			.time_ns = v->time_ns,
			.src = *v->src,
			.dst = *v->dst,
		};
	r->n_sightings++;
}

/* Who sent what is first seen coming in, no point of ours saw sending. */
static uint16_t emitter_of(const struct seen *v)
{
	if (v->forwarded)
		return v->origin;
	return v->direction == FLOW_IN ? FLOW_NOBODY : v->point.node;
}

/* The note of reset @i, if there is room for it. */
static struct reset_note *note_of(struct track_resets *all, size_t i)
{
	if (!i)
		return &all->first;
	if (i >= FLOW_RESETS_MAX)
		return NULL;
	if (!all->more)
		all->more = calloc(FLOW_RESETS_MAX - 1, sizeof(*all->more));
	return all->more ? &all->more[i - 1] : NULL;
}

/* Of [@from, @to), what was skipped and never sent. */
static uint32_t unseen(const struct sender *s, uint32_t from, uint32_t to)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s->n_holes; i++) {
		const uint32_t a = tcpseq_max(s->holes[i].from, from);
		const uint32_t b =
			tcpseq_before(to, s->holes[i].to) ? to : s->holes[i].to;

		n += tcpseq_before(a, b) ? b - a : 0;
	}
	return n;
}

/* What the peer had sent that @v says, or the side had said, is not taken in.
 */
static uint32_t refused(const struct track *t, const struct seen *v)
{
	const struct sender *me = &t->sender[v->side];
	const struct sender *peer = &t->sender[side_other(v->side)];
	const bool says = v->s->flags & TCP_FLAG_ACK;
	const uint32_t ack = says ? v->s->ack : me->ack;
	const uint32_t end = peer->fin ? peer->fin_at : peer->next;

	if (!peer->has_next || (!says && !me->has_ack) ||
	    !tcpseq_before(ack, end))
		return 0;
	return end - ack - unseen(peer, ack, end);
}

static bool is_astray(const struct sender *me, uint32_t seq)
{
	return me->has_isn && (tcpseq_before(seq, me->isn + 1) ||
			       tcpseq_before(me->next, seq));
}

/* How far both streams had come. */
static void note_streams(const struct track *t, struct reset_note *r,
			 const struct seen *v)
{
	const uint64_t sent = t->bytes[side_other(v->side)];

	r->refused_bytes = refused(t, v);
	r->taken_bytes = sent > r->refused_bytes
				 ? (int64_t)(sent - r->refused_bytes)
				 : 0;
	r->astray = is_astray(&t->sender[v->side], v->s->seq);
}

static void fill_note(const struct track *t, struct reset_note *r,
		      const struct seen *v, bool echo)
{
	const struct sender *me = &t->sender[v->side];

	r->time_ns = v->time_ns;
	r->frame = v->frame;
	r->side = (uint8_t)v->side;
	r->form = (uint8_t)form_of(t, v);
	r->phase = (uint8_t)phase_of(t, echo);
	r->echo = echo;
	r->emitter_node = emitter_of(v);
	r->seq = v->s->seq;
	r->ack = v->s->ack;
	r->window = v->s->window;
	r->flags = v->s->flags;
	r->ttl = v->s->ttl;
	r->usual_ttl = me->ttl_known ? me->ttl : 0;
	r->mptcp = v->s->mptcp;
	note_streams(t, r, v);
	add_sighting(r, v);
}

static void new_reset(struct track *t, const struct seen *v)
{
	struct track_resets *all = t->resets;
	const bool echo = is_echo(t, v);
	struct reset_note *note = note_of(all, all->n);

	if (!t->ending_known) {
		t->ending = (uint8_t)ending_by(t, v);
		t->phase = (uint8_t)phase_of(t, echo);
		t->ending_known = true;
	}
	if (note)
		fill_note(t, note, v, echo);
	all->keys[all->n_keys++ % TRACK_KEYS_MAX] = (struct reset_key){
		.seq = v->s->seq,
		.ack = v->s->ack,
		.passed = passed_bit(v),
		.flags = v->s->flags,
		.side = (uint8_t)v->side,
		.slot = note ? (uint8_t)all->n : FLOW_RESETS_MAX,
	};
	all->n++;
	if (!v->forwarded)
		count_emitter(all, emitter_of(v));
	t->was_reset = true;
	t->packets++;
	t->end_ns = v->time_ns;
	t->completeness |= wireshark_completeness(v->s);
	zeek_segment(&t->zeek, v->side, v->s, false);
}

void reset_note_tell(const struct reset_note *from, struct reset *ret)
{
	size_t kept = 1;

	ret->time_ns = from->time_ns;
	ret->frame = from->frame;
	ret->side = (enum side)from->side;
	ret->form = (enum reset_form)from->form;
	ret->phase = (enum phase)from->phase;
	ret->echo = from->echo;
	ret->emitter_node = from->emitter_node;
	ret->seq = from->seq;
	ret->ack = from->ack;
	ret->window = from->window;
	ret->flags = from->flags;
	ret->ttl = from->ttl;
	ret->usual_ttl = from->usual_ttl;
	ret->mptcp = from->mptcp;
	ret->astray = from->astray;
	ret->taken_bytes = from->taken_bytes;
	ret->refused_bytes = from->refused_bytes;
	ret->sightings[0] = from->first;
	while (from->more && kept < from->n_sightings &&
	       kept < FLOW_SIGHTINGS_MAX) {
		ret->sightings[kept] = from->more[kept - 1];
		kept++;
	}
	ret->n_sightings = from->more ? from->n_sightings : kept;
}

void track_resets_clear(struct track_resets *r)
{
	free(r->first.more);
	for (size_t i = 0; r->more && i < FLOW_RESETS_MAX - 1; i++)
		free(r->more[i].more);
	free(r->more);
	r->next = NULL;
	r->n = r->n_keys = 0;
	r->n_emitters = 0;
	r->first.n_sightings = 0;
	r->first.more = NULL;
	r->more = NULL;
}

static bool is_emission(const struct track *t, const struct seen *v)
{
	return v->direction == FLOW_OUT && v->leg != LEG_NONE &&
	       v->leg == t->sender[v->side].out_leg;
}

/* The reset that passes here, or NULL: a new one. */
static struct reset_key *find_key(struct track *t, const struct seen *v)
{
	struct track_resets *all = t->resets;
	const uint32_t n =
		all->n_keys < TRACK_KEYS_MAX ? all->n_keys : TRACK_KEYS_MAX;

	if (is_emission(t, v))
		return NULL;
	for (uint32_t i = 1; i <= n; i++) {
		struct reset_key *k =
			&all->keys[(all->n_keys - i) % TRACK_KEYS_MAX];

		if (k->seq == v->s->seq && k->ack == v->s->ack &&
		    k->flags == v->s->flags && k->side == v->side &&
		    !(k->passed & passed_bit(v)))
			return k;
	}
	return NULL;
}

void track_see_reset(struct track *t, const struct seen *v)
{
	struct reset_key *k = find_key(t, v);

	if (!k) {
		new_reset(t, v);
	} else {
		k->passed |= passed_bit(v);
		if (k->slot < FLOW_RESETS_MAX)
			add_sighting(note_of(t->resets, k->slot), v);
	}
	if (v->leg != LEG_NONE &&
	    v->leg == t->sender[side_other(v->side)].in_leg)
		t->reset_arrived = true;
}

bool connection_was_reset(const struct connection *c)
{
	return connection_first_reset(c) != NULL;
}

/* Resets are echoes from the second on, and from the first on after both
 * FINs: only the first can be none (but see a SYN that met an old one). */
const struct reset *connection_first_reset(const struct connection *c)
{
	return c->n_resets && !c->resets[0].echo ? &c->resets[0] : NULL;
}

const char *const emitter_names[] = {
	[EMITTER_CLIENT] = "client",
	[EMITTER_SERVER] = "server",
	[EMITTER_MIDDLE] = "middle",
};
static_assert(ARRAY_SIZE(emitter_names) == EMITTERS, "one name per emitter");

enum emitter reset_emitter(const struct reset *r, uint16_t client,
			   uint16_t server)
{
	const bool by_client = r->side == SIDE_CLIENT;
	const uint16_t own = by_client ? client : server;

	if (own == FLOW_NOBODY || (r->sightings[0].direction != FLOW_UNKNOWN &&
				   r->emitter_node != own))
		return EMITTER_MIDDLE;
	return by_client ? EMITTER_CLIENT : EMITTER_SERVER;
}
