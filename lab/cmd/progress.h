/* SPDX-License-Identifier: GPL-2.0-or-later */
/* progress - how far a run is: a bar on a terminal, lines elsewhere. */
#ifndef LAB_CMD_PROGRESS_H
#define LAB_CMD_PROGRESS_H

#include "lab/run/run.h"

#include <stdio.h>

enum progress_mode {
	PROGRESS_AUTO,
	PROGRESS_BAR,
	PROGRESS_LINES,
	PROGRESS_NONE,
};
const char *const *progress_mode_names(void);

struct progress {
	enum progress_mode mode; /* not auto any more */
	FILE *out;
	bool utf8, shown; /* .shown: the bar stands on the current line */
	size_t columns;
	int64_t drawn_ns; /* monotonic; of the last redraw */
	unsigned tenths;  /* lines: tenths of the run already told */
};

void progress_init(struct progress *p, enum progress_mode mode, FILE *out);
void progress_update(struct progress *p, const struct run_progress *r);
/* Take the bar away; safe to call again, and before anything was drawn. */
void progress_clear(struct progress *p);

#endif
