/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/store/sockets.h"

#include "lab/store/db.h"
#include "lab/store/views.h"

#include <inttypes.h>

/* "*" is what ss writes for a port of 0. */
#define ADDRESS(column)                                                       \
	"iif(instr(s." column ", ':'), '[' || s." column " || ']', s." column \
	") || ':' || iif(s." column "_port,"                                  \
	" s." column "_port, '*')"

/* clang-format off */
static const char looks_sql[] =
	"SELECT coalesce(l.hold, 'after exit'), l.time_ns, s.role, s.node,"
	" s.state, s.timer, s.receive_queue, s.send_queue, "
	ADDRESS("local") ", " ADDRESS("remote")
	" FROM look l"
	" LEFT JOIN socket s ON s.look = l.id AND (s.role <> 'listener' OR"
	"  s.receive_queue > 0)"
	" WHERE l.trial = %" PRId64
	" ORDER BY l.number, s.role = 'middle', s.role, s.number";

static const char destroyed_sql[] =
	"SELECT '" VIEWS_DESTROYED "', -1, s.role, s.node, 'UNCONN', 'off',"
	" coalesce(s.receive_queue, -1), coalesce(s.send_queue, -1), "
	ADDRESS("local") ", " ADDRESS("remote")
	" FROM destroyed s WHERE s.trial = %" PRId64
	" ORDER BY s.role = 'middle', s.role, s.number";
/* clang-format on */

struct reader {
	stored_socket_fn fn;
	void *arg;
};

static const char *text(sqlite3_stmt *q, int column)
{
	return (const char *)sqlite3_column_text(q, column);
}

static int read_socket(sqlite3_stmt *q, void *arg, struct err *e)
{
	const struct reader *rd = arg;
	const struct stored_socket s = {
		.point = text(q, 0),
		.time_ns = sqlite3_column_int64(q, 1),
		.role = text(q, 2),
		.node = text(q, 3),
		.state = text(q, 4),
		.timer = text(q, 5),
		.receive_queue = sqlite3_column_int64(q, 6),
		.send_queue = sqlite3_column_int64(q, 7),
		.local = text(q, 8),
		.remote = text(q, 9),
	};

	return rd->fn(&s, rd->arg, e);
}

int stored_sockets_each(const char *dir, int64_t trial, stored_socket_fn fn,
			void *arg, struct err *e)
{
	struct reader rd = { fn, arg };
	own_db struct db db = { .sq = NULL };
	char looks[sizeof(looks_sql) + 32], gone[sizeof(destroyed_sql) + 32];
	int r = db_open_run(&db, dir, e);

	(void)snprintf(looks, sizeof(looks), looks_sql, trial);
	(void)snprintf(gone, sizeof(gone), destroyed_sql, trial);
	if (r == 0)
		r = db_each(&db, looks, read_socket, &rd, e);
	return r == 0 ? db_each(&db, gone, read_socket, &rd, e) : r;
}
