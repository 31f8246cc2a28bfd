/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/trial-view.h"

#include "lab/run/captured.h"

#include <string.h>

const struct stored_reset *trial_view_reset(const struct stored_connection *c,
					    const struct stored_leg *leg,
					    int64_t time_ns)
{
	for (size_t i = 0; i < c->n_resets; i++) {
		const struct stored_reset *r = &c->resets[i];

		for (size_t j = 0; j < r->n_sightings; j++) {
			const struct stored_sighting *s = &r->sightings[j];

			if (s->time_ns == time_ns &&
			    !strcmp(s->node, leg->node) &&
			    !strcmp(s->interface, leg->interface))
				return r;
		}
	}
	return NULL;
}

const struct stored_reset *
trial_view_first_reset(const struct stored_connection *c)
{
	for (size_t i = 0; i < c->n_resets; i++)
		if (c->resets[i].first)
			return &c->resets[i];
	return NULL;
}

static int read_point(const struct address *at,
		      const struct stored_connection *c, struct view_point *p,
		      struct err *e)
{
	own_text struct text label = { .s = NULL };

	address_add_label(&label, at->cell);
	return captured_read(
		&(struct captured_query){
			.dir = at->dir,
			.label = text_str(&label),
			.leg = p->leg,
			.from_ns = c->start_ns,
			.to_ns = c->start_ns + c->duration_ns,
			.clock_ns = at->cells.clock_ns,
		},
		&p->t, &p->cut, e);
}

static int read_connection(const struct address *at, struct view_connection *v,
			   struct err *e)
{
	int r = 0;

	v->points = calloc(v->c->n_legs + 1, sizeof(*v->points));
	if (!v->points)
		return err_errno(e, "packets");
	for (; r == 0 && v->n < v->c->n_legs; v->n++) {
		v->points[v->n].leg = &v->c->legs[v->n];
		r = read_point(at, v->c, &v->points[v->n], e);
	}
	return r;
}

/* Those to look at, in their order. */
static void choose(struct trial_view *v, bool all)
{
	const struct stored_trial *t = &v->trial;
	size_t resets = 0, others;

	for (size_t i = 0; i < t->n; i++)
		resets += t->connections[i].cause != NULL;
	others = resets < VIEW_CONNECTIONS_MAX ? VIEW_CONNECTIONS_MAX - resets
					       : 0;
	resets = VIEW_CONNECTIONS_MAX;
	for (size_t i = 0; i < t->n; i++) {
		size_t *left = t->connections[i].cause ? &resets : &others;

		if (!all && !*left)
			continue;
		*left -= !all;
		v->connections[v->n++].c = &t->connections[i];
	}
}

int trial_view_read(const struct address *at, const char *word, bool all,
		    struct trial_view *ret, struct err *e)
{
	own_trial_view struct trial_view v = { .n = 0 };
	int r = stored_trial_read(at->dir, at->cell->id, at->trial, &v.trial,
				  e);

	if (r < 0)
		return err_add(e, "%s", word);
	if (!at->cells.has_clock)
		return err_set(e, ERR_EMPTY, ENODATA,
			       "run %s has no captures to read packets from: "
			       "it was made with --no-files or --evidence "
			       "silent, or by an older rstlab; run it again "
			       "without",
			       at->cells.run);
	v.connections = calloc(v.trial.n + 1, sizeof(*v.connections));
	if (!v.connections)
		return err_errno(e, "connections");
	choose(&v, all);
	for (size_t i = 0; r == 0 && i < v.n; i++)
		r = read_connection(at, &v.connections[i], e);
	if (r < 0)
		return r;
	*ret = v;
	v = (struct trial_view){ .n = 0 };
	return 0;
}

void trial_view_done(struct trial_view *v)
{
	for (size_t i = 0; i < v->n; i++) {
		struct view_connection *c = &v->connections[i];

		for (size_t j = 0; c->points && j < c->c->n_legs; j++) {
			transcript_free(c->points[j].t);
			free(c->points[j].cut);
		}
		free(c->points);
	}
	free(v->connections);
	stored_trial_done(&v->trial);
	*v = (struct trial_view){ .n = 0 };
}
