/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/block-check.h"

/* Both sides of one comparison, over one block. */
struct pair {
	const char *what;
	int64_t expected, seen;
	const char *why; /* they may differ, or NULL */
};

static int store_pair(const struct lab *lab, const struct lab_node *node,
		      uint32_t block, const struct pair *p, struct store *store,
		      struct err *e)
{
	if (p->expected == p->seen)
		return 0;
	return store_put_mismatch(
		store,
		&(struct store_mismatch){
			.block = block,
			.place = { lab->topology->name, lab->topology->params,
				   node->net->spec->name },
			.what = p->what,
			.expected = p->expected,
			.seen = p->seen,
			.why = p->why,
		},
		e);
}

static int64_t grown(const struct lab_node *node, const struct counters *now,
		     enum counter c)
{
	return now->value[c] - node->checked.counters.value[c];
}

static int check_node(struct lab *lab, uint16_t number,
		      const struct evidence_source *evidence, uint32_t block,
		      struct store *store, struct err *e)
{
	struct lab_node *node = &lab->nodes[number];
	const struct evidence_sent sent = evidence_sent(evidence, lab, number);
	const bool heard = evidence && !evidence_lost(evidence);
	struct counters now;
	int64_t counted, wire, failed;
	int r = counters_read(node->counters, &now, e);

	if (r < 0)
		return r;
	counted = grown(node, &now, COUNTER_OUT_RSTS);
	failed = grown(node, &now, COUNTER_ABORT_FAILED);
	wire = (int64_t)(node->rst_wire - node->checked.rst_wire);
	const struct pair pairs[] = {
		{ "OutRsts, captured", counted, wire,
		  failed && counted - wire == failed
			  ? "dropped by a rule of the node before it was sent"
			  : NULL },
		{ "OutRsts, kernel events", counted,
		  (int64_t)(sent.resets - node->checked.sent), NULL },
		{ "TCPAbortOnClose, kernel events",
		  grown(node, &now, COUNTER_ABORT_ON_CLOSE),
		  (int64_t)(sent.on_close - node->checked.on_close), NULL },
	};
	for (size_t i = 0; r == 0 && i < (heard ? ARRAY_SIZE(pairs) : 1); i++)
		r = store_pair(lab, node, block, &pairs[i], store, e);
	node->checked.counters = now;
	node->checked.rst_wire = node->rst_wire;
	node->checked.sent = sent.resets;
	node->checked.on_close = sent.on_close;
	return r;
}

int block_check(struct lab *lab, const struct evidence_source *evidence,
		uint32_t number, struct store *store, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < lab->n_nodes; i++)
		r = check_node(lab, (uint16_t)i, evidence, number, store, e);
	return r;
}
