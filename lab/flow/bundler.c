/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/flow/bundler.h"

#include "lab/flow/flow-parts.h"
#include "lab/flow/plain.h"

#include <assert.h>

enum { SLOT_BITS = 12, SLOTS = 1 << SLOT_BITS, NONE = UINT16_MAX };

/* Of a chain, what is looked at with each of its segments. */
struct link {
	uint64_t low, high; /* index_endpoint() of its ends */
	uint16_t next;	    /* in the list of its slot, or NONE */
	uint16_t last;
	bool from_low; /* .a of the chain is that of .low */
};

struct bundler {
	uint64_t secret;
	bool taken; /* the bundle; the next begins with the next segment */
	struct link links[BUNDLE_MAX]; /* one per chain */
	/* lists, of chains by their ends and of greetings by their ISNs */
	uint16_t chain_slots[SLOTS];
	uint16_t greeting_slots[SLOTS];
	uint16_t greeting_next[BUNDLE_MAX];
	struct bundle b;
};

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

/* Where the list of a number begins.  Each packet waits for it, so it is no
 * more than a multiplication by what nobody knows: lists are short on average
 * over that, whatever the numbers are.  Source: Dietzfelbinger et al., A
 * Reliable Randomized Algorithm for the Closest-Pair Problem (1997), 2.2 */
static inline size_t slot_of(const struct bundler *m, uint64_t x)
{
	return x * m->secret >> (64 - SLOT_BITS);
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

/* IPv4 lies in index_endpoint() whole, of IPv6 only a hash.  Inlined, as are
 * chain_of() and add(): then nothing of @s is written to memory but what ends
 * up in the bundle. */
static __always_inline bool is_other_ipv6(const struct bundle_chain *c,
					  const struct segment *s, bool returns)
{
	return !ip_endpoint_equal(returns ? &c->b : &c->a, &s->src) ||
	       !ip_endpoint_equal(returns ? &c->a : &c->b, &s->dst);
}

/* Its link is not in a list yet.  Returns: its number */
static __always_inline uint16_t begin_chain(struct bundler *m,
					    const struct segment *s,
					    const struct ends *ends)
{
	struct bundle *b = &m->b;
	struct bundle_chain *c = &b->chains[b->n_chains];
	struct link *l = &m->links[b->n_chains];

	b->entangled |= ends->low == ends->high; /* who sends cannot be told */
	l->low = ends->low;
	l->high = ends->high;
	l->last = b->n;
	l->from_low = ends->from_low;
	ip_endpoint_copy(&c->a, &s->src);
	ip_endpoint_copy(&c->b, &s->dst);
	c->pair = index_ends_hash(m->secret, ends->low, ends->high);
	c->first = b->n;
	return b->n_chains++;
}

/* Returns: the number of the chain that @s continues or begins */
static __always_inline uint16_t chain_of(struct bundler *m,
					 const struct segment *s,
					 bool *ret_returns)
{
	const struct ends ends = ends_of(s, m->secret);
	uint16_t *slot =
		&m->chain_slots[slot_of(m, ends.low * m->secret + ends.high)];
	uint16_t n;

	for (n = *slot; n != NONE; n = m->links[n].next) {
		const struct link *l = &m->links[n];

		if ((l->low ^ ends.low) | (l->high ^ ends.high))
			continue;
		*ret_returns = l->from_low ^ ends.from_low;
		if (s->src.addr.family == 4 ||
		    !is_other_ipv6(&m->b.chains[n], s, *ret_returns))
			return n;
	}
	n = begin_chain(m, s, &ends);
	m->links[n].next = *slot;
	*slot = n;
	*ret_returns = false;
	return n;
}

/* Segments with one ISN are of one connection, or look as if they were.
 * Connections are numbered as they begin, so only the first segment of a chain
 * may begin one; with data it may be answered by two numbers. */
static void greet(struct bundler *m, uint16_t chain,
		  const struct segment_facts *s)
{
	const bool begins = is_plain_syn(s);
	const uint32_t isn = begins ? s->seq : s->ack - 1;
	uint16_t *slot = &m->greeting_slots[slot_of(m, isn)];
	struct bundle *b = &m->b;
	uint16_t n = *slot;

	b->entangled |=
		begins && (b->chains[chain].first != b->n || s->payload_bytes);
	while (n != NONE && b->greetings[n].isn != isn)
		n = m->greeting_next[n];
	if (n != NONE) {
		b->entangled |= b->greetings[n].chain != chain;
		return;
	}
	n = b->n_greetings++;
	b->greetings[n] = (struct bundle_greeting){ isn, chain, !begins };
	m->greeting_next[n] = *slot;
	*slot = n;
}

static __always_inline bool add(struct bundler *m, const struct segment *s,
				int64_t time_ns, uint16_t interface)
{
	const struct segment_facts facts = segment_facts_of(s);
	struct bundle *b = &m->b;
	struct bundle_item *item;
	uint16_t chain, *last;
	bool returns;

	if (m->taken)
		begin(m);
	chain = chain_of(m, s, &returns);
	item = &b->items[b->n];
	item->time_ns = time_ns;
	item->frame = s->frame;
	item->facts = facts;
	item->interface = interface;
	item->returns = returns;
	if (is_plain_syn(&facts) || answers_syn(&facts))
		greet(m, chain, &facts);
	last = &m->links[chain].last;
	b->next[*last] = b->n; /* itself, if it is the first of its chain */
	b->next[b->n] = BUNDLE_END;
	*last = b->n;
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
