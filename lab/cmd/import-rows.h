/* SPDX-License-Identifier: GPL-2.0-or-later */
/* import-rows - imported connections as CSV, each when it has ended. */
#ifndef LAB_CMD_IMPORT_ROWS_H
#define LAB_CMD_IMPORT_ROWS_H

#include "lab/base/text.h"
#include "lab/import/judge.h"

struct import_rows {
	const char *topology, *workload;
	FILE *out;
	uint64_t n;
	struct text row;
};

/* The columns of `rstlab report --format csv --connections`, and why. */
int import_rows_begin(struct import_rows *rows, struct err *e);
int import_rows_add(struct import_rows *rows, const struct connection *c,
		    const struct judgement *j, struct err *e);
void import_rows_done(struct import_rows *rows);

#endif
