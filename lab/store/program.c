/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/store/program.h"

#include "lab/store/statement.h"

int store_put_program(struct store *s, const struct store_program *p,
		      struct err *e)
{
	struct db_row row = store_row(s, PUT_PROGRAM);
	int64_t r;

	db_put_int(&row, p->trial);
	db_put_text(&row, side_names[p->side]);
	db_put_text(&row, p->command);
	db_put_int(&row, p->stopped);
	if (p->stopped)
		db_put_text(&row, NULL);
	else
		db_put_int(&row, p->status);
	for (int i = 0; i < 2; i++) {
		db_put_blob(&row, p->outputs[i].bytes, p->outputs[i].n);
		db_put_int(&row, (int64_t)p->outputs[i].printed);
	}
	r = store_insert(s, &row, e);
	return r < 0 ? (int)r : 0;
}
