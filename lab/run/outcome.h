/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outcome - what both programs of a trial saw and what its connections did
 * -> one word.  Pure.
 */
#ifndef LAB_RUN_OUTCOME_H
#define LAB_RUN_OUTCOME_H

#include "lab/base/outcome.h"
#include "lab/base/text.h"
#include "lab/flow/flow.h"
#include "probes/protocol.h"

/* What is known of one trial. */
struct trial_facts {
	const struct probe_result *app[SIDES]; /* NULL: that probe died */
	bool captured;	    /* were the points of the lab captured? */
	bool counted;	    /* nothing was captured; .resets are OutRsts */
	const char *broken; /* what else the lab lacked, or NULL */
	unsigned connections, resets, unjudged; /* of the trial */
	unsigned dialled; /* connections by the client itself */
	int64_t reset_ns; /* the earliest first RST; 0: there is none */
	bool all_over;	  /* each was closed by the FINs of both sides */
	/* its first one met one of the same ends, of an earlier trial */
	bool met_older;
};

/* One more of its connections: a relay makes two of one. */
void trial_facts_add(struct trial_facts *f, const struct connection *c);

/* @ret_why: borrowed text for other and invalid, else NULL */
enum outcome outcome_judge(const struct trial_facts *f, const char **ret_why);

/* "ok", "recv ECONNRESET", "accept timeout", "killed": the step at which a
 * side's script ended. */
void outcome_app_text(const struct probe_result *r, struct text *out);

/* JSON array with one array per step of @s: [name, result, error or null, begin
 * in ns since the trial began, duration in ns], and what it names, if that. */
void outcome_calls_json(const struct probe_result *r, const struct script *s,
			int64_t begin_ns, struct text *out);

#endif
