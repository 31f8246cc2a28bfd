/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/selection.h"

#include "lab/cmd/catalog.h"

#include <string.h>

/* Kept for the document that --json owes in the end. */
static struct text mistakes;

const char *selection_mistakes(void)
{
	return text_str(&mistakes);
}

/* @refused: the file cannot be used. */
static void told(const struct spec_diags *d, bool refused)
{
	fputs(text_str(&d->text), stderr);
	text_done(&mistakes);
	if (refused)
		text_add(&mistakes, text_str(&d->text));
}

int selection_read_topology(struct topology *t, const char *path, struct err *e)
{
	own_diags struct spec_diags d = { .path = NULL };
	const int r = topology_load(t, path, &d, e);

	told(&d, r < 0);
	return r;
}

int selection_read_workload(struct workload *w, const char *path, struct err *e)
{
	own_diags struct spec_diags d = { .path = NULL };
	const int r = workload_load(w, path, &d, e);

	told(&d, r < 0);
	return r;
}

void selection_done(struct selection *s)
{
	for (size_t i = 0; i < s->n_topologies; i++)
		topology_done(&s->topologies[i]);
	for (size_t i = 0; i < s->n_workloads; i++)
		workload_done(&s->workloads[i]);
	free(s->topologies);
	free(s->workloads);
	*s = (struct selection){ .topologies = NULL };
}

static int find(enum catalog_kind kind, const char *const *words,
		struct catalog_paths *ret, struct err *e)
{
	own_catalog struct catalog c = { .entries = NULL };
	const int r = catalog_open(&c, kind, e);

	return r < 0 ? r : catalog_find(&c, words, ret, e);
}

static int twice(const char *what, const char *name, const char *path_a,
		 const char *path_b, struct err *e)
{
	return err_set(e, ERR_INPUT, EEXIST,
		       "two %s are called '%s': %s and %s; a result could not "
		       "tell them apart",
		       what, name, path_a, path_b);
}

static int load_topologies(struct selection *s, const struct catalog_paths *p,
			   struct err *e)
{
	s->topologies = calloc(p->n + 1, sizeof(*s->topologies));
	if (!s->topologies)
		return err_no_memory(e);
	for (size_t i = 0; i < p->n; i++) {
		struct topology *t = &s->topologies[s->n_topologies++];
		const int r = selection_read_topology(t, p->items[i], e);

		if (r < 0)
			return r;
		for (size_t j = 0; j < i; j++)
			if (!strcmp(s->topologies[j].name, t->name))
				return twice("topologies", t->name, p->items[j],
					     p->items[i], e);
	}
	return 0;
}

static int load_workloads(struct selection *s, const struct catalog_paths *p,
			  struct err *e)
{
	s->workloads = calloc(p->n + 1, sizeof(*s->workloads));
	if (!s->workloads)
		return err_no_memory(e);
	for (size_t i = 0; i < p->n; i++) {
		struct workload *w = &s->workloads[s->n_workloads++];
		const int r = selection_read_workload(w, p->items[i], e);

		if (r < 0)
			return r;
		for (size_t j = 0; j < i; j++)
			if (!strcmp(s->workloads[j].name, w->name))
				return twice("workloads", w->name, p->items[j],
					     p->items[i], e);
	}
	return 0;
}

int selection_add_workload(struct selection *s, struct workload *w,
			   struct err *e)
{
	struct workload *more;

	for (size_t i = 0; i < s->n_workloads; i++)
		if (!strcmp(s->workloads[i].name, w->name))
			return err_set(e, ERR_INPUT, EEXIST,
				       "the workload '%s' of %s has the name "
				       "that the commands get; a result could "
				       "not tell them apart",
				       w->name, s->workloads[i].path);
	more = realloc(s->workloads, (s->n_workloads + 1) * sizeof(*more));
	if (!more)
		return err_no_memory(e);
	s->workloads = more;
	more[s->n_workloads++] = *w;
	*w = (struct workload){ .name = NULL };
	return 0;
}

void selection_keep_default_topologies(struct selection *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_topologies; i++) {
		if (s->topologies[i].by_default)
			s->topologies[n++] = s->topologies[i];
		else
			topology_done(&s->topologies[i]);
	}
	s->n_topologies = s->n_names = n;
}

void selection_keep_default_workloads(struct selection *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_workloads; i++) {
		if (s->workloads[i].by_default)
			s->workloads[n++] = s->workloads[i];
		else
			workload_done(&s->workloads[i]);
	}
	s->n_workloads = n;
}

int selection_load(struct selection *s, const char *const *topologies,
		   const char *const *workloads, struct err *e)
{
	own_catalog_paths struct catalog_paths t = { .items = NULL };
	own_catalog_paths struct catalog_paths w = { .items = NULL };
	int r;

	*s = (struct selection){ .topologies = NULL };
	r = find(CATALOG_TOPOLOGIES, topologies, &t, e);
	if (r == 0)
		r = find(CATALOG_WORKLOADS, workloads, &w, e);
	if (r == 0)
		r = load_topologies(s, &t, e);
	if (r == 0)
		r = load_workloads(s, &w, e);
	s->n_names = s->n_topologies;
	if (r < 0)
		selection_done(s);
	return r;
}

int selection_topology(struct topology *t, const char *word, struct err *e)
{
	own_mem char *path = NULL;
	const int r = catalog_find_one(CATALOG_TOPOLOGIES, word, &path, e);

	return r < 0 ? r : selection_read_topology(t, path, e);
}
