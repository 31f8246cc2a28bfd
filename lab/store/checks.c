/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/store/checks.h"

#include "lab/store/db.h"
#include "lab/store/statement.h"

#include <string.h>

int store_put_source(struct store *s, const struct store_source *source,
		     struct err *e)
{
	struct db_row row = store_row(s, PUT_SOURCE);
	int64_t r;

	db_put_text(&row, source->name);
	db_put_text(&row, source->state);
	db_put_text(&row, source->why);
	r = store_insert(s, &row, e);
	return r < 0 ? (int)r : 0;
}

int store_put_mismatch(struct store *s, const struct store_mismatch *m,
		       struct err *e)
{
	struct db_row row = store_row(s, PUT_MISMATCH);
	int64_t r;

	db_put_int(&row, m->block);
	db_put_text(&row, m->place.topology);
	db_put_text(&row, m->place.params ? m->place.params : "{}");
	db_put_text(&row, m->place.node);
	db_put_text(&row, m->what);
	db_put_int(&row, m->expected);
	db_put_int(&row, m->seen);
	db_put_text(&row, m->why);
	r = store_insert(s, &row, e);
	return r < 0 ? (int)r : 0;
}

/* --- reading ----------------------------------------------------------------
 */

/* Returns: false: out of memory.  NULL stays NULL. */
static bool copy(sqlite3_stmt *q, int column, char **ret)
{
	const char *text = (const char *)sqlite3_column_text(q, column);

	*ret = text ? strdup(text) : NULL;
	return *ret || !text;
}

static int read_source(sqlite3_stmt *q, void *arg, struct err *e)
{
	struct checks *c = arg;
	struct check_source *items =
		reallocarray(c->sources, c->n_sources + 1, sizeof(*c->sources));
	struct check_source *s;

	if (!items)
		return err_no_memory(e);
	c->sources = items;
	s = &items[c->n_sources++];
	*s = (struct check_source){ .name = NULL };
	return copy(q, 0, &s->name) && copy(q, 1, &s->state) &&
			       copy(q, 2, &s->why)
		       ? 0
		       : err_no_memory(e);
}

static int read_mismatch(sqlite3_stmt *q, void *arg, struct err *e)
{
	struct checks *c = arg;
	struct check_mismatch *items = reallocarray(
		c->mismatches, c->n_mismatches + 1, sizeof(*c->mismatches));
	struct check_mismatch *m;

	if (!items)
		return err_no_memory(e);
	c->mismatches = items;
	m = &items[c->n_mismatches++];
	*m = (struct check_mismatch){
		.block = (uint64_t)sqlite3_column_int64(q, 0),
		.expected = sqlite3_column_int64(q, 5),
		.seen = sqlite3_column_int64(q, 6),
	};
	if (!copy(q, 1, &m->topology) || !copy(q, 2, &m->params) ||
	    !copy(q, 3, &m->node) || !copy(q, 4, &m->what) ||
	    !copy(q, 7, &m->why))
		return err_no_memory(e);
	c->n_marked += !m->why;
	return 0;
}

int checks_read(struct checks *ret, const struct db *db, struct err *e)
{
	int r = db_each(db, "SELECT name, state, why FROM source ORDER BY 1",
			read_source, ret, e);

	if (r == 0)
		r = db_each(db,
			    "SELECT block, topology, params, node, what,"
			    " expected, seen, why FROM mismatch"
			    " ORDER BY 1, 2, 3, 4, 5",
			    read_mismatch, ret, e);
	return r;
}

int checks_read_run(const char *dir, struct checks *ret, struct err *e)
{
	own_db struct db db = { .sq = NULL };
	const int r = db_open_run(&db, dir, e);

	return r < 0 ? r : checks_read(ret, &db, e);
}

void checks_done(struct checks *c)
{
	for (size_t i = 0; i < c->n_sources; i++) {
		free(c->sources[i].name);
		free(c->sources[i].state);
		free(c->sources[i].why);
	}
	for (size_t i = 0; i < c->n_mismatches; i++) {
		free(c->mismatches[i].topology);
		free(c->mismatches[i].params);
		free(c->mismatches[i].node);
		free(c->mismatches[i].what);
		free(c->mismatches[i].why);
	}
	free(c->sources);
	free(c->mismatches);
}
