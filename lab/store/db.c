/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/store/db.h"

#include "lab/base/text.h"
#include "lab/store/schema.h"
#include "lab/store/store.h"

#include <string.h>

enum { BUSY_WAIT_MS = 5000 };

int db_open(struct db *db, const char *path, struct err *e)
{
	db->path = strdup(path);
	if (!db->path)
		return err_errno(e, "open %s", path);
	if (sqlite3_open_v2(path, &db->sq,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK)
		return db_fail(db, "open", e);
	(void)sqlite3_busy_timeout(db->sq, BUSY_WAIT_MS);
	return 0;
}

void db_close(struct db *db)
{
	(void)sqlite3_close(db->sq);
	free(db->path);
	*db = (struct db){ .sq = NULL };
}

/* The errno that stands for a failure of the file, or 0 for one of ours.
 * SQLite does not always keep the kernel's reason; errno is nearer then. */
static int code_of(sqlite3 *sq, int last)
{
	const int kept = sqlite3_system_errno(sq), why = kept ? kept : last;

	switch (sqlite3_errcode(sq)) {
	case SQLITE_FULL:
		return ENOSPC;
	case SQLITE_NOMEM:
		return ENOMEM;
	case SQLITE_BUSY:
		return EBUSY;
	case SQLITE_READONLY:
		return EROFS;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		return why ? why : EIO;
	default:
		return 0;
	}
}

int db_fail(const struct db *db, const char *doing, struct err *e)
{
	const int code = code_of(db->sq, errno);

	if (code) {
		errno = code;
		return err_errno(e, "%s %s", doing, db->path);
	}
	switch (sqlite3_errcode(db->sq)) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return err_set(e, ERR_INPUT, EILSEQ, "%s %s: %s", doing,
			       db->path, sqlite3_errmsg(db->sq));
	default:
		return err_set(e, ERR_BUG, EINVAL, "%s %s: %s", doing, db->path,
			       sqlite3_errmsg(db->sq));
	}
}

int db_exec(const struct db *db, const char *sql, struct err *e)
{
	errno = 0;
	if (sqlite3_exec(db->sq, sql, NULL, NULL, NULL) != SQLITE_OK)
		return db_fail(db, "write", e);
	return 0;
}

void db_put_text(struct db_row *row, const char *s)
{
	(void)sqlite3_bind_text(row->q, ++row->column, s, -1, SQLITE_STATIC);
}

void db_put_int(struct db_row *row, int64_t v)
{
	(void)sqlite3_bind_int64(row->q, ++row->column, v);
}

/* Borrowed until the row is run; nothing is an empty one, not NULL. */
void db_put_blob(struct db_row *row, const void *bytes, size_t n)
{
	(void)sqlite3_bind_blob(row->q, ++row->column, n ? bytes : "", (int)n,
				SQLITE_STATIC);
}

int db_run(struct db_row *row)
{
	int r, again, why;

	errno = 0;
	r = sqlite3_step(row->q);
	why = errno;
	again = sqlite3_reset(row->q);
	errno = why; /* for db_fail() */
	return again == SQLITE_OK ? r : again;
}

static void finalize(sqlite3_stmt **q)
{
	(void)sqlite3_finalize(*q);
}

int db_each(const struct db *db, const char *sql, db_row_fn fn, void *arg,
	    struct err *e)
{
	OWN(finalize) sqlite3_stmt *q = NULL;
	int step, r = 0;

	if (sqlite3_prepare_v2(db->sq, sql, -1, &q, NULL) != SQLITE_OK)
		return db_fail(db, "read", e);
	while ((step = sqlite3_step(q)) == SQLITE_ROW) {
		r = fn(q, arg, e);
		if (r != 0)
			return r;
	}
	return step == SQLITE_DONE ? 0 : db_fail(db, "read", e);
}

static int take_int(sqlite3_stmt *q, void *arg, struct err *e)
{
	(void)e;
	*(int *)arg = sqlite3_column_int(q, 0);
	return 0;
}

/* The marks in the file's header: whose it is, and which format. */
static int check_marks(const struct db *db, struct err *e)
{
	int application = 0, version = 0, r;

	r = db_each(db, "PRAGMA application_id", take_int, &application, e);
	if (r == -EILSEQ || (r == 0 && application != STORE_APPLICATION_ID))
		return err_set(e, ERR_INPUT, EILSEQ,
			       "%s is not a database of rstlab", db->path);
	if (r == 0)
		r = db_each(db, "PRAGMA user_version", take_int, &version, e);
	if (r == 0 && version > STORE_VERSION)
		return err_set(e, ERR_INPUT, EPROTO,
			       "%s was written by a newer rstlab (format %d); "
			       "this one reads up to %d",
			       db->path, version, STORE_VERSION);
	return r;
}

/* A run of an older rstlab lacks what was added since, also within its format.
 * Here it is there and empty. */
static int add_if_missing(const struct db *db, const char *sql, struct err *e)
{
	own_text struct text ask = { .s = NULL }, make = { .s = NULL };
	char name[32];
	int there = 0, r;

	if (sscanf(sql, "CREATE TABLE %31[a-z_]", name) != 1)
		return 0;
	text_addf(&ask, "SELECT count(*) FROM sqlite_master WHERE name = '%s'",
		  name);
	r = db_each(db, text_str(&ask), take_int, &there, e);
	if (r < 0 || there)
		return r;
	text_addf(&make, "CREATE TEMP%s", sql + strlen("CREATE"));
	return db_exec(db, text_str(&make), e);
}

static int add_what_is_newer(const struct db *db, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && store_schema[i]; i++)
		r = add_if_missing(db, store_schema[i], e);
	return r;
}

static int find_file(const char *dir, char **ret_path, struct err *e)
{
	own_mem char *path = NULL;

	if (asprintf(&path, "%s/run.db", dir) < 0) {
		path = NULL;
		return err_set(e, ERR_SYSTEM, ENOMEM, "read %s: out of memory",
			       dir);
	}
	if (access(path, F_OK) < 0)
		return err_set(e, ERR_INPUT, ENOENT,
			       "no run in %s: there is no %s; name the "
			       "directory that rstlab run wrote",
			       dir, path);
	if (access(path, R_OK) < 0)
		return err_set(e, ERR_INPUT, errno, "read %s: %s", path,
			       strerror(errno));
	*ret_path = take_ptr(&path);
	return 0;
}

/* Writing stays possible for one thing: to recover a run that was killed. */
int db_open_run(struct db *db, const char *dir, struct err *e)
{
	own_mem char *path = NULL;
	int r = find_file(dir, &path, e);

	if (r == 0)
		r = db_open(db, path, e);
	if (r == 0)
		r = check_marks(db, e);
	if (r == 0)
		r = add_what_is_newer(db, e);
	if (r == 0)
		r = db_exec(db, "PRAGMA query_only = ON", e);
	return r;
}
