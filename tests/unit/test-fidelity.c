/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts in normal form, their comparison, and what counts as a difference. */
#include "lab/base/text.h"
#include "lab/fidelity/behaviour.h"
#include "lab/fidelity/engine-parts.h"
#include "lab/fidelity/facts.h"
#include "lab/fidelity/http.h"
#include "lab/fidelity/rules.h"

/* cmocka.h wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* --- rules ---------------------------------------------------------------- */

static void expect_normal(const char *rule, const char *normal)
{
	own_text struct text t = { .s = NULL };

	rules_normal(rule, &t);
	assert_string_equal(text_str(&t), normal);
}

static void matches_are_sorted_and_counters_left_out(void **state)
{
	(void)state;
	expect_normal("oifname != \"docker0\" ip saddr 172.17.0.0/16 counter "
		      "packets 5 bytes 300 masquerade",
		      "ip saddr 172.17.0.0/16 oifname != \"docker0\" "
		      "masquerade");
	expect_normal("ip saddr 172.17.0.0/16 oifname != \"docker0\" counter "
		      "masquerade",
		      "ip saddr 172.17.0.0/16 oifname != \"docker0\" "
		      "masquerade");
}

static void what_follows_the_matches_keeps_its_order(void **state)
{
	(void)state;
	expect_normal("tcp dport 80 counter meta mark set mark or 0x4000 "
		      "accept",
		      "tcp dport 80 meta mark set mark or 0x4000 accept");
	expect_normal("counter packets 0 bytes 0", "");
}

static void a_protocol_that_its_port_implies_is_left_out(void **state)
{
	(void)state;
	expect_normal("meta l4proto tcp tcp dport 8080 counter dnat to "
		      "172.17.0.2:80",
		      "tcp dport 8080 dnat to 172.17.0.2:80");
	expect_normal("meta l4proto udp counter drop", "meta l4proto udp drop");
}

static void states_and_comments_are_normal(void **state)
{
	(void)state;
	expect_normal("ct state related,established counter accept comment "
		      "\"OUTGOING\"",
		      "ct state established,related accept");
}

static void ports_of_the_dns_server_are_nobodys_choice(void **state)
{
	(void)state;
	expect_normal("ip daddr 127.0.0.11 tcp dport 53 counter dnat to "
		      "127.0.0.11:41237",
		      "ip daddr 127.0.0.11 tcp dport 53 dnat to "
		      "127.0.0.11:DNS");
	expect_normal("ip saddr 127.0.0.11 udp sport 52903 counter snat to :53",
		      "ip saddr 127.0.0.11 udp sport DNS snat to :53");
	expect_normal("ip saddr 127.0.0.12 udp sport 52903 counter snat to :53",
		      "ip saddr 127.0.0.12 udp sport 52903 snat to :53");
}

static const char listing[] =
	"# Warning: table ip nat is managed by iptables-nft, do not touch!\n"
	"table ip nat {\n"
	"\tchain DOCKER {\n"
	"\t\tiifname \"docker0\" counter return\n"
	"\t}\n"
	"\n"
	"\tchain PREROUTING {\n"
	"\t\ttype nat hook prerouting priority dstnat; policy accept;\n"
	"\t}\n"
	"}\n"
	"table ip filter {\n"
	"\tmap jumps {\n"
	"\t\ttype ifname : verdict\n"
	"\t}\n"
	"\tchain DOCKER {\n"
	"\t}\n"
	"}\n";

static void a_listing_becomes_one_fact_for_each_rule(void **state)
{
	static const char *const keys[] = {
		"ip nat DOCKER: iifname \"docker0\" return",
		("ip nat PREROUTING: type nat hook prerouting priority -100 "
		 "policy accept"),
		"ip filter map jumps: type ifname : verdict",
		"ip filter DOCKER: (empty)",
	};
	struct facts f = { .items = NULL };

	(void)state;
	rules_to_facts(listing, "host", &f);
	assert_false(f.failed);
	assert_int_equal(f.n, ARRAY_SIZE(keys));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		assert_string_equal(f.items[i].node, "host");
		assert_string_equal(f.items[i].key, keys[i]);
	}
	facts_done(&f);
}

/* --- facts ---------------------------------------------------------------- */

static void rule(struct facts *f, const char *key)
{
	facts_add(f, FACT_RULES, "host", key, "");
}

static void only_whole_words_are_renamed(void **state)
{
	static const struct rename renames[] = {
		{ "172.17.0.3", "172.17.0.2", false },
		{ "172.17.0.2", "172.17.0.3", false },
		{ "br-1", "docker0", false },
		{ "32768", "8080", true },
	};
	struct facts f = { .items = NULL };

	(void)state;
	rule(&f, "x: ip daddr 172.17.0.3 tcp dport 32768 dnat to "
		 "172.17.0.3:80");
	rule(&f, "x: ip daddr 172.17.0.31 oifname \"br-12\" ip saddr "
		 "172.17.0.2/32 iifname \"br-1\"");
	facts_add(&f, FACT_SYSCTLS, "host", "net.ipv4.conf.br-1.mtu", "32768");
	facts_rename(&f, renames, ARRAY_SIZE(renames));
	assert_false(f.failed);
	assert_string_equal(f.items[0].key,
			    "x: ip daddr 172.17.0.2 tcp dport 8080 dnat to "
			    "172.17.0.2:80");
	assert_string_equal(f.items[1].key,
			    "x: ip daddr 172.17.0.31 oifname \"br-12\" ip "
			    "saddr 172.17.0.3/32 iifname \"docker0\"");
	assert_string_equal(f.items[2].key, "net.ipv4.conf.docker0.mtu");
	assert_string_equal(f.items[2].value, "32768");
	facts_done(&f);
}

static void equal_facts_in_another_order_do_not_differ(void **state)
{
	struct facts a = { .items = NULL }, b = { .items = NULL };
	struct differences d;

	(void)state;
	facts_add(&a, FACT_LINKS, "host", "docker0 mtu", "1500");
	facts_add(&a, FACT_LINKS, "web", "eth0 mtu", "1500");
	facts_add(&b, FACT_LINKS, "web", "eth0 mtu", "1500");
	facts_add(&b, FACT_LINKS, "host", "docker0 mtu", "1500");
	assert_int_equal(facts_compare(&a, &b, &d), 0);
	assert_int_equal(d.n, 0);
	assert_int_equal(d.compared[FACT_LINKS], 2);
	free(d.items);
	facts_done(&a);
	facts_done(&b);
}

static void a_difference_says_what_each_side_has(void **state)
{
	struct facts a = { .items = NULL }, b = { .items = NULL };
	struct differences d;

	(void)state;
	facts_add(&a, FACT_LINKS, "host", "docker0 mtu", "1500");
	facts_add(&b, FACT_LINKS, "host", "docker0 mtu", "9000");
	facts_add(&b, FACT_ROUTES, "web", "default", "dev eth0");
	assert_int_equal(facts_compare(&a, &b, &d), 0);
	assert_int_equal(d.n, 2);
	assert_string_equal(d.items[0].lab, "1500");
	assert_string_equal(d.items[0].real, "9000");
	assert_null(d.items[1].lab);
	assert_string_equal(d.items[1].real, "dev eth0");
	free(d.items);
	facts_done(&a);
	facts_done(&b);
}

static void rules_count_as_often_as_they_stand_there(void **state)
{
	struct facts a = { .items = NULL }, b = { .items = NULL };
	struct differences d;

	(void)state;
	rule(&a, "ip nat X: drop");
	rule(&a, "ip nat X: drop");
	rule(&b, "ip nat X: drop");
	assert_int_equal(facts_compare(&a, &b, &d), 0);
	assert_int_equal(d.n, 1);
	assert_non_null(d.items[0].lab);
	assert_null(d.items[0].real);
	free(d.items);
	facts_done(&a);
	facts_done(&b);
}

static void rules_in_another_order_differ_within_their_chain(void **state)
{
	struct facts a = { .items = NULL }, b = { .items = NULL };
	struct differences d;

	(void)state;
	rule(&a, "ip nat X: accept");
	rule(&a, "ip nat X: drop");
	rule(&a, "ip nat Y: accept");
	rule(&b, "ip nat Y: accept");
	rule(&b, "ip nat X: drop");
	rule(&b, "ip nat X: accept");
	assert_int_equal(facts_compare(&a, &b, &d), 0);
	assert_int_equal(d.n, 2);
	assert_true(d.items[0].order);
	assert_string_equal(d.items[0].key, "ip nat X: accept");
	assert_string_equal(d.items[0].lab, "");
	assert_string_equal(d.items[0].real, "ip nat X: drop");
	free(d.items);
	facts_done(&a);
	facts_done(&b);
}

/* --- behaviour ------------------------------------------------------------ */

static struct seen seen(unsigned ok, unsigned reset)
{
	struct seen s = { .kinds = 0 };

	while (ok--)
		seen_add(&s, "ok");
	while (reset--)
		seen_add(&s, "recv ECONNRESET");
	return s;
}

static void what_was_seen_is_told_by_frequency(void **state)
{
	const struct seen s = seen(1, 9);
	own_text struct text t = { .s = NULL };

	(void)state;
	seen_text(&s, &t);
	assert_string_equal(text_str(&t), "recv ECONNRESET x9, ok x1");
}

static void a_race_that_falls_out_otherwise_is_no_difference(void **state)
{
	const struct seen a = seen(10, 0), b = seen(9, 1), c = seen(0, 10);
	const struct seen four = seen(4, 0), none = seen(0, 4);

	(void)state;
	assert_false(seen_differ(&a, &a));
	assert_false(seen_differ(&a, &b));
	assert_true(seen_differ(&a, &c));
	assert_true(seen_differ(&four, &none));
}

static void behaviours_differ_when_one_side_does(void **state)
{
	const struct behaviour a = { { seen(5, 0), seen(5, 0) } };
	const struct behaviour b = { { seen(5, 0), seen(0, 5) } };

	(void)state;
	assert_false(behaviour_differs(&a, &a));
	assert_true(behaviour_differs(&a, &b));
}

static void too_many_kinds_are_counted_together(void **state)
{
	struct seen s = { .kinds = 0 };
	char text[16];

	(void)state;
	for (int i = 0; i < SEEN_MAX + 4; i++) {
		(void)snprintf(text, sizeof(text), "kind %d", i);
		seen_add(&s, text);
	}
	assert_int_equal(s.kinds, SEEN_MAX);
	assert_int_equal(s.trials, SEEN_MAX + 4);
}

/* --- the engine's language ------------------------------------------------ */

static void an_answer_is_a_status_and_a_body(void **state)
{
	static const char answer[] = "HTTP/1.0 404 Not Found\r\nX: y\r\n\r\n{}";
	size_t body = 0;

	(void)state;
	assert_int_equal(http_parse(answer, sizeof(answer) - 1, &body), 404);
	assert_string_equal(answer + body, "{}");
}

static void what_is_no_answer_is_refused(void **state)
{
	size_t body;

	(void)state;
	assert_int_equal(http_parse("", 0, &body), -1);
	assert_int_equal(http_parse("HTTP/1.0 200", 12, &body), -1);
	assert_int_equal(http_parse("SSH-2.0-x\r\n\r\n", 13, &body), -1);
}

static void a_missing_program_is_told_with_the_way_out(void **state)
{
	struct err e = { .code = 0 };
	char *tar;
	size_t n;

	(void)state;
	assert_int_equal(engine_tar("/nonexistent/pause", &tar, &n, &e),
			 -ENOENT);
	assert_string_equal(e.text,
			    "the program for containers '/nonexistent/pause' "
			    "is missing: No such file or directory; build "
			    "rstlab where a static C library is installed "
			    "(Debian: libc6-dev)");
	assert_int_equal(err_exit_status(&e), 3);
}

static void an_archive_is_whole_blocks(void **state)
{
	struct err e = { .code = 0 };
	own_mem char *tar = NULL;
	size_t n;

	(void)state;
	assert_int_equal(engine_tar("/proc/self/exe", &tar, &n, &e), 0);
	assert_int_equal(n % 512, 0);
	assert_string_equal(tar, "pause");
	assert_memory_equal(tar + 257, "ustar", 6);
	assert_memory_equal(tar + 512, "\177ELF", 4);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_are_sorted_and_counters_left_out),
		cmocka_unit_test(what_follows_the_matches_keeps_its_order),
		cmocka_unit_test(a_protocol_that_its_port_implies_is_left_out),
		cmocka_unit_test(states_and_comments_are_normal),
		cmocka_unit_test(ports_of_the_dns_server_are_nobodys_choice),
		cmocka_unit_test(a_listing_becomes_one_fact_for_each_rule),
		cmocka_unit_test(only_whole_words_are_renamed),
		cmocka_unit_test(equal_facts_in_another_order_do_not_differ),
		cmocka_unit_test(a_difference_says_what_each_side_has),
		cmocka_unit_test(rules_count_as_often_as_they_stand_there),
		cmocka_unit_test(
			rules_in_another_order_differ_within_their_chain),
		cmocka_unit_test(what_was_seen_is_told_by_frequency),
		cmocka_unit_test(
			a_race_that_falls_out_otherwise_is_no_difference),
		cmocka_unit_test(behaviours_differ_when_one_side_does),
		cmocka_unit_test(too_many_kinds_are_counted_together),
		cmocka_unit_test(an_answer_is_a_status_and_a_body),
		cmocka_unit_test(what_is_no_answer_is_refused),
		cmocka_unit_test(a_missing_program_is_told_with_the_way_out),
		cmocka_unit_test(an_archive_is_whole_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
