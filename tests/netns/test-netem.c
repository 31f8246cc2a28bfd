/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel's netem is told; where there is none, what is said then. */
#include "tests/netns/netns-test.h"

#include "lab/base/clock.h"
#include "lab/net/rtnl-qdisc.h"

#include <arpa/inet.h>
#include <sys/socket.h>

enum { LO = 1, FRAMES = 20, PORT = 7000 };

/* Where the kernel has no netem that is said well, and the case is over. */
static void impair_lo(struct rtnl **ret, const struct impairment *m)
{
	struct err e = { .code = 0 };

	assert_done(rtnl_open(ret, &e), &e);
	assert_done(rtnl_set_up(*ret, LO, &e), &e);
	if (rtnl_add_netem(*ret, LO, m, 1, &e) == 0)
		return;
	assert_string_equal(e.text, "the kernel has no netem");
	assert_int_equal(e.class, ERR_HOST);
	netns_lacks("netem");
}

/* @n frames over lo, to a port where nobody listens. */
static void send_frames(size_t n)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (size_t i = 0; i < n; i++)
		assert_int_equal(sendto(fd, "x", 1, 0,
					(const struct sockaddr *)&to,
					sizeof(to)),
				 1);
	(void)close(fd);
}

static struct rtnl_qdisc_counts after_frames(struct rtnl *rt, size_t n)
{
	struct rtnl_qdisc_counts counts;
	struct err e = { .code = 0 };

	send_frames(n);
	assert_done(rtnl_read_qdisc(rt, LO, &counts, &e), &e);
	return counts;
}

static void what_is_late_waits(void)
{
	/* more than 2^32 ns */
	const struct impairment m = { .delay_ns = 50 * NS_PER_S,
				      .jitter_ns = NS_PER_S };
	own_rtnl struct rtnl *rt = NULL;
	struct rtnl_qdisc_counts counts;

	impair_lo(&rt, &m);
	counts = after_frames(rt, FRAMES);
	assert_int_equal(counts.waiting, FRAMES);
	assert_int_equal(counts.dropped, 0);
}

static void what_is_repeated_waits_twice(void)
{
	const struct impairment m = { .delay_ns = 50 * NS_PER_S,
				      .duplicate_ppm = 1000000 };
	own_rtnl struct rtnl *rt = NULL;

	impair_lo(&rt, &m);
	assert_int_equal(after_frames(rt, FRAMES).waiting, 2 * FRAMES);
}

static void what_overtakes_does_not_wait(void)
{
	const struct impairment m = { .delay_ns = 50 * NS_PER_S,
				      .reorder_ppm = 1000000 };
	own_rtnl struct rtnl *rt = NULL;

	impair_lo(&rt, &m);
	assert_int_equal(after_frames(rt, FRAMES).waiting, 0);
}

static void what_is_over_the_limit_is_dropped(void)
{
	const struct impairment m = { .delay_ns = 50 * NS_PER_S };
	own_rtnl struct rtnl *rt = NULL;
	struct rtnl_qdisc_counts counts;

	impair_lo(&rt, &m);
	counts = after_frames(rt, RTNL_NETEM_LIMIT + FRAMES);
	assert_int_equal(counts.waiting, RTNL_NETEM_LIMIT);
	assert_int_equal(counts.dropped, FRAMES);
}

static void what_is_lost_is_counted(void)
{
	const struct impairment m = { .loss_ppm = 1000000 };
	own_rtnl struct rtnl *rt = NULL;

	impair_lo(&rt, &m);
	assert_int_equal(after_frames(rt, FRAMES).dropped, FRAMES);
}

/* From the second frame on at the latest all are in a burst that never ends. */
static void a_burst_loses_its_frames(void)
{
	const struct impairment m = { .bad_ppm = 1000000,
				      .good_ppm = 0,
				      .bad_loss_ppm = 1000000 };
	own_rtnl struct rtnl *rt = NULL;

	impair_lo(&rt, &m);
	assert_in_range(after_frames(rt, FRAMES).dropped, FRAMES - 1, FRAMES);
}

static void a_burst_that_loses_nothing_passes_all(void)
{
	const struct impairment m = { .bad_ppm = 1000000 };
	own_rtnl struct rtnl *rt = NULL;

	impair_lo(&rt, &m);
	assert_int_equal(after_frames(rt, FRAMES).dropped, 0);
}

/* 8 bits a second: 43 bytes and more take 43 s and more. */
static void what_is_over_the_rate_waits_its_turn(void)
{
	const struct impairment m = { .rate_bps = 8 };
	own_rtnl struct rtnl *rt = NULL;

	impair_lo(&rt, &m);
	assert_int_equal(after_frames(rt, FRAMES).waiting, FRAMES);
}

/* 100 Gbit/s are more than 2^32 bytes a second. */
static void a_rate_beyond_32_bits_lets_all_through(void)
{
	const struct impairment m = { .rate_bps = 100000000000 };
	own_rtnl struct rtnl *rt = NULL;

	impair_lo(&rt, &m);
	assert_int_equal(after_frames(rt, FRAMES).dropped, 0);
}

static void too_much_jitter_is_refused(void)
{
	const struct impairment m = { .delay_ns = 5 * NS_PER_S,
				      .jitter_ns = 3 * NS_PER_S };
	own_rtnl struct rtnl *rt = NULL;
	struct err e = { .code = 0 };

	assert_done(rtnl_open(&rt, &e), &e);
	assert_int_equal(rtnl_add_netem(rt, LO, &m, 1, &e), -ERANGE);
	assert_string_equal(e.text, "a jitter of more than 2.147s is too much "
				    "for netem");
	assert_int_equal(e.class, ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		netns_test(what_is_late_waits),
		netns_test(what_is_repeated_waits_twice),
		netns_test(what_overtakes_does_not_wait),
		netns_test(what_is_over_the_limit_is_dropped),
		netns_test(what_is_lost_is_counted),
		netns_test(a_burst_loses_its_frames),
		netns_test(a_burst_that_loses_nothing_passes_all),
		netns_test(what_is_over_the_rate_waits_its_turn),
		netns_test(a_rate_beyond_32_bits_lets_all_through),
		netns_test(too_much_jitter_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
