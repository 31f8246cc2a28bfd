/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A program notices an RST by an error of a call; the one that
 * sent it, and the one that had closed already, notice nothing.  Trials that
 * are alike in all but the topology become one group.
 */
#include "lab/report/seen.h"

#include "lab/base/side.h"
#include "lab/report/format.h"
#include "lab/report/grid.h"
#include "lab/report/groups.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { INDENT = 2 };

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool alike(const void *x, const void *y)
{
	const struct view_seen *a = x, *b = y;

	return same(a->wire, b->wire) && same(a->rst, b->rst) &&
	       same(a->app[0], b->app[0]) && same(a->app[1], b->app[1]) &&
	       same(a->outcome, b->outcome) && same(a->why, b->why);
}

static bool each(struct groups *g, const struct summary_cell *c)
{
	bool ok = true;

	for (size_t i = 0; ok && i < c->views.n_seen; i++) {
		const struct view_seen *v = &c->views.seen[i];

		ok = groups_add(g, c, v, v->trials);
	}
	return ok;
}

static const struct groups_kind kind = { .each = each, .alike = alike };

/* --- in words --------------------------------------------------------------
 */

static bool ends_with(const char *s, const char *end)
{
	const size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

/* Did an error reach the program?  A timeout is no sign of an RST. */
static bool noticed(const char *app)
{
	static const char *const silent[] = { "ok", "killed", "left alone",
					      "probe died", "exit 0" };

	for (size_t i = 0; app && i < ARRAY_SIZE(silent); i++)
		if (!strcmp(app, silent[i]))
			return false;
	return app && !ends_with(app, " timeout");
}

static bool unnoticed(const struct view_seen *v)
{
	/* of an imported connection no program is known */
	return v->rst && (v->app[0] || v->app[1]) && !noticed(v->app[0]) &&
	       !noticed(v->app[1]);
}

static const char *notice_of(const struct view_seen *v)
{
	static const char *const texts[] = {
		"RST that no program noticed",
		"RST noticed by the client",
		"RST noticed by the server",
		"RST noticed by both",
	};

	return texts[noticed(v->app[0]) + 2 * noticed(v->app[1])];
}

/* "other: the deadline passed"; "" when all went well. */
static void add_meaning(struct text *t, const struct view_seen *v)
{
	if (v->why)
		text_addf(t, "%s: %s", v->outcome, v->why);
	else if (v->rst && (v->app[0] || v->app[1]))
		text_add(t, notice_of(v));
	else
		text_add(t, v->outcome);
}

/* What stopped the scripts, where the rates do not show them. */
static void add_errors(struct text *t, const struct view_seen *v)
{
	size_t n = 0;

	for (size_t i = 0; v->why && i < ARRAY_SIZE(v->app); i++) {
		const char *app = v->app[i];

		if (!app || (!noticed(app) && !ends_with(app, " timeout")))
			continue;
		text_addf(t, "%s%s: %s", n ? ", " : " (", side_names[i], app);
		n++;
	}
	text_add(t, n ? ")" : "");
}

/* --- table -----------------------------------------------------------------
 */

static void add_heading(struct text *t, const struct report_options *o,
			const char *heading)
{
	text_addf(t, "\n%s%s%s\n", o->color ? FORMAT_BOLD : "", heading,
		  o->color ? FORMAT_PLAIN : "");
}

static const char *or_dash(const char *s)
{
	return s ? s : "-";
}

static void add_group(struct grid *g, const struct group *group)
{
	const struct view_seen *v = group->like;
	own_text struct text meaning = { .s = NULL };

	add_meaning(&meaning, v);
	grid_add(g, NULL, "%" PRIu64, group->trials);
	grid_add(g, NULL, "%s", or_dash(v->wire));
	grid_add(g, NULL, "%s", or_dash(v->rst));
	grid_add(g, NULL, "%s", or_dash(v->app[0]));
	grid_add(g, NULL, "%s", or_dash(v->app[1]));
	grid_add(g, NULL, "%s", text_str(&meaning));
	grid_add(g, NULL, "%s", text_str(&group->where));
}

static void add_workload(struct text *t, const struct groups *groups,
			 const char *workload, const struct report_options *o)
{
	static const char *const heads[] = { "trials", "on the wire", "RST by",
					     "client", "server",      "result",
					     "where" };
	own_grid struct grid g = { .n_columns = ARRAY_SIZE(heads),
				   .right = 1,
				   .wrap_last = true };
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		grid_add(&g, NULL, "%s", heads[i]);
	for (size_t i = 0; i < groups->n; i++)
		if (!strcmp(groups->items[i].workload, workload)) {
			add_group(&g, &groups->items[i]);
			any = true;
		}
	if (!any)
		return;
	add_heading(t, o, workload);
	grid_print(&g, t, INDENT, o->columns);
}

int seen_table(const struct summary *s, const struct report_options *o,
	       FILE *out, struct err *e)
{
	own_groups struct groups groups = { .n = 0 };
	own_text struct text t = { .s = NULL };
	const int r = groups_init(&groups, &kind, s, e);

	if (r < 0)
		return r;
	format_title(&t, s, o->columns);
	for (size_t i = 0; i < s->n_workloads; i++)
		add_workload(&t, &groups, s->workloads[i], o);
	return format_write(&t, out, e);
}

int seen_add_surprises(struct text *t, const struct summary *s,
		       const struct report_options *o, struct err *e)
{
	own_groups struct groups groups = { .n = 0 };
	own_grid struct grid g = { .n_columns = 4,
				   .right = 1,
				   .wrap_last = true };
	const int r = groups_init(&groups, &kind, s, e);
	bool any = false;

	grid_add(&g, NULL, "trials");
	grid_add(&g, NULL, "workload");
	grid_add(&g, NULL, "what");
	grid_add(&g, NULL, "where");
	for (size_t i = 0; r == 0 && i < groups.n; i++) {
		const struct group *group = &groups.items[i];
		const struct view_seen *v = group->like;
		own_text struct text meaning = { .s = NULL };

		if (!unnoticed(v) && !v->why)
			continue;
		add_meaning(&meaning, v);
		add_errors(&meaning, v);
		grid_add(&g, NULL, "%" PRIu64, group->trials);
		grid_add(&g, NULL, "%s", group->workload);
		grid_add(&g, NULL, "%s", text_str(&meaning));
		grid_add(&g, NULL, "%s", text_str(&group->where));
		any = true;
	}
	if (r < 0 || !any)
		return r;
	add_heading(t, o, "What the rates do not show");
	grid_print(&g, t, INDENT, o->columns);
	return 0;
}

/* --- CSV -------------------------------------------------------------------
 */

int seen_csv(const struct summary *s, FILE *out, struct err *e)
{
	own_text struct text t = { .s = NULL };

	text_add(&t, "topology,workload,params,trials,wire,rst_by,client_app,"
		     "server_app,outcome,why\n");
	for (size_t i = 0; i < s->n_cells; i++) {
		const struct summary_cell *c = &s->cells[i];

		for (size_t j = 0; j < c->views.n_seen; j++) {
			const struct view_seen *v = &c->views.seen[j];
			own_text struct text row = { .s = NULL };

			format_csv_field(&row, c->topology);
			format_csv_field(&row, c->workload);
			format_csv_field(&row, c->params);
			text_addf(&row, ",%" PRIu64, v->trials);
			format_csv_field(&row, v->wire);
			format_csv_field(&row, v->rst);
			format_csv_field(&row, v->app[0]);
			format_csv_field(&row, v->app[1]);
			format_csv_field(&row, v->outcome);
			format_csv_field(&row, v->why);
			text_addf(&t, "%s\n", text_str(&row));
			t.failed |= row.failed;
		}
	}
	return format_write(&t, out, e);
}
