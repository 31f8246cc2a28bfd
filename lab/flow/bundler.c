/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/flow/bundler.h"

#include "lab/flow/flow-parts.h"
#include "lab/flow/plain.h"

#include <assert.h>

/* Never more than half full. */
enum { SLOTS = 2 * BUNDLE_MAX, FREE = UINT16_MAX };

struct bundler {
	uint64_t secret;
	bool taken; /* the bundle; the next begins with the next segment */
	uint16_t chain_slots[SLOTS];	/* by their ends: numbers of chains */
	uint16_t greeting_slots[SLOTS]; /* by their ISNs: of greetings */
	struct bundle b;
};
static_assert((SLOTS & (SLOTS - 1)) == 0, "slots are found with a mask");

int bundler_new(struct bundler **ret, const struct flow *f, struct err *e)
{
	struct bundler *m = calloc(1, sizeof(*m));

	if (!m)
		return err_no_memory(e);
	m->secret = f->index.secret;
	m->taken = true;
	*ret = m;
	return 0;
}

void bundler_free(struct bundler *m)
{
	free(m);
}

static void begin(struct bundler *m)
{
	m->taken = false;
	memset(m->chain_slots, 0xff, sizeof(m->chain_slots));
	memset(m->greeting_slots, 0xff, sizeof(m->greeting_slots));
	m->b.n = m->b.n_chains = m->b.n_greetings = m->b.interfaces = 0;
	m->b.entangled = false;
}

const struct bundle *bundler_take(struct bundler *m)
{
	if (m->taken)
		begin(m);
	m->taken = true;
	return &m->b;
}

/* The endpoints of a segment, in an order that does not depend on which of them
 * sent it: who sends next, nobody can guess, so there is no branch for it. */
struct ends {
	uint64_t low, high; /* index_endpoint() */
	bool from_low;
};

static inline struct ends ends_of(const struct segment *s, uint64_t secret)
{
	const uint64_t x = index_endpoint(&s->src, secret);
	const uint64_t y = index_endpoint(&s->dst, secret);

	return (struct ends){
		.low = x < y ? x : y,
		.high = x < y ? y : x,
		.from_low = x < y,
	};
}

/* IPv4 lies in index_endpoint() whole, of IPv6 only a hash. */
static bool is_other_ipv6(const struct bundle_chain *c, const struct segment *s,
			  bool returns)
{
	return !ip_endpoint_equal(returns ? &c->b : &c->a, &s->src) ||
	       !ip_endpoint_equal(returns ? &c->a : &c->b, &s->dst);
}

/* The chain that @s continues or begins.  Inlined, as is add(): then nothing of
 * @s is written to memory but what ends up in the bundle. */
static __always_inline struct bundle_chain *
chain_of(struct bundler *m, const struct segment *s, bool *ret_returns)
{
	const struct ends ends = ends_of(s, m->secret);
	size_t i =
		index_ends_hash(m->secret, ends.low, ends.high) & (SLOTS - 1);
	struct bundle_chain *c;

	for (; m->chain_slots[i] != FREE; i = (i + 1) & (SLOTS - 1)) {
		c = &m->b.chains[m->chain_slots[i]];
		if ((c->low ^ ends.low) | (c->high ^ ends.high))
			continue;
		*ret_returns = c->from_low ^ ends.from_low;
		if (s->src.addr.family == 4 ||
		    !is_other_ipv6(c, s, *ret_returns))
			return c;
	}
	m->b.entangled |= ends.low == ends.high; /* who sends cannot be told */
	m->chain_slots[i] = m->b.n_chains;
	c = &m->b.chains[m->b.n_chains++];
	c->a = s->src;
	c->b = s->dst;
	c->low = ends.low;
	c->high = ends.high;
	c->from_low = ends.from_low;
	c->first = c->last = m->b.n;
	*ret_returns = false;
	return c;
}

/* The slot of the greeting with this ISN, or the free one that is its. */
static uint16_t *slot_of_isn(struct bundler *m, uint32_t isn)
{
	size_t i = index_mix(isn + m->secret) & (SLOTS - 1);

	while (m->greeting_slots[i] != FREE &&
	       m->b.greetings[m->greeting_slots[i]].isn != isn)
		i = (i + 1) & (SLOTS - 1);
	return &m->greeting_slots[i];
}

/* Segments with one ISN are of one connection, or look as if they were.
 * Connections are numbered as they begin, so only the first segment of a chain
 * may begin one; with data it may be answered by two numbers. */
static void greet(struct bundler *m, const struct bundle_chain *c,
		  const struct segment_facts *s)
{
	const uint16_t chain = (uint16_t)(c - m->b.chains);
	const bool begins = is_plain_syn(s);
	const uint32_t isn = begins ? s->seq : s->ack - 1;
	uint16_t *slot = slot_of_isn(m, isn);
	struct bundle *b = &m->b;

	b->entangled |= begins && (c->first != b->n || s->payload_bytes);
	if (*slot != FREE) {
		b->entangled |= b->greetings[*slot].chain != chain;
		return;
	}
	*slot = b->n_greetings;
	b->greetings[b->n_greetings++] =
		(struct bundle_greeting){ isn, b->n, chain };
}

static __always_inline bool add(struct bundler *m, const struct segment *s,
				int64_t time_ns, uint16_t interface)
{
	const struct segment_facts facts = segment_facts_of(s);
	struct bundle *b = &m->b;
	struct bundle_chain *c;
	struct bundle_item *item;
	bool returns;

	if (m->taken)
		begin(m);
	c = chain_of(m, s, &returns);
	item = &b->items[b->n];
	item->time_ns = time_ns;
	item->frame = s->frame;
	item->facts = facts;
	item->interface = interface;
	item->returns = returns;
	if (is_plain_syn(&facts) || answers_syn(&facts))
		greet(m, c, &facts);
	b->next[c->last] = b->n; /* itself, if it is the first of its chain */
	b->next[b->n] = BUNDLE_END;
	c->last = b->n;
	if (b->interfaces <= interface)
		b->interfaces = interface + 1;
	return ++b->n < BUNDLE_MAX;
}

bool bundler_add(struct bundler *m, const struct segment *s, int64_t time_ns,
		 uint16_t interface)
{
	return add(m, s, time_ns, interface);
}

enum bundle_room bundler_add_frame(struct bundler *m,
				   const struct bundle_frame *frame)
{
	struct segment s;

	if (!plain_decode(frame->data, frame->captured, frame->wire_bytes, &s))
		return BUNDLE_NOT_PLAIN;
	s.frame = frame->number;
	return add(m, &s, frame->time_ns, frame->interface) ? BUNDLE_ROOM
							    : BUNDLE_FULL;
}
