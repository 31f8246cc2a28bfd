/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/flow/index.h"

enum { BUCKETS_FIRST = 256 };

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

/* One multiplication by what nobody knows does for 32 bits. */
static inline uint32_t isn_hash(const struct index *x, uint32_t isn)
{
	return (uint32_t)(isn * x->secret >> 32);
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

static bool node_has(const struct index_node *n, const struct index_key *k)
{
	const struct leg *leg = &track_leg_of(n->track, n->leg)->leg;
	const uint32_t isn = n->track->sender[SIDE_CLIENT].isn;

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
		return isn + n->track->syn_bytes == k->isn;
	}
	return false;
}

static struct index_node **buckets_new(size_t n, struct err *e)
{
	struct index_node **buckets = calloc(n, sizeof(struct index_node *));

	if (!buckets)
		(void)err_set(e, ERR_SYSTEM, ENOMEM,
			      "not enough memory for the connections");
	return buckets;
}

int index_init(struct index *x, struct err *e)
{
	x->buckets = buckets_new(BUCKETS_FIRST, e);
	if (!x->buckets)
		return -e->code;
	x->n = 0;
	x->mask = BUCKETS_FIRST - 1;
	x->secret = INDEX_FACTOR;
	return 0;
}

void index_set_secret(struct index *x, uint64_t secret)
{
	x->secret = secret | 1; /* odd: a product loses nothing */
}

void index_done(struct index *x)
{
	free(x->buckets);
	x->buckets = NULL;
}

static inline struct index_node **bucket_of(const struct index *x,
					    uint32_t hash)
{
	return &x->buckets[hash & x->mask];
}

static struct index_node *find(const struct index *x,
			       const struct index_key *key, uint32_t hash)
{
	struct index_node *n = *bucket_of(x, hash);

	while (n &&
	       (n->hash != hash || n->kind != key->kind || !node_has(n, key)))
		n = n->next;
	return n;
}

struct index_node *index_find(const struct index *x,
			      const struct index_key *key)
{
	return find(x, key, key_hash(x, key));
}

struct index_node *index_find_leg(const struct index *x,
				  const struct index_key *k,
				  enum side *ret_side)
{
	const uint32_t hash = leg_hash(k->point, k->pair);

	for (struct index_node *n = *bucket_of(x, hash); n; n = n->next) {
		const struct leg *leg;

		if (n->hash != hash || n->kind != INDEX_LEG)
			continue;
		leg = &track_leg_of(n->track, n->leg)->leg;
		if (leg->point.node != k->point.node ||
		    leg->point.interface != k->point.interface)
			continue;
		if (ip_endpoint_equal(&leg->client, k->src) &&
		    ip_endpoint_equal(&leg->server, k->dst)) {
			*ret_side = SIDE_CLIENT;
			return n;
		}
		if (ip_endpoint_equal(&leg->client, k->dst) &&
		    ip_endpoint_equal(&leg->server, k->src)) {
			*ret_side = SIDE_SERVER;
			return n;
		}
	}
	return NULL;
}

static void link_node(struct index *x, struct index_node *n)
{
	struct index_node **bucket = bucket_of(x, n->hash);

	n->next = *bucket;
	*bucket = n;
}

static int grow(struct index *x, struct err *e)
{
	struct index_node **old = x->buckets;
	const size_t n_old = x->mask + 1;
	struct index_node **buckets = buckets_new(2 * n_old, e);

	if (!buckets)
		return -e->code;
	x->buckets = buckets;
	x->mask = 2 * n_old - 1;
	for (size_t i = 0; i < n_old; i++) {
		while (old[i]) {
			struct index_node *n = old[i];

			old[i] = n->next;
			link_node(x, n);
		}
	}
	free(old);
	return 0;
}

static struct index_node *node_of(struct track *t, enum index_kind kind,
				  uint8_t leg)
{
	switch (kind) {
	case INDEX_LEG:
		return &track_leg(t, leg)->node;
	case INDEX_TUPLE:
		return &track_leg(t, leg)->tuple_node;
	case INDEX_ISN:
		return &t->isn_node;
	case INDEX_DATA:
		return &t->data_node;
	}
	return NULL;
}

int index_put(struct index *x, const struct index_key *key, struct track *track,
	      uint8_t leg, struct err *e)
{
	const uint32_t hash = key_hash(x, key);
	const int r = 2 * x->n > x->mask ? grow(x, e) : 0;
	struct index_node *n = find(x, key, hash);

	if (r < 0)
		return r;
	if (n)
		index_remove(x, n);
	n = node_of(track, key->kind, leg);
	index_remove(x, n); /* it has one key at a time */
	*n = (struct index_node){
		.track = track,
		.hash = hash,
		.kind = (uint8_t)key->kind,
		.leg = leg,
		.linked = true,
	};
	link_node(x, n);
	x->n++;
	return 0;
}

void index_remove(struct index *x, struct index_node *node)
{
	struct index_node **at = bucket_of(x, node->hash);

	if (!node->linked)
		return;
	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	node->linked = false;
	x->n--;
}

void index_expect_leg(const struct index *x, struct flow_point p, uint64_t pair)
{
	__builtin_prefetch(bucket_of(x, leg_hash(p, pair)));
}

void index_expect_isn(const struct index *x, uint32_t isn)
{
	__builtin_prefetch(bucket_of(x, isn_hash(x, isn)));
}

void index_expect_node(const struct index *x, const struct index_node *n)
{
	__builtin_prefetch(bucket_of(x, n->hash));
}

/* Most that are first in their bucket are the first leg of what is looked for.
 * To make sure would take what is to be fetched; an address that is none is not
 * fetched. */
void index_expect_track(const struct index *x, struct flow_point p,
			uint64_t pair)
{
	const struct index_node *n = *bucket_of(x, leg_hash(p, pair));

	if (n)
		track_fetch(
			(const void *)((uintptr_t)n -
				       offsetof(struct track, first_leg.node)));
}
