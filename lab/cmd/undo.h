/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * undo - take the directory of a run away again when nothing was measured,
 * and let `latest` point where it did.
 */
#ifndef LAB_CMD_UNDO_H
#define LAB_CMD_UNDO_H

#include <stdbool.h>

struct undo {
	const char *wanted; /* what -o said, or NULL; borrowed */
	bool was_there;	    /* that directory, before the run */
	bool had_runs;	    /* ./rstlab-runs */
	char latest[256];   /* what rstlab-runs/latest named, or "" */
};

/* Before rundir_create(). */
void undo_note(struct undo *u, const char *wanted);

/* Remove what a run put into @dir, and @dir unless it was there before. */
void undo_run(const struct undo *u, const char *dir);

#endif
