/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/report/groups.h"

#include "lab/report/where.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void groups_done(struct groups *g)
{
	for (size_t i = 0; i < g->n; i++) {
		free(g->items[i].counts);
		text_done(&g->items[i].where);
	}
	free(g->items);
	matrix_done(&g->matrix);
}

/* .n of the matrix, where the counts have room too: not in the plan. */
static size_t row_of(const struct matrix *m, const struct summary_cell *c)
{
	size_t i = 0;

	while (i < m->n && (strcmp(m->rows[i].topology, c->topology) != 0 ||
			    strcmp(m->rows[i].params, c->params) != 0))
		i++;
	return i;
}

static struct group *group_for(struct groups *g, const char *workload,
			       const void *like)
{
	struct group *group;

	for (size_t i = 0; i < g->n; i++)
		if (!strcmp(g->items[i].workload, workload) &&
		    g->kind->alike(g->items[i].like, like))
			return &g->items[i];
	group = reallocarray(g->items, g->n + 1, sizeof(*group));
	if (!group)
		return NULL;
	g->items = group;
	group = &g->items[g->n];
	*group = (struct group){
		.workload = workload,
		.like = like,
		.counts = calloc(g->matrix.n + 1, sizeof(*group->counts)),
		.order = g->n,
	};
	if (!group->counts)
		return NULL;
	g->n++;
	return group;
}

bool groups_add(struct groups *g, const struct summary_cell *c,
		const void *like, uint64_t trials)
{
	struct group *group = group_for(g, c->workload, like);

	if (!group)
		return false;
	group->counts[row_of(&g->matrix, c)] += trials;
	group->trials += trials;
	return true;
}

static int by_order(const void *a, const void *b, void *groups)
{
	const struct group *const x = a, *const y = b;
	const struct groups_kind *const kind = ((struct groups *)groups)->kind;
	const int r = kind->order ? kind->order(x->like, y->like) : 0;

	if (r != 0)
		return r;
	if (x->trials != y->trials)
		return x->trials > y->trials ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

int groups_init(struct groups *g, const struct groups_kind *kind,
		const struct summary *s, struct err *e)
{
	int r;

	*g = (struct groups){ .kind = kind };
	r = matrix_init(&g->matrix, s, e);
	for (size_t i = 0; r == 0 && i < s->n_cells; i++)
		if (!kind->each(g, &s->cells[i]))
			r = err_no_memory(e);
	for (size_t i = 0; r == 0 && i < g->n; i++)
		where_add(&g->items[i].where, s, &g->matrix,
			  g->items[i].counts);
	if (g->n)
		qsort_r(g->items, g->n, sizeof(*g->items), by_order, g);
	return r;
}
