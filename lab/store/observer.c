/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/store/observer.h"

#include "lab/base/own.h"
#include "lab/store/db.h"
#include "lab/store/statement.h"

#include <assert.h>
#include <string.h>

static const char *const arms[] = {
	[OBSERVER_MEASURED] = "measured",
	[OBSERVER_SILENT] = "silent",
};
static_assert(ARRAY_SIZE(arms) == OBSERVER_ARMS, "a name for each");

int store_put_observed(struct store *s, const struct store_observed *o,
		       struct err *e)
{
	struct db_row row = store_row(s, PUT_OBSERVED);
	int64_t r;

	db_put_int(&row, o->block);
	db_put_int(&row, o->position);
	db_put_int(&row, o->cell);
	db_put_text(&row, arms[o->arm]);
	db_put_text(&row, outcome_names[o->outcome]);
	db_put_text(&row, o->why);
	r = store_insert(s, &row, e);
	return r < 0 ? (int)r : 0;
}

static char *text(sqlite3_stmt *q, int column)
{
	const char *s = (const char *)sqlite3_column_text(q, column);

	return s ? strdup(s) : NULL;
}

static int read_cell(sqlite3_stmt *q, void *arg, struct err *e)
{
	struct observed *o = arg;
	struct observed_cell *cells =
		reallocarray(o->cells, o->n + 1, sizeof(*o->cells));
	struct observed_cell *c;

	if (!cells)
		return err_no_memory(e);
	o->cells = cells;
	c = &cells[o->n++];
	*c = (struct observed_cell){ .topology = text(q, 0),
				     .params = text(q, 1),
				     .workload = text(q, 2) };
	for (int arm = 0; arm < OBSERVER_ARMS; arm++) {
		const int at = 3 + 3 * arm;

		c->trials[arm] = (uint64_t)sqlite3_column_int64(q, at);
		c->arms[arm].n = (uint64_t)sqlite3_column_int64(q, at + 1);
		c->arms[arm].k = (uint64_t)sqlite3_column_int64(q, at + 2);
	}
	return c->topology && c->params && c->workload ? 0 : err_no_memory(e);
}

int observed_read(struct observed *ret, const struct db *db, struct err *e)
{
	/* the columns of arms are in the order of enum observer_arm */
	return db_each(
		db,
		"SELECT c.topology, c.params, c.workload,"
		" sum(o.arm = 'measured'),"
		" sum(o.arm = 'measured' AND o.outcome IN ('clean', 'reset')),"
		" sum(o.arm = 'measured' AND o.outcome = 'reset'),"
		" sum(o.arm = 'silent'),"
		" sum(o.arm = 'silent' AND o.outcome IN ('clean', 'reset')),"
		" sum(o.arm = 'silent' AND o.outcome = 'reset')"
		" FROM observed o JOIN cell c ON c.id = o.cell"
		" GROUP BY c.id ORDER BY c.id",
		read_cell, ret, e);
}

void observed_done(struct observed *o)
{
	for (size_t i = 0; i < o->n; i++) {
		free(o->cells[i].topology);
		free(o->cells[i].params);
		free(o->cells[i].workload);
	}
	free(o->cells);
}
