/* SPDX-License-Identifier: GPL-2.0-or-later */
/* groups - what is alike in all but the topology, with its places. */
#ifndef LAB_REPORT_GROUPS_H
#define LAB_REPORT_GROUPS_H

#include "lab/base/text.h"
#include "lab/report/matrix.h"

#include <stdint.h>

struct group {
	const char *workload; /* of the summary */
	const void *like;     /* one of them, of the summary */
	uint64_t *counts;     /* trials by row of the matrix */
	struct text where;    /* the places in words, see where_add() */
	uint64_t trials;
	size_t order; /* of appearance */
};

struct groups;

/* How a kind of thing is grouped. */
struct groups_kind {
	/* Give groups_add() each of the kind's things of a cell.
	 * false: out of memory */
	bool (*each)(struct groups *g, const struct summary_cell *c);
	bool (*alike)(const void *a, const void *b);
	/* What comes before their frequency in the order; NULL: nothing. */
	int (*order)(const void *a, const void *b);
};

struct groups {
	const struct groups_kind *kind;
	struct group *items;
	size_t n;
	struct matrix matrix;
};

/* Group what @kind finds in @s, the most frequent first.
 * Errors: out of memory only. */
int groups_init(struct groups *g, const struct groups_kind *kind,
		const struct summary *s, struct err *e);
void groups_done(struct groups *g);
#define own_groups OWN(groups_done)

/* @trials of cell @c were like @like.  false: out of memory */
bool groups_add(struct groups *g, const struct summary_cell *c,
		const void *like, uint64_t trials);

#endif
