/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/flow/index.h"

enum { INDEX_SLOTS_FIRST = 256 };

/* The golden ratio in 64 bits: where nobody chose a secret. */
#define INDEX_FACTOR 0x9e3779b97f4a7c15ULL

/* The golden ratio in 32 bits: near points lie far apart. */
#define POINT_FACTOR 2654435769U

static inline uint32_t fold(uint64_t pair)
{
	return (uint32_t)(pair >> 32 ^ pair);
}

static inline uint32_t leg_hash(struct flow_point p, uint64_t pair)
{
	const uint32_t point = (uint32_t)p.node << 16 | p.interface;

	return fold(pair) + point * POINT_FACTOR + 1;
}

static inline uint32_t isn_hash(const struct index *x, uint32_t isn)
{
	return (uint32_t)index_mix(((uint64_t)isn << 2) + x->secret);
}

static inline uint32_t key_hash(const struct index *x,
				const struct index_key *k)
{
	switch (k->kind) {
	case INDEX_LEG:
		return leg_hash(k->point, k->pair);
	case INDEX_TUPLE:
		return fold(k->pair);
	case INDEX_ISN:
		return isn_hash(x, k->isn);
	case INDEX_DATA:
		return isn_hash(x, k->isn) + 1;
	}
	return 0;
}

static bool same_pair(const struct leg *leg, const struct index_key *k)
{
	return (ip_endpoint_equal(&leg->client, k->src) &&
		ip_endpoint_equal(&leg->server, k->dst)) ||
	       (ip_endpoint_equal(&leg->client, k->dst) &&
		ip_endpoint_equal(&leg->server, k->src));
}

static bool slot_has(const struct index_slot *slot, const struct index_key *k)
{
	const struct leg *leg = &track_leg_of(slot->track, slot->leg)->leg;
	const uint32_t isn = slot->track->sender[SIDE_CLIENT].isn;

	if (slot->kind != k->kind)
		return false;
	switch (k->kind) {
	case INDEX_LEG:
		return leg->point.node == k->point.node &&
		       leg->point.interface == k->point.interface &&
		       same_pair(leg, k);
	case INDEX_TUPLE:
		return same_pair(leg, k);
	case INDEX_ISN:
		return isn == k->isn;
	case INDEX_DATA:
		return isn + slot->track->syn_bytes == k->isn;
	}
	return false;
}

static struct index_slot *slots_new(size_t n, struct err *e)
{
	struct index_slot *slots = calloc(n, sizeof(*slots));

	if (!slots)
		(void)err_set(e, ERR_SYSTEM, ENOMEM,
			      "not enough memory for the connections");
	return slots;
}

int index_init(struct index *x, struct err *e)
{
	x->slots = slots_new(INDEX_SLOTS_FIRST, e);
	if (!x->slots)
		return -e->code;
	x->n = 0;
	x->mask = INDEX_SLOTS_FIRST - 1;
	x->round = 1;
	x->secret = INDEX_FACTOR;
	return 0;
}

void index_set_secret(struct index *x, uint64_t secret)
{
	x->secret = secret | 1; /* odd: a product loses nothing */
}

void index_done(struct index *x)
{
	free(x->slots);
	x->slots = NULL;
}

/* The slot with @key, or the free one that is its. */
static struct index_slot *slot_for(const struct index *x,
				   const struct index_key *key, uint32_t hash)
{
	for (size_t i = hash & x->mask;; i = (i + 1) & x->mask) {
		struct index_slot *slot = &x->slots[i];

		if (slot->round != x->round ||
		    (slot->hash == hash && slot_has(slot, key)))
			return slot;
	}
}

struct index_slot *index_find(const struct index *x,
			      const struct index_key *key)
{
	struct index_slot *slot = slot_for(x, key, key_hash(x, key));

	return slot->round == x->round ? slot : NULL;
}

struct index_slot *index_find_leg(const struct index *x,
				  const struct index_key *k,
				  enum side *ret_side)
{
	const uint32_t hash = leg_hash(k->point, k->pair);

	for (size_t i = hash & x->mask;; i = (i + 1) & x->mask) {
		struct index_slot *slot = &x->slots[i];
		const struct leg *leg;

		if (slot->round != x->round)
			return NULL;
		if (slot->hash != hash || slot->kind != INDEX_LEG)
			continue;
		leg = &track_leg_of(slot->track, slot->leg)->leg;
		if (leg->point.node != k->point.node ||
		    leg->point.interface != k->point.interface)
			continue;
		if (ip_endpoint_equal(&leg->client, k->src) &&
		    ip_endpoint_equal(&leg->server, k->dst)) {
			*ret_side = SIDE_CLIENT;
			return slot;
		}
		if (ip_endpoint_equal(&leg->client, k->dst) &&
		    ip_endpoint_equal(&leg->server, k->src)) {
			*ret_side = SIDE_SERVER;
			return slot;
		}
	}
}

static struct index_slot *free_slot(const struct index *x, uint32_t hash)
{
	size_t i = hash & x->mask;

	while (x->slots[i].round == x->round)
		i = (i + 1) & x->mask;
	return &x->slots[i];
}

static int grow(struct index *x, struct err *e)
{
	struct index_slot *old = x->slots;
	const size_t n = x->mask + 1;
	struct index_slot *slots = slots_new(n * 2, e);

	if (!slots)
		return -e->code;
	x->slots = slots;
	x->mask = n * 2 - 1;
	for (size_t i = 0; i < n; i++) {
		if (old[i].round == x->round)
			*free_slot(x, old[i].hash) = old[i];
	}
	free(old);
	return 0;
}

int index_put(struct index *x, const struct index_key *key, struct track *track,
	      uint8_t leg, struct err *e)
{
	const uint32_t hash = key_hash(x, key);
	const int r = x->n * 2 > x->mask ? grow(x, e) : 0;
	struct index_slot *slot;

	if (r < 0)
		return r;
	slot = slot_for(x, key, hash);
	x->n += slot->round != x->round;
	*slot = (struct index_slot){
		.hash = hash,
		.round = x->round,
		.track = track,
		.kind = (uint8_t)key->kind,
		.leg = leg,
	};
	return 0;
}

/* Would a search for what is in slot @i pass slot @hole? */
static bool passes(const struct index *x, size_t i, size_t hole)
{
	const size_t home = x->slots[i].hash & x->mask;

	return ((i - home) & x->mask) >= ((i - hole) & x->mask);
}

static struct index_slot *find_of(const struct index *x, uint32_t hash,
				  enum index_kind kind,
				  const struct track *track)
{
	for (size_t i = hash & x->mask;; i = (i + 1) & x->mask) {
		struct index_slot *slot = &x->slots[i];

		if (slot->round != x->round)
			return NULL;
		if (slot->hash == hash && slot->track == track &&
		    slot->kind == kind)
			return slot;
	}
}

void index_remove(struct index *x, const struct index_key *key,
		  const struct track *track)
{
	struct index_slot *slot =
		find_of(x, key_hash(x, key), key->kind, track);
	size_t hole, i;

	if (!slot)
		return;
	hole = i = (size_t)(slot - x->slots);
	for (;;) {
		i = (i + 1) & x->mask;
		if (x->slots[i].round != x->round)
			break;
		if (!passes(x, i, hole))
			continue;
		x->slots[hole] = x->slots[i];
		hole = i;
	}
	x->slots[hole].round = 0;
	x->n--;
}

void index_expect_leg(const struct index *x, struct flow_point p, uint64_t pair)
{
	__builtin_prefetch(&x->slots[leg_hash(p, pair) & x->mask]);
}

void index_expect_isn(const struct index *x, uint32_t isn)
{
	__builtin_prefetch(&x->slots[isn_hash(x, isn) & x->mask]);
}

/* Whether it is that of the leg, its hash alone says well enough. */
void index_expect_track(const struct index *x, struct flow_point p,
			uint64_t pair)
{
	const uint32_t hash = leg_hash(p, pair);
	const struct index_slot *slot = &x->slots[hash & x->mask];

	if (slot->round == x->round && slot->hash == hash)
		track_fetch(slot->track);
}

void index_clear(struct index *x)
{
	x->n = 0;
	if (++x->round)
		return;
	/* after 2^16 rounds the numbers start over */
	memset(x->slots, 0, (x->mask + 1) * sizeof(*x->slots));
	x->round = 1;
}
