/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/report/causes.h"

#include "lab/cause/cause.h"
#include "lab/report/format.h"
#include "lab/report/grid.h"
#include "lab/report/senders.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { INDENT = 2 };

/* --- counting --------------------------------------------------------------
 */

static size_t column_of(const struct causes *c, const char *cause)
{
	size_t i = 0;

	while (i < c->n_names && strcmp(c->names[i], cause) != 0)
		i++;
	return i;
}

static size_t row_of(const struct causes *c, const struct summary_sender *s)
{
	size_t i = 0;

	while (i < c->matrix.n &&
	       (strcmp(c->matrix.rows[i].topology, s->topology) != 0 ||
		strcmp(c->matrix.rows[i].params, s->params) != 0))
		i++;
	return i;
}

static bool is_weak(const struct summary_sender *s)
{
	return !strcmp(s->confidence, confidence_names[CONFIDENCE_LIKELY]) ||
	       !strcmp(s->confidence, confidence_names[CONFIDENCE_UNKNOWN]);
}

static uint64_t total_of(const struct summary *s, const char *cause)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->n_senders; i++)
		if (!strcmp(s->senders[i].cause, cause))
			n += s->senders[i].connections;
	return n;
}

/* Most frequent first, then by name. */
static bool stands_before(const struct summary *s, const char *a, const char *b)
{
	const uint64_t x = total_of(s, a), y = total_of(s, b);

	return x != y ? x > y : strcmp(a, b) < 0;
}

static void add_name(struct causes *c, const struct summary *s,
		     const char *cause)
{
	size_t i = c->n_names;

	if (column_of(c, cause) < c->n_names)
		return;
	for (; i && stands_before(s, cause, c->names[i - 1]); i--)
		c->names[i] = c->names[i - 1];
	c->names[i] = cause;
	c->n_names++;
}

int causes_init(struct causes *c, const struct summary *s, struct err *e)
{
	int r;

	*c = (struct causes){ .names = NULL };
	r = matrix_init(&c->matrix, s, e);
	if (r < 0)
		return r;
	c->names = calloc(s->n_senders + 1, sizeof(*c->names));
	if (c->names)
		for (size_t i = 0; i < s->n_senders; i++)
			add_name(c, s, s->senders[i].cause);
	c->counts = calloc(c->matrix.n * c->n_names + 1, sizeof(*c->counts));
	if (!c->names || !c->counts)
		return err_no_memory(e);
	for (size_t i = 0; i < s->n_senders; i++) {
		const struct summary_sender *from = &s->senders[i];
		const size_t row = row_of(c, from);
		struct causes_count *n;

		if (row == c->matrix.n)
			continue;
		n = &c->counts[row * c->n_names + column_of(c, from->cause)];
		n->connections += from->connections;
		n->weak += is_weak(from) ? from->connections : 0;
	}
	for (size_t i = 0; i < c->matrix.n; i++)
		c->n_hit += causes_has_row(c, i);
	return 0;
}

void causes_done(struct causes *c)
{
	matrix_done(&c->matrix);
	free(c->names);
	free(c->counts);
	*c = (struct causes){ .names = NULL };
}

const struct causes_count *causes_at(const struct causes *c, size_t row,
				     size_t column)
{
	return &c->counts[row * c->n_names + column];
}

bool causes_has_row(const struct causes *c, size_t row)
{
	for (size_t i = 0; i < c->n_names; i++)
		if (causes_at(c, row, i)->connections)
			return true;
	return false;
}

/* --- for a terminal --------------------------------------------------------
 */

static void add_row(struct grid *g, const struct causes *c, size_t row)
{
	grid_add(g, NULL, "%s", text_str(&c->matrix.rows[row].label));
	for (size_t i = 0; i < c->n_names; i++) {
		const struct causes_count *n = causes_at(c, row, i);

		if (n->connections)
			grid_add(g, NULL, "%" PRIu64 "%s", n->connections,
				 n->weak ? "?" : "");
		else
			grid_add(g, NULL, "-");
	}
}

/* @most: rows */
static void add_grid(struct text *t, const struct causes *c,
		     const struct report_options *o, size_t most)
{
	own_grid struct grid g = { .n_columns = c->n_names + 1 };
	size_t shown = 0;

	grid_add(&g, NULL, "resets, by cause");
	for (size_t i = 0; i < c->n_names; i++)
		grid_add(&g, NULL, "%s", c->names[i]);
	for (size_t i = 0; i < c->matrix.n && shown < most; i++)
		if (causes_has_row(c, i)) {
			add_row(&g, c, i);
			shown++;
		}
	grid_print(&g, t, 0, o->columns);
	if (c->n_hit > shown)
		text_addf(t, "%*sand %zu topolog%s more: report --causes\n",
			  INDENT, "", c->n_hit - shown,
			  c->n_hit - shown == 1 ? "y" : "ies");
	t->failed |= g.failed;
}

static void add_legend(struct text *t, const struct report_options *o)
{
	text_addf(t, "%*s", INDENT, "");
	format_wrap(t, CAUSES_LEGEND, INDENT, INDENT, o->columns);
	format_end_line(t);
}

int causes_add(struct text *t, const struct summary *s,
	       const struct report_options *o, struct err *e)
{
	own_causes struct causes c = { .names = NULL };
	const int r = causes_init(&c, s, e);

	if (r < 0 || c.matrix.n < 2 || !c.n_hit)
		return r;
	text_add(t, "\n");
	add_grid(t, &c, o, CAUSES_ROWS_MAX);
	add_legend(t, o);
	return 0;
}

int causes_table(const struct summary *s, const struct report_options *o,
		 FILE *out, struct err *e)
{
	own_causes struct causes c = { .names = NULL };
	own_text struct text t = { .s = NULL };
	const int r = causes_init(&c, s, e);

	if (r < 0)
		return r;
	format_title(&t, s, o->columns);
	text_add(&t, "\n");
	if (c.n_hit) {
		add_grid(&t, &c, o, c.matrix.n);
		add_legend(&t, o);
	} else {
		text_add(&t, senders_unseen(s)
				     ? "Not known: the kernel's counters "
				       "tell of resets, but nothing was "
				       "captured.\n"
				     : "No connection was reset.\n");
	}
	return format_write(&t, out, e);
}

/* --- for spreadsheets ------------------------------------------------------
 */

static uint64_t resets_in(const struct summary *s,
			  const struct summary_sender *like)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->n_senders; i++)
		if (!strcmp(s->senders[i].topology, like->topology) &&
		    !strcmp(s->senders[i].params, like->params))
			n += s->senders[i].connections;
	return n;
}

static bool is_same(const struct summary_sender *a,
		    const struct summary_sender *b)
{
	return !strcmp(a->topology, b->topology) &&
	       !strcmp(a->params, b->params) && !strcmp(a->cause, b->cause) &&
	       !strcmp(a->confidence, b->confidence);
}

/* How many are like sender @i; 0 when one before it is. */
static uint64_t count_like(const struct summary *s, size_t i)
{
	uint64_t n = 0;

	for (size_t j = 0; j < s->n_senders; j++) {
		if (!is_same(&s->senders[j], &s->senders[i]))
			continue;
		if (j < i)
			return 0;
		n += s->senders[j].connections;
	}
	return n;
}

int causes_each(const struct summary *s, causes_fn fn, void *arg)
{
	for (size_t i = 0; i < s->n_senders; i++) {
		const struct summary_sender *like = &s->senders[i];
		const uint64_t n = count_like(s, i);
		int r;

		if (!n)
			continue;
		r = fn(like, n, (double)n / (double)resets_in(s, like), arg);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_csv(const struct summary_sender *like, uint64_t n, double share,
		   void *arg)
{
	own_text struct text row = { .s = NULL };
	struct text *t = arg;

	format_csv_field(&row, like->topology);
	format_csv_field(&row, like->params);
	format_csv_field(&row, like->cause);
	format_csv_field(&row, like->confidence);
	text_addf(&row, ",%" PRIu64 ",%.*g\n", n, FORMAT_DIGITS, share);
	text_add(t, text_str(&row));
	t->failed |= row.failed;
	return 0;
}

int causes_csv(const struct summary *s, FILE *out, struct err *e)
{
	own_text struct text t = { .s = NULL };

	text_add(&t, "topology,params,cause,confidence,connections,share\n");
	(void)causes_each(s, add_csv, &t);
	return format_write(&t, out, e);
}
