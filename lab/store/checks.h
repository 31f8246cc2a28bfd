/* SPDX-License-Identifier: GPL-2.0-or-later */
/* checks - where the evidence of a run came from, and where it disagreed. */
#ifndef LAB_STORE_CHECKS_H
#define LAB_STORE_CHECKS_H

#include "lab/store/store.h"

struct store_source {
	const char *name;  /* "kernel-events" */
	const char *state; /* "used", "missing", "off" */
	const char *why;   /* it is not used, or not whole; or NULL */
};
int store_put_source(struct store *s, const struct store_source *source,
		     struct err *e);

/* Two sources that counted otherwise in one block of a node. */
struct store_mismatch {
	uint32_t block;
	struct store_place place;
	const char *what; /* "OutRsts, captured" */
	int64_t expected, seen;
	const char *why; /* it may be so; NULL: the block is marked */
};
int store_put_mismatch(struct store *s, const struct store_mismatch *m,
		       struct err *e);

/* What of it a run has. */
struct check_source {
	char *name, *state, *why; /* why: or NULL */
};
struct check_mismatch {
	uint64_t block;
	char *topology, *params, *node, *what, *why; /* why: or NULL */
	int64_t expected, seen;
};
struct checks {
	struct check_source *sources;
	size_t n_sources;
	struct check_mismatch *mismatches; /* in the order of blocks */
	size_t n_mismatches;
	size_t n_marked; /* of these, without a reason */
};
struct db;
int checks_read(struct checks *ret, const struct db *db, struct err *e);
void checks_done(struct checks *c);
#define own_checks OWN(checks_done)

/* Of the run in @dir.  Errors: as db_open_run() */
int checks_read_run(const char *dir, struct checks *ret, struct err *e);

#endif
