/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/filtered.h"

#include "lab/run/lab.h"

static int open_node(struct lab_node *node, struct err *e)
{
	int r;

	if (!node->net->spec->nft.n)
		return 0;
	r = filter_open(&node->filter, node->net->netns, e);
	if (r == 0)
		r = filter_read(node->filter, &node->filter_looked, e);
	node->filter_checked = node->filter_looked;
	return r;
}

int filtered_open(struct lab *lab, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < lab->n_nodes; i++)
		r = open_node(&lab->nodes[i], e);
	lab->filtered = r == 0;
	return r;
}

void filtered_forget(struct lab *lab)
{
	for (size_t i = 0; i < lab->n_nodes; i++)
		lab->nodes[i].filter_read = false;
}

/* Rules that are gone took their counts with them. */
static uint64_t grown(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

static void read_node(struct lab_node *node)
{
	struct filter_counts now;
	struct err ignored;

	node->filter_read = true;
	node->filter_says = FILTER_UNKNOWN;
	if (filter_read(node->filter, &now, &ignored) < 0)
		return;
	node->filter_resets = grown(node->filter_looked.resets, now.resets);
	node->filter_says = node->filter_resets ? FILTER_DID
			    : now.mute_resets	? FILTER_MAY
						: FILTER_NOT;
	node->filter_looked = now;
}

/* With others that nobody counted it may be one of these. */
static bool explains_all(const struct lab_node *node,
			 const struct evidence_counters *c)
{
	return !c || c->captured <= c->out_rsts + c->ahead +
					    (int64_t)node->filter_resets;
}

enum evidence_filter filtered_at(struct lab *lab, const struct evidence *of)
{
	struct lab_node *node;

	if (!lab->filtered || of->reset->emitter_node == FLOW_NOBODY)
		return FILTER_UNKNOWN;
	node = &lab->nodes[of->reset->emitter_node];
	if (!node->filter)
		return FILTER_NOT;
	if (!node->filter_read)
		read_node(node);
	if (node->filter_says == FILTER_DID &&
	    !explains_all(node, of->counters))
		return FILTER_UNKNOWN;
	return node->filter_says;
}

struct filter_counts filtered_since(struct lab_node *node)
{
	const struct filter_counts from = node->filter_checked;
	struct filter_counts now;
	struct err ignored;

	if (!node->filter || filter_read(node->filter, &now, &ignored) < 0)
		return (struct filter_counts){ .resets = 0 };
	node->filter_checked = now;
	now.resets = grown(from.resets, now.resets);
	now.drops = grown(from.drops, now.drops);
	return now;
}
