/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/flow/bundle.h"

#include "lab/flow/flow-parts.h"

/* Memory is fetched while so many others are followed: first where the index
 * leads to a connection from, then the connection. */
enum { INDEX_AHEAD = 16, TRACK_AHEAD = 8 };

void bundle_copy(struct bundle *to, const struct bundle *from)
{
	memcpy(to, from, offsetof(struct bundle, next));
	memcpy(to->next, from->next, from->n * sizeof(from->next[0]));
	memcpy(to->greetings, from->greetings,
	       from->n_greetings * sizeof(from->greetings[0]));
	memcpy(to->chains, from->chains,
	       from->n_chains * sizeof(from->chains[0]));
	memcpy(to->items, from->items, from->n * sizeof(from->items[0]));
}

/* Would a segment be taken for one of a connection with other endpoints? */
static bool is_entangled(const struct flow *f, const struct bundle *b)
{
	if (b->entangled || f->n_translated)
		return true;
	for (uint16_t i = 0; i < b->n_greetings; i++) {
		const struct bundle_greeting *g = &b->greetings[i];
		const struct track *t;

		if (i + TRACK_AHEAD < b->n_greetings)
			index_expect_isn(&f->index, g[TRACK_AHEAD].isn);
		t = flow_greeted(f, g->isn, g->answers);
		if (t && t->first_leg.pair != b->chains[g->chain].pair)
			return true;
	}
	return false;
}

static struct seen seen_of(const struct bundle_chain *c,
			   const struct bundle_item *item)
{
	return (struct seen){
		.s = &item->facts,
		.src = item->returns ? &c->b : &c->a,
		.dst = item->returns ? &c->a : &c->b,
		.frame = item->frame,
		.point.interface = item->interface,
		.direction = FLOW_UNKNOWN,
		.time_ns = item->time_ns,
	};
}

/* Before the @i-th of @n that are followed.  Most captures have one point, the
 * first.
 * @order:	the numbers of their chains, or NULL: they are chains */
static void fetch_ahead(const struct flow *f, const struct bundle *b,
			const uint16_t *order, size_t i, size_t n)
{
	const struct flow_point point = { 0, 0 };
	const size_t near = i + TRACK_AHEAD, far = i + INDEX_AHEAD;

	if (far < n)
		index_expect_leg(&f->index, point,
				 b->chains[order ? order[far] : far].pair);
	if (near < n)
		index_expect_track(&f->index, point,
				   b->chains[order ? order[near] : near].pair);
}

static int add_as_they_came(struct flow *f, const struct bundle *b,
			    struct err *e)
{
	uint16_t chains[BUNDLE_MAX];
	int r = 0;

	for (uint16_t i = 0; i < b->n_chains; i++)
		for (uint16_t j = b->chains[i].first; j != BUNDLE_END;
		     j = b->next[j])
			chains[j] = i;
	for (uint16_t i = 0; r == 0 && i < b->n; i++) {
		const struct bundle_chain *c = &b->chains[chains[i]];
		struct seen v = seen_of(c, &b->items[i]);
		struct track *t;

		fetch_ahead(f, b, chains, i, b->n);
		t = flow_find(f, &v, c->pair);
		if (!flow_next(f, t, &v))
			r = flow_take(f, &t, &v, c->pair, e);
	}
	return r;
}

/* Where in a connection the last segment of a chain was found. */
struct place {
	uint64_t pair;	     /* of the chain */
	struct track *track; /* or NULL: nowhere */
	uint8_t leg;
	enum side side; /* of what does not return */
	uint16_t interface;
};

static enum side side_of(const struct place *at, const struct bundle_item *item)
{
	return item->returns ? side_other(at->side) : at->side;
}

/* One that is not just the next of a connection that is known. */
static int add_item(struct flow *f, const struct bundle_chain *c,
		    const struct bundle_item *item, struct place *at,
		    struct err *e)
{
	struct seen v = seen_of(c, item);
	struct track *t = at->track;
	int r;

	v.leg = at->leg;
	v.side = side_of(at, item);
	if (!t || item->interface != at->interface)
		t = flow_find(f, &v, at->pair);
	r = flow_take(f, &t, &v, at->pair, e);
	at->track = v.leg == LEG_NONE ? NULL : t;
	at->leg = v.leg;
	at->side = item->returns ? side_other(v.side) : v.side;
	at->interface = item->interface;
	return r;
}

/* Most are seen where the one before was, so that it is known which connection
 * they belong to, and whose they are. */
static int add_chain(struct flow *f, const struct bundle *b,
		     const struct bundle_chain *c, struct err *e)
{
	struct place at = { .pair = c->pair };
	int r = 0;

	for (uint16_t i = c->first; r == 0 && i != BUNDLE_END; i = b->next[i]) {
		const struct bundle_item *item = &b->items[i];

		if (at.track && !at.leg && at.interface == item->interface &&
		    flow_continue(f, at.track, side_of(&at, item), &item->facts,
				  item->time_ns))
			continue;
		r = add_item(f, c, item, &at, e);
	}
	return r;
}

int flow_add_bundle(struct flow *f, const struct bundle *b, struct err *e)
{
	int r = 0;

	if (!b->n)
		return 0;
	retire_due(f, b->items[0].time_ns);
	if (is_entangled(f, b))
		return add_as_they_came(f, b, e);
	for (uint16_t i = 0; r == 0 && i < b->n_chains; i++) {
		fetch_ahead(f, b, NULL, i, b->n_chains);
		r = add_chain(f, b, &b->chains[i], e);
	}
	return r;
}
