/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/netns/netns-test.h"

#include "lab/net/filter.h"
#include "lab/net/nft.h"
#include "tests/netns/loopback.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* Port 7001 is answered, 7002 is dropped, by rules that count; those of 7003
 * and 7004 do not.  What is counted and accepted is neither. */
static char rules[] = "table inet t {\n"
		      " chain in { type filter hook input priority 0;\n"
		      "  tcp dport 7000 counter accept\n"
		      "  tcp dport 7001 counter reject with tcp reset\n"
		      "  tcp dport 7002 counter drop\n }\n"
		      "}\n";
static char mute[] = "table inet m {\n"
		     " chain in { type filter hook input priority 1;\n"
		     "  tcp dport 7003 reject with tcp reset\n"
		     "  tcp dport 7004 drop\n }\n"
		     "}\n";
static char icmp[] = "table inet i {\n"
		     " chain in { type filter hook input priority 2;\n"
		     "  tcp dport 7005 counter reject\n }\n"
		     "}\n";

static void load(char *text)
{
	struct nft_piece piece = { .text = text };
	const struct nft_rules all = { &piece, 1, "rules", "node" };
	struct err e = { .code = 0 };

	assert_done(nft_load(&all, &e), &e);
}

static struct filter_counts counts(struct filter *f)
{
	struct filter_counts all;
	struct err e = { .code = 0 };

	assert_done(filter_read(f, &all, &e), &e);
	return all;
}

static int knock(uint16_t port)
{
	own_fd int fd = loopback_socket(AF_INET);

	return loopback_connect(fd, AF_INET, port);
}

/* One SYN, whose answer is not waited for. */
static int knock_and_go(uint16_t port)
{
	own_fd int fd = loopback_socket(AF_INET);

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return loopback_connect(fd, AF_INET, port);
}

static void what_rules_answer_and_drop_is_counted(void)
{
	own_fd int netns = loopback_namespace();
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_filter struct filter *f = NULL;
	struct filter_counts now;
	struct loopback_pair p;
	struct err e = { .code = 0 };

	assert_done(filter_open(&f, netns, &e), &e);
	assert_done(netns_enter(&visit, netns, &e), &e);
	load(rules);
	now = counts(f);
	assert_int_equal(now.resets, 0);
	assert_int_equal(now.drops, 0);
	loopback_pair_open(&p, AF_INET);
	assert_int_equal(knock(7001), ECONNREFUSED);
	assert_int_equal(knock(7001), ECONNREFUSED);
	assert_int_equal(knock_and_go(7002), EINPROGRESS);
	now = counts(f);
	assert_int_equal(now.resets, 2);
	assert_int_equal(now.drops, 1);
	assert_false(now.mute_resets);
	loopback_pair_close(&p);
}

static void a_rule_without_a_counter_is_told(void)
{
	own_fd int netns = loopback_namespace();
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_filter struct filter *f = NULL;
	struct filter_counts now;
	struct err e = { .code = 0 };

	assert_done(filter_open(&f, netns, &e), &e);
	assert_done(netns_enter(&visit, netns, &e), &e);
	load(mute);
	assert_int_equal(knock(7003), ECONNREFUSED);
	now = counts(f);
	assert_int_equal(now.resets, 0);
	assert_true(now.mute_resets);
}

/* So many that the kernel tells of them in several messages, and so few that an
 * ordinary user's socket takes them at once (net.core.wmem_default). */
static char *many_rules(void)
{
	own_text struct text t = { .s = NULL };

	text_add(&t, "table inet n {\n chain c {\n");
	for (int i = 0; i < 400; i++)
		text_addf(&t, "  tcp dport %d counter drop\n", i + 1);
	text_add(&t, " }\n}\n");
	assert_false(t.failed);
	return take_ptr(&t.s);
}

/* In a process of its own, until it is killed. */
static pid_t load_on_and_on(void)
{
	static char more[] = "table inet o { chain c { counter\n }\n }\n";
	const pid_t parent = getpid(), child = fork();

	assert_true(child >= 0);
	if (child)
		return child;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent)
		load(more);
	_exit(0);
}

static void what_is_loaded_in_between_breaks_no_later_reading(void)
{
	own_fd int netns = loopback_namespace();
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_filter struct filter *f = NULL;
	own_mem char *many = many_rules();
	struct filter_counts now;
	struct err e = { .code = 0 };
	pid_t child;

	assert_done(filter_open(&f, netns, &e), &e);
	assert_done(netns_enter(&visit, netns, &e), &e);
	load(many);
	child = load_on_and_on();
	for (int i = 0; i < 50; i++) {
		assert_int_equal(filter_read(f, &now, &e), 0);
		assert_int_equal(now.drops, 0);
	}
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

/* The nearest that is none. */
static void an_answer_by_icmp_is_no_reset(void)
{
	own_fd int netns = loopback_namespace();
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_filter struct filter *f = NULL;
	struct filter_counts now;
	struct err e = { .code = 0 };

	assert_done(filter_open(&f, netns, &e), &e);
	assert_done(netns_enter(&visit, netns, &e), &e);
	load(icmp);
	(void)knock(7005);
	now = counts(f);
	assert_int_equal(now.resets, 0);
	assert_false(now.mute_resets);
}

static void a_namespace_without_rules_has_counted_nothing(void)
{
	own_fd int netns = loopback_namespace();
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_filter struct filter *f = NULL;
	struct filter_counts now;
	struct err e = { .code = 0 };

	assert_done(filter_open(&f, netns, &e), &e);
	assert_done(netns_enter(&visit, netns, &e), &e);
	now = counts(f);
	assert_int_equal(now.resets + now.drops, 0);
	assert_false(now.mute_resets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		netns_test(what_rules_answer_and_drop_is_counted),
		netns_test(a_rule_without_a_counter_is_told),
		netns_test(what_is_loaded_in_between_breaks_no_later_reading),
		netns_test(an_answer_by_icmp_is_no_reset),
		netns_test(a_namespace_without_rules_has_counted_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
