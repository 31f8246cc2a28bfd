/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge - what an imported connection counts as, and why it was reset, as far
 * as packets alone can tell.  Pure.
 */
#ifndef LAB_IMPORT_JUDGE_H
#define LAB_IMPORT_JUDGE_H

#include "lab/base/outcome.h"
#include "lab/cause/rule.h"

/* Why it is in no rate. */
enum reason {
	REASON_NONE,
	REASON_MIDSTREAM,
	REASON_HANDSHAKE,
	REASON_ONE_WAY,
	REASON_GAP,
	REASON_FRAGMENTS,
	REASON_HALF_OPEN,
	REASON_OPEN,
	REASON_UNANSWERED,
	REASONS
};
extern const char *const reason_texts[REASONS]; /* the first is NULL */

struct judgement {
	enum outcome outcome; /* OUTCOME_INVALID: it cannot be judged */
	enum reason reason;   /* for OTHER and INVALID */
	bool was_reset;
	enum emitter emitter;	/* if it was */
	struct verdict verdict; /* if it was */
};

/* What is only there if it was reset is only written then.  By a pointer: as a
 * result it would be copied, as soon as it was written, for each connection. */
void judge(const struct connection *c, struct judgement *ret);

#endif
