/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/import/judge.h"

#include "lab/base/own.h"

#include <assert.h>

const char *const reason_texts[] = {
	[REASON_NONE] = NULL,
	[REASON_MIDSTREAM] = "open before the capture began",
	[REASON_HANDSHAKE] = "a part of the handshake was not captured",
	[REASON_ONE_WAY] = "only one direction was captured",
	[REASON_GAP] = "acknowledged bytes were not captured",
	[REASON_FRAGMENTS] = "IP fragments of its segments were not captured",
	[REASON_HALF_OPEN] = "half open when the capture ended",
	[REASON_OPEN] = "open when the capture ended",
	[REASON_UNANSWERED] = "its SYN was not answered",
};
static_assert(ARRAY_SIZE(reason_texts) == REASONS, "one text per reason");

static const enum reason doubts[] = {
	[DOUBT_NONE] = REASON_NONE,	  [DOUBT_MIDSTREAM] = REASON_MIDSTREAM,
	[DOUBT_ONE_WAY] = REASON_ONE_WAY, [DOUBT_HANDSHAKE] = REASON_HANDSHAKE,
	[DOUBT_GAP] = REASON_GAP,	  [DOUBT_FRAGMENTS] = REASON_FRAGMENTS,
};
static_assert(ARRAY_SIZE(doubts) == DOUBTS, "one reason per doubt");

/* Endings without an RST. */
static const struct {
	enum outcome outcome;
	enum reason reason;
} endings[ENDINGS] = {
	[ENDING_SYN_ONLY] = { OUTCOME_OTHER, REASON_UNANSWERED },
	[ENDING_HALF_CLOSED_CLIENT] = { OUTCOME_INVALID, REASON_HALF_OPEN },
	[ENDING_HALF_CLOSED_SERVER] = { OUTCOME_INVALID, REASON_HALF_OPEN },
	[ENDING_ESTABLISHED] = { OUTCOME_INVALID, REASON_OPEN },
	[ENDING_MIDSTREAM] = { OUTCOME_INVALID, REASON_MIDSTREAM },
};

/* Every router on the way takes one off the TTL.  A host gives the same to all
 * that it sends, so an RST with another was sent by something in between, or
 * came another way. */
static bool is_of_another(const struct reset *r)
{
	return r->usual_ttl && r->ttl != r->usual_ttl;
}

static void find_cause(const struct connection *c, const struct reset *r,
		       struct judgement *j)
{
	struct evidence e = {
		.connection = c,
		.reset = r,
		.emitter = j->emitter,
	};
	struct reset stray;

	j->verdict = rule_judge(&e);
	if (j->verdict.cause != CAUSE_UNKNOWN || j->emitter != EMITTER_MIDDLE)
		return;
	stray = *r;
	stray.emitter_node = FLOW_NOBODY;
	e.reset = &stray;
	j->verdict = rule_judge(&e);
}

void judge(const struct connection *c, struct judgement *ret)
{
	const struct reset *r = connection_first_reset(c);

	ret->outcome = r ? OUTCOME_RESET : endings[c->ending].outcome;
	ret->reason = r ? REASON_NONE : endings[c->ending].reason;
	ret->was_reset = r;
	if (!c->judged) {
		ret->outcome = OUTCOME_INVALID;
		ret->reason = doubts[c->doubt];
	}
	if (!r)
		return;
	ret->emitter =
		is_of_another(r) ? EMITTER_MIDDLE : reset_emitter(r, 0, 0);
	find_cause(c, r, ret);
}
