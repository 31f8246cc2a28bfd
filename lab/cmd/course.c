/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/course.h"

#include "lab/base/side.h"
#include "lab/cmd/calls.h"

#include <string.h>

enum { WINDOW = 256 }; /* packets among which the same one is looked for */

/* While a course is made. */
struct making {
	struct course c;
	size_t cap;
	int64_t start_ns; /* of the first segment */
	bool failed;	  /* out of memory */
};

/* Legs of one node, one after the other: where they begin and end. */
struct stop {
	const struct view_point *first, *last;
};

struct hop {
	const struct view_connection *v;
	const struct view_point *near, *far; /* far: NULL on lo */
	uint8_t from, to;		     /* lanes; client first */
	bool lossy;			     /* whatever leaves is lost */
};

bool course_leads_on(const struct stored_connection *c,
		     const struct stored_connection *next)
{
	return !c->to_server && !next->from_client && c->n_legs &&
	       next->n_legs && next->start_ns >= c->start_ns &&
	       !strcmp(c->legs[c->n_legs - 1].node, next->legs[0].node);
}

static bool reserve(struct making *m)
{
	const size_t cap = m->cap ? 2 * m->cap : 64;
	struct ladder_event *events;
	char **texts;

	if (m->c.n < m->cap)
		return true;
	events = reallocarray(m->c.events, cap, sizeof(*events));
	if (events)
		m->c.events = events;
	texts = reallocarray(m->c.texts, cap, sizeof(*texts));
	if (texts)
		m->c.texts = texts;
	m->cap = events && texts ? cap : m->cap;
	return events && texts;
}

/* @text becomes the course's; NULL: there was no memory for it */
static void add_event(struct making *m, const struct ladder_event *ev,
		      char *text)
{
	struct ladder_event *to;

	if (!text || !reserve(m)) {
		m->failed = true;
		free(text);
		return;
	}
	to = &m->c.events[m->c.n];
	*to = *ev;
	to->text = m->c.texts[m->c.n++] = text;
	to->time_ns -= m->start_ns;
}

/* --- segments --------------------------------------------------------------
 */

static char *label_of(const struct transcript *t,
		      const struct transcript_packet *p)
{
	static const struct {
		uint8_t flag;
		const char *name;
	} flags[] = {
		{ TCP_FLAG_FIN, "FIN" }, { TCP_FLAG_SYN, "SYN" },
		{ TCP_FLAG_RST, "RST" }, { TCP_FLAG_PSH, "PSH" },
		{ TCP_FLAG_ACK, "ACK" },
	};
	struct text s = { .s = NULL };

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (p->flags & flags[i].flag)
			text_addf(&s, "%s%s", s.n ? "," : "", flags[i].name);
	if (p->segment.payload_bytes)
		text_addf(&s, " %u", p->segment.payload_bytes);
	for (size_t i = 0; i < p->n_frames && i < 3; i++)
		text_addf(&s, " %s", t->frames[p->first + i].name);
	return s.s ? s.s : strdup("no flags");
}

static bool same_segment(const struct transcript_packet *a,
			 const struct transcript_packet *b)
{
	return a->side == b->side && a->flags == b->flags &&
	       a->segment.seq == b->segment.seq &&
	       a->segment.ack == b->segment.ack &&
	       a->segment.payload_bytes == b->segment.payload_bytes;
}

/* Where offloads cut the bytes elsewhere, the same bytes are in another
 * segment. */
static bool shares_bytes(const struct transcript_packet *a,
			 const struct transcript_packet *b)
{
	return a->side == b->side && a->segment.payload_bytes &&
	       b->segment.payload_bytes &&
	       a->at < b->at + (int64_t)b->segment.payload_bytes &&
	       b->at < a->at + (int64_t)a->segment.payload_bytes;
}

/* Does @t have @p, or its bytes?  @taken: packets that were found before */
static bool find(const struct transcript *t, const struct transcript_packet *p,
		 bool *taken, size_t *from)
{
	bool bytes = false;

	while (*from < t->n_packets && taken[*from])
		++*from;
	for (size_t i = *from; i < t->n_packets && i < *from + WINDOW; i++) {
		if (!taken[i] && same_segment(&t->packets[i], p)) {
			taken[i] = true;
			return true;
		}
		bytes |= shares_bytes(&t->packets[i], p);
	}
	return bytes;
}

static void add_segment(struct making *m, const struct hop *h,
			const struct view_point *seen, size_t i, bool lost)
{
	const struct transcript_packet *p = &seen->t->packets[i];
	const bool forth = p->side == SIDE_CLIENT;
	const struct stored_reset *r =
		trial_view_reset(h->v->c, seen->leg, p->time_ns);
	const struct ladder_event ev = {
		.time_ns = p->time_ns,
		.from = forth ? h->from : h->to,
		.to = forth ? h->to : h->from,
		.lost = lost,
		.marked = r && r->first,
	};

	add_event(m, &ev, label_of(seen->t, p));
}

/* What @sent has of one side, and @got of it. */
static int add_side(struct making *m, const struct hop *h, int side,
		    struct err *e)
{
	const struct view_point *sent = side ? h->far : h->near;
	const struct view_point *got = side ? h->near : h->far;
	own_mem bool *taken = calloc(got->t->n_packets + 1, sizeof(*taken));
	size_t from = 0, back = 0;
	own_mem bool *known = calloc(sent->t->n_packets + 1, sizeof(*known));

	if (!taken || !known)
		return err_errno(e, "packets");
	for (size_t i = 0; i < sent->t->n_packets; i++)
		if (sent->t->packets[i].side == side)
			add_segment(m, h, sent, i,
				    !find(got->t, &sent->t->packets[i], taken,
					  &from));
	for (size_t i = 0; i < got->t->n_packets; i++)
		if (got->t->packets[i].side == side && !taken[i] &&
		    !find(sent->t, &got->t->packets[i], known, &back))
			add_segment(m, h, got, i, false);
	return 0;
}

static int add_hop(struct making *m, const struct hop *h, struct err *e)
{
	int r = 0;

	for (int side = 0; h->far && r == 0 && side < SIDES; side++)
		r = add_side(m, h, side, e);
	if (h->far || r < 0)
		return r;
	for (size_t i = 0; i < h->near->t->n_packets; i++)
		add_segment(m, h, h->near, i,
			    h->lossy &&
				    h->near->t->packets[i].side == SIDE_CLIENT);
	return 0;
}

/* --- lanes -----------------------------------------------------------------
 */

static void name_lane(struct making *m, size_t lane, const char *role,
		      const char *node)
{
	char *name = NULL;

	if (m->c.lanes[lane])
		return;
	if (asprintf(&name, role ? "%s (%s)" : "%s%s", role ? role : "", node) <
	    0)
		m->failed = true;
	else
		m->c.lanes[lane] = name;
}

static bool saw_syn(const struct view_point *p)
{
	return p->t->n_packets && (p->t->packets[0].flags & TCP_FLAG_SYN);
}

/*
 * The legs by which the SYN went: where a translation was lost, the same
 * points have further ones under other addresses.  Where no SYN was seen the
 * first packet tells in which direction they stand.
 * @ret:	client first
 */
static size_t find_path(const struct view_connection *v,
			const struct view_point **ret)
{
	bool any = false;
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		any |= saw_syn(&v->points[i]);
	for (size_t i = 0; i < v->n && n < LADDER_LANES_MAX; i++)
		if (!any || saw_syn(&v->points[i]))
			ret[n++] = &v->points[i];
	if (any || !n || ret[0]->t->packets[0].side == SIDE_CLIENT)
		return n;
	for (size_t i = 0; i < n / 2; i++) {
		const struct view_point *other = ret[i];

		ret[i] = ret[n - 1 - i];
		ret[n - 1 - i] = other;
	}
	return n;
}

static size_t find_stops(const struct view_point *const *path, size_t n_path,
			 struct stop *stops)
{
	size_t n = 0;

	for (size_t i = 0; i < n_path; i++) {
		if (!n || strcmp(stops[n - 1].first->leg->node,
				 path[i]->leg->node) != 0)
			stops[n++].first = path[i];
		stops[n - 1].last = path[i];
	}
	return n;
}

/* The lanes of a connection that stays within one node, or is never seen
 * beyond it. */
static int add_short(struct making *m, const struct view_connection *v,
		     const struct view_point *p, bool leads_on, struct err *e)
{
	const struct stored_leg *leg = p->leg;
	const bool local = !strcmp(leg->interface, "lo");
	const struct hop h = {
		.v = v,
		.near = p,
		.from = (uint8_t)(m->c.n_lanes - 1),
		.to = (uint8_t)m->c.n_lanes,
		.lossy = !local && !leads_on && !v->c->to_server,
	};

	name_lane(m, h.from, v->c->from_client ? "client" : NULL, leg->node);
	if (v->c->to_server)
		name_lane(m, h.to, "server", local ? leg->node : "not seen");
	else
		name_lane(m, h.to, local || leads_on ? "relay" : NULL,
			  local || leads_on ? leg->node : "not seen");
	m->c.n_lanes++;
	return add_hop(m, &h, e);
}

static int add_connection(struct making *m, const struct view_connection *v,
			  bool leads_on, struct err *e)
{
	struct stop stops[LADDER_LANES_MAX];
	const struct view_point *path[LADDER_LANES_MAX];
	const size_t n = find_stops(path, find_path(v, path), stops);
	const size_t first = m->c.n_lanes - 1;
	int r = 0;

	if (!n || first + n + 1 >= LADDER_LANES_MAX)
		return 0;
	if (n == 1)
		return add_short(m, v, stops[0].first, leads_on, e);
	for (size_t i = 0; i < n; i++) {
		/* of what began unseen nobody knows whose it was */
		const char *role = !v->c->judged		 ? NULL
				   : i == 0 && v->c->from_client ? "client"
				   : i + 1 < n			 ? NULL
				   : v->c->to_server		 ? "server"
				   : leads_on			 ? "relay"
								 : NULL;

		name_lane(m, first + i, role, stops[i].first->leg->node);
	}
	for (size_t i = 0; r == 0 && i + 1 < n; i++)
		r = add_hop(m,
			    &(struct hop){
				    .v = v,
				    .near = stops[i].last,
				    .far = stops[i + 1].first,
				    .from = (uint8_t)(first + i),
				    .to = (uint8_t)(first + i + 1),
			    },
			    e);
	m->c.n_lanes = first + n;
	return r;
}

/* A server that no segment reached still does things. */
static void add_server(struct making *m, const struct trial_view *v,
		       const struct stored_connection *last)
{
	if (!last->to_server && v->trial.calls[SIDE_SERVER] &&
	    m->c.n_lanes < LADDER_LANES_MAX) {
		m->c.lanes[m->c.n_lanes] = strdup("server");
		m->failed |= !m->c.lanes[m->c.n_lanes];
		m->c.n_lanes++;
	}
}

/* --- calls -----------------------------------------------------------------
 */

static int add_calls(struct making *m, const struct trial_view *v,
		     struct err *e)
{
	own_calls struct calls calls = { .n = 0 };
	int r = calls_read(&v->trial, &calls, e);

	for (size_t i = 0; r == 0 && i < calls.n; i++) {
		const struct call_made *c = &calls.items[i];
		const uint8_t lane = c->side == SIDE_CLIENT
					     ? 0
					     : (uint8_t)(m->c.n_lanes - 1);
		const struct ladder_event ev = { .time_ns = calls_time(c),
						 .from = lane,
						 .to = lane };

		if (!calls_is_inner(c))
			add_event(m, &ev, calls_text(c));
	}
	return r;
}

static int by_time(const void *a, const void *b)
{
	const struct ladder_event *x = a, *y = b;

	return (x->time_ns > y->time_ns) - (x->time_ns < y->time_ns);
}

int course_make(const struct trial_view *v, size_t first, bool calls,
		struct course *ret, struct err *e)
{
	struct making m = { .start_ns = v->connections[first].c->start_ns };
	size_t i = first;
	bool leads_on;
	int r = 0;

	m.c.n_lanes = 1;
	do {
		const struct stored_connection *c = v->connections[i].c;

		leads_on = i + 1 < v->n &&
			   course_leads_on(c, v->connections[i + 1].c);
		r = add_connection(&m, &v->connections[i], leads_on, e);
		i++;
	} while (r == 0 && leads_on);
	m.c.connections = i - first;
	if (r == 0 && calls) {
		add_server(&m, v, v->connections[i - 1].c);
		r = add_calls(&m, v, e);
	}
	if (r == 0 && m.failed)
		r = err_no_memory(e);
	if (m.c.n)
		qsort(m.c.events, m.c.n, sizeof(*m.c.events), by_time);
	*ret = m.c;
	return r;
}

void course_done(struct course *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->texts[i]);
	for (size_t i = 0; i < LADDER_LANES_MAX; i++)
		free(c->lanes[i]);
	free(c->events);
	free(c->texts);
	*c = (struct course){ .n = 0 };
}
