/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store-answer - what a written run.db answers to SQL. */
#ifndef TESTS_UNIT_STORE_ANSWER_H
#define TESTS_UNIT_STORE_ANSWER_H

#include "tests/unit/sample-run.h"

#include <sqlite3.h>

static inline sqlite3 *open_file(const struct sample *s)
{
	sqlite3 *db;

	assert_int_equal(
		sqlite3_open_v2(s->path, &db, SQLITE_OPEN_READWRITE, NULL),
		SQLITE_OK);
	return db;
}

/* Every value of the answer, joined by '|', rows by '\n'. */
static inline void assert_answer(const struct sample *s, const char *sql,
				 const char *want)
{
	sqlite3 *db = open_file(s);
	char answer[1024] = "";
	sqlite3_stmt *q;
	size_t n = 0;

	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	while (sqlite3_step(q) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(q); i++) {
			const unsigned char *v = sqlite3_column_text(q, i);

			n += (size_t)snprintf(answer + n, sizeof(answer) - n,
					      "%s%s",
					      i	  ? "|"
					      : n ? "\n"
						  : "",
					      v ? (const char *)v : "NULL");
			assert_true(n < sizeof(answer));
		}
	(void)sqlite3_finalize(q);
	(void)sqlite3_close(db);
	assert_string_equal(answer, want);
}

#endif
