/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What leads to a connection leads nowhere else, and nowhere when it is gone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/flow/index.h"

#include <stdlib.h>

enum { MANY = 3000 }; /* the table grows several times */

static struct index *index_new(void)
{
	static struct index x;
	struct err e;

	assert_int_equal(index_init(&x, &e), 0);
	return &x;
}

static void put_isn(struct index *x, struct track *t, uint32_t isn)
{
	const struct index_key key = { .kind = INDEX_ISN, .isn = isn };
	struct err e;

	t->sender[SIDE_CLIENT].isn = isn;
	assert_int_equal(index_put(x, &key, t, 0, &e), 0);
}

static const struct track *find_isn(const struct index *x, uint32_t isn)
{
	const struct index_key key = { .kind = INDEX_ISN, .isn = isn };
	const struct index_node *n = index_find(x, &key);

	return n ? n->track : NULL;
}

static void what_is_put_is_found_until_it_is_removed(void **state)
{
	struct index *x = index_new();
	struct track *tracks = calloc(MANY, sizeof(*tracks));

	(void)state;
	assert_non_null(tracks);
	for (uint32_t i = 0; i < MANY; i++)
		put_isn(x, &tracks[i], i * 64000);
	for (uint32_t i = 0; i < MANY; i += 2)
		index_remove(x, &tracks[i].isn_node);
	for (uint32_t i = 0; i < MANY; i++)
		assert_ptr_equal(find_isn(x, i * 64000),
				 i % 2 ? &tracks[i] : NULL);
	assert_int_equal(x->n, MANY / 2);
	index_done(x);
	free(tracks);
}

static void the_last_that_is_put_has_the_key(void **state)
{
	struct index *x = index_new();
	struct track old = { .number = 1 }, young = { .number = 2 };

	(void)state;
	put_isn(x, &old, 7);
	put_isn(x, &young, 7);
	assert_ptr_equal(find_isn(x, 7), &young);
	index_remove(x, &old.isn_node); /* it has none any more */
	assert_ptr_equal(find_isn(x, 7), &young);
	index_remove(x, &young.isn_node);
	assert_null(find_isn(x, 7));
	assert_int_equal(x->n, 0);
	index_done(x);
}

/* By the ISN, by it and the data in the SYN, and by the endpoints anywhere. */
static void each_kind_of_key_leads_by_itself(void **state)
{
	static const enum index_kind kinds[] = { INDEX_ISN, INDEX_DATA,
						 INDEX_TUPLE };
	struct index *x = index_new();
	struct track t = { .syn_bytes = 10 };
	struct index_node *const nodes[] = { &t.isn_node, &t.data_node,
					     &t.first_leg.tuple_node };
	struct index_key key = { .src = &t.first_leg.leg.client,
				 .dst = &t.first_leg.leg.server };
	struct err e;

	(void)state;
	t.sender[SIDE_CLIENT].isn = 7;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		key.kind = kinds[i];
		key.isn = kinds[i] == INDEX_DATA ? 17 : 7;
		assert_null(index_find(x, &key));
		assert_int_equal(index_put(x, &key, &t, 0, &e), 0);
		assert_ptr_equal(index_find(x, &key), nodes[i]);
	}
	assert_int_equal(x->n, ARRAY_SIZE(kinds));
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		key.kind = kinds[i];
		key.isn = kinds[i] == INDEX_DATA ? 17 : 7;
		index_remove(x, nodes[i]);
		assert_null(index_find(x, &key));
	}
	assert_int_equal(x->n, 0);
	index_done(x);
}

static void put_leg(struct index *x, struct track *t,
		    const struct ip_endpoint *client,
		    const struct ip_endpoint *server)
{
	const struct index_key key = {
		.kind = INDEX_LEG,
		.src = client,
		.dst = server,
		.pair = index_pair_hash(x->secret, client, server),
	};
	struct err e;

	t->first_leg.leg.client = *client;
	t->first_leg.leg.server = *server;
	assert_int_equal(index_put(x, &key, t, 0, &e), 0);
}

static const struct track *find_leg(const struct index *x,
				    const struct ip_endpoint *src,
				    const struct ip_endpoint *dst,
				    uint16_t interface, enum side *ret_side)
{
	const struct index_key key = {
		.kind = INDEX_LEG,
		.point.interface = interface,
		.src = src,
		.dst = dst,
		.pair = index_pair_hash(x->secret, src, dst),
	};
	const struct index_node *n = index_find_leg(x, &key, ret_side);

	return n ? n->track : NULL;
}

static void a_leg_is_found_from_both_sides_at_its_point(void **state)
{
	struct index *x = index_new();
	struct track t = { .number = 1 }, other = { .number = 2 };
	struct ip_endpoint a, b, c;
	enum side side;

	(void)state;
	assert_true(ip_endpoint_parse("10.0.0.1:4000", &a));
	assert_true(ip_endpoint_parse("10.0.0.2:80", &b));
	assert_true(ip_endpoint_parse("[fd00::2]:80", &c));
	put_leg(x, &t, &a, &b);
	put_leg(x, &other, &a, &c);
	assert_ptr_equal(find_leg(x, &a, &b, 0, &side), &t);
	assert_int_equal(side, SIDE_CLIENT);
	assert_ptr_equal(find_leg(x, &b, &a, 0, &side), &t);
	assert_int_equal(side, SIDE_SERVER);
	assert_ptr_equal(find_leg(x, &c, &a, 0, &side), &other);
	assert_null(find_leg(x, &a, &b, 1, &side));
	assert_null(find_leg(x, &b, &c, 0, &side));
	index_done(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_is_found_until_it_is_removed),
		cmocka_unit_test(the_last_that_is_put_has_the_key),
		cmocka_unit_test(each_kind_of_key_leads_by_itself),
		cmocka_unit_test(a_leg_is_found_from_both_sides_at_its_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
