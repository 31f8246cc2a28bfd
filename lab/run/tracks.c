/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  An entry belongs to a connection when any leg of it has the
 * ends of the entry, in either of its directions.  What is told has no time,
 * but cannot be older than when it was last asked for.  So an entry went before
 * a reset when it was not asked for in between: a reset leaves it for ten more
 * seconds (nf_conntrack_tcp_timeout_close), and faults, which end those of all
 * trials, ask first.
 */
#include "lab/run/tracks.h"

#include "lab/base/clock.h"
#include "lab/base/grow.h"
#include "lab/run/lab.h"

void tracks_done(struct tracks *t)
{
	free(t->items);
	*t = (struct tracks){ .n = 0 };
}

int tracks_open(struct lab *lab, struct err *e)
{
	for (size_t i = 0; i < lab->n_nodes; i++) {
		const int r = tracking_open(&lab->nodes[i].tracking,
					    lab->nodes[i].net->netns, e);

		if (r < 0)
			return r;
	}
	lab->tracks.on = true;
	return 0;
}

uint64_t tracks_lost(const struct lab *lab)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < lab->n_nodes; i++)
		sum += tracking_lost(lab->nodes[i].tracking);
	return sum;
}

struct taking {
	struct tracks *tracks;
	uint16_t node;
};

static int take_one(const struct tracking_entry *entry, void *arg)
{
	const struct taking *t = arg;
	struct tracks *all = t->tracks;

	if (!GROW(all->items, all->n, all->cap))
		return -ENOMEM;
	all->items[all->n++] = (struct track_told){
		.node = t->node,
		.after_ns = all->taken_ns,
		.entry = *entry,
	};
	return 0;
}

int tracks_take(struct lab *lab, struct err *e)
{
	const int64_t now_ns = clock_now_ns();

	for (size_t i = 0; lab->tracks.on && i < lab->n_nodes; i++) {
		struct taking t = { &lab->tracks, (uint16_t)i };
		struct err why = { .code = 0 };
		const int r = tracking_take(lab->nodes[i].tracking, take_one,
					    &t, &why);

		if (r < 0 && !why.code)
			return err_no_memory(e);
		if (r < 0) {
			*e = why;
			return err_add(e, "node '%s'",
				       lab->nodes[i].net->spec->name);
		}
	}
	lab->tracks.taken_ns = now_ns;
	return 0;
}

int tracks_begin(struct lab *lab, struct err *e)
{
	const int r = tracks_take(lab, e);

	lab->tracks.n = 0;
	if (lab->tracks.on)
		lab->tracks.lost = tracks_lost(lab);
	return r;
}

/* --- that of a reset -------------------------------------------------------
 */

static bool same_pair(const struct ip_endpoint *a, const struct ip_endpoint *b,
		      const struct ip_endpoint *x, const struct ip_endpoint *y)
{
	return (ip_endpoint_equal(a, x) && ip_endpoint_equal(b, y)) ||
	       (ip_endpoint_equal(a, y) && ip_endpoint_equal(b, x));
}

static bool has_ends(const struct tracking_entry *t,
		     const struct ip_endpoint *a, const struct ip_endpoint *b)
{
	return same_pair(&t->src, &t->dst, a, b) ||
	       same_pair(&t->reply_src, &t->reply_dst, a, b);
}

static bool follows(const struct tracking_entry *t, const struct connection *c)
{
	const size_t n = c->n_legs < FLOW_LEGS_MAX ? c->n_legs : FLOW_LEGS_MAX;

	for (size_t i = 0; i < n; i++)
		if (has_ends(t, &c->legs[i].client, &c->legs[i].server))
			return true;
	return false;
}

static bool translates(const struct tracking_entry *t)
{
	return !ip_endpoint_equal(&t->src, &t->reply_dst) ||
	       !ip_endpoint_equal(&t->dst, &t->reply_src);
}

/* Does it go where the first segments went, but to the address that only
 * answers have?  Behind the translation that is right; before it, and at a
 * socket of the node that translates, it is not. */
static bool bypasses(const struct track_told *t, const struct track_ends *ends,
		     uint16_t emitter)
{
	const struct tracking_entry *x = &t->entry;

	return translates(x) && !ip_endpoint_equal(&x->dst, &x->reply_src) &&
	       (ends->of_socket || t->node != emitter) &&
	       ip_endpoint_equal(&ends->src, &x->src) &&
	       ip_endpoint_equal(&ends->dst, &x->reply_src);
}

/* Gone, and not after @r. */
static bool went_before(const struct track_told *t, const struct reset *r)
{
	return t->entry.gone && t->after_ns < r->time_ns;
}

static bool is_alike(const struct tracking_entry *a,
		     const struct tracking_entry *b)
{
	return has_ends(a, &b->src, &b->dst) ||
	       has_ends(a, &b->reply_src, &b->reply_dst);
}

/* An answer that was not known any more began an entry of its own, which
 * leads to the one that is gone. */
static bool lost_another(const struct tracks *all,
			 const struct track_ends *ends, const struct reset *r)
{
	for (size_t i = 0; i < all->n; i++) {
		if (!has_ends(&all->items[i].entry, &ends->src, &ends->dst))
			continue;
		for (size_t j = 0; j < all->n; j++)
			if (went_before(&all->items[j], r) &&
			    translates(&all->items[j].entry) &&
			    is_alike(&all->items[j].entry,
				     &all->items[i].entry))
				return true;
	}
	return false;
}

/* The client's socket answers to the address that the client dialled, unless
 * its own node translates that. */
static bool is_not_dialled(const struct lab *lab, const struct track_ends *ends,
			   const struct evidence *of)
{
	const struct reset *r = of->reset;

	return lab->client_node != lab->server_node &&
	       r->emitter_node == lab->client_node &&
	       r->sightings[0].point.node == lab->client_node &&
	       !(lab->topology->through & 1U << THROUGH_DNAT_LOCAL) &&
	       !ip_endpoint_equal(&ends->dst, &lab->topology->connect);
}

void tracks_judge(const struct lab *lab, const struct track_ends *ends,
		  struct evidence *ret)
{
	const struct tracks *all = &lab->tracks;

	if (!all->on || tracks_lost(lab) != all->lost)
		return;
	ret->entry_gone = lost_another(all, ends, ret->reset);
	ret->untranslated = is_not_dialled(lab, ends, ret);
	for (size_t i = 0; i < all->n; i++) {
		const struct track_told *t = &all->items[i];

		if (!follows(&t->entry, ret->connection) &&
		    !has_ends(&t->entry, &ends->src, &ends->dst))
			continue;
		ret->tracked |= translates(&t->entry);
		ret->entry_gone |=
			went_before(t, ret->reset) && translates(&t->entry);
		ret->untranslated |=
			bypasses(t, ends, ret->reset->emitter_node);
	}
}
