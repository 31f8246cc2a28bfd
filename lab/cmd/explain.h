/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain - what the parts of `rstlab explain` share. */
#ifndef LAB_CMD_EXPLAIN_H
#define LAB_CMD_EXPLAIN_H

#include "lab/cmd/trial-view.h"

struct explain_options {
	const char *point;
	bool verbose, all, json;
	int color;
};

/* One call of the verb. */
struct explanation {
	const struct explain_options *o;
	const char *word; /* what was asked for */
	const char *run;  /* the part of it that names the run */
	struct address at;
	size_t columns; /* of the terminal; 0: none */
	struct text out;
};

/* The causes of a run and its cells, with a trial of each. */
int explain_run(struct explanation *x, struct err *e);

/* The trials of a cell that saw an RST. */
int explain_cell(struct explanation *x, struct err *e);

/* One trial: why, its course, its packets. */
int explain_trial(struct explanation *x, struct err *e);

/* The same as one document, rstlab.explain/1. */
int explain_run_json(struct explanation *x, struct err *e);
int explain_cell_json(struct explanation *x, struct err *e);
int explain_trial_json(struct explanation *x, struct err *e);

/* Add the command that plays the trial again; nothing for an imported one. */
void explain_add_replay(struct text *out, const struct address *at);

/* Is the packet list of @p, one of the points of @v, asked for? */
bool explain_wants(const struct explanation *x, const struct view_connection *v,
		   const struct view_point *p);

/* No connection passed the point that was asked for: say which it did pass. */
int explain_no_point(const struct explanation *x, const struct stored_trial *t,
		     struct err *e);

#endif
