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

struct found {
	struct sockdiag_socket sockets[8];
	size_t n;
};

static int keep(const struct sockdiag_socket *s, void *arg)
{
	struct found *f = arg;

	assert_true(f->n < ARRAY_SIZE(f->sockets));
	f->sockets[f->n++] = *s;
	return 0;
}

static struct found look(struct sockdiag *s)
{
	struct found f = { .n = 0 };
	struct err e = { .code = 0 };

	assert_done(sockdiag_each(s, keep, &f, &e), &e);
	return f;
}

static const struct sockdiag_socket *in_state(const struct found *f,
					      uint8_t state)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->sockets[i].state == state)
			return &f->sockets[i];
	fail_msg("no socket in state %s", sockdiag_state_name(state));
	return NULL;
}

/* Client: FIN.  Server: 3 bytes, which acknowledge it.  Neither reads. */
static void queues_owners_and_timers_are_told(void)
{
	own_fd int netns = loopback_namespace();
	struct sockdiag *s = opened(netns);
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	const struct sockdiag_socket *client, *server;
	struct loopback_pair p;
	struct err e = { .code = 0 };
	struct found f;

	assert_done(netns_enter(&visit, netns, &e), &e);
	loopback_pair_open(&p, AF_INET);
	assert_int_equal(shutdown(p.client, SHUT_WR), 0);
	assert_int_equal(send(p.server, "xyz", 3, 0), 3);
	f = look(s);
	client = in_state(&f, TCP_FIN_WAIT2);
	server = in_state(&f, TCP_CLOSE_WAIT);
	assert_int_equal(client->receive_queue, 3);
	assert_int_equal(server->receive_queue, 1); /* the FIN */
	assert_int_equal(server->send_queue, 0);
	assert_int_equal(client->timer, SOCKDIAG_TIMER_OFF);
	assert_true(client->inode && server->inode);
	assert_int_equal(client->uid, getuid());
	assert_true(ip_endpoint_equal(&client->local, &server->remote));
	assert_true(ip_endpoint_equal(&client->remote, &server->local));
	loopback_pair_close(&p);
	sockdiag_close(s);
}

static void a_cookie_stays_when_the_socket_becomes_a_time_wait(void)
{
	own_fd int netns = loopback_namespace();
	struct sockdiag *s = opened(netns);
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct sockdiag_socket before;
	const struct sockdiag_socket *after;
	struct loopback_pair p;
	struct err e = { .code = 0 };
	struct found f;

	assert_done(netns_enter(&visit, netns, &e), &e);
	loopback_pair_open(&p, AF_INET6);
	assert_int_equal(shutdown(p.client, SHUT_WR), 0);
	assert_int_equal(send(p.server, "x", 1, 0), 1);
	f = look(s);
	before = *in_state(&f, TCP_FIN_WAIT2);
	own_fd_release(&p.server);
	p.server = -1;
	f = look(s);
	after = in_state(&f, TCP_TIME_WAIT);
	assert_true(after->cookie == before.cookie);
	assert_int_equal(after->inode, 0);
	assert_int_equal(after->timer, SOCKDIAG_TIMER_TIMEWAIT);
	assert_true(after->timer_ms > 0);
	loopback_pair_close(&p);
	sockdiag_close(s);
}

static int stop_at_first(const struct sockdiag_socket *s, void *arg)
{
	(void)s;
	++*(int *)arg;
	return 7;
}

static void a_walk_can_be_stopped(void)
{
	own_fd int netns = loopback_namespace();
	struct sockdiag *s = opened(netns);
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct loopback_pair p;
	struct err e = { .code = 0 };
	int seen = 0;

	assert_done(netns_enter(&visit, netns, &e), &e);
	loopback_pair_open(&p, AF_INET);
	assert_int_equal(sockdiag_each(s, stop_at_first, &seen, &e), 7);
	assert_int_equal(seen, 1);
	loopback_pair_close(&p);
	sockdiag_close(s);
}

static int count(const struct sockdiag_socket *s, void *arg)
{
	(void)s;
	++*(int *)arg;
	return 0;
}

static int n_in(struct sockdiag *s, uint32_t states)
{
	struct err e = { .code = 0 };
	int n = 0;

	assert_done(sockdiag_each_in(s, states, count, &n, &e), &e);
	return n;
}

/* A pair of each family, and the two listeners behind them. */
static void one_walk_shows_both_families_and_the_states_wanted(void)
{
	own_fd int netns = loopback_namespace();
	struct sockdiag *s = opened(netns);
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct loopback_pair four, six;
	struct err e = { .code = 0 };

	assert_done(netns_enter(&visit, netns, &e), &e);
	loopback_pair_open(&four, AF_INET);
	loopback_pair_open(&six, AF_INET6);
	assert_int_equal(n_in(s, SOCKDIAG_ALL), 6);
	assert_int_equal(n_in(s, 1U << TCP_ESTABLISHED), 4);
	assert_int_equal(n_in(s, 1U << TCP_LISTEN), 2);
	assert_int_equal(n_in(s, 1U << TCP_TIME_WAIT), 0);
	loopback_pair_close(&four);
	loopback_pair_close(&six);
	sockdiag_close(s);
}

static void states_and_timers_are_called_as_ss_calls_them(void **state)
{
	(void)state;
	assert_string_equal(sockdiag_state_name(TCP_ESTABLISHED), "ESTAB");
	assert_string_equal(sockdiag_state_name(TCP_FIN_WAIT2), "FIN-WAIT-2");
	assert_string_equal(sockdiag_state_name(12), "SYN-RECV");
	assert_string_equal(sockdiag_state_name(0), "UNKNOWN");
	assert_string_equal(sockdiag_state_name(200), "UNKNOWN");
	assert_string_equal(sockdiag_timer_name(3), "timewait");
	assert_string_equal(sockdiag_timer_name(200), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		netns_test(an_empty_namespace_has_no_sockets),
		netns_test(states_of_a_connection_are_seen_from_outside),
		netns_test(both_families_are_counted_together),
		netns_test(another_namespace_is_not_counted),
		netns_test(many_sockets_are_all_counted),
		netns_test(queues_owners_and_timers_are_told),
		netns_test(a_cookie_stays_when_the_socket_becomes_a_time_wait),
		netns_test(a_walk_can_be_stopped),
		netns_test(one_walk_shows_both_families_and_the_states_wanted),
		cmocka_unit_test(states_and_timers_are_called_as_ss_calls_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
