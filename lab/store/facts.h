/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * facts - what is known of each trial of a run, one by one, for those who
 * compare it with what should have been.
 */
#ifndef LAB_STORE_FACTS_H
#define LAB_STORE_FACTS_H

#include "lab/base/outcome.h"
#include "lab/base/side.h"
#include "lab/store/store.h"

/* What one counter of a node grew by with trials of one cell. */
struct store_growth {
	uint32_t cell;
	const char *node, *counter;
	int64_t growth;
};

/* Added to what is there already for that counter. */
int store_put_growth(struct store *s, const struct store_growth *g,
		     struct err *e);

/* Texts are borrowed for the call. */
struct fact_trial {
	uint32_t cell, number;
	enum outcome outcome;
	const char *why;	/* for other and invalid; else NULL */
	const char *app[SIDES]; /* "ok", "recv ECONNRESET" */
	/* Of the trial's connections, in the order of their SYNs, with " + "
	 * between them; NULL: there is none.  .senders, .forms and .causes are
	 * of those that were reset; a cause that is no more than likely is
	 * "unknown" here */
	const char *endings, *senders, *forms, *causes;
};

/* The sockets of a trial at one point. */
struct fact_states {
	uint32_t cell, number;
	const char *point;	  /* name of a hold, or "after" */
	const char *state[SIDES]; /* as ss has it; "-": there is none */
};

struct facts_reader {
	/* in the order of cells and numbers; each may be NULL */
	int (*trial)(const struct fact_trial *t, void *arg, struct err *e);
	int (*states)(const struct fact_states *s, void *arg, struct err *e);
	int (*growth)(const struct store_growth *g, void *arg, struct err *e);
	void *arg;
};

/**
 * facts_read() - give all of the run in @dir to @reader
 * Errors:	as summary_read(); whatever a function of @reader returns
 */
int facts_read(const char *dir, const struct facts_reader *reader,
	       struct err *e);

#endif
