/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/store/trial.h"

#include "lab/base/text.h"
#include "lab/store/db.h"

#include <string.h>

/* Room for one more, zeroed; NULL without memory.  Lists are short. */
#define ONE_MORE(list, n)                                             \
	({                                                            \
		__typeof__(list) more_ =                              \
			reallocarray(list, (n) + 1, sizeof(*(list))); \
		if (more_) {                                          \
			(list) = more_;                               \
			more_ += (n)++;                               \
			memset(more_, 0, sizeof(*more_));             \
		}                                                     \
		more_;                                                \
	})

static void texts_done(struct stored_texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->items[i]);
	free(t->items);
}

/* A column's text; NULL where SQL has NULL, or without memory (*@failed). */
static const char *keep(struct stored_texts *t, sqlite3_stmt *q, int column,
			bool *failed)
{
	const unsigned char *s = sqlite3_column_text(q, column);
	char *copy = s ? strdup((const char *)s) : NULL;
	char **slot = copy ? ONE_MORE(t->items, t->n) : NULL;

	if (!s)
		return NULL;
	if (!slot) {
		free(copy);
		*failed = true;
		return NULL;
	}
	*slot = copy;
	return copy;
}

/* The address of one column and the port of the next; family 0: neither. */
static struct ip_endpoint endpoint(sqlite3_stmt *q, int column)
{
	const char *s = (const char *)sqlite3_column_text(q, column);
	struct ip_endpoint ep = { .port = 0 };

	if (s && ip_addr_parse(s, &ep.addr))
		ep.port = (uint16_t)sqlite3_column_int(q, column + 1);
	return ep;
}

static int each(const struct db *db, db_row_fn fn, void *arg, struct err *e,
		const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* db_each() with numbers in the statement. */
static int each(const struct db *db, db_row_fn fn, void *arg, struct err *e,
		const char *fmt, ...)
{
	own_mem char *sql = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&sql, fmt, ap);
	va_end(ap);
	if (n < 0) {
		sql = NULL;
		return err_no_memory(e);
	}
	return db_each(db, sql, fn, arg, e);
}

/* --- cells -----------------------------------------------------------------
 */

static int read_run(sqlite3_stmt *q, void *arg, struct err *e)
{
	struct stored_cells *c = arg;
	bool failed = false;

	c->run = keep(&c->texts, q, 0, &failed);
	c->has_clock = sqlite3_column_type(q, 1) == SQLITE_INTEGER;
	c->clock_ns = sqlite3_column_int64(q, 1);
	c->command = keep(&c->texts, q, 2, &failed);
	c->seed = keep(&c->texts, q, 3, &failed);
	return failed ? err_no_memory(e) : 0;
}

static int read_cell(sqlite3_stmt *q, void *arg, struct err *e)
{
	struct stored_cells *list = arg;
	struct stored_cell *c = ONE_MORE(list->cells, list->n);
	bool failed = !c;

	if (!c)
		return err_no_memory(e);
	c->id = sqlite3_column_int64(q, 0);
	c->topology = keep(&list->texts, q, 1, &failed);
	c->workload = keep(&list->texts, q, 2, &failed);
	c->params = keep(&list->texts, q, 3, &failed);
	c->trials = (uint64_t)sqlite3_column_int64(q, 4);
	c->resets = (uint64_t)sqlite3_column_int64(q, 5);
	c->example = (uint32_t)sqlite3_column_int64(q, 6);
	c->outcome = keep(&list->texts, q, 7, &failed);
	return failed ? err_no_memory(e) : 0;
}

int stored_cells_read(const char *dir, struct stored_cells *ret, struct err *e)
{
	own_stored_cells struct stored_cells c = { .n = 0 };
	own_db struct db db = { .sq = NULL };
	int r = db_open_run(&db, dir, e);

	if (r == 0)
		r = db_each(&db,
			    "SELECT id, json_extract(environment,"
			    " '$.capture_clock_ns'), command, seed FROM run",
			    read_run, &c, e);
	if (r == 0)
		r = db_each(
			&db,
			"SELECT *, (SELECT outcome FROM trial t"
			"  WHERE t.cell = x.id AND t.number = x.example)"
			" FROM (SELECT c.id, topology, workload, params,"
			"  count(t.id), coalesce(sum(outcome = 'reset'), 0),"
			"  coalesce(min(CASE outcome WHEN 'reset' THEN number"
			"   END), min(number), 0) AS example"
			"  FROM cell c LEFT JOIN trial t ON t.cell = c.id"
			"  GROUP BY c.id) x ORDER BY id",
			read_cell, &c, e);
	if (r == 0 && !c.run)
		r = err_set(e, ERR_INPUT, ENODATA,
			    "%s holds no run: it was killed before the first "
			    "block was measured",
			    db.path);
	if (r < 0)
		return r;
	*ret = c;
	c = (struct stored_cells){ .n = 0 };
	return 0;
}

const struct stored_cell *stored_cell_of(const struct stored_cells *c,
					 int64_t id)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->cells[i].id == id)
			return &c->cells[i];
	return NULL;
}

void stored_cells_done(struct stored_cells *c)
{
	texts_done(&c->texts);
	free(c->cells);
}

/* --- one trial -------------------------------------------------------------
 */

/* While the rows of one part are read. */
struct part {
	struct stored_trial *t;
	struct stored_connection *c;
	struct stored_reset *r;
};

static int read_trial(sqlite3_stmt *q, void *arg, struct err *e)
{
	struct stored_trial *t = arg;
	bool failed = false;

	t->id = sqlite3_column_int64(q, 0);
	t->number = (uint32_t)sqlite3_column_int64(q, 1);
	t->start_ns = sqlite3_column_int64(q, 2);
	t->outcome = keep(&t->texts, q, 3, &failed);
	t->why = keep(&t->texts, q, 4, &failed);
	t->client_app = keep(&t->texts, q, 5, &failed);
	t->server_app = keep(&t->texts, q, 6, &failed);
	t->calls[SIDE_CLIENT] = keep(&t->texts, q, 7, &failed);
	t->calls[SIDE_SERVER] = keep(&t->texts, q, 8, &failed);
	return failed ? err_no_memory(e) : 0;
}

static int read_connection(sqlite3_stmt *q, void *arg, struct err *e)
{
	struct stored_trial *t = arg;
	struct stored_connection *c = ONE_MORE(t->connections, t->n);
	bool failed = !c;

	if (!c)
		return err_no_memory(e);
	c->id = sqlite3_column_int64(q, 0);
	c->start_ns = sqlite3_column_int64(q, 1);
	c->duration_ns = sqlite3_column_int64(q, 2);
	c->client = endpoint(q, 3);
	c->server = endpoint(q, 5);
	c->ending = keep(&t->texts, q, 7, &failed);
	c->judged = sqlite3_column_int(q, 8);
	c->bytes[SIDE_CLIENT] = (uint64_t)sqlite3_column_int64(q, 9);
	c->bytes[SIDE_SERVER] = (uint64_t)sqlite3_column_int64(q, 10);
	c->cause = keep(&t->texts, q, 11, &failed);
	c->confidence = keep(&t->texts, q, 12, &failed);
	c->contrary = keep(&t->texts, q, 13, &failed);
	c->cause_bytes = sqlite3_column_type(q, 14) == SQLITE_NULL
				 ? -1
				 : sqlite3_column_int64(q, 14);
	c->from_client = sqlite3_column_int(q, 15);
	c->to_server = sqlite3_column_int(q, 16);
	c->kernel_reason = keep(&t->texts, q, 17, &failed);
	return failed ? err_no_memory(e) : 0;
}

static int read_leg(sqlite3_stmt *q, void *arg, struct err *e)
{
	const struct part *p = arg;
	struct stored_leg *l = ONE_MORE(p->c->legs, p->c->n_legs);
	bool failed = !l;

	if (!l)
		return err_no_memory(e);
	l->node = keep(&p->t->texts, q, 0, &failed);
	l->interface = keep(&p->t->texts, q, 1, &failed);
	l->client = endpoint(q, 2);
	l->server = endpoint(q, 4);
	l->first_ns = p->c->start_ns + sqlite3_column_int64(q, 6);
	l->packets = (uint32_t)sqlite3_column_int64(q, 7);
	return failed ? err_no_memory(e) : 0;
}

static int read_reset(sqlite3_stmt *q, void *arg, struct err *e)
{
	const struct part *p = arg;
	struct stored_reset *r = ONE_MORE(p->c->resets, p->c->n_resets);
	bool failed = !r;

	if (!r)
		return err_no_memory(e);
	r->number = (uint32_t)sqlite3_column_int64(q, 0);
	r->first = sqlite3_column_int(q, 1);
	r->echo = sqlite3_column_int(q, 2);
	r->time_ns = sqlite3_column_int64(q, 3);
	r->side = keep(&p->t->texts, q, 4, &failed);
	r->emitter = keep(&p->t->texts, q, 5, &failed);
	r->node = keep(&p->t->texts, q, 6, &failed);
	r->form = keep(&p->t->texts, q, 7, &failed);
	r->phase = keep(&p->t->texts, q, 8, &failed);
	r->seq = (uint32_t)sqlite3_column_int64(q, 9);
	r->ack = (uint32_t)sqlite3_column_int64(q, 10);
	r->ttl = (uint8_t)sqlite3_column_int(q, 11);
	return failed ? err_no_memory(e) : 0;
}

static int read_sighting(sqlite3_stmt *q, void *arg, struct err *e)
{
	const struct part *p = arg;
	struct stored_sighting *s =
		ONE_MORE(p->r->sightings, p->r->n_sightings);
	bool failed = !s;

	if (!s)
		return err_no_memory(e);
	s->node = keep(&p->t->texts, q, 0, &failed);
	s->interface = keep(&p->t->texts, q, 1, &failed);
	s->time_ns = sqlite3_column_int64(q, 2);
	s->direction = keep(&p->t->texts, q, 3, &failed);
	s->src = endpoint(q, 4);
	s->dst = endpoint(q, 6);
	return failed ? err_no_memory(e) : 0;
}

static int read_frame(sqlite3_stmt *q, void *arg, struct err *e)
{
	const struct part *p = arg;
	struct stored_frame *f = &p->c->frame;
	bool failed = false;

	f->what = keep(&p->t->texts, q, 0, &failed);
	f->frames = keep(&p->t->texts, q, 1, &failed);
	f->why = keep(&p->t->texts, q, 2, &failed);
	f->wait_ns = sqlite3_column_int64(q, 3);
	return failed ? err_no_memory(e) : 0;
}

/* Legs and resets of one connection. */
static int read_parts(const struct db *db, struct part *p, struct err *e)
{
	const long long id = p->c->id;
	int r;

	r = each(db, read_leg, p, e,
		 "SELECT node, interface, client, client_port, server,"
		 " server_port, after_ns, packets FROM leg"
		 " WHERE connection = %lld ORDER BY number",
		 id);
	if (r == 0)
		r = each(db, read_reset, p, e,
			 "SELECT number, first, echo, time_ns, side, emitter,"
			 " node, form, phase, seq, ack, ttl FROM reset"
			 " WHERE connection = %lld ORDER BY number",
			 id);
	if (r == 0)
		r = each(db, read_frame, p, e,
			 "SELECT what, frames, why, coalesce(wait_ns, -1)"
			 " FROM frame WHERE connection = %lld",
			 id);
	for (size_t i = 0; r == 0 && i < p->c->n_resets; i++) {
		p->r = &p->c->resets[i];
		r = each(db, read_sighting, p, e,
			 "SELECT node, interface, time_ns, direction, src,"
			 " src_port, dst, dst_port FROM sighting"
			 " WHERE connection = %lld AND reset = %u"
			 " ORDER BY number",
			 id, p->r->number);
	}
	return r;
}

static int read_count(sqlite3_stmt *q, void *arg, struct err *e)
{
	(void)e;
	*(int64_t *)arg = sqlite3_column_int64(q, 0);
	return 0;
}

/* Say which trials there are instead. */
static int no_trial(const struct db *db, int64_t cell, uint32_t number,
		    struct err *e)
{
	int64_t last = 0;
	const int r = each(db, read_count, &last, e,
			   "SELECT coalesce(max(number), 0) FROM trial"
			   " WHERE cell = %lld",
			   (long long)cell);

	if (r < 0)
		return r;
	if (!last)
		return err_set(e, ERR_EMPTY, ENOENT,
			       "no trial %u: none of this cell was run",
			       number);
	return err_set(e, ERR_EMPTY, ENOENT,
		       "no trial %u: they go from 1 to %lld", number,
		       (long long)last);
}

/* Runs that were made before the columns were there do not tell. */
static int read_connections(const struct db *db, struct stored_trial *t,
			    struct err *e)
{
	int64_t has_ends = 0, has_reason = 0;
	int r = each(db, read_count, &has_ends, e,
		     "SELECT count(*) FROM pragma_table_info('connection')"
		     " WHERE name = 'to_server'");

	if (r == 0)
		r = each(db, read_count, &has_reason, e,
			 "SELECT count(*) FROM pragma_table_info('cause')"
			 " WHERE name = 'kernel_reason'");
	if (r < 0)
		return r;
	return each(db, read_connection, t, e,
		    "SELECT id, start_ns, duration_ns, client,"
		    " client_port, server, server_port, ending, judged,"
		    " client_bytes, server_bytes,"
		    " CASE was_reset WHEN 1 THEN coalesce(cause, 'unknown')"
		    "  END,"
		    " CASE was_reset WHEN 1 THEN"
		    "  coalesce(confidence, 'unknown') END,"
		    " contrary, y.bytes, %s, %s"
		    " FROM connection k LEFT JOIN cause y"
		    "  ON y.connection = k.id WHERE trial = %lld"
		    " ORDER BY start_ns, id",
		    has_ends ? "from_client, to_server" : "1, 1",
		    has_reason ? "kernel_reason" : "NULL", (long long)t->id);
}

int stored_trial_read(const char *dir, int64_t cell, uint32_t number,
		      struct stored_trial *ret, struct err *e)
{
	own_stored_trial struct stored_trial t = { .n = 0 };
	own_db struct db db = { .sq = NULL };
	int r = db_open_run(&db, dir, e);

	if (r == 0)
		r = each(&db, read_trial, &t, e,
			 "SELECT id, number, start_ns, outcome, why,"
			 " client_app, server_app, client_calls, server_calls"
			 " FROM trial"
			 " WHERE cell = %lld AND number = %u",
			 (long long)cell, number);
	if (r == 0 && !t.id)
		r = no_trial(&db, cell, number, e);
	if (r == 0)
		r = read_connections(&db, &t, e);
	for (size_t i = 0; r == 0 && i < t.n; i++)
		r = read_parts(
			&db, &(struct part){ .t = &t, .c = &t.connections[i] },
			e);
	if (r < 0)
		return r;
	*ret = t;
	t = (struct stored_trial){ .n = 0 };
	return 0;
}

static void connection_done(struct stored_connection *c)
{
	for (size_t i = 0; i < c->n_resets; i++)
		free(c->resets[i].sightings);
	free(c->resets);
	free(c->legs);
}

void stored_trial_done(struct stored_trial *t)
{
	for (size_t i = 0; i < t->n; i++)
		connection_done(&t->connections[i]);
	free(t->connections);
	texts_done(&t->texts);
}

/* --- the trials of a cell --------------------------------------------------
 */

struct lines {
	stored_line_fn fn;
	void *arg;
};

static const char *text(sqlite3_stmt *q, int column)
{
	return (const char *)sqlite3_column_text(q, column);
}

static int read_line(sqlite3_stmt *q, void *arg, struct err *e)
{
	const struct lines *l = arg;

	return l->fn(
		&(struct stored_line){
			.number = (uint32_t)sqlite3_column_int64(q, 0),
			.outcome = text(q, 1),
			.client_app = text(q, 2),
			.server_app = text(q, 3),
			.endings = text(q, 4),
			.senders = text(q, 5),
		},
		l->arg, e);
}

int stored_resets_each(const char *dir, int64_t cell, stored_line_fn fn,
		       void *arg, struct err *e)
{
	own_db struct db db = { .sq = NULL };
	struct lines l = { fn, arg };
	int r = db_open_run(&db, dir, e);

	if (r < 0)
		return r;
	return each(&db, read_line, &l, e,
		    "SELECT t.number, t.outcome, t.client_app, t.server_app,"
		    " (SELECT group_concat(ending, ' + ') FROM connection k"
		    "  WHERE k.trial = t.id),"
		    " (SELECT group_concat(DISTINCT emitter || ' (' || node"
		    "  || ')') FROM reset r JOIN connection k"
		    "  ON k.id = r.connection WHERE k.trial = t.id)"
		    " FROM trial t WHERE t.cell = %lld AND EXISTS"
		    " (SELECT 1 FROM connection k WHERE k.trial = t.id"
		    "  AND k.resets > 0) ORDER BY t.number",
		    (long long)cell);
}
