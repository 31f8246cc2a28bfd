/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/flow/defrag.h"

#include <string.h>

/* Segments are cut one at a time, on one path.  net.ipv4.ipfrag_time: 30 s. */
enum { DATAGRAMS = 32, UNIT_BYTES = 8, UNITS = 65536 / UNIT_BYTES };
#define WAIT_NS 30000000000LL

struct datagram {
	struct ip_fragment key; /* of any piece; .src.family 0: it is free */
	int64_t begun_ns;
	bool begins;	       /* .first was seen */
	struct segment first;  /* with the payload of its piece */
	uint32_t header_bytes; /* before the payload */
	uint32_t bytes;	       /* of all pieces; 0: the last is missing */
	uint32_t units;	       /* seen, each once */
	uint32_t pieces;       /* seen, copies included */
	uint64_t seen[UNITS / 64];
};

struct defrag {
	size_t n;
	uint64_t lost;
	struct datagram datagrams[DATAGRAMS];
};

int defrag_new(struct defrag **ret, struct err *e)
{
	struct defrag *d = calloc(1, sizeof(*d));

	if (!d)
		return err_no_memory(e);
	*ret = d;
	return 0;
}

void defrag_free(struct defrag *d)
{
	free(d);
}

uint64_t defrag_lost(const struct defrag *d)
{
	return d->lost;
}

static bool is_piece_of(const struct ip_fragment *f, const struct datagram *g)
{
	return g->key.src.family && f->id == g->key.id &&
	       f->point == g->key.point &&
	       ip_addr_equal(&f->src, &g->key.src) &&
	       ip_addr_equal(&f->dst, &g->key.dst);
}

static void forget(struct defrag *d, struct datagram *g)
{
	memset(g, 0, sizeof(*g));
	d->n--;
}

static struct datagram *oldest(struct defrag *d)
{
	struct datagram *found = NULL;

	for (size_t i = 0; i < DATAGRAMS; i++) {
		struct datagram *g = &d->datagrams[i];

		if (g->key.src.family &&
		    (!found || g->begun_ns < found->begun_ns))
			found = g;
	}
	return found;
}

bool defrag_waits(const struct defrag *d)
{
	return d->n;
}

bool defrag_give_up(struct defrag *d, int64_t now_ns, struct segment *ret,
		    uint16_t *ret_point)
{
	while (d->n) {
		struct datagram *g = oldest(d);
		const bool begins = g->begins;

		if (d->n < DATAGRAMS && now_ns - g->begun_ns < WAIT_NS)
			return false;
		if (begins) {
			*ret = g->first;
			*ret_point = g->key.point;
		}
		d->lost += g->pieces - begins;
		forget(d, g);
		if (begins)
			return true;
	}
	return false;
}

static struct datagram *find(struct defrag *d, const struct ip_fragment *f,
			     int64_t now_ns)
{
	struct datagram *unused = NULL;

	for (size_t i = 0; i < DATAGRAMS; i++) {
		struct datagram *g = &d->datagrams[i];

		if (is_piece_of(f, g))
			return g;
		if (!g->key.src.family)
			unused = g;
	}
	unused->key = *f;
	unused->begun_ns = now_ns;
	d->n++;
	return unused;
}

static void note_units(struct datagram *g, const struct ip_fragment *f)
{
	const size_t from = f->offset / UNIT_BYTES;
	const size_t to = (f->offset + f->bytes + UNIT_BYTES - 1) / UNIT_BYTES;

	for (size_t i = from; i < to && i < UNITS; i++) {
		const uint64_t bit = 1ULL << (i % 64);

		g->units += !(g->seen[i / 64] & bit);
		g->seen[i / 64] |= bit;
	}
}

static bool is_whole(const struct datagram *g)
{
	return g->begins && g->bytes &&
	       g->units == (g->bytes + UNIT_BYTES - 1) / UNIT_BYTES &&
	       g->bytes >= g->header_bytes;
}

bool defrag_add(struct defrag *d, const struct ip_fragment *f,
		const struct segment *first, int64_t now_ns,
		struct segment *ret)
{
	struct datagram *g = find(d, f, now_ns);

	g->pieces++;
	note_units(g, f);
	if (!f->more)
		g->bytes = (uint32_t)f->offset + f->bytes;
	if (first && !g->begins) {
		g->begins = true;
		g->first = *first;
		g->header_bytes = f->bytes - first->payload_bytes;
	}
	if (!is_whole(g))
		return false;
	*ret = g->first;
	ret->payload_bytes = g->bytes - g->header_bytes;
	ret->fragmented = false;
	forget(d, g);
	return true;
}
