/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  Segments lie in the order in which they came; those of one
 * point and one pair of ports are chained backwards, so that a connection is
 * found without looking at all others.
 */
#include "lab/run/keep.h"

#include "lab/base/grow.h"

#include <string.h>

enum { CHAINS = 4096, TLS_HANDSHAKE = 22 }; /* RFC 8446 5.1 */

struct kept {
	struct kept_at at;
	struct segment segment; /* .payload_offset: in .bytes of the keep */
	size_t before;		/* its place + 1 in the chain; 0: the first */
};

struct keep {
	struct kept *items;
	size_t n, cap;
	uint8_t *bytes;
	size_t n_bytes, cap_bytes;
	size_t last[CHAINS]; /* place + 1 */
	bool full;
};

int keep_new(struct keep **ret, struct err *e)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : err_errno(e, "segments of a batch");
}

void keep_free(struct keep *k)
{
	if (!k)
		return;
	free(k->items);
	free(k->bytes);
	free(k);
}

void keep_forget(struct keep *k)
{
	k->n = k->n_bytes = 0;
	k->full = false;
	memset(k->last, 0, sizeof(k->last));
}

bool keep_is_full(const struct keep *k)
{
	return k->full;
}

/* The same for both directions. */
static size_t chain_of(struct flow_point p, const struct ip_endpoint *a,
		       const struct ip_endpoint *b)
{
	const uint32_t ports = (uint32_t)a->port + b->port;

	return (ports + 31u * p.node + 1009u * p.interface) % CHAINS;
}

static bool reserve(struct keep *k, size_t bytes)
{
	if (!GROW(k->items, k->n, k->cap))
		return false;
	if (k->n_bytes + bytes > k->cap_bytes) {
		const size_t cap = 2 * (k->n_bytes + bytes) + 4096;
		uint8_t *more = realloc(k->bytes, cap);

		if (!more)
			return false;
		k->bytes = more;
		k->cap_bytes = cap;
	}
	return true;
}

int keep_add(struct keep *k, const struct kept_at *at, const struct segment *s,
	     const uint8_t *frame, struct err *e)
{
	const size_t held = k->n_bytes + k->n * sizeof(*k->items);
	size_t *last = &k->last[chain_of(at->point, &s->src, &s->dst)];
	struct kept *item;

	if (k->full || held + s->payload_captured > KEEP_BYTES_MAX) {
		k->full = true;
		return 0;
	}
	if (!reserve(k, s->payload_captured))
		return err_errno(e, "segments of a batch");
	item = &k->items[k->n];
	*item = (struct kept){ .at = *at, .segment = *s, .before = *last };
	item->segment.payload_offset = (uint32_t)k->n_bytes;
	if (s->payload_captured)
		memcpy(k->bytes + k->n_bytes, frame + s->payload_offset,
		       s->payload_captured);
	k->n_bytes += s->payload_captured;
	*last = ++k->n;
	return 0;
}

/* --- one connection --------------------------------------------------------
 */

static bool is_of(const struct kept *item, const struct keep_query *q)
{
	const struct segment *s = &item->segment;

	if (item->at.point.node != q->point.node ||
	    item->at.point.interface != q->point.interface ||
	    item->at.time_ns < q->from_ns || item->at.time_ns > q->to_ns)
		return false;
	return (ip_endpoint_equal(&s->src, q->client) &&
		ip_endpoint_equal(&s->dst, q->server)) ||
	       (ip_endpoint_equal(&s->src, q->server) &&
		ip_endpoint_equal(&s->dst, q->client));
}

/* Does the client begin as HTTP/2 (RFC 9113 3.4) or TLS does? */
static bool begins_well(const struct keep *k, const struct kept *item)
{
	static const char magic[] = "PRI";
	const struct segment *s = &item->segment;
	const uint8_t *p = k->bytes + s->payload_offset;

	return s->payload_captured >= sizeof(magic) - 1 &&
	       (!memcmp(p, magic, sizeof(magic) - 1) || p[0] == TLS_HANDSHAKE);
}

/* Its segments in the order of coming.  Returns: how many. */
static size_t find(const struct keep *k, const struct keep_query *q,
		   const struct kept **ret)
{
	size_t n = 0, at = k->last[chain_of(q->point, q->client, q->server)];

	for (; at; at = k->items[at - 1].before)
		if (is_of(&k->items[at - 1], q))
			ret[n++] = &k->items[at - 1];
	for (size_t i = 0; i < n / 2; i++) {
		const struct kept *other = ret[i];

		ret[i] = ret[n - 1 - i];
		ret[n - 1 - i] = other;
	}
	return n;
}

static bool is_wanted(const struct keep *k, const struct keep_query *q,
		      const struct kept *const *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (items[i]->segment.payload_bytes &&
		    ip_endpoint_equal(&items[i]->segment.src, q->client))
			return begins_well(k, items[i]);
	return false;
}

int keep_read(const struct keep *k, const struct keep_query *q,
	      struct transcript **ret, struct err *e)
{
	own_transcript struct transcript *t = NULL;
	own_mem const struct kept **items = calloc(k->n + 1, sizeof(*items));
	size_t n;
	int r;

	*ret = NULL;
	if (!items)
		return err_errno(e, "segments of a connection");
	n = find(k, q, items);
	if (!is_wanted(k, q, items, n))
		return 0;
	r = transcript_new(&t, q->client, e);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = transcript_add(t, items[i]->at.time_ns, &items[i]->segment,
				   k->bytes, e);
	if (r == 0)
		r = transcript_finish(t, e);
	if (r == 0)
		*ret = take_ptr(&t);
	return r;
}
