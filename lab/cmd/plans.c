/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/plans.h"

#include "lab/cmd/catalog.h"
#include "lab/report/format.h"
#include "lab/report/grid.h"
#include "lab/report/matrix.h"

#include <inttypes.h>
#include <string.h>

enum { INDENT = 2 };

int plans_read(struct named_plan *p, const char *path, struct err *e)
{
	own_diags struct spec_diags d = { .path = NULL };
	const int r = named_plan_load(p, path, &d, e);

	fputs(text_str(&d.text), stderr);
	return r;
}

int plans_find(struct named_plan *p, const char *word, struct err *e)
{
	own_catalog struct catalog c = { .entries = NULL };
	own_catalog_paths struct catalog_paths paths = { .items = NULL };
	int r = catalog_open(&c, CATALOG_PLANS, e);

	if (r == 0)
		r = catalog_find(&c, (const char *[]){ word, NULL }, &paths, e);
	if (r < 0)
		return r;
	if (paths.n != 1)
		return err_set(e, ERR_INPUT, EINVAL,
			       "'%s' names %zu plans; a run has one", word,
			       paths.n);
	return plans_read(p, paths.items[0], e);
}

/* --- as options ------------------------------------------------------------
 */

static bool add_word(struct opt_list *l, const char *word, size_t n)
{
	char **items = reallocarray(l->items, l->n + 1, sizeof(*items));

	if (!items)
		return false;
	l->items = items;
	items[l->n] = strndup(word, n);
	return items[l->n++];
}

int plans_words(const struct spec_list *words, bool cut, struct opt_list *ret,
		struct err *e)
{
	const struct plan_word *items = words->items;

	for (size_t i = 0; i < words->n; i++) {
		const char *word = items[i].text;

		while (*word) {
			const size_t n = strcspn(word, cut ? "," : "");

			if (!add_word(ret, word, n))
				return err_set(e, ERR_SYSTEM, ENOMEM,
					       "out of memory");
			word += n + !!word[n];
		}
	}
	return 0;
}

void plans_words_done(struct opt_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->items[i]);
	free(l->items);
	*l = (struct opt_list){ .items = NULL };
}

/* --- beside what was published --------------------------------------------
 */

/* "60.0 % [31.3-83.2] 6/10" */
static void add_rate(struct text *t, const struct summary_cell *c)
{
	char rate[FORMAT_PERCENT_MAX], low[FORMAT_PERCENT_MAX];
	char high[FORMAT_PERCENT_MAX];

	if (!c->judged) {
		text_add(t, c->trials ? "no trial was judged" : "not run");
		return;
	}
	text_addf(t, "%s %% [%s-%s] %" PRIu64 "/%" PRIu64,
		  format_rate(c->rate, rate), format_low(c->interval.low, low),
		  format_high(c->interval.high, high),
		  c->outcomes[OUTCOME_RESET], c->judged);
}

static void add_row(struct grid *g, const struct plan_published *p,
		    const char *topology, const char *measured)
{
	grid_add(g, NULL, "%s", p->place);
	grid_add(g, NULL, "%s", p->workload);
	grid_add(g, NULL, "%s", p->reported);
	grid_add(g, NULL, "%s", topology);
	grid_add(g, NULL, "%s", measured);
}

/* A row for each variant of its topology. */
static void add_cells(struct grid *g, const struct plan_published *p,
		      const struct summary *s)
{
	bool any = false;

	for (size_t i = 0; i < s->n_cells; i++) {
		const struct summary_cell *c = &s->cells[i];
		own_text struct text label = { .s = NULL };
		own_text struct text rate = { .s = NULL };

		if (strcmp(c->topology, p->topology) != 0 ||
		    strcmp(c->workload, p->workload) != 0)
			continue;
		any = true;
		matrix_label(&label, c->topology, c->params);
		add_rate(&rate, c);
		add_row(g, p, text_str(&label), text_str(&rate));
	}
	if (!any)
		add_row(g, p, p->topology, "not run");
}

int plans_add_published(struct text *t, const struct named_plan *p,
			const struct summary *s, const struct report_options *o,
			struct err *e)
{
	static const char *const heads[] = { "published: where", "client",
					     "what", "here: topology",
					     "RST per trial" };
	own_grid struct grid g = { .n_columns = ARRAY_SIZE(heads),
				   .wrap_last = true };
	const struct plan_published *items = p->published.items;

	if (!p->published.n)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		grid_add(&g, NULL, "%s", heads[i]);
	for (size_t i = 0; i < p->published.n; i++)
		add_cells(&g, &items[i], s);
	text_addf(t, "\n%sBeside what was published%s\n",
		  o->color ? FORMAT_BOLD : "", o->color ? FORMAT_PLAIN : "");
	grid_print(&g, t, INDENT, o->columns > 0 ? (size_t)o->columns : 0);
	text_addf(t, "  source of what was published: %s\n", p->source);
	return g.failed ? err_set(e, ERR_SYSTEM, ENOMEM, "plan: no memory") : 0;
}

/* --- shown -----------------------------------------------------------------
 */

static void show_words(const char *name, const struct spec_list *words,
		       FILE *out)
{
	const struct plan_word *items = words->items;

	if (!words->n)
		return;
	fprintf(out, "  %-10s ", name);
	for (size_t i = 0; i < words->n; i++)
		fprintf(out, "%s%s", i ? ", " : "", items[i].text);
	fputc('\n', out);
}

static void show_published(const struct named_plan *p, FILE *out)
{
	const struct plan_published *items = p->published.items;
	own_grid struct grid g = { .n_columns = 4, .wrap_last = true };
	own_text struct text t = { .s = NULL };

	for (size_t i = 0; i < p->published.n; i++) {
		grid_add(&g, NULL, "%s", items[i].place);
		grid_add(&g, NULL, "%s", items[i].topology);
		grid_add(&g, NULL, "%s", items[i].workload);
		grid_add(&g, NULL, "%s", items[i].reported);
	}
	grid_print(&g, &t, 4, 0);
	fprintf(out, "\n  published, in %s\n%s", p->source, text_str(&t));
}

void plans_show(const struct named_plan *p, FILE *out)
{
	fprintf(out, "%s: %s\n\n", p->name, p->summary);
	show_words("topologies", &p->topologies, out);
	show_words("workloads", &p->workloads, out);
	show_words("params", &p->params, out);
	if (p->trials)
		fprintf(out, "  %-10s %" PRIu32 "\n", "trials", p->trials);
	if (p->published.n)
		show_published(p, out);
}
