/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * driver - a way of playing trials: by the two probes of the lab, which read
 * scripts, or by other programs.
 *
 * A driver makes the trials happen and tells what both sides saw; what the
 * wires saw, and what becomes of both, is the batch's.
 */
#ifndef LAB_RUN_DRIVER_H
#define LAB_RUN_DRIVER_H

#include "lab/base/text.h"
#include "lab/cause/rule.h"
#include "lab/run/lab.h"
#include "lab/run/match.h"
#include "lab/run/outcome.h"

struct batch_trial {
	uint32_t cell, number; /* number: in the cell, from 1 */
	uint32_t position;     /* in the block */
	uint16_t workload;     /* index = script number */
};

/* Trials to be played one after the other, and what was told of them. */
struct play {
	struct lab *lab;
	const struct lab_options *options;
	const struct batch_trial *trials;
	/* at most driver.most; in and out: fewer, when it stopped early */
	size_t n;
	/* To be called every few milliseconds, so that no ring overflows.
	 * Returns: may no further trial begin? */
	bool (*idle)(void *arg);
	void *idle_arg;
	/* out: by trial, NULL where a side told nothing */
	struct match_trial *told;
	bool died;	/* what plays them; to be mended */
	struct err why; /* .code 0: nothing to tell the user */
};

struct driver {
	size_t most; /* trials that are played before they are analysed */
	/* Can @next be played in one go with @first?  NULL: always */
	bool (*joins)(const struct lab *lab, const struct lab_options *o,
		      const struct batch_trial *first,
		      const struct batch_trial *next);
	int (*play)(struct play *p, struct err *e);
	/* How trial @i ended for @side: outcome_app_text() and, as JSON with
	 * times since @begin_ns, outcome_calls_json() */
	void (*tell)(const struct play *p, size_t i, int side, int64_t begin_ns,
		     struct text *app, struct text *calls);
	/* As outcome_judge() */
	enum outcome (*judge)(const struct play *p, size_t i,
			      const struct trial_facts *f,
			      const char **ret_why);
	/* Store what else there is of it; may be NULL. */
	int (*keep)(const struct play *p, size_t i, struct store *store,
		    int64_t trial, struct err *e);
	/* The user is told of each trial that was no success; more to the
	 * reason.  NULL: the user is not told */
	void (*remark)(const struct play *p, size_t i, struct text *out);
	/* What @side did to its sockets in trial @i, by its own account.
	 * Returns: false when it tells nothing; NULL: none ever does */
	bool (*account)(const struct play *p, size_t i, int side,
			struct evidence_program *ret);
	int (*mend)(struct play *p, struct err *e); /* after .died */
};

/* The driver of @w. */
const struct driver *driver_of(const struct workload *w);

extern const struct driver driver_scripts;

#endif
