/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain - what the parts of `rstlab explain` share. */
#ifndef LAB_CMD_EXPLAIN_H
#define LAB_CMD_EXPLAIN_H

#include "lab/cmd/address.h"

struct explain_options {
	const char *point;
	bool verbose;
	int color;
};

/* One call of the verb. */
struct explanation {
	const struct explain_options *o;
	const char *word; /* what was asked for */
	const char *run;  /* the part of it that names the run */
	struct address at;
	size_t columns; /* of what is printed to */
	struct text out;
};

/* The causes of a run and its cells, with a trial of each. */
int explain_run(struct explanation *x, struct err *e);

/* The trials of a cell that saw an RST. */
int explain_cell(struct explanation *x, struct err *e);

/* One trial, packet by packet. */
int explain_trial(struct explanation *x, struct err *e);

#endif
