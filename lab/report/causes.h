/* SPDX-License-Identifier: GPL-2.0-or-later */
/* causes - a row for each topology with its parameters, a column for each
 * cause, and how many connections were reset so. */
#ifndef LAB_REPORT_CAUSES_H
#define LAB_REPORT_CAUSES_H

#include "lab/report/matrix.h"
#include "lab/report/report.h"

/* Rows of a table that is one part of a report; the rest is counted. */
enum { CAUSES_ROWS_MAX = 40 };

struct causes_count {
	uint64_t connections;
	uint64_t weak; /* of them: no more than likely */
};

struct causes {
	struct matrix matrix;
	const char **names; /* columns; borrowed from the summary */
	size_t n_names;
	size_t n_hit;		     /* rows with a reset */
	struct causes_count *counts; /* row by row */
};

/* Errors: out of memory only. */
int causes_init(struct causes *c, const struct summary *s, struct err *e);
void causes_done(struct causes *c);
#define own_causes OWN(causes_done)

const struct causes_count *causes_at(const struct causes *c, size_t row,
				     size_t column);
bool causes_has_row(const struct causes *c, size_t row);

/* What the mark of a count means. */
#define CAUSES_LEGEND                                                    \
	"connections that were reset, by why; ? where some of them are " \
	"no more than likely"

/* For a terminal: a table with a heading, or nothing where one topology or no
 * reset leaves nothing to compare. */
int causes_add(struct text *t, const struct summary *s,
	       const struct report_options *o, struct err *e);

/* The same alone, whole. */
int causes_table(const struct summary *s, const struct report_options *o,
		 FILE *out, struct err *e);

/* Called with one of those alike in topology, parameters, cause and
 * confidence, how many they are, and their share of its topology's resets. */
typedef int (*causes_fn)(const struct summary_sender *like, uint64_t n,
			 double share, void *arg);

/* Returns: 0, or what @fn returned below that. */
int causes_each(const struct summary *s, causes_fn fn, void *arg);

/* topology,params,cause,confidence,connections,share: a row for each */
int causes_csv(const struct summary *s, FILE *out, struct err *e);

#endif
