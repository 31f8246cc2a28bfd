/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * behaviour - what client and server saw, counted, and when two counts differ.
 * Pure.
 */
#ifndef LAB_FIDELITY_BEHAVIOUR_H
#define LAB_FIDELITY_BEHAVIOUR_H

#include "lab/base/side.h"

#include <stdbool.h>
#include <stdint.h>

enum { SEEN_MAX = 8, SEEN_TEXT_MAX = 48 };

/* "ok" 9 times, "recv ECONNRESET" once. */
struct seen {
	struct seen_count {
		char text[SEEN_TEXT_MAX];
		uint32_t n;
	} counts[SEEN_MAX];
	uint32_t kinds, trials;
};

/* Of one workload, by side. */
struct behaviour {
	struct seen sides[SIDES];
};

/* What does not fit is counted as "other". */
void seen_add(struct seen *s, const char *text);

/* "ok x9, recv ECONNRESET x1", the most frequent first. */
struct text;
void seen_text(const struct seen *s, struct text *out);

/**
 * seen_differ() - did the two see different things?
 *
 * They did when the share of one of the things differs by more than chance:
 * its 95 % Wilson intervals do not meet.  A race that falls out otherwise now
 * and then is no difference.
 */
bool seen_differ(const struct seen *a, const struct seen *b);

bool behaviour_differs(const struct behaviour *a, const struct behaviour *b);

#endif
