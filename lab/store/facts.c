/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/store/facts.h"

#include "lab/store/statement.h"

#include <string.h>

int store_put_growth(struct store *s, const struct store_growth *g,
		     struct err *e)
{
	struct db_row row = store_row(s, PUT_GROWTH);
	int64_t r;

	db_put_int(&row, g->cell);
	db_put_text(&row, g->node);
	db_put_text(&row, g->counter);
	db_put_int(&row, g->growth);
	r = store_insert(s, &row, e);
	return r < 0 ? (int)r : 0;
}

/* Connections are stored in the order of their SYNs. */
#define OF_TRIAL(what, from)                                        \
	"(SELECT group_concat(x, ' + ') FROM (SELECT " what " AS x" \
	" FROM " from " WHERE k.trial = t.id ORDER BY k.id))"
#define FIRST_RESETS \
	"connection k JOIN reset r ON r.connection = k.id AND r.first"

/* What is no more than likely may be another with more evidence. */
#define SURE_CAUSE \
	"CASE w.confidence WHEN 'likely' THEN 'unknown' ELSE w.cause END"
#define CAUSES_TOLD "connection k JOIN cause w ON w.connection = k.id"

/* clang-format off */
static const char trials[] =
	"SELECT t.cell, t.number, t.outcome, t.why, t.client_app,"
	" t.server_app, "
	OF_TRIAL("k.ending", "connection k") ", "
	OF_TRIAL("r.emitter", FIRST_RESETS) ", "
	OF_TRIAL("r.form", FIRST_RESETS) ", "
	OF_TRIAL(SURE_CAUSE, CAUSES_TOLD)
	" FROM trial t ORDER BY t.cell, t.number";
/* clang-format on */

#define STATE_OF(role)                                            \
	"coalesce((SELECT group_concat(state, '+') FROM socket s" \
	" WHERE s.look = l.id AND s.role = '" role "'), '-')"

static const char states[] =
	"SELECT t.cell, t.number, coalesce(l.hold, 'after'), " STATE_OF("client") ", " STATE_OF(
		"server") " FROM look l JOIN trial t ON t.id = l.trial"
			  " WHERE t.outcome <> 'invalid' ORDER BY t.cell, t.number, l.number";

static const char growths[] =
	"SELECT cell, node, counter, value FROM growth ORDER BY 1, 2, 3";

static const char *text_of(sqlite3_stmt *q, int column)
{
	return (const char *)sqlite3_column_text(q, column);
}

static enum outcome outcome_of(const char *name)
{
	int i = 0;

	while (i < OUTCOME_INVALID && strcmp(outcome_names[i], name) != 0)
		i++;
	return i;
}

static int read_trial(sqlite3_stmt *q, void *arg, struct err *e)
{
	const struct facts_reader *reader = arg;
	const struct fact_trial t = {
		.cell = (uint32_t)sqlite3_column_int64(q, 0),
		.number = (uint32_t)sqlite3_column_int64(q, 1),
		.outcome = outcome_of(text_of(q, 2)),
		.why = text_of(q, 3),
		.app = { text_of(q, 4), text_of(q, 5) },
		.endings = text_of(q, 6),
		.senders = text_of(q, 7),
		.forms = text_of(q, 8),
		.causes = text_of(q, 9),
	};

	return reader->trial(&t, reader->arg, e);
}

static int read_states(sqlite3_stmt *q, void *arg, struct err *e)
{
	const struct facts_reader *reader = arg;
	const struct fact_states s = {
		.cell = (uint32_t)sqlite3_column_int64(q, 0),
		.number = (uint32_t)sqlite3_column_int64(q, 1),
		.point = text_of(q, 2),
		.state = { text_of(q, 3), text_of(q, 4) },
	};

	return reader->states(&s, reader->arg, e);
}

static int read_growth(sqlite3_stmt *q, void *arg, struct err *e)
{
	const struct facts_reader *reader = arg;
	const struct store_growth g = {
		.cell = (uint32_t)sqlite3_column_int64(q, 0),
		.node = text_of(q, 1),
		.counter = text_of(q, 2),
		.growth = sqlite3_column_int64(q, 3),
	};

	return reader->growth(&g, reader->arg, e);
}

int facts_read(const char *dir, const struct facts_reader *reader,
	       struct err *e)
{
	struct facts_reader mine = *reader;
	own_db struct db db = { .sq = NULL };
	int r = db_open_run(&db, dir, e);

	if (r == 0 && reader->trial)
		r = db_each(&db, trials, read_trial, &mine, e);
	if (r == 0 && reader->states)
		r = db_each(&db, states, read_states, &mine, e);
	if (r == 0 && reader->growth)
		r = db_each(&db, growths, read_growth, &mine, e);
	return r;
}
