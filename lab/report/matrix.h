/* SPDX-License-Identifier: GPL-2.0-or-later */
/* matrix - the cells of a run as rows; the columns are the workloads. */
#ifndef LAB_REPORT_MATRIX_H
#define LAB_REPORT_MATRIX_H

#include "lab/base/text.h"
#include "lab/store/summary.h"

#include <stdint.h>

struct matrix_row {
	const char *topology, *params; /* of the summary */
	struct text label;	       /* "host-veth", "host-veth mtu=9000" */
};

struct matrix {
	struct matrix_row *rows; /* in the order of the plan */
	size_t n;
	uint64_t judged_most; /* of one cell */
};

/* Errors: out of memory only. */
int matrix_init(struct matrix *m, const struct summary *s, struct err *e);
void matrix_done(struct matrix *m);
#define own_matrix OWN(matrix_done)

/* Add a topology's name and its parameters: "host-veth mtu=9000". */
void matrix_label(struct text *t, const char *topology, const char *params);

/* The cell of @row under @workload, or NULL: not in the plan. */
const struct summary_cell *matrix_cell(const struct summary *s,
				       const struct matrix_row *row,
				       const char *workload);

#endif
