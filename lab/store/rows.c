/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connections of a run, one by one, for reports that list them all. */
#include "lab/base/text.h"
#include "lab/store/db.h"
#include "lab/store/summary.h"

/* Columns of the view connection_csv, in the order of the CSV contract. */
const char *const connection_columns[] = {
	"id",
	"topology",
	"workload",
	"trial",
	"client",
	"client_port",
	"server",
	"server_port",
	"start_ns",
	"duration_ns",
	"packets",
	"bytes",
	"ending",
	"zeek_state",
	"zeek_history",
	"completeness",
	"rst_count",
	"first_rst_side",
	"first_rst_form",
	"phase",
	"cause",
	"confidence",
	"frame",
	"judged",
	"params",
	NULL,
};

enum { COLUMNS = ARRAY_SIZE(connection_columns) - 1 };

struct each {
	connection_row_fn fn;
	void *arg;
};

static int read_row(sqlite3_stmt *q, void *arg, struct err *e)
{
	const struct each *each = arg;
	const char *values[COLUMNS];

	for (int i = 0; i < COLUMNS; i++)
		values[i] = (const char *)sqlite3_column_text(q, i);
	return each->fn(
		&(struct connection_row){ .values = values, .n = COLUMNS },
		each->arg, e);
}

static int each_row(const struct db *db, struct each *each, struct err *e)
{
	own_text struct text sql = { .s = NULL };

	for (int i = 0; i < COLUMNS; i++)
		text_addf(&sql, "%s %s", i ? "," : "SELECT",
			  connection_columns[i]);
	text_add(&sql, " FROM connection_csv ORDER BY id");
	if (sql.failed)
		return err_set(e, ERR_SYSTEM, ENOMEM, "read %s: out of memory",
			       db->path);
	return db_each(db, sql.s, read_row, each, e);
}

int summary_each_connection(const char *dir, connection_row_fn fn, void *arg,
			    struct err *e)
{
	own_db struct db db = { .sq = NULL };
	struct each each = { .fn = fn, .arg = arg };
	int r = db_open_run(&db, dir, e);

	return r < 0 ? r : each_row(&db, &each, e);
}
