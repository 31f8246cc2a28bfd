/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  SQL counts, this file only gives each row its place: one
 * query per part of the model, in the order of .parts.  So the memory of a
 * summary depends on the number of cells, not of trials.
 */
#include "lab/store/summary.h"

#include "lab/store/db.h"

#include <assert.h>
#include <string.h>

struct reader {
	struct summary *s;
	const char *path; /* of the database, for messages */
	uint32_t *ids;	  /* cell.id of s->cells[i] */
	size_t cursor;	  /* the cell last used: rows come in that order */
};

/* Column @i as a string of its own; NULL for SQL's NULL and without memory. */
static char *text(sqlite3_stmt *q, int i)
{
	const char *s = (const char *)sqlite3_column_text(q, i);

	return s ? strdup(s) : NULL;
}

static uint64_t number(sqlite3_stmt *q, int i)
{
	return (uint64_t)sqlite3_column_int64(q, i);
}

/* Room for one more item of @size bytes after @n; zeroed.  The room doubles,
 * so that growing stays cheap. */
static void *one_more(void *items, size_t n, size_t size)
{
	char *more = items;

	if ((n & (n - 1)) == 0)
		more = reallocarray(items, n ? 2 * n : 1, size);
	if (more)
		memset(more + n * size, 0, size);
	return more;
}

#define ONE_MORE(items, n)                                          \
	({                                                          \
		void *more_ = one_more(items, n, sizeof(*(items))); \
		if (more_)                                          \
			(items) = more_;                            \
		more_ != NULL;                                      \
	})

static int read_run(sqlite3_stmt *q, void *arg, struct err *e)
{
	struct summary *s = ((struct reader *)arg)->s;
	char **const texts[] = { &s->id,      &s->tool,	      &s->kernel,
				 &s->command, &s->started,    &s->ended,
				 &s->stopped, &s->environment };
	const int n = (int)ARRAY_SIZE(texts);

	if (s->id)
		return err_set(e, ERR_INPUT, EILSEQ,
			       "%s holds more than one run",
			       ((struct reader *)arg)->path);
	for (int i = 0; i < n; i++) {
		*texts[i] = text(q, i);
		if (!*texts[i] && sqlite3_column_type(q, i) != SQLITE_NULL)
			return err_no_memory(e);
	}
	s->seed = strtoull((const char *)sqlite3_column_text(q, n), NULL, 10);
	s->complete = sqlite3_column_int(q, n + 1);
	s->packets = number(q, n + 2);
	s->dropped = number(q, n + 3);
	return 0;
}

static int read_totals(sqlite3_stmt *q, void *arg, struct err *e)
{
	struct summary *s = ((struct reader *)arg)->s;

	(void)e;
	s->trials = number(q, 0);
	s->invalid = number(q, 1);
	s->duration_ns = sqlite3_column_int64(q, 2);
	return 0;
}

static int add_name(char ***names, size_t *n, sqlite3_stmt *q, struct err *e)
{
	if (!ONE_MORE(*names, *n))
		return err_no_memory(e);
	(*names)[*n] = text(q, 0);
	return (*names)[(*n)++] ? 0 : err_no_memory(e);
}

static int read_topology(sqlite3_stmt *q, void *arg, struct err *e)
{
	struct summary *s = ((struct reader *)arg)->s;

	return add_name(&s->topologies, &s->n_topologies, q, e);
}

static int read_workload(sqlite3_stmt *q, void *arg, struct err *e)
{
	struct summary *s = ((struct reader *)arg)->s;

	return add_name(&s->workloads, &s->n_workloads, q, e);
}

static void rate(struct summary_cell *c)
{
	const uint64_t resets = c->outcomes[OUTCOME_RESET];

	c->judged = resets + c->outcomes[OUTCOME_CLEAN];
	c->rate = c->judged ? (double)resets / (double)c->judged : 0;
	c->interval = wilson_95(resets, c->judged);
}

static int read_cell(sqlite3_stmt *q, void *arg, struct err *e)
{
	struct reader *rd = arg;
	struct summary *s = rd->s;
	struct summary_cell *c;

	if (!ONE_MORE(s->cells, s->n_cells) || !ONE_MORE(rd->ids, s->n_cells))
		return err_no_memory(e);
	rd->ids[s->n_cells] = (uint32_t)sqlite3_column_int64(q, 0);
	c = &s->cells[s->n_cells++];
	c->id = number(q, 0);
	c->topology = text(q, 1);
	c->workload = text(q, 2);
	c->params = text(q, 3);
	c->trials = number(q, 4);
	for (int i = 0; i < OUTCOMES; i++)
		c->outcomes[i] = number(q, 5 + i);
	c->connections = number(q, 5 + OUTCOMES);
	c->resets = number(q, 6 + OUTCOMES);
	c->imported = sqlite3_column_int(q, 7 + OUTCOMES);
	rate(c);
	return c->topology && c->workload && c->params ? 0 : err_no_memory(e);
}

/* The cell that column 0 names; rows are in the order of cells. */
static struct summary_cell *cell_of(struct reader *rd, sqlite3_stmt *q)
{
	const uint32_t id = (uint32_t)sqlite3_column_int64(q, 0);

	for (size_t i = 0; i < rd->s->n_cells; i++) {
		const size_t at = (rd->cursor + i) % rd->s->n_cells;

		if (rd->ids[at] == id) {
			rd->cursor = at;
			return &rd->s->cells[at];
		}
	}
	return NULL;
}

static int lost_cell(const struct reader *rd, struct err *e)
{
	return err_set(e, ERR_INPUT, EILSEQ,
		       "%s is damaged: a row belongs to no cell", rd->path);
}

static int add_count(struct count_list *list, sqlite3_stmt *q, struct err *e)
{
	struct count *c;

	if (!ONE_MORE(list->items, list->n))
		return err_no_memory(e);
	c = &list->items[list->n++];
	c->name = text(q, 1);
	c->n = number(q, 2);
	return c->name ? 0 : err_no_memory(e);
}

static int read_ending(sqlite3_stmt *q, void *arg, struct err *e)
{
	struct summary_cell *c = cell_of(arg, q);

	return c ? add_count(&c->endings, q, e) : lost_cell(arg, e);
}

static int read_cause(sqlite3_stmt *q, void *arg, struct err *e)
{
	struct summary_cell *c = cell_of(arg, q);
	struct cause_count *n;

	if (!c)
		return lost_cell(arg, e);
	if (!ONE_MORE(c->causes, c->n_causes))
		return err_no_memory(e);
	n = &c->causes[c->n_causes++];
	n->cause = text(q, 1);
	n->confidence = text(q, 2);
	n->connections = number(q, 3);
	return n->cause && n->confidence ? 0 : err_no_memory(e);
}

static int read_app(sqlite3_stmt *q, void *arg, struct err *e)
{
	struct summary_cell *c = cell_of(arg, q);

	if (!c)
		return lost_cell(arg, e);
	return add_count(&c->app[sqlite3_column_int(q, 3)], q, e);
}

static int read_emitter(sqlite3_stmt *q, void *arg, struct err *e)
{
	struct summary_cell *c = cell_of(arg, q);

	if (!c)
		return lost_cell(arg, e);
	for (int i = 0; i < EMITTERS; i++)
		if (!strcmp((const char *)sqlite3_column_text(q, 1),
			    emitter_names[i]))
			c->emitters[i] = number(q, 2);
	return 0;
}

static int read_sender(sqlite3_stmt *q, void *arg, struct err *e)
{
	struct summary *s = ((struct reader *)arg)->s;
	struct summary_sender *d;
	int missing = 0;

	if (!ONE_MORE(s->senders, s->n_senders))
		return err_no_memory(e);
	d = &s->senders[s->n_senders++];
	missing += !(d->topology = text(q, 0));
	missing += !(d->params = text(q, 1));
	missing += !(d->emitter = text(q, 2));
	missing += !(d->node = text(q, 3));
	missing += !(d->form = text(q, 4));
	missing += !(d->phase = text(q, 5));
	missing += !(d->ending = text(q, 6));
	missing += !(d->cause = text(q, 7));
	missing += !(d->confidence = text(q, 8));
	d->connections = number(q, 9);
	d->echoes = number(q, 10);
	return missing ? err_no_memory(e) : 0;
}

static int read_books(sqlite3_stmt *q, void *arg, struct err *e)
{
	struct summary *s = ((struct reader *)arg)->s;
	struct summary_books *b;

	if (!ONE_MORE(s->books, s->n_books))
		return err_no_memory(e);
	b = &s->books[s->n_books++];
	b->topology = text(q, 0);
	b->params = text(q, 1);
	b->node = text(q, 2);
	b->rst_wire = sqlite3_column_int64(q, 3);
	b->rst_counted = sqlite3_column_int64(q, 4);
	b->rst_foreign = sqlite3_column_int64(q, 5);
	b->counters = text(q, 6);
	return b->topology && b->params && b->node && b->counters
		       ? 0
		       : err_no_memory(e);
}

static int read_variants(sqlite3_stmt *q, void *arg, struct err *e)
{
	(void)e;
	((struct reader *)arg)->s->n_variants = number(q, 0);
	return 0;
}

static const struct {
	const char *sql;
	db_row_fn read;
} parts[] = {
	{ "SELECT id, tool, kernel, command, started, ended, stopped,"
	  " environment, seed, complete, packets, dropped FROM run",
	  read_run },
	{ "SELECT count(*), total(outcome = 'invalid'),"
	  " coalesce(max(start_ns + duration_ns) - min(start_ns), 0)"
	  " FROM trial",
	  read_totals },
	{ "SELECT topology FROM cell GROUP BY 1 ORDER BY min(id)",
	  read_topology },
	{ "SELECT workload FROM cell GROUP BY 1 ORDER BY min(id)",
	  read_workload },
	/* the columns of outcomes are in the order of enum outcome */
	{ "SELECT id, topology, workload, params, trials, clean, reset, other,"
	  " invalid, connections, resets,"
	  " (SELECT json_extract(environment, '$.imported') IS NOT NULL"
	  "  FROM run)"
	  " FROM cell LEFT JOIN"
	  " (SELECT cell, count(*) AS trials, sum(outcome = 'clean') AS clean,"
	  "  sum(outcome = 'reset') AS reset, sum(outcome = 'other') AS other,"
	  "  sum(outcome = 'invalid') AS invalid FROM trial GROUP BY cell) t"
	  " ON t.cell = cell.id LEFT JOIN"
	  " (SELECT cell, count(*) AS connections, sum(was_reset) AS resets"
	  "  FROM connection WHERE cell IS NOT NULL GROUP BY cell) k ON k.cell = cell.id ORDER BY id",
	  read_cell },
	{ "SELECT cell, ending, count(*) FROM connection"
	  " WHERE cell IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2",
	  read_ending },
	{ "SELECT k.cell, coalesce(y.cause, 'unknown'),"
	  " coalesce(y.confidence, 'unknown'), count(*) FROM connection k"
	  " LEFT JOIN cause y ON y.connection = k.id"
	  " WHERE k.was_reset AND k.cell IS NOT NULL"
	  " GROUP BY 1, 2, 3 ORDER BY 1, 4 DESC, 2, 3",
	  read_cause },
	{ "SELECT cell, app, count(*), side FROM"
	  " (SELECT cell, client_app AS app, 0 AS side FROM trial UNION ALL"
	  "  SELECT cell, server_app, 1 FROM trial) WHERE app IS NOT NULL"
	  " GROUP BY 1, 4, 2 ORDER BY 1, 4, 3 DESC, 2",
	  read_app },
	{ "SELECT k.cell, r.emitter, count(*) FROM reset r"
	  " JOIN connection k ON k.id = r.connection WHERE r.first"
	  " AND k.cell IS NOT NULL GROUP BY 1, 2 ORDER BY 1",
	  read_emitter },
	{ "SELECT c.topology, c.params, r.emitter, r.node, r.form, r.phase,"
	  " k.ending, coalesce(y.cause, 'unknown'),"
	  " coalesce(y.confidence, 'unknown'), count(*), sum(k.resets - 1)"
	  " FROM reset r JOIN connection k ON k.id = r.connection"
	  " JOIN cell c ON c.id = k.cell"
	  " LEFT JOIN cause y ON y.connection = k.id WHERE r.first"
	  " GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9"
	  " ORDER BY (SELECT min(id) FROM cell f WHERE f.topology ="
	  "  c.topology AND f.params = c.params), 10 DESC, 3, 4, 5, 6, 7, 8, 9",
	  read_sender },
	{ "SELECT topology, params, node, rst_wire, rst_counted, rst_foreign,"
	  " counters FROM books"
	  " ORDER BY (SELECT min(id) FROM cell f WHERE f.topology ="
	  "  books.topology AND f.params = books.params), node",
	  read_books },
	{ "SELECT count(*) FROM (SELECT DISTINCT topology, params FROM cell)",
	  read_variants },
};
static_assert(OUTCOMES == 4, "the query of cells has a column for each");

/* A run without an account, such as one that was killed, balances nothing. */
static bool balanced(const struct summary *s)
{
	for (size_t i = 0; i < s->n_books; i++)
		if (s->books[i].rst_wire != s->books[i].rst_counted)
			return false;
	return s->n_books > 0;
}

int summary_read(const char *dir, struct summary **ret, struct err *e)
{
	own_summary struct summary *s = calloc(1, sizeof(*s));
	own_db struct db db = { .sq = NULL };
	struct reader rd = { .s = s };
	int r;

	if (!s)
		return err_no_memory(e);
	r = db_open_run(&db, dir, e);
	rd.path = db.path;
	/* one transaction: all parts see the same state of a live run */
	if (r == 0)
		r = db_exec(&db, "BEGIN", e);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(parts); i++)
		r = db_each(&db, parts[i].sql, parts[i].read, &rd, e);
	free(rd.ids);
	if (r == 0)
		r = views_read(&db, s, e);
	if (r == 0)
		r = checks_read(&s->checks, &db, e);
	if (r == 0)
		r = observed_read(&s->observed, &db, e);
	if (r == 0 && !s->id)
		r = err_set(e, ERR_INPUT, ENODATA,
			    "%s holds no run: it was killed before the first "
			    "block was measured",
			    db.path);
	if (r < 0)
		return r;
	s->balanced = balanced(s);
	*ret = take_ptr(&s);
	return 0;
}

static void free_counts(struct count_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->items[i].name);
	free(list->items);
}

static void free_names(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

static void free_causes(struct summary_cell *c)
{
	for (size_t i = 0; i < c->n_causes; i++) {
		free(c->causes[i].cause);
		free(c->causes[i].confidence);
	}
	free(c->causes);
}

static void free_cells(struct summary *s)
{
	for (size_t i = 0; i < s->n_cells; i++) {
		struct summary_cell *c = &s->cells[i];

		free(c->topology);
		free(c->workload);
		free(c->params);
		free_counts(&c->endings);
		free_causes(c);
		free_counts(&c->app[SIDE_CLIENT]);
		free_counts(&c->app[SIDE_SERVER]);
		views_done(&c->views);
	}
	free(s->cells);
}

static void free_senders(struct summary *s)
{
	for (size_t i = 0; i < s->n_senders; i++) {
		struct summary_sender *d = &s->senders[i];

		free(d->topology);
		free(d->params);
		free(d->emitter);
		free(d->node);
		free(d->form);
		free(d->phase);
		free(d->ending);
		free(d->cause);
		free(d->confidence);
	}
	free(s->senders);
}

static void free_books(struct summary *s)
{
	for (size_t i = 0; i < s->n_books; i++) {
		free(s->books[i].topology);
		free(s->books[i].params);
		free(s->books[i].node);
		free(s->books[i].counters);
	}
	free(s->books);
}

static int read_is_of_lab(sqlite3_stmt *q, void *arg, struct err *e)
{
	bool *ret = arg;

	(void)e;
	*ret = sqlite3_column_int(q, 0);
	return 0;
}

bool summary_is_of_lab(const char *dir)
{
	own_db struct db db = { .sq = NULL };
	bool ret = false;
	struct err e;

	return db_open_run(&db, dir, &e) == 0 &&
	       db_each(&db,
		       "SELECT json_extract(environment, '$.imported') IS NULL"
		       " FROM run",
		       read_is_of_lab, &ret, &e) == 0 &&
	       ret;
}

void summary_free(struct summary *s)
{
	if (!s)
		return;
	free(s->id);
	free(s->tool);
	free(s->kernel);
	free(s->command);
	free(s->started);
	free(s->ended);
	free(s->stopped);
	free(s->environment);
	free_cells(s);
	free_senders(s);
	free_books(s);
	checks_done(&s->checks);
	observed_done(&s->observed);
	free_names(s->topologies, s->n_topologies);
	free_names(s->workloads, s->n_workloads);
	free(s);
}
