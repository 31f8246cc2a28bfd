/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * named-plan - what a topologies/plans/NAME.yaml says: which workloads to run
 * in which topologies, and what others have published about the same.
 */
#ifndef LAB_SPEC_NAMED_PLAN_H
#define LAB_SPEC_NAMED_PLAN_H

#include "lab/base/err.h"
#include "lab/base/own.h"
#include "lab/spec/spec.h"

/* What was published of one cell. */
struct plan_published {
	char *place;	/* as its author names it */
	char *topology; /* that mirrors it; NULL: none does */
	char *workload;
	char *reported;	 /* in its author's words */
	uint32_t trials; /* that somebody counted; 0: nobody did */
	uint32_t resets; /* of these */
	struct spec_at resets_at;
};

/* One item of a list of words. */
struct plan_word {
	char *text;
};

struct named_plan {
	char *name, *summary;
	char *source; /* where .published was published; NULL: not said */
	struct spec_list topologies, workloads; /* of plan_word: globs, too */
	struct spec_list params;		/* of plan_word: "cpus=1,2" */
	uint32_t trials;			/* 0: not said */
	struct spec_list published;		/* of plan_published */
};

/* Errors:	as spec_load() */
int named_plan_load(struct named_plan *p, const char *path,
		    struct spec_diags *d, struct err *e);
void named_plan_done(struct named_plan *p);
#define own_named_plan OWN(named_plan_done)

#endif
