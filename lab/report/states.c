/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  Looks that are alike in all but the topology become one
 * group, with the number of trials in each topology.  The node counts in the
 * middle only: at the ends every topology has its own name for it.
 */
#include "lab/report/states.h"

#include "lab/report/format.h"
#include "lab/report/grid.h"
#include "lab/report/groups.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { INDENT = 2 };

/* Source: RFC 9293 3.3.2; what it means that somebody sees it */
static const struct {
	const char *state, *says;
} meanings[] = {
	{ "SYN-SENT", "dialled, not answered" },
	{ "SYN-RECV", "answered, the client has not acknowledged it" },
	{ "FIN-WAIT-1", "closed; the peer has not acknowledged that" },
	{ "FIN-WAIT-2", "closed, acknowledged; the peer has not closed. With a "
			"timer: no program has the socket any more" },
	{ "CLOSE-WAIT", "the peer has closed, this program has not" },
	{ "CLOSING", "both closed before they heard of each other" },
	{ "LAST-ACK", "closed after the peer; not acknowledged yet" },
	{ "TIME-WAIT",
	  "both closed, this side first or both at once: kept for 60 s" },
	{ "UNCONN", "destroyed, with what its queues held then" },
};

static const char *point_of(const struct view_states *v)
{
	return v->hold ? v->hold : STATES_AFTER;
}

static bool is_middle(const struct view_socket *s)
{
	return !strcmp(s->role, "middle");
}

static bool same_socket(const struct view_socket *a,
			const struct view_socket *b)
{
	return !strcmp(a->role, b->role) && !strcmp(a->state, b->state) &&
	       !strcmp(a->timer, b->timer) && a->orphan == b->orphan &&
	       a->receive_queue == b->receive_queue &&
	       a->send_queue == b->send_queue &&
	       (!is_middle(a) || !strcmp(a->node, b->node));
}

static bool alike(const void *x, const void *y)
{
	const struct view_states *a = x, *b = y;
	bool same = a->n == b->n && a->number == b->number &&
		    !strcmp(point_of(a), point_of(b));

	for (size_t i = 0; same && i < a->n; i++)
		same = same_socket(&a->sockets[i], &b->sockets[i]);
	return same;
}

static bool each(struct groups *g, const struct summary_cell *c)
{
	bool ok = true;

	for (size_t i = 0; ok && i < c->views.n_states; i++) {
		const struct view_states *v = &c->views.states[i];

		ok = groups_add(g, c, v, v->trials);
	}
	return ok;
}

static int by_point(const void *x, const void *y)
{
	const struct view_states *a = x, *b = y;

	return (a->number > b->number) - (a->number < b->number);
}

static const struct groups_kind kind = { .each = each,
					 .alike = alike,
					 .order = by_point };

static bool any(const struct summary *s)
{
	for (size_t i = 0; i < s->n_cells; i++)
		if (s->cells[i].views.n_states)
			return true;
	return false;
}

static int say_none(const struct summary *s, struct err *e)
{
	return err_set(e, ERR_EMPTY, ENODATA,
		       "run %s has no socket states: no workload of it has a "
		       "`hold` step or says `states: yes`",
		       s->id);
}

/* --- table -----------------------------------------------------------------
 */

static void add_socket(struct grid *g, const struct view_socket *s)
{
	if (is_middle(s))
		grid_add(g, NULL, "middle (%s)", s->node);
	else
		grid_add(g, NULL, "%s", s->role);
	grid_add(g, NULL, "%s", s->state);
	grid_add(g, NULL, "%" PRIu64, s->receive_queue);
	grid_add(g, NULL, "%" PRIu64, s->send_queue);
	grid_add(g, NULL, "%s", strcmp(s->timer, "off") ? s->timer : "-");
}

static void add_gone(struct grid *g, const char *role)
{
	grid_add(g, NULL, "%s", role);
	for (size_t i = 0; i < 4; i++)
		grid_add(g, NULL, "-");
}

/* In front of the socket of a line, and behind it. */
static void begin_line(struct grid *g, const struct group *group, bool first)
{
	grid_add(g, NULL, "%s", first ? point_of(group->like) : "");
	if (first)
		grid_add(g, NULL, "%" PRIu64, group->trials);
	else
		grid_add(g, NULL, "%s", "");
}

static const struct view_socket *of_role(const struct view_states *v,
					 const char *role)
{
	for (size_t i = 0; i < v->n; i++)
		if (!strcmp(v->sockets[i].role, role))
			return &v->sockets[i];
	return NULL;
}

/* The two ends always, then whatever else is there.
 * @where: NULL: it stands above the table */
static void add_group(struct grid *g, const struct group *group,
		      const char *where)
{
	static const char *const ends[] = { "client", "server" };
	const struct view_states *v = group->like;

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		const struct view_socket *s = of_role(v, ends[i]);

		begin_line(g, group, i == 0);
		if (s)
			add_socket(g, s);
		else
			add_gone(g, ends[i]);
		if (where)
			grid_add(g, NULL, "%s", i == 0 ? where : "");
	}
	for (size_t i = 0; i < v->n; i++) {
		const struct view_socket *s = &v->sockets[i];

		if (s == of_role(v, ends[0]) || s == of_role(v, ends[1]))
			continue;
		begin_line(g, group, false);
		add_socket(g, s);
		if (where)
			grid_add(g, NULL, "%s", "");
	}
}

/* Where all groups of @workload were seen, or NULL: not in the same places. */
static const char *common_place(const struct groups *groups,
				const char *workload)
{
	const char *where = NULL;

	for (size_t i = 0; i < groups->n; i++) {
		const struct group *g = &groups->items[i];

		if (strcmp(g->workload, workload) != 0)
			continue;
		if (where && strcmp(where, text_str(&g->where)) != 0)
			return NULL;
		where = text_str(&g->where);
	}
	return where;
}

static void add_workload(struct text *t, const struct groups *groups,
			 const char *workload, const struct report_options *o)
{
	static const char *const heads[] = { "point", "trials", "end",
					     "State", "Recv-Q", "Send-Q",
					     "Timer", "where" };
	const char *common = common_place(groups, workload);
	own_grid struct grid g = { .n_columns = ARRAY_SIZE(heads) - !!common,
				   .right = 1 << 1 | 1 << 4 | 1 << 5,
				   .wrap_last = true };
	size_t lines = 0;

	for (size_t i = 0; i < g.n_columns; i++)
		grid_add(&g, NULL, "%s", heads[i]);
	for (size_t i = 0; i < groups->n; i++) {
		const struct group *group = &groups->items[i];

		if (strcmp(group->workload, workload) != 0)
			continue;
		add_group(&g, group, common ? NULL : text_str(&group->where));
		lines++;
	}
	if (!lines)
		return;
	text_addf(t, "\n%s%s%s", o->color ? FORMAT_BOLD : "", workload,
		  o->color ? FORMAT_PLAIN : "");
	text_addf(t, "%s%s\n", common ? ", " : "", common ? common : "");
	grid_print(&g, t, INDENT, o->columns);
}

static bool shows(const struct groups *g, const char *state)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct view_states *v = g->items[i].like;

		for (size_t j = 0; j < v->n; j++)
			if (!strcmp(v->sockets[j].state, state))
				return true;
	}
	return false;
}

static void add_legend(struct text *t, const struct groups *groups,
		       const struct report_options *o)
{
	own_grid struct grid g = { .n_columns = 2, .wrap_last = true };

	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (shows(groups, meanings[i].state)) {
			grid_add(&g, NULL, "%s", meanings[i].state);
			grid_add(&g, NULL, "%s", meanings[i].says);
		}
	grid_add(&g, NULL, "%s", "-");
	grid_add(&g, NULL, "no socket any more");
	grid_add(&g, NULL, "Recv-Q");
	grid_add(&g, NULL,
		 "bytes that the program has not read; a FIN is one more");
	text_add(t, "\n");
	grid_print(&g, t, INDENT, o->columns);
}

int states_table(const struct summary *s, const struct report_options *o,
		 FILE *out, struct err *e)
{
	own_groups struct groups groups = { .n = 0 };
	own_text struct text t = { .s = NULL };
	int r;

	if (!any(s))
		return say_none(s, e);
	r = groups_init(&groups, &kind, s, e);
	if (r < 0)
		return r;
	format_title(&t, s, o->columns);
	for (size_t i = 0; i < s->n_workloads; i++)
		add_workload(&t, &groups, s->workloads[i], o);
	add_legend(&t, &groups, o);
	return format_write(&t, out, e);
}

/* --- CSV -------------------------------------------------------------------
 */

static void add_csv_socket(struct text *t, const struct view_socket *s)
{
	format_csv_field(t, s->role);
	format_csv_field(t, s->node);
	format_csv_field(t, s->state);
	text_addf(t, ",%" PRIu64 ",%" PRIu64, s->receive_queue, s->send_queue);
	format_csv_field(t, s->timer);
	text_addf(t, ",%d\n", s->orphan);
}

/* A row per socket; a look that found none is a row with empty fields. */
static void add_csv_view(struct text *t, const struct summary_cell *c,
			 const struct view_states *v, size_t group)
{
	for (size_t i = 0; i == 0 || i < v->n; i++) {
		own_text struct text row = { .s = NULL };

		format_csv_field(&row, c->topology);
		format_csv_field(&row, c->workload);
		format_csv_field(&row, c->params);
		text_addf(&row, ",%" PRIu64, v->number);
		format_csv_field(&row, point_of(v));
		text_addf(&row, ",%zu,%" PRIu64, group, v->trials);
		if (v->n)
			add_csv_socket(&row, &v->sockets[i]);
		else
			text_add(&row, ",,,,,,,\n");
		text_add(t, text_str(&row));
		t->failed |= row.failed;
	}
}

int states_csv(const struct summary *s, FILE *out, struct err *e)
{
	own_text struct text t = { .s = NULL };

	if (!any(s))
		return say_none(s, e);
	text_add(&t, "topology,workload,params,number,point,group,trials,end,"
		     "node,state,recv_q,send_q,timer,orphan\n");
	for (size_t i = 0; i < s->n_cells; i++)
		for (size_t j = 0; j < s->cells[i].views.n_states; j++)
			add_csv_view(&t, &s->cells[i],
				     &s->cells[i].views.states[j], j + 1);
	return format_write(&t, out, e);
}
