/* SPDX-License-Identifier: GPL-2.0-or-later */
/* db - what writing and reading a run share: its file, SQL and its errors. */
#ifndef LAB_STORE_DB_H
#define LAB_STORE_DB_H

#include "lab/base/err.h"
#include "lab/base/own.h"

#include <sqlite3.h>
#include <stdint.h>

/* Zeroed is closed. */
struct db {
	sqlite3 *sq;
	char *path;
};

/* Open @path, which exists, for reading and writing. */
int db_open(struct db *db, const char *path, struct err *e);
void db_close(struct db *db);
#define own_db OWN(db_close)

/* Say why the last call on @db failed: "@doing PATH: why".  Returns < 0. */
int db_fail(const struct db *db, const char *doing, struct err *e);

/* Run statements that give no rows, for a writer. */
int db_exec(const struct db *db, const char *sql, struct err *e);

/* A statement whose parameters are bound one after the other. */
struct db_row {
	sqlite3_stmt *q;
	int column;
};

/* @s: NULL is SQL's NULL; borrowed until the statement has run */
void db_put_text(struct db_row *row, const char *s);
void db_put_int(struct db_row *row, int64_t v);
void db_put_blob(struct db_row *row, const void *bytes, size_t n);
/* Run it once.  Returns: SQLITE_DONE, SQLITE_ROW or what went wrong. */
int db_run(struct db_row *row);

/* Called for each row; stops when it returns other than 0. */
typedef int (*db_row_fn)(sqlite3_stmt *q, void *arg, struct err *e);
int db_each(const struct db *db, const char *sql, db_row_fn fn, void *arg,
	    struct err *e);

/**
 * db_open_run() - open run.db in @dir to read it
 * Errors:	ERR_INPUT: nothing there, not a run, or of a newer format
 */
int db_open_run(struct db *db, const char *dir, struct err *e);

#endif
