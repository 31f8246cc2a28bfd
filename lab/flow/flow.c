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

#include "lab/flow/flow-parts.h"

/* A SYN is sent again after a second (RFC 6298 2.1), with the same ISN: one
 * that is this much younger than the last sighting is another connection's. */
#define JOIN_NS 3000000000LL

/* How long an RST may take through a node. */
#define FORWARD_NS 10000000LL

static int no_memory(struct err *e)
{
	return err_set(e, ERR_SYSTEM, ENOMEM,
		       "not enough memory for the connections");
}

static struct index_key leg_key(const struct seen *v, uint64_t pair)
{
	return (struct index_key){
		.kind = INDEX_LEG,
		.point = v->point,
		.src = v->src,
		.dst = v->dst,
		.pair = pair,
	};
}

static int add_chunk(struct flow *f, struct err *e)
{
	struct chunk *chunk = calloc(1, sizeof(*chunk));

	if (!chunk)
		return no_memory(e);
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
	t->zeek.spared = f->spares_zeek;
	t->number = ++f->numbers;
	t->previous = f->last;
	if (f->last)
		f->last->next = t;
	else
		f->first = t;
	f->last = t;
	f->n_tracks++;
	if (!midstream)
		f->unfinished++;
	return t;
}

static int put_tuple(struct flow *f, struct track *t, uint8_t i, struct err *e)
{
	const struct leg_track *leg = track_leg_of(t, i);
	const struct index_key key = {
		.kind = INDEX_TUPLE,
		.src = &leg->leg.client,
		.dst = &leg->leg.server,
		.pair = leg->pair,
	};

	return index_put(&f->index, &key, t, i, e);
}

static bool is_only_point(const struct flow *f, const struct flow_point *p)
{
	return f->has_point && f->point.node == p->node &&
	       f->point.interface == p->interface;
}

/* With a second point endpoints alone begin to matter. */
static int note_point(struct flow *f, const struct flow_point *p, struct err *e)
{
	int r = 0;

	if (f->several_points)
		return 0;
	f->several_points = f->has_point;
	f->has_point = true;
	f->point = *p;
	for (struct track *t = f->first; f->several_points && r == 0 && t;
	     t = t->next) {
		for (uint8_t i = 0; r == 0 && i < t->n_legs; i++)
			r = put_tuple(f, t, i, e);
	}
	return r;
}

static int put_leg(struct flow *f, struct track *t, const struct seen *v,
		   uint64_t pair, struct err *e)
{
	struct index_key key = leg_key(v, pair);
	const struct index_node *known;
	int r = index_put(&f->index, &key, t, v->leg, e);

	if (r < 0 || !f->several_points)
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
	struct leg_track *leg;

	v->leg = LEG_NONE;
	if (t->n_legs == FLOW_LEGS_MAX)
		return 0;
	if (t->n_legs && !t->more_legs) {
		t->more_legs = calloc(FLOW_LEGS_MAX - 1, sizeof(*t->more_legs));
		if (!t->more_legs)
			return no_memory(e);
	}
	v->leg = t->n_legs++;
	leg = track_leg(t, v->leg);
	leg->leg.point = v->point;
	leg->leg.client = client ? *v->src : *v->dst;
	leg->leg.server = client ? *v->dst : *v->src;
	leg->leg.first_ns = v->time_ns;
	leg->leg.packets = 0;
	leg->pair = pair;
	leg->ttl = v->s->ttl;
	leg->direction = (uint8_t)v->direction;
	leg->syn_sent = (uint8_t)(t->syn_sent + (v->leg == 0));
	if (pair != t->first_leg.pair && !t->translated) {
		t->translated = true;
		f->n_translated++;
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
	for (uint8_t i = 0; i < t->n_legs; i++) {
		const struct leg_track *leg = track_leg_of(t, i);
		const struct flow_point *p = &leg->leg.point;

		if (p->node != v->point.node ||
		    p->interface != v->point.interface ||
		    t->syn_sent > leg->syn_sent)
			continue;
		if (v->direction == FLOW_UNKNOWN || v->direction == FLOW_LOCAL
			    ? v->s->ttl >= leg->ttl
			    : v->direction == leg->direction)
			return false;
	}
	return true;
}

static struct track *find_isn(const struct flow *f, enum index_kind kind,
			      uint32_t isn)
{
	const struct index_key key = { .kind = kind, .isn = isn };
	const struct index_node *node = index_find(&f->index, &key);

	return node ? node->track : NULL;
}

/* The connection whose SYN is acknowledged, with its data or without. */
static struct track *find_answered(const struct flow *f, uint32_t isn)
{
	struct track *t = find_isn(f, INDEX_ISN, isn);

	return t ? t : find_isn(f, INDEX_DATA, isn);
}

/* A connection with the same endpoints at another point.  Sets the side. */
static struct track *find_tuple(const struct flow *f, struct seen *v,
				uint64_t pair)
{
	struct index_key key = leg_key(v, pair);
	const struct index_node *node;

	key.kind = INDEX_TUPLE;
	node = f->several_points ? index_find(&f->index, &key) : NULL;
	if (!node)
		return NULL;
	v->side = leg_side(&track_leg(node->track, node->leg)->leg, v->src,
			   v->dst);
	return node->track;
}

static void supersede(struct flow *f, struct track *old)
{
	if (!track_finished(old))
		f->unfinished--;
	old->superseded = true;
	retire_later(f, old);
}

static struct track *begin_whole(struct flow *f, struct track *old,
				 struct seen *v, struct err *e)
{
	struct index_key key = { .kind = INDEX_ISN, .isn = v->s->seq };
	struct track *t = new_track(f, v, false, e);

	if (!t)
		return NULL;
	if (old)
		supersede(f, old);
	v->side = SIDE_CLIENT;
	t->sender[SIDE_CLIENT].isn = v->s->seq; /* the index compares it */
	t->syn_ns = v->time_ns;
	t->syn_bytes = v->s->payload_bytes;
	if (index_put(&f->index, &key, t, 0, e) < 0)
		return NULL;
	key.kind = INDEX_DATA;
	key.isn += t->syn_bytes;
	return t->syn_bytes && index_put(&f->index, &key, t, 0, e) < 0 ? NULL
								       : t;
}

/* Services have the lower port; of equals the first to speak is the client.
 */
static struct track *begin_midstream(struct flow *f, struct seen *v,
				     struct err *e)
{
	struct track *t = new_track(f, v, true, e);

	if (!t)
		return NULL;
	v->side = v->src->port < v->dst->port ? SIDE_SERVER : SIDE_CLIENT;
	if (v->side == SIDE_SERVER)
		zeek_flipped(&t->zeek);
	return t;
}

/* The connection of a SYN at a leg that is not known as its own.
 * @old: what the leg belonged to, or NULL */
static struct track *place_syn(struct flow *f, struct track *old,
			       struct seen *v, uint64_t pair, struct err *e)
{
	struct track *t = find_isn(f, INDEX_ISN, v->s->seq);

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

static struct track *place_other(struct flow *f, struct seen *v, uint64_t pair,
				 struct err *e)
{
	struct track *t;

	if (answers_syn(v->s)) {
		t = find_answered(f, v->s->ack - 1);
		if (t && may_join(t, v)) {
			v->side = SIDE_SERVER;
			return t;
		}
	}
	t = find_tuple(f, v, pair);
	return t ? t : begin_midstream(f, v, e);
}

/* One translation leaves a port alone; a node that rewrites both ends leaves
 * none, but the numbers came in just before. */
static bool is_same_reset(const struct passing *p, const struct seen *v)
{
	return p->seq == v->s->seq && p->ack == v->s->ack &&
	       (p->src_port == v->src->port || p->dst_port == v->dst->port ||
		(v->direction == FLOW_OUT && p->in == v->point.node));
}

static struct passing *find_passing(struct flow *f, const struct seen *v)
{
	for (size_t i = 0; i < PASSING_MAX; i++) {
		struct passing *p = &f->passing[i];

		if (p->time_ns && is_same_reset(p, v) &&
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
			.src_port = v->src->port,
			.dst_port = v->dst->port,
			.origin = v->direction == FLOW_IN ? FLOW_NOBODY
							  : v->point.node,
			.in = FLOW_NOBODY,
		};
	}
	if (v->direction == FLOW_IN)
		p->in = v->point.node;
	p->time_ns = v->time_ns;
}

static int give_resets(struct flow *f, struct track *t, struct err *e)
{
	if (f->free_resets) {
		t->resets = f->free_resets;
		f->free_resets = t->resets->next;
		t->resets->next = NULL;
	} else {
		t->resets = calloc(1, sizeof(*t->resets));
	}
	return t->resets ? 0 : no_memory(e);
}

static int add_here(struct flow *f, struct track *t, struct seen *v,
		    struct err *e)
{
	bool before, after;

	before = track_finished(t);
	if ((v->s->flags & TCP_FLAG_RST) && !t->resets &&
	    give_resets(f, t, e) < 0)
		return -e->code;

	track_see(t, v);
	after = track_finished(t);
	f->unfinished += (size_t)before - (size_t)after;
	if (track_over(t))
		retire_later(f, t);
	return 0;
}

struct track *flow_greeted(const struct flow *f, uint32_t isn, bool answers)
{
	return answers ? find_answered(f, isn) : find_isn(f, INDEX_ISN, isn);
}

struct track *flow_find(const struct flow *f, struct seen *v, uint64_t pair)
{
	const struct index_key key = leg_key(v, pair);
	const struct index_node *node =
		index_find_leg(&f->index, &key, &v->side);

	if (!node)
		return NULL;
	v->leg = node->leg;
	return node->track;
}

/* One whose leg is not known, or a SYN that its leg's connection does not own.
 * @t:	that connection, or NULL; becomes the one of @v */
static int place(struct flow *f, struct track **t, struct seen *v,
		 uint64_t pair, struct err *e)
{
	const int r =
		is_only_point(f, &v->point) ? 0 : note_point(f, &v->point, e);

	if (r < 0)
		return r;
	*t = is_plain_syn(v->s) ? place_syn(f, *t, v, pair, e)
				: place_other(f, v, pair, e);
	return *t ? add_leg(f, *t, v, pair, e) : -e->code;
}

int flow_take(struct flow *f, struct track **found, struct seen *v,
	      uint64_t pair, struct err *e)
{
	struct track *t = *found;
	int r = 0;

	if ((v->s->flags & TCP_FLAG_RST) && v->direction != FLOW_UNKNOWN)
		follow_reset(f, v);
	if (!t ||
	    (is_plain_syn(v->s) && !track_owns_syn(t, v->side, v->s->seq)))
		r = place(f, found, v, pair, e);
	return r < 0 ? r : add_here(f, *found, v, e);
}

int flow_add(struct flow *f, const struct flow_item *item, struct err *e)
{
	const struct segment *s = &item->segment;
	const struct segment_facts facts = segment_facts_of(s);
	const uint64_t pair =
		index_pair_hash(f->index.secret, &s->src, &s->dst);
	struct seen v = {
		.s = &facts,
		.src = &s->src,
		.dst = &s->dst,
		.frame = s->frame,
		.point = item->point,
		.direction = item->direction,
		.time_ns = item->time_ns,
	};
	struct track *t;

	retire_due(f, v.time_ns); /* before any of them is held here */
	t = flow_find(f, &v, pair);
	return flow_next(f, t, &v) ? 0 : flow_take(f, &t, &v, pair, e);
}

size_t flow_unfinished(const struct flow *f)
{
	return f->unfinished;
}

void flow_spare_zeek(struct flow *f)
{
	f->spares_zeek = true;
}

int flow_new(struct flow **ret, struct err *e)
{
	struct flow *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return no_memory(e);
	r = index_init(&f->index, e);
	if (r < 0) {
		free(f);
		return r;
	}
	*ret = f;
	return 0;
}

static void free_resets(struct track_resets *r)
{
	if (r)
		track_resets_clear(r);
	free(r);
}

static void free_chunk(struct chunk *chunk)
{
	for (size_t i = 0; i < TRACKS_PER_CHUNK; i++)
		free(chunk->tracks[i].more_legs);
	free(chunk);
}

void flow_free(struct flow *f)
{
	if (!f)
		return;
	for (struct track *t = f->first; t; t = t->next)
		free_resets(t->resets);
	while (f->free_resets) {
		struct track_resets *next = f->free_resets->next;

		free_resets(f->free_resets);
		f->free_resets = next;
	}
	while (f->chunks) {
		struct chunk *next = f->chunks->next;

		free_chunk(f->chunks);
		f->chunks = next;
	}
	index_done(&f->index);
	free(f);
}
