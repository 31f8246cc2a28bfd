/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-parts - what the rules of one source share with those of another. */
#ifndef LAB_CAUSE_RULE_PARTS_H
#define LAB_CAUSE_RULE_PARTS_H

#include "lab/cause/rule.h"

/* By what the kernel said: needs .event.  Leaves @v alone when no rule
 * fits. */
void rule_judge_by_kernel(const struct evidence *e, struct verdict *v);

typedef bool (*holds_fn)(const struct evidence *e);

static inline bool program_lingered(const struct evidence *e)
{
	return e->program && e->program->linger_zero;
}

static inline bool was_destroyed(const struct evidence *e)
{
	return e->program && e->program->destroyed;
}

static inline bool program_disconnected(const struct evidence *e)
{
	return e->program && e->program->disconnected;
}

static inline bool program_has_linger2(const struct evidence *e)
{
	return e->program && e->program->linger2;
}

static inline bool from_the_middle(const struct evidence *e)
{
	return e->emitter == EMITTER_MIDDLE;
}

static inline bool nobody_accepted(const struct evidence *e)
{
	return e->event ? e->event->unowned
			: e->program && e->program->never_accepted;
}

/* Does the client's own endpoint change on the way? */
static inline bool is_source_translated(const struct evidence *e)
{
	const struct connection *c = e->connection;
	const size_t n = c->n_legs < FLOW_LEGS_MAX ? c->n_legs : FLOW_LEGS_MAX;

	for (size_t i = 1; i < n; i++)
		if (!ip_endpoint_equal(&c->legs[i].client, &c->legs[0].client))
			return true;
	return false;
}

/* Whose connection the server remembers is another's, unless the program says
 * that it was its own. */
static inline bool shares_its_port(const struct evidence *e)
{
	return is_source_translated(e) &&
	       !(e->program && e->program->redialled);
}

static inline bool was_challenged(const struct evidence *e)
{
	return e->connection->ending == ENDING_SYN_CHALLENGE_RST;
}

/* It answers an acknowledgement of what its side had never sent. */
static inline bool is_astray(const struct evidence *e)
{
	return e->reset->astray;
}

/* Only one of the family grew, and by each decision that was captured: then it
 * counted this one, whichever of them that is. */
static inline bool only(const struct evidence *e, int64_t grown)
{
	const struct evidence_counters *c = e->counters;

	return c && grown > 0 && grown == c->decisions &&
	       grown == c->on_close + c->on_data + c->on_linger + c->on_memory +
				c->on_timeout;
}

/* Resets were captured that the node's TCP did not count. */
static inline bool has_foreign(const struct evidence *e)
{
	const struct evidence_counters *c = e->counters;

	return c && c->captured > c->out_rsts + c->ahead;
}

static inline bool counted_as_linger(const struct evidence *e)
{
	return e->counters && only(e, e->counters->on_data);
}

static inline bool counted_as_none(const struct evidence *e)
{
	const struct evidence_counters *c = e->counters;

	return c && c->out_rsts > 0 &&
	       !(c->on_close | c->on_data | c->on_linger | c->on_memory |
		 c->on_timeout);
}

#endif
