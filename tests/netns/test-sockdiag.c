/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/netns/netns-test.h"

#include "lab/net/netns.h"
#include "lab/net/sockdiag.h"
#include "tests/netns/loopback.h"

#include <netinet/tcp.h>

static struct sockdiag *opened(int netns)
{
	struct sockdiag *s = NULL;
	struct err e = { .code = 0 };

	assert_done(sockdiag_open(&s, netns, &e), &e);
	return s;
}

static void assert_census(struct sockdiag *s,
			  const uint32_t in_state[SOCKDIAG_STATES],
			  uint32_t lively)
{
	struct sockdiag_census c;
	struct err e = { .code = 0 };

	assert_done(sockdiag_count(s, &c, &e), &e);
	for (unsigned i = 0; i < SOCKDIAG_STATES; i++)
		if (c.in_state[i] != in_state[i])
			fail_msg("%u sockets in state %u, not %u",
				 c.in_state[i], i, in_state[i]);
	assert_int_equal(c.lively, lively);
}

static void an_empty_namespace_has_no_sockets(void)
{
	own_fd int netns = loopback_namespace();
	struct sockdiag *s = opened(netns);

	assert_census(s, (const uint32_t[SOCKDIAG_STATES]){ 0 }, 0);
	sockdiag_close(s);
}

static void states_of_a_connection_are_seen_from_outside(void)
{
	own_fd int netns = loopback_namespace();
	struct sockdiag *s = opened(netns);
	struct loopback_pair p;
	struct err e = { .code = 0 };
	char byte;

	{
		own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;

		assert_done(netns_enter(&visit, netns, &e), &e);
		loopback_pair_open(&p, AF_INET);
	}
	assert_census(s,
		      (const uint32_t[SOCKDIAG_STATES]){
			      [TCP_LISTEN] = 1, [TCP_ESTABLISHED] = 2 },
		      2);
	assert_int_equal(shutdown(p.client, SHUT_WR), 0);
	/* a byte takes the acknowledgement of the FIN with it, at once */
	assert_int_equal(send(p.server, "x", 1, 0), 1);
	assert_int_equal(recv(p.client, &byte, 1, 0), 1);
	assert_census(s,
		      (const uint32_t[SOCKDIAG_STATES]){ [TCP_LISTEN] = 1,
							 [TCP_FIN_WAIT2] = 1,
							 [TCP_CLOSE_WAIT] = 1 },
		      2);
	own_fd_release(&p.server);
	p.server = -1;
	assert_census(s,
		      (const uint32_t[SOCKDIAG_STATES]){
			      [TCP_LISTEN] = 1, [TCP_TIME_WAIT] = 1 },
		      0);
	loopback_pair_close(&p);
	sockdiag_close(s);
}

static void both_families_are_counted_together(void)
{
	own_fd int netns = loopback_namespace();
	struct sockdiag *s = opened(netns);
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct loopback_pair v4, v6;
	struct err e = { .code = 0 };

	assert_done(netns_enter(&visit, netns, &e), &e);
	loopback_pair_open(&v4, AF_INET);
	loopback_pair_open(&v6, AF_INET6);
	assert_census(s,
		      (const uint32_t[SOCKDIAG_STATES]){
			      [TCP_LISTEN] = 2, [TCP_ESTABLISHED] = 4 },
		      4);
	loopback_pair_close(&v4);
	loopback_pair_close(&v6);
	sockdiag_close(s);
}

static void another_namespace_is_not_counted(void)
{
	own_fd int busy = loopback_namespace();
	own_fd int idle = loopback_namespace();
	struct sockdiag *s = opened(idle);
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct loopback_pair p;
	struct err e = { .code = 0 };

	assert_done(netns_enter(&visit, busy, &e), &e);
	loopback_pair_open(&p, AF_INET);
	assert_census(s, (const uint32_t[SOCKDIAG_STATES]){ 0 }, 0);
	loopback_pair_close(&p);
	sockdiag_close(s);
}

/* More sockets than one answer of the kernel holds. */
static void many_sockets_are_all_counted(void)
{
	enum { LISTENERS = 600 };
	own_fd int netns = loopback_namespace();
	struct sockdiag *s = opened(netns);
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct err e = { .code = 0 };
	int fds[LISTENERS];

	assert_done(netns_enter(&visit, netns, &e), &e);
	for (int i = 0; i < LISTENERS; i++) {
		fds[i] = loopback_socket(AF_INET);
		assert_int_equal(listen(fds[i], 1), 0);
	}
	assert_census(
		s,
		(const uint32_t[SOCKDIAG_STATES]){ [TCP_LISTEN] = LISTENERS },
		0);
	for (int i = 0; i < LISTENERS; i++)
		own_fd_release(&fds[i]);
	sockdiag_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		netns_test(an_empty_namespace_has_no_sockets),
		netns_test(states_of_a_connection_are_seen_from_outside),
		netns_test(both_families_are_counted_together),
		netns_test(another_namespace_is_not_counted),
		netns_test(many_sockets_are_all_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
