/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer - why a connection was reset, in words: one sentence, and what it
 * rests on. */
#ifndef LAB_CMD_ANSWER_H
#define LAB_CMD_ANSWER_H

#include "lab/cause/cause.h"
#include "lab/cmd/calls.h"
#include "lab/cmd/trial-view.h"

enum { ANSWER_EVIDENCE_MAX = 10 };

struct answer {
	struct text sentence; /* ends with a full stop */
	struct text bytes;    /* what was unread or late, by name; or empty */
	struct text evidence[ANSWER_EVIDENCE_MAX];
	size_t n;
	const char *sure;	       /* what its confidence means */
	const struct cause_info *info; /* NULL: a cause of a newer version */
};

/**
 * answer_make() - the answer for a connection that was reset
 * @calls:	of the trial
 */
int answer_make(const struct view_connection *v, const struct calls *calls,
		struct answer *ret, struct err *e);
void answer_done(struct answer *a);
#define own_answer OWN(answer_done)

/**
 * answer_way() - how the RST looked at each hop, and what became of it
 * @next:	the connection beyond a relay, or NULL
 * @before:	the one before it, or NULL
 *
 * Adds lines.
 */
void answer_way(struct text *out, const struct view_connection *v,
		const struct stored_connection *next,
		const struct stored_connection *before);

#endif
