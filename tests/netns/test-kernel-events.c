/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says of the resets it sends.  Where it does not say it, the
 * one case is that the refusal tells why.
 */
#include "tests/netns/netns-test.h"

#include "lab/cause/kernel.h"
#include "tests/netns/loopback.h"

#include <linux/bpf.h>
#include <netinet/tcp.h>
#include <poll.h>

enum { EVENTS_MAX = 16 };

struct told {
	struct kernel *kernel;
	struct kernel_event events[EVENTS_MAX];
	size_t n;
};

static void keep(const struct kernel_event *event, void *arg)
{
	struct told *t = arg;

	if (t->n < EVENTS_MAX)
		t->events[t->n++] = *event;
}

static void read_events(struct told *t)
{
	struct err e = { .code = 0 };

	assert_done(kernel_read(t->kernel, keep, t, &e), &e);
	assert_int_equal(kernel_lost(t->kernel), 0);
}

/* The only event of that kind. */
static const struct kernel_event *only(const struct told *t,
				       enum kernel_event_kind kind)
{
	const struct kernel_event *found = NULL;

	for (size_t i = 0; i < t->n; i++) {
		if (t->events[i].kind != kind)
			continue;
		assert_null(found);
		found = &t->events[i];
	}
	assert_non_null(found);
	return found;
}

static void assert_reason(const struct told *t, const struct kernel_event *e,
			  const char *name)
{
	assert_string_equal(kernel_reason(t->kernel, e->reason), name);
}

/* Watching a new namespace, in which the caller is from here on. */
static struct told *watch(struct netns_visit *visit, int netns)
{
	static struct told t;
	struct err e = { .code = 0 };

	assert_done(kernel_open(&t.kernel, &e), &e);
	assert_done(kernel_watch(t.kernel, netns, &e), &e);
	assert_done(netns_enter(visit, netns, &e), &e);
	return &t;
}

static void arrived(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&p, 1, 5000), 1);
}

static void a_close_with_unread_bytes_tells_how_many(void)
{
	own_fd int netns = loopback_namespace();
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct told *t = watch(&visit, netns);
	const struct kernel_event *sent;
	struct loopback_pair p;
	uint32_t inode;
	struct err e = { .code = 0 };

	loopback_pair_open(&p, AF_INET);
	assert_int_equal(send(p.server, "seventeen bytes!!", 17, 0), 17);
	arrived(p.client);
	own_fd_release(&p.client);
	p.client = -1;
	read_events(t);

	sent = only(t, KERNEL_ACTIVE);
	assert_reason(t, sent, "TCP_ABORT_ON_CLOSE");
	assert_int_equal(sent->unread, 17);
	assert_int_equal(sent->rcv_nxt - sent->copied_seq, 17);
	assert_int_equal(sent->state_before, TCP_ESTABLISHED);
	assert_int_equal(sent->dport, 7000);
	assert_int_equal(sent->fin_ns, 0);
	assert_int_equal(sent->pid, getpid());
	assert_done(kernel_netns(netns, &inode, &e), &e);
	assert_int_equal(sent->netns, inode);
	/* and the peer honoured it */
	assert_int_equal(only(t, KERNEL_RECEIVED)->sport, 7000);
	loopback_pair_close(&p);
	kernel_close(t->kernel);
}

static void a_byte_after_close_tells_its_own_place_in_the_stream(void)
{
	own_fd int netns = loopback_namespace();
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct told *t = watch(&visit, netns);
	const struct kernel_event *sent;
	struct loopback_pair p;
	char byte;

	loopback_pair_open(&p, AF_INET6);
	own_fd_release(&p.client);
	p.client = -1;
	assert_int_equal(recv(p.server, &byte, 1, 0), 0); /* its FIN */
	assert_int_equal(send(p.server, "late", 4, 0), 4);
	read_events(t);

	sent = only(t, KERNEL_PASSIVE);
	assert_true(!strcmp(kernel_reason(t->kernel, sent->reason),
			    "TCP_ABORT_ON_DATA") ||
		    !strcmp(kernel_reason(t->kernel, sent->reason),
			    "TCP_TIMEWAIT_SOCKET"));
	assert_true(sent->has_trigger);
	assert_int_equal(sent->trigger_end - sent->trigger_seq, 4);
	assert_int_equal(sent->family, AF_INET6);
	assert_int_equal(sent->dport, 7000);
	loopback_pair_close(&p);
	kernel_close(t->kernel);
}

static void a_refused_syn_has_no_socket(void)
{
	own_fd int netns = loopback_namespace();
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct told *t = watch(&visit, netns);
	own_fd int fd = loopback_socket(AF_INET);
	const uint8_t lo[4] = { 127, 0, 0, 1 };
	const struct kernel_event *sent;

	assert_int_equal(loopback_connect(fd, AF_INET, 7000), ECONNREFUSED);
	read_events(t);

	sent = only(t, KERNEL_PASSIVE);
	assert_reason(t, sent, "NO_SOCKET");
	assert_false(sent->has_socket);
	assert_int_equal(sent->sport, 7000);
	assert_int_equal(sent->family, AF_INET);
	assert_memory_equal(sent->saddr, lo, sizeof(lo));
	assert_int_equal(sent->trigger_flags, 2); /* SYN */
	assert_int_equal(sent->trigger_end, sent->trigger_seq);
	kernel_close(t->kernel);
}

static void linger_zero_is_told_by_the_state(void)
{
	own_fd int netns = loopback_namespace();
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct told *t = watch(&visit, netns);
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };
	struct loopback_pair p;

	loopback_pair_open(&p, AF_INET);
	assert_int_equal(
		setsockopt(p.client, SOL_SOCKET, SO_LINGER, &now, sizeof(now)),
		0);
	own_fd_release(&p.client);
	p.client = -1;
	read_events(t);

	assert_reason(t, only(t, KERNEL_ACTIVE), "TCP_STATE");
	assert_int_equal(only(t, KERNEL_ACTIVE)->unread, 0);
	assert_int_equal(only(t, KERNEL_ACTIVE)->shut, 3);
	assert_true(only(t, KERNEL_ACTIVE)->lingers);
	loopback_pair_close(&p);
	kernel_close(t->kernel);
}

/* The nearest that is not: the socket is taken off, and not closed. */
static void a_disconnect_is_told_from_a_close(void)
{
	own_fd int netns = loopback_namespace();
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct told *t = watch(&visit, netns);
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	struct loopback_pair p;

	loopback_pair_open(&p, AF_INET);
	assert_int_equal(connect(p.client, &nobody, sizeof(nobody)), 0);
	read_events(t);
	assert_reason(t, only(t, KERNEL_ACTIVE), "TCP_STATE");
	assert_int_equal(only(t, KERNEL_ACTIVE)->shut, 0);
	assert_false(only(t, KERNEL_ACTIVE)->lingers);
	loopback_pair_close(&p);
	kernel_close(t->kernel);
}

static void count(const struct kernel_event *event, void *arg)
{
	(void)event;
	++*(uint64_t *)arg;
}

/* Refusals, each of which is told twice: as it is sent, and as it is honoured.
 * @every: how many until what was told is taken; returns what was taken. */
static uint64_t refuse(const struct told *t, int n, int every)
{
	uint64_t told = 0;
	struct err e = { .code = 0 };

	for (int i = 1; i <= n; i++) {
		own_fd int fd = loopback_socket(AF_INET);

		assert_int_equal(loopback_connect(fd, AF_INET, 7000),
				 ECONNREFUSED);
		if (i % every == 0)
			assert_done(kernel_read(t->kernel, count, &told, &e),
				    &e);
	}
	return told;
}

enum { REFUSALS = 6000, BATCH = 500 };

static void what_nobody_takes_in_time_is_counted_as_lost(void)
{
	own_fd int netns = loopback_namespace();
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct told *t = watch(&visit, netns);
	const uint64_t told = refuse(t, REFUSALS, REFUSALS);

	assert_true(kernel_lost(t->kernel) > 0);
	assert_int_equal(told + kernel_lost(t->kernel), 2 * REFUSALS);
	kernel_close(t->kernel);
}

/* The nearest that is not: they are taken after each batch, as a run does. */
static void what_is_taken_between_batches_is_not_lost(void)
{
	own_fd int netns = loopback_namespace();
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct told *t = watch(&visit, netns);

	assert_int_equal(refuse(t, REFUSALS, BATCH), 2 * REFUSALS);
	assert_int_equal(kernel_lost(t->kernel), 0);
	kernel_close(t->kernel);
}

static void a_namespace_that_is_not_watched_tells_nothing(void)
{
	own_fd int netns = loopback_namespace();
	own_fd int other = loopback_namespace();
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_netns_visit struct netns_visit inner = NETNS_VISIT_NONE;
	struct told *t = watch(&visit, netns);
	own_fd int fd = -1;
	struct err e = { .code = 0 };

	assert_done(netns_enter(&inner, other, &e), &e);
	fd = loopback_socket(AF_INET);
	assert_int_equal(loopback_connect(fd, AF_INET, 7000), ECONNREFUSED);
	read_events(t);
	assert_int_equal(t->n, 0);
	kernel_close(t->kernel);
}

static void without_the_rights_or_the_kernel_it_says_which(void **state)
{
	struct err e = { .code = 0 };

	(void)state;
	assert_true(kernel_available(&e) < 0);
	assert_int_equal(e.class, ERR_HOST);
	assert_true(strstr(e.text, "kernel events") ||
		    strstr(e.text, "this kernel does not tell"));
	if (geteuid() != 0 && e.code == EPERM)
		assert_string_equal(
			e.text,
			"kernel events need root in the initial namespaces "
			"(CAP_BPF and CAP_PERFMON)");
}

int main(void)
{
	const struct CMUnitTest told[] = {
		netns_test(a_close_with_unread_bytes_tells_how_many),
		netns_test(
			a_byte_after_close_tells_its_own_place_in_the_stream),
		netns_test(a_refused_syn_has_no_socket),
		netns_test(linger_zero_is_told_by_the_state),
		netns_test(a_disconnect_is_told_from_a_close),
		netns_test(what_nobody_takes_in_time_is_counted_as_lost),
		netns_test(what_is_taken_between_batches_is_not_lost),
		netns_test(a_namespace_that_is_not_watched_tells_nothing),
	};
	const struct CMUnitTest untold[] = {
		cmocka_unit_test(
			without_the_rights_or_the_kernel_it_says_which),
	};
	struct err e = { .code = 0 };

	if (kernel_available(&e) < 0)
		return cmocka_run_group_tests(untold, NULL, NULL);
	return cmocka_run_group_tests(told, NULL, NULL);
}
