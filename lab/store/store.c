/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  While a run is written its database is in WAL mode with
 * synchronous=NORMAL: a commit costs no fsync, and neither a killed program
 * nor a crashed kernel leaves part of a block behind.  When the run ends, the
 * log is folded in and the file stands alone.
 *
 * What is put outside a block (cells, sysctls, books) gathers in a
 * transaction of its own, which ends where the next block begins.  After a
 * failure the store is broken: each call repeats the first failure, and
 * store_finish() can only still say that the run is not complete.
 */
#include "lab/store/store.h"

#include "lab/base/text.h"
#include "lab/store/db.h"
#include "lab/store/schema.h"
#include "lab/store/statement.h"

#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

/* Whether a transaction is open, and whose. */
enum transaction { TRANSACTION_NONE, TRANSACTION_LOOSE, TRANSACTION_BLOCK };

enum { CACHE_KIB = 4096 };

static const char *const sql[] = {
	[PUT_RUN] = "INSERT INTO run (id, tool, kernel, command, started,"
		    " environment, seed, trials_per_cell, blocks)"
		    " VALUES (?,?,?,?,?,?,?,?,?)",
	[PUT_TOPOLOGY] = "INSERT INTO topology (name, yaml) VALUES (?,?)",
	[PUT_WORKLOAD] = "INSERT INTO workload (name, yaml) VALUES (?,?)",
	[PUT_CELL] = "INSERT INTO cell VALUES (?,?,?,?)",
	[PUT_SYSCTL] = "INSERT INTO sysctl VALUES (?,?,?,?,?)",
	[PUT_TRIAL] = "INSERT INTO trial VALUES"
		      " (NULL,?,?,?,?,?,?,?,?,?,?,?,?)",
	[PUT_CONNECTION] = "INSERT INTO connection VALUES"
			   " (NULL,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
			   "?,?)",
	[PUT_RESET] = "INSERT INTO reset VALUES"
		      " (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[PUT_SIGHTING] = "INSERT INTO sighting VALUES"
			 " (?,?,?,?,?,?,?,?,?,?,?)",
	[PUT_CAUSE] = "INSERT INTO cause VALUES (?,?,?,?,?,?)",
	[PUT_FRAME] = "INSERT INTO frame VALUES (?,?,?,?,?,?)",
	[PUT_BOOKS] = "INSERT INTO books VALUES (?,?,?,?,?,?,?)",
	[PUT_LOOK] = "INSERT INTO look VALUES (NULL,?,?,?,?)",
	[PUT_SOCKET] = "INSERT INTO socket VALUES"
		       " (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[PUT_DESTROYED] = "INSERT INTO destroyed VALUES"
			  " (?,?,?,?,?,?,?,?,?,?,?)",
	[PUT_GROWTH] = "INSERT INTO growth VALUES (?,?,?,?)"
		       " ON CONFLICT DO UPDATE SET"
		       " value = value + excluded.value",
	[PUT_PROGRAM] = "INSERT INTO program VALUES"
			" (?,?,?,?,?,?,?,?,?)",
	[PUT_SOURCE] = "INSERT INTO source VALUES (?,?,?)",
	[PUT_MISMATCH] = "INSERT INTO mismatch VALUES"
			 " (?,?,?,?,?,?,?,?)",
	[PUT_OBSERVED] = "INSERT INTO observed VALUES (?,?,?,?,?,?)",
	[END_RUN] = "UPDATE run SET complete = ?, ended = ?, stopped = ?,"
		    " packets = ?, dropped = ?",
	[BEGIN] = "BEGIN",
	[COMMIT] = "COMMIT",
};
static_assert(ARRAY_SIZE(sql) == STATEMENTS, "one row per statement");

struct store {
	struct db db;
	sqlite3_stmt *statements[STATEMENTS];
	enum transaction open;
	struct err broken; /* .code 0: it is not */
};

static int broken(struct store *s, struct err *e)
{
	*e = s->broken;
	return -e->code;
}

/* The first failure: undo the open transaction and remember why. */
static int breaks(struct store *s, struct err *e)
{
	(void)db_fail(&s->db, "write", &s->broken);
	(void)sqlite3_exec(s->db.sq, "ROLLBACK", NULL, NULL, NULL);
	s->open = TRANSACTION_NONE;
	return broken(s, e);
}

struct db_row store_row(struct store *s, enum statement id)
{
	return (struct db_row){ .q = s->statements[id] };
}

static int run(struct store *s, enum statement id, struct err *e)
{
	struct db_row row = store_row(s, id);

	return db_run(&row) == SQLITE_DONE ? 0 : breaks(s, e);
}

/* Is there a transaction to put into?  If not, begin a loose one. */
static int ready(struct store *s, struct err *e)
{
	int r = 0;

	if (s->broken.code)
		return broken(s, e);
	if (s->open == TRANSACTION_NONE) {
		r = run(s, BEGIN, e);
		if (r == 0)
			s->open = TRANSACTION_LOOSE;
	}
	return r;
}

void store_bind_endpoint(struct db_row *row, const struct ip_endpoint *ep,
			 char *room)
{
	db_put_text(row, ip_addr_text(&ep->addr, room));
	db_put_int(row, ep->port);
}

int64_t store_insert(struct store *s, struct db_row *row, struct err *e)
{
	int r = ready(s, e);

	if (r < 0)
		return r;
	if (db_run(row) != SQLITE_DONE)
		return breaks(s, e);
	return sqlite3_last_insert_rowid(s->db.sq);
}

static int put(struct store *s, struct db_row *row, struct err *e)
{
	const int64_t r = store_insert(s, row, e);

	return r < 0 ? (int)r : 0;
}

static int commit(struct store *s, struct err *e)
{
	int r;

	if (s->broken.code)
		return broken(s, e);
	if (s->open == TRANSACTION_NONE)
		return 0;
	r = run(s, COMMIT, e);
	s->open = TRANSACTION_NONE;
	return r;
}

/* Reserve the name: SQLite would open what is there. */
static int make_file(const char *path, struct err *e)
{
	own_fd int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	return fd < 0 ? err_errno(e, "create %s", path) : 0;
}

static int write_schema(struct store *s, struct err *e)
{
	char marks[128];
	int r;

	(void)snprintf(marks, sizeof(marks),
		       "BEGIN; PRAGMA application_id = %d;"
		       "PRAGMA user_version = %d",
		       STORE_APPLICATION_ID, STORE_VERSION);
	r = db_exec(&s->db, marks, e);
	for (size_t i = 0; r == 0 && store_schema[i]; i++)
		r = db_exec(&s->db, store_schema[i], e);
	return r == 0 ? db_exec(&s->db, "COMMIT", e) : r;
}

static int prepare(struct store *s, struct err *e)
{
	char pragmas[128];
	int r;

	(void)snprintf(pragmas, sizeof(pragmas),
		       "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
		       "PRAGMA cache_size = -%d",
		       CACHE_KIB);
	r = db_exec(&s->db, pragmas, e);
	if (r == 0)
		r = write_schema(s, e);
	for (size_t i = 0; r == 0 && i < STATEMENTS; i++)
		if (sqlite3_prepare_v3(s->db.sq, sql[i], -1,
				       SQLITE_PREPARE_PERSISTENT,
				       &s->statements[i], NULL) != SQLITE_OK)
			r = db_fail(&s->db, "write", e);
	return r;
}

int store_create(struct store **ret, const char *path, struct err *e)
{
	own_store struct store *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return err_errno(e, "create %s", path);
	r = make_file(path, e);
	if (r == 0)
		r = db_open(&s->db, path, e);
	if (r == 0)
		r = prepare(s, e);
	if (r == 0)
		*ret = take_ptr(&s);
	return r;
}

/* Fold the log into the file.  That fails while somebody reads; the log then
 * stays beside it and readers find it. */
static void leave_alone(struct store *s)
{
	for (size_t i = 0; i < STATEMENTS; i++) {
		(void)sqlite3_finalize(s->statements[i]);
		s->statements[i] = NULL;
	}
	(void)sqlite3_exec(s->db.sq, "PRAGMA journal_mode = DELETE", NULL, NULL,
			   NULL);
}

void store_close(struct store *s)
{
	struct err ignored;

	if (!s)
		return;
	if (s->open == TRANSACTION_LOOSE)
		(void)commit(s, &ignored);
	if (s->db.sq) {
		(void)sqlite3_exec(s->db.sq, "ROLLBACK", NULL, NULL, NULL);
		leave_alone(s);
	}
	db_close(&s->db);
	free(s);
}

int store_put_run(struct store *s, const struct store_run *r, struct err *e)
{
	struct db_row row = store_row(s, PUT_RUN);
	char seed[24];

	(void)snprintf(seed, sizeof(seed), "%" PRIu64, r->seed);
	db_put_text(&row, r->id);
	db_put_text(&row, r->tool);
	db_put_text(&row, r->kernel);
	db_put_text(&row, r->command);
	db_put_text(&row, r->started);
	db_put_text(&row, r->environment ? r->environment : "{}");
	db_put_text(&row, seed);
	db_put_int(&row, r->trials_per_cell);
	db_put_int(&row, r->blocks);
	return put(s, &row, e);
}

static int put_texts(struct store *s, enum statement id,
		     const char *const *texts, struct err *e)
{
	struct db_row row = store_row(s, id);

	for (; *texts; texts++)
		db_put_text(&row, *texts);
	return put(s, &row, e);
}

int store_put_topology(struct store *s, const char *name, const char *yaml,
		       struct err *e)
{
	const char *const texts[] = { name, yaml, NULL };

	return put_texts(s, PUT_TOPOLOGY, texts, e);
}

int store_put_workload(struct store *s, const char *name, const char *yaml,
		       struct err *e)
{
	const char *const texts[] = { name, yaml, NULL };

	return put_texts(s, PUT_WORKLOAD, texts, e);
}

int store_put_sysctl(struct store *s, const struct store_place *place,
		     const char *key, const char *value, struct err *e)
{
	const char *const texts[] = {
		place->topology, place->params ? place->params : "{}",
		place->node,	 key,
		value,		 NULL
	};

	return put_texts(s, PUT_SYSCTL, texts, e);
}

int store_put_cell(struct store *s, uint32_t cell, const char *topology,
		   const char *workload, const char *params_json, struct err *e)
{
	struct db_row row = store_row(s, PUT_CELL);

	db_put_int(&row, cell);
	db_put_text(&row, topology);
	db_put_text(&row, workload);
	db_put_text(&row, params_json ? params_json : "{}");
	return put(s, &row, e);
}

int store_begin_block(struct store *s, struct err *e)
{
	int r;

	if (s->open == TRANSACTION_BLOCK)
		return err_set(e, ERR_BUG, EBUSY,
			       "write %s: a block is open already", s->db.path);
	r = commit(s, e);
	if (r == 0)
		r = run(s, BEGIN, e);
	if (r == 0)
		s->open = TRANSACTION_BLOCK;
	return r;
}

int store_commit_block(struct store *s, struct err *e)
{
	if (!s->broken.code && s->open != TRANSACTION_BLOCK)
		return err_set(e, ERR_BUG, EINVAL, "write %s: no block is open",
			       s->db.path);
	return commit(s, e);
}

int64_t store_put_trial(struct store *s, const struct store_trial *t,
			struct err *e)
{
	struct db_row row = store_row(s, PUT_TRIAL);

	db_put_int(&row, t->cell);
	db_put_int(&row, t->number);
	db_put_int(&row, t->block);
	db_put_int(&row, t->position);
	db_put_int(&row, t->start_ns);
	db_put_int(&row, t->duration_ns);
	db_put_text(&row, outcome_names[t->outcome]);
	db_put_text(&row, t->why);
	for (int side = 0; side < 2; side++)
		db_put_text(&row, t->app[side]);
	for (int side = 0; side < 2; side++)
		db_put_text(&row, t->calls[side]);
	return store_insert(s, &row, e);
}

int store_put_books(struct store *s, const struct store_books *b, struct err *e)
{
	struct db_row row = store_row(s, PUT_BOOKS);

	db_put_text(&row, b->place.topology);
	db_put_text(&row, b->place.params ? b->place.params : "{}");
	db_put_text(&row, b->place.node);
	db_put_int(&row, b->rst_wire);
	db_put_int(&row, b->rst_counted);
	db_put_int(&row, b->rst_foreign);
	db_put_text(&row, b->counters ? b->counters : "{}");
	return put(s, &row, e);
}

static int put_end(struct store *s, const struct store_end *end, struct err *e)
{
	struct db_row row = store_row(s, END_RUN);

	db_put_int(&row, end->complete);
	db_put_text(&row, end->ended);
	db_put_text(&row, end->stopped);
	db_put_int(&row, (int64_t)end->packets);
	db_put_int(&row, (int64_t)end->dropped);
	return put(s, &row, e);
}

int store_finish(struct store *s, const struct store_end *end, struct err *e)
{
	const struct err why = s->broken;
	struct store_end said = *end;
	int r = 0;

	if (why.code) { /* try: a little room may be left */
		said.complete = false;
		said.stopped = why.text;
		s->broken.code = 0;
	} else if (s->open == TRANSACTION_BLOCK) {
		r = db_exec(&s->db, "ROLLBACK", e); /* not a whole block */
		s->open = TRANSACTION_NONE;
	}
	if (r == 0)
		r = put_end(s, &said, e);
	for (size_t i = 0; r == 0 && store_indexes[i]; i++)
		r = db_exec(&s->db, store_indexes[i], e);
	if (r == 0)
		r = commit(s, e);
	leave_alone(s);
	if (why.code) {
		*e = why;
		r = -why.code;
	}
	return r;
}

static void finalize_statement(sqlite3_stmt **q)
{
	(void)sqlite3_finalize(*q);
}

static int write_stop(struct db *db, const char *why, struct err *e)
{
	OWN(finalize_statement) sqlite3_stmt *q = NULL;
	struct db_row row;

	if (sqlite3_prepare_v2(db->sq,
			       "UPDATE run SET stopped = ?"
			       " WHERE NOT complete AND stopped IS NULL",
			       -1, &q, NULL) != SQLITE_OK)
		return db_fail(db, "write", e);
	row = (struct db_row){ .q = q };
	db_put_text(&row, why);
	return db_run(&row) == SQLITE_DONE ? 0 : db_fail(db, "write", e);
}

int store_note_stop(const char *dir, const char *why, struct err *e)
{
	own_text struct text path = { .s = NULL };
	own_db struct db db = { .sq = NULL };
	int r;

	text_addf(&path, "%s/run.db", dir);
	if (path.failed)
		return err_set(e, ERR_SYSTEM, ENOMEM, "write %s: out of memory",
			       dir);
	r = db_open(&db, path.s, e);
	return r < 0 ? r : write_stop(&db, why, e);
}
