/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/netns/netns-test.h"

#include "lab/net/counters.h"
#include "lab/net/netns.h"
#include "tests/netns/loopback.h"

static struct counters counted(struct counter_source *s)
{
	struct counters c;
	struct err e = { .code = 0 };

	assert_done(counters_read(s, &c, &e), &e);
	return c;
}

static struct counter_source *source(int netns)
{
	struct counter_source *s = NULL;
	struct err e = { .code = 0 };

	assert_done(counters_open(&s, netns, &e), &e);
	return s;
}

/* By how much a counter rose; every other one is to stay. */
static void assert_only_rose(const struct counters *before,
			     const struct counters *after,
			     const int64_t rise[COUNTERS])
{
	for (int i = 0; i < COUNTERS; i++)
		if (after->value[i] - before->value[i] != rise[i])
			fail_msg("%s rose by %d, not %d",
				 counter_name((enum counter)i),
				 (int)(after->value[i] - before->value[i]),
				 (int)rise[i]);
}

static void a_closed_port_answers_with_one_counted_reset(void)
{
	own_fd int netns = loopback_namespace();
	struct counter_source *s = source(netns);
	const struct counters before = counted(s);
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_fd int client = -1;
	struct counters after;
	struct err e = { .code = 0 };

	assert_done(netns_enter(&visit, netns, &e), &e);
	client = loopback_socket(AF_INET);
	assert_int_equal(loopback_connect(client, AF_INET, 9), ECONNREFUSED);
	after = counted(s);
	assert_only_rose(&before, &after,
			 (const int64_t[COUNTERS]){
				 [COUNTER_OUT_RSTS] = 1,
				 [COUNTER_ATTEMPT_FAILS] = 1,
			 });
	counters_close(s);
}

static void closing_with_unread_data_is_an_abort_on_close(void)
{
	own_fd int netns = loopback_namespace();
	struct counter_source *s = source(netns);
	struct counters before, after;
	struct loopback_pair p;
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct err e = { .code = 0 };
	char byte;

	assert_done(netns_enter(&visit, netns, &e), &e);
	loopback_pair_open(&p, AF_INET);
	before = counted(s);
	assert_int_equal(send(p.client, "x", 1, 0), 1);
	assert_int_equal(recv(p.server, &byte, 1, MSG_PEEK), 1);
	assert_int_equal(close(p.server), 0);
	p.server = -1;
	assert_int_equal(recv(p.client, &byte, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	after = counted(s);
	/* EstabResets: the end that sent the reset, and the one that got it */
	assert_only_rose(&before, &after,
			 (const int64_t[COUNTERS]){
				 [COUNTER_OUT_RSTS] = 1,
				 [COUNTER_ESTAB_RESETS] = 2,
				 [COUNTER_ABORT_ON_CLOSE] = 1,
			 });
	loopback_pair_close(&p);
	counters_close(s);
}

static void lingering_zero_is_an_abort_on_data(void)
{
	const struct linger zero = { .l_onoff = 1, .l_linger = 0 };
	own_fd int netns = loopback_namespace();
	struct counter_source *s = source(netns);
	struct counters before, after;
	struct loopback_pair p;
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct err e = { .code = 0 };

	assert_done(netns_enter(&visit, netns, &e), &e);
	loopback_pair_open(&p, AF_INET6);
	before = counted(s);
	assert_int_equal(setsockopt(p.client, SOL_SOCKET, SO_LINGER, &zero,
				    sizeof(zero)),
			 0);
	assert_int_equal(close(p.client), 0);
	p.client = -1;
	after = counted(s);
	assert_only_rose(&before, &after,
			 (const int64_t[COUNTERS]){
				 [COUNTER_OUT_RSTS] = 1,
				 [COUNTER_ESTAB_RESETS] = 2,
				 [COUNTER_ABORT_ON_DATA] = 1,
			 });
	loopback_pair_close(&p);
	counters_close(s);
}

static void another_namespace_counts_for_itself(void)
{
	own_fd int busy = loopback_namespace();
	own_fd int idle = loopback_namespace();
	struct counter_source *s = source(idle);
	const struct counters before = counted(s);
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_fd int client = -1;
	struct counters after;
	struct err e = { .code = 0 };

	assert_done(netns_enter(&visit, busy, &e), &e);
	client = loopback_socket(AF_INET);
	assert_int_equal(loopback_connect(client, AF_INET, 9), ECONNREFUSED);
	after = counted(s);
	assert_only_rose(&before, &after, (const int64_t[COUNTERS]){ 0 });
	counters_close(s);
}

static void counters_outlive_the_descriptor_of_the_namespace(void)
{
	int netns = loopback_namespace();
	struct counter_source *s = source(netns);

	assert_int_equal(close(netns), 0);
	assert_int_equal(counted(s).value[COUNTER_OUT_RSTS], 0);
	counters_close(s);
}

static void every_counter_has_the_name_that_the_kernel_prints(void)
{
	static char text[65536];
	size_t used = 0;

	for (int i = 0; i < 2; i++) {
		own_fd int fd = open(i ? "/proc/net/netstat" : "/proc/net/snmp",
				     O_RDONLY | O_CLOEXEC);
		ssize_t n;

		while ((n = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
			used += (size_t)n;
	}
	for (int i = 0; i < COUNTERS; i++) {
		char word[64];

		(void)snprintf(word, sizeof(word), " %s ",
			       counter_name((enum counter)i));
		if (!strstr(text, word))
			fail_msg("the kernel has no%s", word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		netns_test(a_closed_port_answers_with_one_counted_reset),
		netns_test(closing_with_unread_data_is_an_abort_on_close),
		netns_test(lingering_zero_is_an_abort_on_data),
		netns_test(another_namespace_counts_for_itself),
		netns_test(counters_outlive_the_descriptor_of_the_namespace),
		netns_test(every_counter_has_the_name_that_the_kernel_prints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
