/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/tally.h"

#include "lab/store/facts.h"

static int read_nodes(const struct lab *lab, struct counters *ret,
		      struct err *e)
{
	for (size_t i = 0; i < lab->n_nodes; i++) {
		const int r = counters_read(lab->nodes[i].counters, &ret[i], e);

		if (r < 0)
			return r;
	}
	return 0;
}

static int store_node(const struct batch *b, size_t node, struct store *store,
		      const struct counters growth[2], struct err *e)
{
	struct store_growth g = {
		.cell = b->trials[0].cell,
		.node = b->lab->nodes[node].net->spec->name,
	};

	for (int i = 0; i < COUNTERS; i++) {
		int r;

		g.counter = counter_name(i);
		g.growth = growth[1].value[i] - growth[0].value[i];
		if (!g.growth)
			continue;
		r = store_put_growth(store, &g, e);
		if (r < 0)
			return r;
	}
	return 0;
}

int tally_run(const struct batch *b, struct batch_context *ctx, struct err *e)
{
	const size_t n = b->lab->n_nodes;
	own_mem struct counters *before = calloc(n, sizeof(*before));
	own_mem struct counters *after = calloc(n, sizeof(*after));
	int r;

	if (!before || !after)
		return err_errno(e, "counters");
	r = read_nodes(b->lab, before, e);
	if (r == 0)
		r = batch_run(b, ctx, e);
	if (r == 0)
		r = read_nodes(b->lab, after, e);
	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct counters pair[2] = { before[i], after[i] };

		r = store_node(b, i, ctx->store, pair, e);
	}
	return r;
}
