/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A segment belongs to the leg with its point and endpoints.
 * Where none is known, a SYN joins the connection with its ISN, a SYN-ACK the
 * one whose ISN it acknowledges (the way back may differ from the way there),
 * any other segment the connection with its endpoints at another point (a
 * translation that was skipped).  What remains begins a connection: with a
 * SYN a whole one, otherwise one whose beginning was not seen.
 */
#include "lab/flow/flow.h"

#include "lab/flow/index.h"

/* A SYN is sent again after a second (RFC 6298 2.1), with the same ISN: one
 * that is this much younger than the last sighting is another connection's. */
#define JOIN_NS 3000000000LL

/* How long an RST may take through a node. */
#define FORWARD_NS 10000000LL

enum { TRACKS_PER_CHUNK = 8, PASSING_MAX = 16 };

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

struct flow {
	struct index index;
	struct track *first, **last; /* in the order of start */
	struct track *free;
	struct chunk *chunks;
	size_t unfinished;
	struct passing passing[PASSING_MAX];
	uint32_t n_passing; /* ever */
};

static struct index_key leg_key(const struct seen *v, uint64_t pair)
{
	return (struct index_key){
		.kind = INDEX_LEG,
		.point = v->point,
		.src = &v->s->src,
		.dst = &v->s->dst,
		.pair = pair,
	};
}

static int add_chunk(struct flow *f, struct err *e)
{
	struct chunk *chunk = malloc(sizeof(*chunk));

	if (!chunk)
		return err_set(e, ERR_SYSTEM, ENOMEM,
			       "not enough memory for the connections");
	chunk->next = f->chunks;
	f->chunks = chunk;
	for (size_t i = 0; i < TRACKS_PER_CHUNK; i++) {
		chunk->tracks[i].next = f->free;
		f->free = &chunk->tracks[i];
	}
	return 0;
}

static struct track *new_track(struct flow *f, const struct seen *v,
			       bool midstream, struct err *e)
{
	struct track *t;

	if (!f->free && add_chunk(f, e) < 0)
		return NULL;
	t = f->free;
	f->free = t->next;
	track_begin(t, v->time_ns, midstream);
	*f->last = t;
	f->last = &t->next;
	if (!midstream)
		f->unfinished++;
	return t;
}

static int put_leg(struct flow *f, struct track *t, const struct seen *v,
		   uint64_t pair, struct err *e)
{
	struct index_key key = leg_key(v, pair);
	const struct index_slot *known;
	int r = index_put(&f->index, &key, t, v->leg, e);

	if (r < 0)
		return r;
	key.kind = INDEX_TUPLE;
	known = index_find(&f->index, &key);
	if (known && known->track == t)
		return 0;
	return index_put(&f->index, &key, t, v->leg, e);
}

/* Give @t the leg that @v was seen at, if there is room for it. */
static int add_leg(struct flow *f, struct track *t, struct seen *v,
		   uint64_t pair, struct err *e)
{
	const bool client = v->side == SIDE_CLIENT;
	struct connection *c = &t->c;

	v->leg = LEG_NONE;
	if (c->n_legs == FLOW_LEGS_MAX)
		return 0;
	v->leg = (uint8_t)c->n_legs++;
	t->leg_ttl[v->leg] = v->s->ttl;
	t->leg_direction[v->leg] = (uint8_t)v->direction;
	t->leg_syn_sent[v->leg] = (uint8_t)(t->syn_sent + (v->leg == 0));
	c->legs[v->leg] = (struct leg){
		.point = v->point,
		.client = client ? v->s->src : v->s->dst,
		.server = client ? v->s->dst : v->s->src,
		.first_ns = v->time_ns,
	};
	if (v->leg == 0) {
		c->client = c->legs[0].client;
		c->server = c->legs[0].server;
	}
	return put_leg(f, t, v, pair, e);
}

/* Two SYNs with one ISN at one point are one connection only when the second
 * is the first on its way out again (hairpin NAT), or was sent anew and got
 * another port from NAT. */
static bool may_join(const struct track *t, const struct seen *v)
{
	if (v->time_ns - t->syn_ns > JOIN_NS || t->midstream)
		return false;
	for (size_t i = 0; i < t->c.n_legs; i++) {
		const struct flow_point *p = &t->c.legs[i].point;

		if (p->node != v->point.node ||
		    p->interface != v->point.interface ||
		    t->syn_sent > t->leg_syn_sent[i])
			continue;
		if (v->direction == FLOW_UNKNOWN || v->direction == FLOW_LOCAL
			    ? v->s->ttl >= t->leg_ttl[i]
			    : v->direction == t->leg_direction[i])
			return false;
	}
	return true;
}

static struct track *find_isn(const struct flow *f, uint32_t isn)
{
	const struct index_key key = { .kind = INDEX_ISN, .isn = isn };
	const struct index_slot *slot = index_find(&f->index, &key);

	return slot ? slot->track : NULL;
}

/* A connection with the same endpoints at another point.  Sets the side. */
static struct track *find_tuple(const struct flow *f, struct seen *v,
				uint64_t pair)
{
	struct index_key key = leg_key(v, pair);
	const struct index_slot *slot;

	key.kind = INDEX_TUPLE;
	slot = index_find(&f->index, &key);
	if (!slot)
		return NULL;
	v->side = leg_side(&slot->track->c.legs[slot->leg], &v->s->src,
			   &v->s->dst);
	return slot->track;
}

static void supersede(struct flow *f, struct track *old)
{
	if (!track_finished(old))
		f->unfinished--;
	old->superseded = true;
}

static struct track *begin_whole(struct flow *f, struct track *old,
				 struct seen *v, struct err *e)
{
	const struct index_key key = { .kind = INDEX_ISN, .isn = v->s->seq };
	struct track *t = new_track(f, v, false, e);

	if (!t)
		return NULL;
	if (old)
		supersede(f, old);
	v->side = SIDE_CLIENT;
	t->sender[SIDE_CLIENT].isn = v->s->seq; /* the index compares it */
	t->syn_ns = v->time_ns;
	return index_put(&f->index, &key, t, 0, e) < 0 ? NULL : t;
}

/* Services have the lower port; of equals the first to speak is the client.
 */
static struct track *begin_midstream(struct flow *f, struct seen *v,
				     struct err *e)
{
	struct track *t = new_track(f, v, true, e);

	if (!t)
		return NULL;
	v->side = v->s->src.port < v->s->dst.port ? SIDE_SERVER : SIDE_CLIENT;
	if (v->side == SIDE_SERVER)
		zeek_flipped(&t->zeek, &t->c);
	return t;
}

/* The connection of a SYN at a leg that is not known as its own.
 * @old: what the leg belonged to, or NULL */
static struct track *place_syn(struct flow *f, struct track *old,
			       struct seen *v, uint64_t pair, struct err *e)
{
	struct track *t = find_isn(f, v->s->seq);

	if (t && t != old && may_join(t, v)) {
		v->side = SIDE_CLIENT;
		if (old)
			supersede(f, old);
		return t;
	}
	if (!old) {
		t = find_tuple(f, v, pair);
		if (t && track_owns_syn(t, v->side, v->s->seq))
			return t;
		old = t; /* same endpoints elsewhere: over as well */
	}
	return begin_whole(f, old, v, e);
}

/* A SYN-ACK, or the RST,ACK that refuses a SYN (RFC 9293 3.10.7.1: seq 0): it
 * acknowledges the client's ISN, whatever translation makes of its ends. */
static bool answers_syn(const struct segment *s)
{
	const uint8_t syn_ack = TCP_FLAG_SYN | TCP_FLAG_ACK;
	const uint8_t rst_ack = TCP_FLAG_RST | TCP_FLAG_ACK;
	const uint8_t flags = s->flags & (syn_ack | rst_ack);

	return flags == syn_ack || (flags == rst_ack && s->seq == 0);
}

static struct track *place_other(struct flow *f, struct seen *v, uint64_t pair,
				 struct err *e)
{
	struct track *t;

	if (answers_syn(v->s)) {
		t = find_isn(f, v->s->ack - 1);
		if (t && may_join(t, v)) {
			v->side = SIDE_SERVER;
			return t;
		}
	}
	t = find_tuple(f, v, pair);
	return t ? t : begin_midstream(f, v, e);
}

static struct passing *find_passing(struct flow *f, const struct seen *v)
{
	for (size_t i = 0; i < PASSING_MAX; i++) {
		struct passing *p = &f->passing[i];

		if (p->time_ns && p->seq == v->s->seq && p->ack == v->s->ack &&
		    (p->src_port == v->s->src.port ||
		     p->dst_port == v->s->dst.port) &&
		    v->time_ns - p->time_ns < FORWARD_NS)
			return p;
	}
	return NULL;
}

/*
 * Where address translation has lost a connection, an RST can come into a node
 * as one connection's and leave it as another's.  Then it was not born there.
 */
static void follow_reset(struct flow *f, struct seen *v)
{
	struct passing *p = find_passing(f, v);

	if (p && v->direction == FLOW_OUT && p->in == v->point.node &&
	    p->origin != v->point.node) {
		v->forwarded = true;
		v->origin = p->origin;
	}
	if (!p) {
		p = &f->passing[f->n_passing++ % PASSING_MAX];
		*p = (struct passing){
			.seq = v->s->seq,
			.ack = v->s->ack,
			.src_port = v->s->src.port,
			.dst_port = v->s->dst.port,
			.origin = v->point.node,
			.in = FLOW_NOBODY,
		};
	}
	if (v->direction == FLOW_IN)
		p->in = v->point.node;
	p->time_ns = v->time_ns;
}

static void add_here(struct flow *f, struct track *t, struct seen *v)
{
	const bool before = track_finished(t);
	bool after;

	track_see(t, v);
	after = track_finished(t);
	f->unfinished += (size_t)before - (size_t)after;
}

int flow_add(struct flow *f, struct flow_point point,
	     enum flow_direction direction, int64_t time_ns,
	     const struct segment *s, struct err *e)
{
	struct seen v = {
		.s = s,
		.point = point,
		.direction = direction,
		.time_ns = time_ns,
	};
	const uint64_t pair = index_pair_hash(&s->src, &s->dst);
	const struct index_key key = leg_key(&v, pair);
	const struct index_slot *slot = index_find(&f->index, &key);
	struct track *t = slot ? slot->track : NULL;
	int r;

	if (s->flags & TCP_FLAG_RST)
		follow_reset(f, &v);
	if (t) {
		v.leg = slot->leg;
		v.side = leg_side(&t->c.legs[v.leg], &s->src, &s->dst);
		if (!is_plain_syn(s) || track_owns_syn(t, v.side, s->seq)) {
			add_here(f, t, &v);
			return 0;
		}
	}
	t = is_plain_syn(s) ? place_syn(f, t, &v, pair, e)
			    : place_other(f, &v, pair, e);
	if (!t)
		return -e->code;
	r = add_leg(f, t, &v, pair, e);
	if (r == 0)
		add_here(f, t, &v);
	return r;
}

size_t flow_unfinished(const struct flow *f)
{
	return f->unfinished;
}

void flow_flush(struct flow *f, connection_fn fn, void *arg)
{
	for (struct track *t = f->first; t; t = t->next) {
		track_conclude(t);
		fn(&t->c, arg);
	}
	*f->last = f->free;
	f->free = f->first;
	f->first = NULL;
	f->last = &f->first;
	f->unfinished = 0;
	index_clear(&f->index);
}

/* The table has just held all of this and more: it does not grow. */
static void index_again(struct flow *f, struct track *t)
{
	const struct index_key isn = {
		.kind = INDEX_ISN,
		.isn = t->sender[SIDE_CLIENT].isn,
	};
	struct err e;

	if (!t->midstream)
		(void)index_put(&f->index, &isn, t, 0, &e);
	for (uint8_t i = 0; i < t->c.n_legs; i++) {
		const struct leg *leg = &t->c.legs[i];
		const struct segment s = {
			.src = leg->client,
			.dst = leg->server,
		};
		const struct seen v = {
			.s = &s,
			.point = leg->point,
			.leg = i,
		};

		(void)put_leg(f, t, &v, index_pair_hash(&s.src, &s.dst), &e);
	}
}

void flow_retire(struct flow *f, int64_t before_ns, connection_fn fn, void *arg)
{
	struct track **at = &f->first, *t;

	index_clear(&f->index);
	while ((t = *at)) {
		if (t->c.end_ns >= before_ns) {
			index_again(f, t);
			at = &t->next;
			continue;
		}
		if (!track_finished(t))
			f->unfinished--;
		track_conclude(t);
		fn(&t->c, arg);
		*at = t->next;
		t->next = f->free;
		f->free = t;
	}
	f->last = at;
}

int flow_new(struct flow **ret, struct err *e)
{
	struct flow *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return err_set(e, ERR_SYSTEM, ENOMEM,
			       "not enough memory for the connections");
	r = index_init(&f->index, e);
	if (r < 0) {
		free(f);
		return r;
	}
	f->last = &f->first;
	*ret = f;
	return 0;
}

void flow_free(struct flow *f)
{
	if (!f)
		return;
	while (f->chunks) {
		struct chunk *next = f->chunks->next;

		free(f->chunks);
		f->chunks = next;
	}
	index_done(&f->index);
	free(f);
}
