/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  SQL makes one text of all that is alike, and counts those
 * texts; here they are taken apart again.  A socket is a line, its columns
 * are parted by tabulators, which no name and no word of ss can hold.
 */
#include "lab/store/views.h"

#include "lab/store/db.h"
#include "lab/store/summary.h"

#include <string.h>

/* A listener is of interest only while somebody waits to be accepted. */
static const char states_sql[] =
	"WITH line AS (SELECT look, role || char(9) || node || char(9) ||"
	"  state || char(9) || receive_queue || char(9) || send_queue ||"
	"  char(9) || timer || char(9) || (inode IS NULL) AS line FROM socket"
	"  WHERE role <> 'listener' OR receive_queue > 0"
	"  ORDER BY look, role = 'middle', role, local_port < 32768 DESC, 2),"
	" seen AS (SELECT look, group_concat(line, char(10)) AS sockets"
	"  FROM line GROUP BY look)"
	" SELECT t.cell, l.number, l.hold, s.sockets, count(*) FROM look l"
	" JOIN trial t ON t.id = l.trial LEFT JOIN seen s ON s.look = l.id"
	" GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 5 DESC, 4";

/* A point of its own, behind all looks of the trial.  What was disconnected
 * has no queues. */
static const char destroyed_sql[] =
	"WITH line AS (SELECT trial, role || char(9) || node || char(9) ||"
	"  'UNCONN' || char(9) || coalesce(receive_queue, 0) || char(9) ||"
	"  coalesce(send_queue, 0) || char(9) || 'off' || char(9) || 1 AS line"
	"  FROM destroyed"
	"  ORDER BY trial, role = 'middle', role, local_port < 32768 DESC, 2),"
	" gone AS (SELECT trial, group_concat(line, char(10)) AS sockets"
	"  FROM line GROUP BY trial)"
	" SELECT t.cell, 1 + (SELECT coalesce(max(number), 0) FROM look"
	"  WHERE trial = t.id) AS last, '" VIEWS_DESTROYED "', g.sockets,"
	" count(*) FROM gone g JOIN trial t ON t.id = g.trial"
	" GROUP BY 1, 2, 4 ORDER BY 1, 2, 5 DESC, 4";

static const char seen_sql[] =
	"WITH wire AS (SELECT trial, group_concat(ending, ' + ') AS wire FROM"
	"  (SELECT trial, ending FROM connection WHERE trial IS NOT NULL"
	"   ORDER BY trial, start_ns, id) GROUP BY trial),"
	" rst AS (SELECT trial, group_concat(emitter, ' + ') AS rst FROM"
	"  (SELECT k.trial, r.emitter FROM reset r"
	"   JOIN connection k ON k.id = r.connection"
	"   WHERE r.first AND k.trial IS NOT NULL"
	"   ORDER BY k.trial, k.start_ns, k.id) GROUP BY trial)"
	" SELECT t.cell, w.wire, r.rst, t.client_app, t.server_app, t.outcome,"
	"  t.why, count(*) FROM trial t LEFT JOIN wire w ON w.trial = t.id"
	" LEFT JOIN rst r ON r.trial = t.id"
	" GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 8 DESC, 2, 3, 4, 5, 6, 7";

/* The lower median: one that was measured. */
static const char frames_sql[] =
	"WITH f AS (SELECT k.cell, what, frames, why, wait_ns,"
	"  row_number() OVER (PARTITION BY k.cell, what, frames, why"
	"   ORDER BY wait_ns NULLS LAST) AS i,"
	"  count(wait_ns) OVER (PARTITION BY k.cell, what, frames, why) AS n"
	"  FROM frame JOIN connection k ON k.id = frame.connection"
	"  WHERE k.cell IS NOT NULL)"
	" SELECT cell, what, frames, why, count(*), coalesce(min(wait_ns), -1),"
	"  coalesce(max(CASE WHEN i = (n + 1) / 2 THEN wait_ns END), -1),"
	"  coalesce(max(wait_ns), -1) FROM f"
	" GROUP BY 1, 2, 3, 4 ORDER BY 1, 5 DESC, 2, 3, 4";

struct reader {
	struct summary *s;
	const struct db *db;
};

static struct views *views_of(const struct reader *rd, sqlite3_stmt *q,
			      struct err *e)
{
	const uint64_t id = (uint64_t)sqlite3_column_int64(q, 0);

	for (size_t i = 0; i < rd->s->n_cells; i++)
		if (rd->s->cells[i].id == id)
			return &rd->s->cells[i].views;
	(void)err_set(e, ERR_INPUT, EILSEQ,
		      "%s is damaged: a row belongs to no cell", rd->db->path);
	return NULL;
}

/* Column @i, or NULL for SQL's NULL.  Returns: false without memory. */
static bool take_text(sqlite3_stmt *q, int i, char **ret)
{
	const char *s = (const char *)sqlite3_column_text(q, i);

	*ret = s ? strdup(s) : NULL;
	return *ret || sqlite3_column_type(q, i) == SQLITE_NULL;
}

/* --- sockets ---------------------------------------------------------------
 */

static void free_socket(struct view_socket *s)
{
	free(s->role);
	free(s->node);
	free(s->state);
	free(s->timer);
}

/* Take one line apart, and destroy it. */
static bool read_socket(char *line, struct view_socket *ret)
{
	char *field[7];

	for (size_t i = 0; i < ARRAY_SIZE(field); i++) {
		field[i] = strsep(&line, "\t");
		if (!field[i])
			return false;
	}
	*ret = (struct view_socket){
		.role = strdup(field[0]),
		.node = strdup(field[1]),
		.state = strdup(field[2]),
		.receive_queue = strtoull(field[3], NULL, 10),
		.send_queue = strtoull(field[4], NULL, 10),
		.timer = strdup(field[5]),
		.orphan = field[6][0] == '1',
	};
	return ret->role && ret->node && ret->state && ret->timer;
}

static bool read_sockets(const char *text, struct view_states *v)
{
	own_mem char *copy = strdup(text);
	char *rest = copy, *line;
	size_t lines = 1;

	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	v->sockets = calloc(lines, sizeof(*v->sockets));
	if (!copy || !v->sockets)
		return false;
	while ((line = strsep(&rest, "\n")))
		if (!read_socket(line, &v->sockets[v->n++]))
			return false;
	return true;
}

static int read_states(sqlite3_stmt *q, void *arg, struct err *e)
{
	const char *sockets = (const char *)sqlite3_column_text(q, 3);
	struct views *views = views_of(arg, q, e);
	struct view_states *v;

	if (!views)
		return -e->code;
	v = reallocarray(views->states, views->n_states + 1, sizeof(*v));
	if (!v)
		return err_no_memory(e);
	views->states = v;
	v = &views->states[views->n_states++];
	*v = (struct view_states){
		.number = (uint64_t)sqlite3_column_int64(q, 1),
		.trials = (uint64_t)sqlite3_column_int64(q, 4),
	};
	if (!take_text(q, 2, &v->hold) ||
	    (sockets && !read_sockets(sockets, v)))
		return err_no_memory(e);
	return 0;
}

/* --- programs --------------------------------------------------------------
 */

static int read_seen(sqlite3_stmt *q, void *arg, struct err *e)
{
	struct views *views = views_of(arg, q, e);
	struct view_seen *v;

	if (!views)
		return -e->code;
	v = reallocarray(views->seen, views->n_seen + 1, sizeof(*v));
	if (!v)
		return err_no_memory(e);
	views->seen = v;
	v = &views->seen[views->n_seen++];
	*v = (struct view_seen){
		.trials = (uint64_t)sqlite3_column_int64(q, 7),
	};
	return take_text(q, 1, &v->wire) && take_text(q, 2, &v->rst) &&
			       take_text(q, 3, &v->app[0]) &&
			       take_text(q, 4, &v->app[1]) &&
			       take_text(q, 5, &v->outcome) &&
			       take_text(q, 6, &v->why)
		       ? 0
		       : err_no_memory(e);
}

/* --- frames ----------------------------------------------------------------
 */

static int read_frames(sqlite3_stmt *q, void *arg, struct err *e)
{
	struct views *views = views_of(arg, q, e);
	struct view_frames *v;

	if (!views)
		return -e->code;
	v = reallocarray(views->frames, views->n_frames + 1, sizeof(*v));
	if (!v)
		return err_no_memory(e);
	views->frames = v;
	v = &views->frames[views->n_frames++];
	*v = (struct view_frames){
		.connections = (uint64_t)sqlite3_column_int64(q, 4),
		.least_ns = sqlite3_column_int64(q, 5),
		.median_ns = sqlite3_column_int64(q, 6),
		.most_ns = sqlite3_column_int64(q, 7),
	};
	return take_text(q, 1, &v->what) && take_text(q, 2, &v->frames) &&
			       take_text(q, 3, &v->why)
		       ? 0
		       : err_no_memory(e);
}

int views_read(const struct db *db, struct summary *s, struct err *e)
{
	struct reader rd = { s, db };
	int r;

	r = db_each(db, seen_sql, read_seen, &rd, e);
	if (r == 0)
		r = db_each(db, frames_sql, read_frames, &rd, e);
	if (r == 0)
		r = db_each(db, states_sql, read_states, &rd, e);
	if (r == 0)
		r = db_each(db, destroyed_sql, read_states, &rd, e);
	return r;
}

void views_done(struct views *v)
{
	for (size_t i = 0; i < v->n_states; i++) {
		for (size_t j = 0; j < v->states[i].n; j++)
			free_socket(&v->states[i].sockets[j]);
		free(v->states[i].sockets);
		free(v->states[i].hold);
	}
	for (size_t i = 0; i < v->n_seen; i++) {
		free(v->seen[i].wire);
		free(v->seen[i].rst);
		free(v->seen[i].app[0]);
		free(v->seen[i].app[1]);
		free(v->seen[i].outcome);
		free(v->seen[i].why);
	}
	for (size_t i = 0; i < v->n_frames; i++) {
		free(v->frames[i].what);
		free(v->frames[i].frames);
		free(v->frames[i].why);
	}
	free(v->frames);
	free(v->states);
	free(v->seen);
	*v = (struct views){ .n_states = 0 };
}
