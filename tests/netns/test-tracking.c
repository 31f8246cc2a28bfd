/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/netns/netns-test.h"

#include "lab/base/clock.h"
#include "lab/net/netns.h"
#include "lab/net/nft.h"
#include "lab/net/tracking.h"
#include "tests/netns/loopback.h"

#include <poll.h>

enum { ENTRIES_MAX = 8 };

struct told {
	struct tracking_entry entries[ENTRIES_MAX];
	size_t n;
};

static int keep(const struct tracking_entry *entry, void *arg)
{
	struct told *t = arg;

	assert_true(t->n < ENTRIES_MAX);
	t->entries[t->n++] = *entry;
	return 0;
}

/* Port 7001 is 7000 of the listener: an entry that translates. */
static char rules[] = "table ip t {\n"
		      " chain out { type nat hook output priority -100;\n"
		      "  tcp dport 7001 redirect to :7000\n }\n"
		      "}\n";

static void load_rules(void)
{
	struct nft_piece piece = { .text = rules };
	const struct nft_rules all = { &piece, 1, "rules", "node" };
	struct err e = { .code = 0 };

	assert_done(nft_load(&all, &e), &e);
}

static void a_connection_and_what_it_is_translated_to_are_told(void)
{
	own_fd int netns = loopback_namespace();
	struct tracking *tracking = NULL;
	struct loopback_pair p;
	struct told t = { .n = 0 };
	int client;
	struct err e = { .code = 0 };
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;

	assert_done(tracking_open(&tracking, netns, &e), &e);
	assert_done(netns_enter(&visit, netns, &e), &e);
	load_rules();
	loopback_pair_open(&p, AF_INET);
	client = loopback_socket(AF_INET);
	assert_int_equal(loopback_connect(client, AF_INET, 7001), 0);
	assert_done(tracking_take(tracking, keep, &t, &e), &e);
	assert_int_equal(t.n, 2);
	assert_false(t.entries[0].gone);
	assert_int_equal(t.entries[0].dst.port, 7000);
	assert_int_equal(t.entries[0].reply_src.port, 7000);
	assert_int_equal(t.entries[0].src.port, t.entries[0].reply_dst.port);
	assert_int_equal(t.entries[0].src.addr.family, 4);
	assert_int_equal(t.entries[1].dst.port, 7001);
	assert_int_equal(t.entries[1].reply_src.port, 7000);
	assert_int_equal(tracking_lost(tracking), 0);
	assert_int_equal(close(client), 0);
	tracking_close(tracking);
}

static void without_rules_nothing_is_told(void)
{
	own_fd int netns = loopback_namespace();
	struct tracking *tracking = NULL;
	struct loopback_pair p;
	struct told t = { .n = 0 };
	struct err e = { .code = 0 };
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;

	assert_done(tracking_open(&tracking, netns, &e), &e);
	assert_done(netns_enter(&visit, netns, &e), &e);
	loopback_pair_open(&p, AF_INET);
	assert_done(tracking_take(tracking, keep, &t, &e), &e);
	assert_int_equal(t.n, 0);
	tracking_close(tracking);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		netns_test(a_connection_and_what_it_is_translated_to_are_told),
		netns_test(without_rules_nothing_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
