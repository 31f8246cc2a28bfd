/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/block-check.h"

/* Both sides of one comparison, over one block. */
struct pair {
	const char *what;
	int64_t expected, seen;
	const char *why; /* they may differ, or NULL */
};

/* Captured, and not counted by TCP: the rules of the node made it, or its netem
 * sent a segment twice, for which @answered has no end.  Where the
 * kernel is listened to, books_count() has seen that already. */
static void take_out_answers(struct lab_node *node, int64_t counted,
			     int64_t *wire, int64_t answered)
{
	const int64_t more = *wire - counted;

	if (more <= 0 || more > answered)
		return;
	node->rst_wire -= (uint64_t)more;
	node->rst_foreign += (uint64_t)more;
	*wire -= more;
}

/* Counted, and not captured: why, when a known row says so. */
static const char *why_missing(int64_t missing, int64_t failed,
			       const struct filter_counts *filter)
{
	if (missing <= 0)
		return NULL;
	if (missing == failed)
		return "dropped by a rule of the node before it was sent";
	return (uint64_t)missing <= filter->drops
		       ? "dropped by a rule of the node, which counted it"
		       : NULL;
}

/* What netem lost since the last check. */
static int64_t netem_lost(struct lab_node *node)
{
	struct rtnl_qdisc_counts now = { .waiting = 0 };
	const uint32_t from = node->netem_checked;
	struct err ignored;

	if (netem_read(node->netem, &now, &ignored) < 0)
		return 0;
	node->netem_checked = now.dropped;
	return (int64_t)(now.dropped - from);
}

/* Counted, and lost by netem, behind which a capture sees.  Returns: how
 * many */
static int64_t take_in_lost(struct lab_node *node, int64_t missing)
{
	const int64_t lost = netem_lost(node);

	if (missing <= 0 || missing > lost)
		return 0;
	node->rst_lost += (uint64_t)missing;
	return missing;
}

/* Counted and captured, only not told: its TCP sent it all the same.  One in
 * fifty resets of keepalive timers is such a one on Linux 6.18, and the kernel
 * counts no loss of the event.  Returns: how many */
static int64_t take_in_untold(struct lab_node *node, int64_t missing,
			      int64_t untold)
{
	const int64_t denied = (int64_t)node->rst_denied;

	node->rst_denied = 0;
	if (missing <= 0 || missing > untold || missing > denied)
		return 0;
	node->rst_wire += (uint64_t)missing;
	node->rst_foreign -= (uint64_t)missing;
	return missing;
}

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
	struct filter_counts filter;
	struct counters now;
	int64_t counted, wire, failed, lost, untold;
	int r = counters_read(node->counters, &now, e);

	if (r < 0)
		return r;
	counted = grown(node, &now, COUNTER_OUT_RSTS);
	failed = grown(node, &now, COUNTER_ABORT_FAILED);
	wire = (int64_t)(node->rst_wire - node->checked.rst_wire);
	filter = filtered_since(node);
	take_out_answers(node, counted, &wire,
			 netem_repeats(node->netem) ? INT64_MAX
						    : (int64_t)filter.resets);
	untold = counted - (int64_t)(sent.resets - node->checked.sent);
	untold = take_in_untold(node, counted - failed - wire, untold);
	wire += untold;
	lost = take_in_lost(node, counted - failed - wire);
	const struct pair pairs[] = {
		{ "OutRsts, captured", counted, wire,
		  lost ? "lost by netem of the node, which counted it"
		       : why_missing(counted - wire, failed, &filter) },
		{ "OutRsts, kernel events", counted,
		  (int64_t)(sent.resets - node->checked.sent),
		  untold ? "captured: the kernel did not tell of it" : NULL },
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
