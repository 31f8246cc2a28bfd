/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grid - columns of text that line up. */
#ifndef LAB_REPORT_GRID_H
#define LAB_REPORT_GRID_H

#include "lab/base/text.h"

#include <stdint.h>

struct grid_cell {
	char *text;
	const char *style; /* ANSI, borrowed; NULL: plain */
};

/* Row after row.  Failed allocations are remembered, as in struct text. */
struct grid {
	size_t n_columns; /* > 0 */
	uint32_t right;	  /* bit per column: flush right; the last never */
	bool wrap_last;	  /* too wide: wrap the last column's text, else stack
			   * groups of columns, each beside the first one */
	struct grid_cell *cells;
	size_t n, cap;
	bool failed;
};

void grid_add(struct grid *g, const char *style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * grid_print() - add all rows to @out
 * @indent:	of every line
 * @columns:	of the terminal; 0: unknown, one line per row
 */
void grid_print(const struct grid *g, struct text *out, size_t indent,
		size_t columns);

void grid_done(struct grid *g);
#define own_grid OWN(grid_done)

#endif
