/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network of these cases: a client in node 0, a host in node 1 whose
 * relay listens at 10.0.0.1:8080 and leads to 172.17.0.2:80, where the server
 * listens in node 2.
 */
#include "lab/run/match.h"

/* cmocka.h wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { CLIENT_NODE, HOST_NODE, SERVER_NODE };

static struct ip_endpoint at(const char *text)
{
	struct ip_endpoint ep;

	assert_true(ip_endpoint_parse(text, &ep));
	return ep;
}

static struct ip_endpoint beyond[1];

static struct match_place place(void)
{
	beyond[0] = at("172.17.0.2:80");
	return (struct match_place){
		.client_node = CLIENT_NODE,
		.server_node = SERVER_NODE,
		.connect = at("10.0.0.1:8080"),
		.listen = at("172.17.0.2:80"),
		.beyond = beyond,
		.n_beyond = 1,
	};
}

static struct leg leg(uint16_t node, const char *client, const char *server)
{
	return (struct leg){ .point = { node, 2 },
			     .client = at(client),
			     .server = at(server) };
}

/* Of one or two legs; the second may be left out. */
static struct connection seen(int64_t start_ns, struct leg first,
			      struct leg last)
{
	struct connection c = {
		.client = first.client,
		.server = first.server,
		.start_ns = start_ns,
		.ending = ENDING_FIN_BOTH,
		.n_legs = last.client.port ? 2 : 1,
		.legs = { first, last },
	};

	return c;
}

#define NO_LEG ((struct leg){ .packets = 0 })

static struct probe_result told(int64_t begin_ns, const char *local,
				const char *peer)
{
	struct probe_result r = { .begin_ns = begin_ns };

	if (local)
		r.local = at(local);
	if (peer)
		r.peer = at(peer);
	return r;
}

static struct match match(const struct match_trial *trials, size_t n,
			  const struct connection *c)
{
	const struct match_place p = place();

	return match_connection(&p, trials, n, c);
}

static void assert_match(struct match m, int trial, bool client, bool server)
{
	assert_int_equal(m.trial, trial);
	assert_int_equal(m.program[SIDE_CLIENT], client);
	assert_int_equal(m.program[SIDE_SERVER], server);
}

static void a_connection_through_nat_is_the_programs_own(void **state)
{
	const struct probe_result client = told(100, "10.0.0.2:4000", NULL);
	const struct match_trial trial = { .app = { &client, NULL } };
	const struct connection c =
		seen(150, leg(CLIENT_NODE, "10.0.0.2:4000", "10.0.0.1:8080"),
		     leg(SERVER_NODE, "10.0.0.2:4000", "172.17.0.2:80"));

	(void)state;
	assert_match(match(&trial, 1, &c), 0, true, true);
}

static void a_client_that_its_own_host_renames_is_the_client(void **state)
{
	const struct probe_result client = told(100, "127.0.0.1:4000", NULL);
	const struct probe_result server = told(100, NULL, "172.17.0.1:4000");
	const struct match_trial trial = { .app = { &client, &server } };
	const struct match_trial refused = { .app = { &client, NULL } };
	const struct connection c =
		seen(150, leg(CLIENT_NODE, "172.17.0.1:4000", "172.17.0.2:80"),
		     leg(SERVER_NODE, "172.17.0.1:4000", "172.17.0.2:80"));
	struct match_place p = place();

	(void)state;
	p.n_beyond = 0;
	assert_match(match_connection(&p, &trial, 1, &c), 0, true, true);
	/* nobody accepted it */
	assert_match(match_connection(&p, &refused, 1, &c), 0, true, true);
	/* with a relay in that node it may be the relay's */
	assert_match(match(&trial, 1, &c), 0, false, true);
}

static void behind_a_relay_there_are_two(void **state)
{
	const struct probe_result client = told(100, "10.0.0.2:4000", NULL);
	const struct probe_result server =
		told(90, "172.17.0.2:80", "172.17.0.1:5000");
	const struct match_trial trial = { .app = { &client, &server } };
	const struct connection outer =
		seen(150, leg(CLIENT_NODE, "10.0.0.2:4000", "10.0.0.1:8080"),
		     leg(HOST_NODE, "10.0.0.2:4000", "10.0.0.1:8080"));
	const struct connection inner =
		seen(160, leg(HOST_NODE, "172.17.0.1:5000", "172.17.0.2:80"),
		     leg(SERVER_NODE, "172.17.0.1:5000", "172.17.0.2:80"));

	(void)state;
	assert_match(match(&trial, 1, &outer), 0, true, false);
	assert_match(match(&trial, 1, &inner), 0, false, true);
}

/* The server's probe accepts nothing then, so only time is left. */
static void
a_relay_that_was_refused_belongs_to_the_trial_under_way(void **state)
{
	const struct probe_result first = told(100, "10.0.0.2:4000", NULL);
	const struct probe_result second = told(1000000, "10.0.0.2:4001", NULL);
	const struct match_trial trials[] = { { .app = { &first, NULL } },
					      { .app = { &second, NULL } } };
	const struct connection inner = seen(
		1000100, leg(HOST_NODE, "172.17.0.1:5000", "172.17.0.2:80"),
		leg(SERVER_NODE, "172.17.0.1:5000", "172.17.0.2:80"));

	(void)state;
	assert_match(match(trials, 2, &inner), 1, false, true);
}

/* As where a DROP rule of the host lets the relay's SYN get nowhere. */
static void a_relay_that_got_nowhere_does_too(void **state)
{
	const struct probe_result client = told(100, "10.0.0.2:4000", NULL);
	const struct match_trial trial = { .app = { &client, NULL } };
	const struct connection inner =
		seen(160, leg(HOST_NODE, "172.17.0.1:5000", "172.17.0.2:80"),
		     NO_LEG);

	(void)state;
	assert_match(match(&trial, 1, &inner), 0, false, false);
}

static void a_second_connection_of_the_client_is_no_stray(void **state)
{
	const struct probe_result client = told(100, "10.0.0.2:4001", NULL);
	const struct match_trial trial = { .app = { &client, NULL } };
	const struct connection first =
		seen(150, leg(CLIENT_NODE, "10.0.0.2:4000", "10.0.0.1:8080"),
		     NO_LEG);

	(void)state;
	assert_match(match(&trial, 1, &first), 0, true, false);
}

static void a_connection_to_somewhere_else_is_a_stray(void **state)
{
	const struct probe_result client = told(100, "10.0.0.2:4000", NULL);
	const struct match_trial trial = { .app = { &client, NULL } };
	const struct connection c = seen(
		150, leg(HOST_NODE, "10.0.0.1:6000", "10.0.0.9:53"), NO_LEG);

	(void)state;
	assert_match(match(&trial, 1, &c), -1, false, false);
}

static void before_the_first_trial_everything_is_a_stray(void **state)
{
	const struct probe_result client = told(1000000, "10.0.0.2:4000", NULL);
	const struct match_trial trial = { .app = { &client, NULL } };
	const struct connection c =
		seen(100, leg(HOST_NODE, "172.17.0.1:5000", "172.17.0.2:80"),
		     NO_LEG);

	(void)state;
	assert_match(match(&trial, 1, &c), -1, false, false);
}

static void a_port_used_twice_is_told_apart_by_time(void **state)
{
	const struct probe_result first = told(100, "10.0.0.2:4000", NULL);
	const struct probe_result second = told(1000000, "10.0.0.2:4000", NULL);
	const struct match_trial trials[] = { { .app = { &first, NULL } },
					      { .app = { &second, NULL } } };
	struct connection c =
		seen(150, leg(CLIENT_NODE, "10.0.0.2:4000", "10.0.0.1:8080"),
		     NO_LEG);

	(void)state;
	assert_int_equal(match(trials, 2, &c).trial, 0);
	c.start_ns = 1000050;
	assert_int_equal(match(trials, 2, &c).trial, 1);
}

/* Of programs only the times are known.  A last connection of the first trial
 * would be the second's, were its beginning taken for as vague as that of a
 * connect(). */
static void trials_that_follow_each_other_share_no_connection(void **state)
{
	const struct probe_result first = told(100, NULL, NULL);
	const struct probe_result second = told(1000000, NULL, NULL);
	const struct match_trial vague[] = { { .app = { &first, NULL } },
					     { .app = { &second, NULL } } };
	const struct match_trial in_turn[] = { { .app = { &first, NULL } },
					       { .app = { &second, NULL },
						 .in_turn = true } };
	struct connection c =
		seen(999999, leg(CLIENT_NODE, "10.0.0.2:4000", "10.0.0.1:8080"),
		     NO_LEG);

	(void)state;
	assert_int_equal(match(vague, 2, &c).trial, 1);
	assert_int_equal(match(in_turn, 2, &c).trial, 0);
	c.start_ns = 1000000;
	assert_int_equal(match(in_turn, 2, &c).trial, 1);
}

/* What an IPv6 socket calls ::ffff:10.0.0.2 goes out as IPv4. */
static void mapped_addresses_are_those_on_the_wire(void **state)
{
	const struct probe_result client =
		told(100, "[::ffff:10.0.0.2]:4000", NULL);
	const struct match_trial trial = { .app = { &client, NULL } };
	const struct connection c =
		seen(150, leg(CLIENT_NODE, "10.0.0.2:4000", "10.0.0.1:8080"),
		     leg(SERVER_NODE, "10.0.0.2:4000", "172.17.0.2:80"));
	struct match_place p = place();

	(void)state;
	p.listen = at("[::]:80");
	assert_match(match_connection(&p, &trial, 1, &c), 0, true, true);
}

/* Somebody of whom only the end was seen may be either. */
static void without_a_beginning_both_sides_may_be_the_programs(void **state)
{
	struct connection c = seen(
		150, leg(HOST_NODE, "10.0.0.2:4000", "10.0.0.1:8080"), NO_LEG);

	(void)state;
	c.ending = ENDING_MIDSTREAM;
	assert_match(match(NULL, 0, &c), -1, true, true);
}

/* localhost is ::1 and 127.0.0.1; the server listens at the second. */
static void of_two_addresses_with_one_name_both_are_dialled(void **state)
{
	struct match_place p = {
		.connect = at("127.0.0.1:50051"),
		.listen = at("127.0.0.1:50051"),
		.by_name = true,
	};
	const struct probe_result client = told(100, NULL, NULL);
	const struct match_trial trials[] = { { .app = { &client, NULL } } };
	struct connection c =
		seen(200, leg(0, "[::1]:40000", "[::1]:50051"), NO_LEG);
	struct match m = match_connection(&p, trials, 1, &c);

	(void)state;
	assert_int_equal(m.trial, 0);
	assert_true(m.program[SIDE_CLIENT] && m.program[SIDE_SERVER]);
	/* another port is another matter */
	c = seen(200, leg(0, "[::1]:40000", "[::1]:50052"), NO_LEG);
	assert_int_equal(match_connection(&p, trials, 1, &c).trial, -1);
	/* and without the name the address is */
	p.by_name = false;
	c = seen(200, leg(0, "[::1]:40000", "[::1]:50051"), NO_LEG);
	assert_int_equal(match_connection(&p, trials, 1, &c).trial, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_through_nat_is_the_programs_own),
		cmocka_unit_test(
			a_client_that_its_own_host_renames_is_the_client),
		cmocka_unit_test(behind_a_relay_there_are_two),
		cmocka_unit_test(
			a_relay_that_was_refused_belongs_to_the_trial_under_way),
		cmocka_unit_test(a_relay_that_got_nowhere_does_too),
		cmocka_unit_test(a_second_connection_of_the_client_is_no_stray),
		cmocka_unit_test(a_connection_to_somewhere_else_is_a_stray),
		cmocka_unit_test(before_the_first_trial_everything_is_a_stray),
		cmocka_unit_test(a_port_used_twice_is_told_apart_by_time),
		cmocka_unit_test(
			trials_that_follow_each_other_share_no_connection),
		cmocka_unit_test(mapped_addresses_are_those_on_the_wire),
		cmocka_unit_test(
			without_a_beginning_both_sides_may_be_the_programs),
		cmocka_unit_test(
			of_two_addresses_with_one_name_both_are_dialled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
