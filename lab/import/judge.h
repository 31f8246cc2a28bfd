/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge - what an imported connection counts as, and why it was reset, as far
 * as packets alone can tell.  Pure.
 */
#ifndef LAB_IMPORT_JUDGE_H
#define LAB_IMPORT_JUDGE_H

#include "lab/base/outcome.h"
#include "lab/cause/rule.h"

struct judgement {
	enum outcome outcome; /* OUTCOME_INVALID: it cannot be judged */
	const char *why;      /* for OTHER and INVALID; else NULL */
	bool was_reset;
	enum emitter emitter;	/* if it was */
	struct verdict verdict; /* if it was */
};

struct judgement judge(const struct connection *c);

#endif
