/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ladder - what happened between a few places in the order of time: a lane for
 * each place, an arrow for each segment, a dot for each call.
 */
#ifndef LAB_REPORT_LADDER_H
#define LAB_REPORT_LADDER_H

#include "lab/base/text.h"

enum {
	LADDER_LANES_MAX = 32,
	LADDER_ROWS = 60, /* of a ladder that is folded */
};

struct ladder_event {
	int64_t time_ns;
	uint8_t from, to; /* lanes; the same twice: it happened there */
	bool lost;	  /* it did not arrive */
	bool marked;	  /* what it is all about */
	const char *text; /* ASCII */
};

struct ladder {
	const char *const *lanes; /* names */
	size_t n_lanes;
	const struct ladder_event *events; /* in the order of time */
	size_t n_events;
	size_t columns; /* of the terminal */
	bool utf8, color;
	bool all; /* do not fold */
};

/**
 * ladder_add() - draw it
 *
 * Lanes that do not fit become one.  Of more than LADDER_ROWS events those at
 * both ends and around the marked ones are drawn, and how many are not is said.
 */
void ladder_add(struct text *out, const struct ladder *l);

#endif
