/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/counted.h"

void counted_forget(struct lab *lab)
{
	for (size_t i = 0; i < lab->n_nodes; i++)
		lab->nodes[i].counted = false;
}

static int64_t grown(const struct counters *from, const struct counters *to,
		     enum counter c)
{
	return to->value[c] - from->value[c];
}

/* What was counted and is not captured yet may be captured with the next; what
 * never left the node will not. */
static void carry(struct lab_node *n, int64_t failed)
{
	const struct evidence_counters *g = &n->growth;
	const int64_t more = g->out_rsts - g->captured - failed;

	n->rst_ahead = n->rst_ahead + more > 0 ? n->rst_ahead + more : 0;
	n->rst_seen = n->rst_decided = 0;
}

const struct evidence_counters *counted_at(struct lab *lab, uint16_t node)
{
	struct lab_node *n = &lab->nodes[node];
	const struct counters *from = &n->looked;
	struct counters now;
	struct err ignored;

	if (node == FLOW_NOBODY)
		return NULL;
	if (n->counted)
		return &n->growth;
	if (counters_read(n->counters, &now, &ignored) < 0)
		return NULL;
	n->growth = (struct evidence_counters){
		.out_rsts = grown(from, &now, COUNTER_OUT_RSTS),
		.on_close = grown(from, &now, COUNTER_ABORT_ON_CLOSE),
		.on_data = grown(from, &now, COUNTER_ABORT_ON_DATA),
		.on_linger = grown(from, &now, COUNTER_ABORT_ON_LINGER),
		.on_memory = grown(from, &now, COUNTER_ABORT_ON_MEMORY),
		.on_timeout = grown(from, &now, COUNTER_ABORT_ON_TIMEOUT),
		.embryonic = grown(from, &now, COUNTER_EMBRYONIC_RSTS),
		.overflows = grown(from, &now, COUNTER_LISTEN_OVERFLOWS),
		.paws_active = grown(from, &now, COUNTER_PAWS_ACTIVE),
		.captured = (int64_t)n->rst_seen,
		.decisions = (int64_t)n->rst_decided,
		.ahead = n->rst_ahead,
	};
	carry(n, grown(from, &now, COUNTER_ABORT_FAILED));
	n->looked = now;
	n->counted = true;
	return &n->growth;
}

void counted_begin(struct lab *lab)
{
	for (size_t i = 0; i < lab->n_nodes; i++)
		(void)counted_at(lab, (uint16_t)i);
	counted_forget(lab);
}
