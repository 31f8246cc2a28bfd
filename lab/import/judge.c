/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/import/judge.h"

#include "lab/base/own.h"

#include <assert.h>

static const char *const doubts[] = {
	[DOUBT_NONE] = NULL,
	[DOUBT_MIDSTREAM] = "open before the capture began",
	[DOUBT_ONE_WAY] = "only one direction was captured",
	[DOUBT_HANDSHAKE] = "a part of the handshake was not captured",
	[DOUBT_GAP] = "acknowledged bytes were not captured",
	[DOUBT_FRAGMENTS] = "its segments came in IP fragments",
};
static_assert(ARRAY_SIZE(doubts) == DOUBTS, "one sentence per doubt");

/* Endings without an RST. */
static const struct {
	enum outcome outcome;
	const char *why;
} endings[ENDINGS] = {
	[ENDING_SYN_ONLY] = { OUTCOME_OTHER, "its SYN was not answered" },
	[ENDING_HALF_CLOSED_CLIENT] = { OUTCOME_INVALID,
					"half open when the capture ended" },
	[ENDING_HALF_CLOSED_SERVER] = { OUTCOME_INVALID,
					"half open when the capture ended" },
	[ENDING_ESTABLISHED] = { OUTCOME_INVALID,
				 "open when the capture ended" },
	[ENDING_MIDSTREAM] = { OUTCOME_INVALID,
			       "open before the capture began" },
};

/* Every router on the way takes one off the TTL.  A host gives the same to all
 * that it sends, so an RST with another was sent by something in between, or
 * came another way. */
static bool is_of_another(const struct reset *r)
{
	return r->usual_ttl && r->ttl != r->usual_ttl;
}

static struct verdict verdict_of(const struct connection *c,
				 const struct reset *r, enum emitter emitter)
{
	struct evidence e = { .connection = c, .reset = r, .emitter = emitter };
	struct verdict v = rule_judge(&e);
	struct reset stray;

	if (v.cause != CAUSE_UNKNOWN || emitter != EMITTER_MIDDLE)
		return v;
	stray = *r;
	stray.emitter_node = FLOW_NOBODY;
	e.reset = &stray;
	return rule_judge(&e);
}

struct judgement judge(const struct connection *c)
{
	const struct reset *r = connection_first_reset(c);
	struct judgement j = { .outcome = OUTCOME_RESET, .was_reset = r };

	if (r) {
		j.emitter = is_of_another(r) ? EMITTER_MIDDLE
					     : reset_emitter(r, 0, 0);
		j.verdict = verdict_of(c, r, j.emitter);
	} else {
		j.outcome = endings[c->ending].outcome;
		j.why = endings[c->ending].why;
	}
	if (!c->judged) {
		j.outcome = OUTCOME_INVALID;
		j.why = doubts[c->doubt];
	}
	return j;
}
