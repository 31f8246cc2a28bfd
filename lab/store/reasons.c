/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/store/reasons.h"

#include "lab/store/db.h"

#include <string.h>

static char *copy(sqlite3_stmt *q, int column)
{
	const unsigned char *s = sqlite3_column_text(q, column);

	return s ? strdup((const char *)s) : NULL;
}

static int read_reason(sqlite3_stmt *q, void *arg, struct err *e)
{
	struct stored_reasons *list = arg;
	struct stored_reason *more =
		reallocarray(list->items, list->n + 1, sizeof(*list->items));
	struct stored_reason *r;

	if (!more)
		return err_no_memory(e);
	list->items = more;
	r = &more[list->n++];
	*r = (struct stored_reason){
		.cause = copy(q, 0),
		.confidence = copy(q, 1),
		.connections = (uint64_t)sqlite3_column_int64(q, 2),
		.cell = sqlite3_column_int64(q, 3),
		.trial = (uint32_t)sqlite3_column_int64(q, 4),
	};
	return r->cause && r->confidence ? 0 : err_no_memory(e);
}

/* With min() SQLite takes the other columns from the row that is least
 * (lang_select.html, "bare columns"). */
static const char sql[] =
	"SELECT coalesce(y.cause, 'unknown'),"
	"  coalesce(y.confidence, 'unknown'), count(*), k.cell, t.number,"
	"  min(k.id)"
	" FROM connection k JOIN trial t ON t.id = k.trial"
	" LEFT JOIN cause y ON y.connection = k.id"
	" WHERE k.was_reset GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2";

int stored_reasons_read(const char *dir, struct stored_reasons *ret,
			struct err *e)
{
	own_stored_reasons struct stored_reasons list = { .n = 0 };
	own_db struct db db = { .sq = NULL };
	int r = db_open_run(&db, dir, e);

	if (r == 0)
		r = db_each(&db, sql, read_reason, &list, e);
	if (r < 0)
		return r;
	*ret = list;
	list = (struct stored_reasons){ .n = 0 };
	return 0;
}

void stored_reasons_done(struct stored_reasons *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->items[i].cause);
		free(r->items[i].confidence);
	}
	free(r->items);
	*r = (struct stored_reasons){ .n = 0 };
}
