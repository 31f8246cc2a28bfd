/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/report/frames.h"

#include "lab/base/num.h"
#include "lab/report/format.h"
#include "lab/report/grid.h"
#include "lab/report/groups.h"
#include "lab/report/markdown-text.h"

#include <inttypes.h>
#include <string.h>

enum { INDENT = 2 };

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool alike(const void *x, const void *y)
{
	const struct view_frames *a = x, *b = y;

	return same(a->what, b->what) && same(a->frames, b->frames) &&
	       same(a->why, b->why);
}

static bool each(struct groups *g, const struct summary_cell *c)
{
	bool ok = true;

	for (size_t i = 0; ok && i < c->views.n_frames; i++) {
		const struct view_frames *v = &c->views.frames[i];

		ok = groups_add(g, c, v, v->connections);
	}
	return ok;
}

static const struct groups_kind kind = { .each = each, .alike = alike };

/* --- how long --------------------------------------------------------------
 */

struct span {
	int64_t least_ns, most_ns; /* < 0: none is known */
};

static void widen(struct span *span, const struct view_frames *v)
{
	if (v->least_ns < 0)
		return;
	if (span->least_ns < 0 || v->least_ns < span->least_ns)
		span->least_ns = v->least_ns;
	if (v->most_ns > span->most_ns)
		span->most_ns = v->most_ns;
}

/* Over all cells of the group. */
static struct span span_of(const struct group *group, const struct summary *s)
{
	struct span span = { -1, -1 };

	for (size_t i = 0; i < s->n_cells; i++) {
		const struct summary_cell *c = &s->cells[i];

		if (strcmp(c->workload, group->workload) != 0)
			continue;
		for (size_t j = 0; j < c->views.n_frames; j++)
			if (alike(&c->views.frames[j], group->like))
				widen(&span, &c->views.frames[j]);
	}
	return span;
}

/* "unread for 13 us to 2.1 ms", "10 us after the FIN" */
static void add_time(struct text *t, const struct view_frames *v,
		     const struct span *span)
{
	const bool late = !strcmp(v->what, frame_fate_names[FRAME_LATE]);
	char least[NUM_TIME_BYTES], most[NUM_TIME_BYTES];

	if (!strcmp(v->what, frame_fate_names[FRAME_UNKNOWN])) {
		text_add(t, "-");
		return;
	}
	if (span->least_ns < 0) {
		text_add(t, v->what);
		return;
	}
	(void)num_time_text(span->least_ns, least);
	(void)num_time_text(span->most_ns, most);
	text_addf(t, "%s%s", late ? "" : "unread for ", least);
	if (strcmp(least, most) != 0)
		text_addf(t, " to %s", most);
	text_add(t, late ? " after the FIN" : "");
}

/* --- table -----------------------------------------------------------------
 */

static void add_group(struct grid *g, const struct group *group,
		      const struct summary *s)
{
	const struct view_frames *v = group->like;
	const struct span span = span_of(group, s);
	own_text struct text time = { .s = NULL };

	add_time(&time, v, &span);
	grid_add(g, NULL, "%" PRIu64, group->trials);
	grid_add(g, NULL, "%s", group->workload);
	grid_add(g, NULL, "%s", v->frames ? v->frames : "unknown");
	grid_add(g, NULL, "%s", text_str(&time));
	grid_add(g, NULL, "%s%s%s", v->why ? v->why : "", v->why ? ": " : "",
		 text_str(&group->where));
}

int frames_add(struct text *t, const struct summary *s,
	       const struct report_options *o, struct err *e)
{
	static const char *const heads[] = { "resets", "workload", "frame",
					     "when", "where" };
	own_grid struct grid g = { .n_columns = ARRAY_SIZE(heads),
				   .right = 1,
				   .wrap_last = true };
	own_groups struct groups groups = { .n = 0 };
	const int r = groups_init(&groups, &kind, s, e);

	if (r < 0 || !groups.n)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		grid_add(&g, NULL, "%s", heads[i]);
	for (size_t i = 0; i < groups.n; i++)
		add_group(&g, &groups.items[i], s);
	text_addf(t, "\n%sThe HTTP/2 frames that were unread or late%s\n",
		  o->color ? FORMAT_BOLD : "", o->color ? FORMAT_PLAIN : "");
	grid_print(&g, t, INDENT, o->columns);
	return g.failed ? err_no_memory(e) : 0;
}

/* --- markdown --------------------------------------------------------------
 */

static void add_line(struct text *t, const struct group *group,
		     const struct summary *s)
{
	const struct view_frames *v = group->like;
	const struct span span = span_of(group, s);
	own_text struct text time = { .s = NULL };

	add_time(&time, v, &span);
	text_addf(t, "| %" PRIu64 " | ", group->trials);
	markdown_add_plain(t, group->workload);
	text_add(t, " | ");
	markdown_add_plain(t, v->frames ? v->frames : "unknown");
	text_add(t, " | ");
	markdown_add_plain(t, text_str(&time));
	text_add(t, " | ");
	markdown_add_plain(t, v->why ? v->why : "");
	text_add(t, v->why ? ": " : "");
	markdown_add_plain(t, text_str(&group->where));
	text_add(t, " |\n");
}

int frames_add_markdown(struct text *t, const struct summary *s, struct err *e)
{
	own_groups struct groups groups = { .n = 0 };
	const int r = groups_init(&groups, &kind, s, e);

	if (r < 0 || !groups.n)
		return r;
	text_add(t, "\n### The HTTP/2 frames that were unread or late\n\n"
		    "| Resets | Workload | Frame | When | Where |\n"
		    "| ---: | --- | --- | --- | --- |\n");
	for (size_t i = 0; i < groups.n; i++)
		add_line(t, &groups.items[i], s);
	return 0;
}
