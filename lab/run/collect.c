/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/collect.h"

#include "lab/base/clock.h"
#include "lab/base/grow.h"
#include "lab/flow/packet.h"

#include <poll.h>
#include <string.h>

#define QUIET_WAIT_NS (5 * NS_PER_MS)

/* From the stamp of a frame until its ring shows it. */
#define STAMP_SLACK_NS (2 * NS_PER_US)

struct item {
	struct flow_item seen;
	uint32_t number; /* in the order of coming, for equal times */
};

struct collector {
	struct recorder *recorder;
	struct keep *keep;
	struct item *items;
	size_t n, cap;
	uint32_t number; /* of the next item */
	bool sorted;	 /* .items are in the order of time as they came */
	uint64_t undecoded;
	/* while draining */
	struct lab *lab;
	uint16_t node;
	struct err *err; /* where a failure inside the callback goes */
	int failed;
};

int collector_new(struct collector **ret, struct recorder *recorder,
		  struct err *e)
{
	struct collector *c = calloc(1, sizeof(*c));

	if (!c)
		return err_errno(e, "collector");
	c->recorder = recorder;
	c->sorted = true;
	*ret = c;
	return keep_new(&c->keep, e);
}

void collector_free(struct collector *c)
{
	if (!c)
		return;
	free(c->items);
	keep_free(c->keep);
	free(c);
}

static struct item *next_item(struct collector *c)
{
	return GROW(c->items, c->n, c->cap) ? &c->items[c->n] : NULL;
}

static enum flow_direction direction_of(const struct net_node *node,
					const struct frame *f)
{
	if (f->interface == node->interfaces[0].index)
		return FLOW_LOCAL;
	return f->outgoing ? FLOW_OUT : FLOW_IN;
}

static void take_frame(const struct frame *f, void *arg)
{
	struct collector *c = arg;
	struct item *item = next_item(c);
	const struct net_node *node = c->lab->nodes[c->node].net;
	struct flow_item *seen;
	enum packet_verdict kind;

	if (c->failed)
		return;
	if (!item) {
		c->failed = err_errno(c->err, "segments of a batch");
		return;
	}
	seen = &item->seen;
	kind = packet_decode(f->linktype, f->data, f->captured, f->length,
			     &seen->segment);
	if (c->recorder) {
		c->failed = recorder_write(
			c->recorder, c->lab, c->node, f,
			kind == PACKET_TCP &&
				(seen->segment.flags & TCP_FLAG_RST),
			c->err);
		if (c->failed)
			return;
	}
	switch (kind) {
	case PACKET_TCP:
		break;
	case PACKET_TRUNCATED:
	case PACKET_MALFORMED:
		c->undecoded++;
		return;
	case PACKET_OTHER:
	case PACKET_UNKNOWN_LINK:
	case PACKET_FRAGMENT:
		return;
	}
	seen->time_ns = f->time_ns;
	seen->point = (struct flow_point){ c->node, (uint16_t)f->interface };
	seen->direction = direction_of(node, f);
	item->number = c->number++;
	c->failed = keep_add(c->keep,
			     &(struct kept_at){ seen->point, seen->time_ns },
			     &seen->segment, f->data, c->err);
	if (c->n && item[-1].seen.time_ns > seen->time_ns)
		c->sorted = false;
	c->n++;
}

int collector_take(struct collector *c, struct lab *lab, struct err *e)
{
	int frames = 0;

	c->lab = lab;
	c->err = e;
	c->failed = 0;
	for (size_t i = 0; i < lab->n_nodes; i++) {
		int r;

		if (!lab->nodes[i].live)
			continue;
		c->node = (uint16_t)i;
		r = live_drain(lab->nodes[i].live, take_frame, c, e);
		if (r < 0 || c->failed)
			return r < 0 ? r : c->failed;
		frames += r;
	}
	return frames;
}

static int by_time(const void *a, const void *b)
{
	const struct item *const x = a, *const y = b;

	if (x->seen.time_ns != y->seen.time_ns)
		return x->seen.time_ns < y->seen.time_ns ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

/*
 * Give the flow what was stamped before @before_ns, when the last round of
 * taking began: each ring was read after that, so nothing older can come.
 * What is younger may lack its neighbours from a ring that was read earlier.
 */
static int analyse(struct collector *c, struct lab *lab, int64_t before_ns,
		   struct err *e)
{
	size_t i;

	if (!c->sorted)
		qsort(c->items, c->n, sizeof(*c->items), by_time);
	c->sorted = true;
	for (i = 0; i < c->n && c->items[i].seen.time_ns < before_ns; i++) {
		const int r = flow_add(lab->flow, &c->items[i].seen, e);

		if (r < 0)
			return r;
	}
	c->n -= i;
	memmove(c->items, c->items + i, c->n * sizeof(*c->items));
	return 0;
}

/* Can a socket of any program still send by itself? */
static bool lively(struct lab *lab)
{
	for (size_t i = 0; i < lab->n_nodes; i++) {
		struct sockdiag_census census;
		struct err ignored;

		if (!lab->nodes[i].has_program)
			continue;
		if (sockdiag_count(lab->nodes[i].sockdiag, &census, &ignored) <
			    0 ||
		    census.lively)
			return true; /* not knowing, wait */
	}
	return false;
}

/* Can nothing more come?  @last_ns: the last frame; @until_ns: the limit */
static bool is_over(struct lab *lab, int64_t last_ns, int64_t until_ns)
{
	const int64_t now_ns = clock_now_ns();

	if (now_ns > until_ns)
		return true;
	if (now_ns - last_ns < lab->silence_ns)
		return false;
	return flow_unfinished(lab->flow) == 0 || !lively(lab);
}

/* Sleep until a frame arrives at any node, at most QUIET_WAIT_NS. */
static void wait_frame(struct lab *lab)
{
	const struct timespec most = {
		.tv_nsec = lab->silence_ns && lab->silence_ns < QUIET_WAIT_NS
				   ? lab->silence_ns
				   : QUIET_WAIT_NS
	};
	struct pollfd fds[64];
	nfds_t n = 0;

	for (size_t i = 0; i < lab->n_nodes && n < ARRAY_SIZE(fds); i++)
		if (lab->nodes[i].live)
			fds[n++] = (struct pollfd){
				.fd = live_fd(lab->nodes[i].live),
				.events = POLLIN,
			};
	(void)ppoll(fds, n, &most, NULL);
}

int collector_settle(struct collector *c, struct lab *lab, int64_t limit_ns,
		     struct err *e)
{
	int64_t last_ns = clock_now_ns();
	const int64_t until_ns = last_ns + limit_ns;

	for (;;) {
		const int64_t now_ns = clock_now_ns();
		const bool over = c->n == 0 && is_over(lab, last_ns, until_ns);
		int r = collector_take(c, lab, e);

		if (r < 0)
			return r;
		if (r > 0)
			last_ns = clock_now_ns();
		if (c->n == 0 && over)
			return 0;
		if (c->n == 0)
			wait_frame(lab);
		r = analyse(c, lab, now_ns - STAMP_SLACK_NS, e);
		if (r < 0)
			return r;
	}
}

struct keep *collector_keep(const struct collector *c)
{
	return c->keep;
}

uint64_t collector_undecoded(const struct collector *c)
{
	return c->undecoded;
}
