/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/report/observer.h"

#include "lab/report/grid.h"
#include "lab/report/matrix.h"

#include <inttypes.h>

bool observer_difference(const struct observed_cell *c, double *ret_rate,
			 struct interval *ret)
{
	const struct hits m = c->arms[OBSERVER_MEASURED];
	const struct hits s = c->arms[OBSERVER_SILENT];

	if (!m.n || !s.n)
		return false;
	*ret_rate = (double)m.k / (double)m.n - (double)s.k / (double)s.n;
	*ret = newcombe_95(m, s);
	return true;
}

static bool differs(struct interval i)
{
	return i.low > 0 || i.high < 0;
}

/* What the cells of an observer check say together. */
struct verdict_of_all {
	size_t compared; /* cells where both arms have judged trials */
	size_t differ;	 /* of these, with an interval that leaves out 0 */
};

static struct verdict_of_all judge_all(const struct observed *o)
{
	struct verdict_of_all v = { .compared = 0 };

	for (size_t i = 0; i < o->n; i++) {
		struct interval interval;
		double rate;

		if (!observer_difference(&o->cells[i], &rate, &interval))
			continue;
		v.compared++;
		v.differ += differs(interval);
	}
	return v;
}

void observer_add_sentence(struct text *t, const struct observed *o)
{
	const struct verdict_of_all v = judge_all(o);

	if (!o->n)
		return;
	text_addf(t,
		  "measured minus silent, in percentage points with a 95 %% "
		  "Newcombe interval, both arms by OutRsts alone: in %zu of "
		  "%zu %s the interval leaves out 0",
		  v.differ, v.compared, v.compared == 1 ? "cell" : "cells");
	if (v.differ)
		text_add(t, " (by chance it would in about 1 of 20)");
	if (v.compared < o->n)
		text_addf(t, "; %zu could not be compared", o->n - v.compared);
}

static void add_arm(struct grid *g, const struct observed_cell *c,
		    enum observer_arm arm)
{
	grid_add(g, NULL, "%" PRIu64 "/%" PRIu64, c->arms[arm].k,
		 c->arms[arm].n);
}

static void add_row(struct grid *g, const struct observed_cell *c)
{
	own_text struct text label = { .s = NULL };
	struct interval i;
	double rate;

	matrix_label(&label, c->topology, c->params);
	grid_add(g, NULL, "%s", text_str(&label));
	grid_add(g, NULL, "%s", c->workload);
	add_arm(g, c, OBSERVER_MEASURED);
	add_arm(g, c, OBSERVER_SILENT);
	if (observer_difference(c, &rate, &i))
		grid_add(g, NULL, "%+.1f [%+.1f, %+.1f]%s", 100 * rate,
			 100 * i.low, 100 * i.high,
			 differs(i) ? " differs" : "");
	else
		grid_add(g, NULL, "-");
}

void observer_add_rows(struct text *t, const struct observed *o, size_t indent,
		       size_t columns)
{
	static const char *const heads[] = { "topology", "workload", "measured",
					     "silent", "difference" };
	own_grid struct grid g = { .n_columns = 5,
				   .right = 1 << 2 | 1 << 3,
				   .wrap_last = true };

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		grid_add(&g, NULL, "%s", heads[i]);
	for (size_t i = 0; i < o->n; i++)
		add_row(&g, &o->cells[i]);
	grid_print(&g, t, indent, columns);
	t->failed |= g.failed;
}
