/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/address.h"

#include "lab/base/num.h"
#include "lab/report/matrix.h"
#include "lab/run/rundir.h"

#include <string.h>

void address_add_label(struct text *t, const struct stored_cell *c)
{
	matrix_label(t, c->topology, c->params);
}

void address_add_cell(struct text *t, const struct stored_cell *c)
{
	const size_t from = t->n;

	address_add_label(t, c);
	for (size_t i = from; i < t->n; i++)
		if (t->s[i] == ' ')
			t->s[i] = '+';
	text_addf(t, "/%s", c->workload);
}

void address_done(struct address *a)
{
	stored_cells_done(&a->cells);
	free(a->dir);
}

/* The run is the shortest beginning that is one: paths may have colons too.
 * @ret_rest:	behind its colon, or NULL */
static int find_run(const char *word, struct address *a, const char **ret_rest,
		    struct err *e)
{
	own_mem char *run = strdup(word);
	struct err later;
	int r = 0;

	if (!run)
		return err_errno(e, "run");
	for (size_t i = 0; i <= strlen(word); i++) {
		if (word[i] != ':' && word[i] != '\0')
			continue;
		run[i] = '\0';
		if (rundir_find(run, &a->dir, r ? &later : e) == 0) {
			*ret_rest = word[i] ? word + i + 1 : NULL;
			return 0;
		}
		r = r ? r : -e->code; /* the first error counts */
		run[i] = word[i];
	}
	return r;
}

/* The names of all cells, NULL-terminated. */
static char **cell_names(const struct stored_cells *cells)
{
	char **names = calloc(cells->n + 1, sizeof(*names));

	for (size_t i = 0; names && i < cells->n; i++) {
		struct text t = { .s = NULL };

		address_add_cell(&t, &cells->cells[i]);
		names[i] = t.s;
	}
	return names;
}

static void free_names(char ***names)
{
	for (char **name = *names; name && *name; name++)
		free(*name);
	free(*names);
}

/* A word typed with blanks or commas between parameters means the same. */
static bool same_cell(const char *name, const char *word)
{
	for (; *name && *word; name++, word++) {
		const char c = *word == ' ' ? '+' : *word;

		if (*name != c)
			return false;
	}
	return *name == *word;
}

static int no_cell(const struct address *a, char *const *names,
		   const char *word, struct err *e)
{
	const char *near = text_nearest(word, (const char *const *)names);

	if (near)
		return err_set(e, ERR_EMPTY, ENOENT,
			       "no cell '%s' in run %s; did you mean '%s'?",
			       word, a->cells.run, near);
	return err_set(e, ERR_EMPTY, ENOENT,
		       "no cell '%s' in run %s: `rstlab explain %s` lists them",
		       word, a->cells.run, a->dir);
}

static int find_cell(struct address *a, const char *word, struct err *e)
{
	OWN(free_names) char **names = cell_names(&a->cells);

	if (!names)
		return err_errno(e, "cells");
	for (size_t i = 0; names[i]; i++) {
		if (same_cell(names[i], word)) {
			a->cell = &a->cells.cells[i];
			return 0;
		}
	}
	return no_cell(a, names, word, e);
}

/* Behind the last colon, if it is a number; the rest, in @cell, is the cell. */
static int split_trial(char *cell, uint32_t *ret, struct err *e)
{
	char *colon = strrchr(cell, ':');
	int64_t n;

	*ret = 0;
	if (!colon || strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return 0;
	if (!num_parse(colon + 1, 1, UINT32_MAX, &n))
		return err_set(e, ERR_EMPTY, ENOENT,
			       "no trial '%s': a trial is a number from 1 on",
			       colon + 1);
	*ret = (uint32_t)n;
	*colon = '\0';
	return 0;
}

static int find(const char *word, struct address *a, struct err *e)
{
	own_mem char *cell = NULL;
	const char *rest = NULL;
	int r = find_run(word, a, &rest, e);

	if (r == 0)
		r = stored_cells_read(a->dir, &a->cells, e);
	if (r < 0 || !rest)
		return r;
	cell = strdup(rest);
	if (!cell)
		return err_errno(e, "cell");
	r = split_trial(cell, &a->trial, e);
	return r < 0 ? r : find_cell(a, cell, e);
}

int address_find(const char *word, struct address *ret, struct err *e)
{
	own_address struct address a = { .dir = NULL };
	const int r = find(word, &a, e);

	if (r < 0)
		return r;
	*ret = a;
	a = (struct address){ .dir = NULL };
	return 0;
}
