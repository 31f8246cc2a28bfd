/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sources - where the evidence of a run comes from: each is opened if it was
 * asked for and can be had, and the run says which it had.
 */
#ifndef LAB_RUN_SOURCES_H
#define LAB_RUN_SOURCES_H

#include "lab/base/err.h"
#include "lab/run/evidence.h"
#include "lab/run/level.h"
#include "lab/store/checks.h"

enum source {
#define SOURCE(id, name, least, what) SOURCE_##id,
#include "lab/run/sources.def"
#undef SOURCE
	SOURCES
};

struct sources {
	/* what the evidence is of; borrowed */
	struct lab *labs;
	size_t n_labs;
	const struct lab_options *options;
	enum evidence_level level;
	/* filled by sources_open() */
	bool used[SOURCES];
	struct err why[SOURCES]; /* not; .code 0: nobody asked for it */
};

/* @ret_evidence:	NULL: the kernel tells nothing */
int sources_open(struct sources *s, struct evidence_source **ret_evidence,
		 struct err *e);

/* Store what was used and what of it was lost, and what not and why. */
int sources_store(const struct sources *s,
		  const struct evidence_source *evidence, struct store *store,
		  struct err *e);

#endif
