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
	};
	n->looked = now;
	n->counted = true;
	return &n->growth;
}
