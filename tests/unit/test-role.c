/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network of these cases: a client in node 0, something in between in node
 * 1, and in node 2 a server that listens at 172.17.0.2:80.
 */
#include "lab/run/role.h"

#include <netinet/tcp.h>

/* cmocka.h wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { CLIENT_NODE, MIDDLE_NODE, SERVER_NODE };

static struct ip_endpoint at(const char *text)
{
	struct ip_endpoint ep = { .port = 0 };

	if (text)
		assert_true(ip_endpoint_parse(text, &ep));
	return ep;
}

/* What a disconnected socket still knows of its peer. */
static struct ip_endpoint without_port(const char *text)
{
	struct ip_endpoint ep = at(text);

	ep.port = 0;
	return ep;
}

static struct role_place place(const char *client, const char *dialled,
			       const char *accepted)
{
	return (struct role_place){
		.client_node = CLIENT_NODE,
		.server_node = SERVER_NODE,
		.listen = at("172.17.0.2:80"),
		.client = at(client),
		.dialled = at(dialled),
		.server = at(accepted ? "172.17.0.2:80" : NULL),
		.accepted = at(accepted),
	};
}

static enum store_role role(const struct role_place *p, uint16_t node,
			    uint8_t state, const char *local,
			    const char *remote)
{
	const struct sockdiag_socket s = { .local = at(local),
					   .remote = at(remote),
					   .state = state };

	return role_of(p, node, &s);
}

static void two_ends_on_one_node_are_told_apart(void **state)
{
	struct role_place p =
		place("127.0.0.1:4000", "127.0.0.1:80", "127.0.0.1:4000");

	(void)state;
	p.server_node = CLIENT_NODE;
	p.listen = at("127.0.0.1:80");
	assert_int_equal(role(&p, CLIENT_NODE, TCP_ESTABLISHED,
			      "127.0.0.1:4000", "127.0.0.1:80"),
			 STORE_ROLE_CLIENT);
	assert_int_equal(role(&p, CLIENT_NODE, TCP_TIME_WAIT, "127.0.0.1:80",
			      "127.0.0.1:4000"),
			 STORE_ROLE_SERVER);
}

static void what_a_node_dials_itself_is_of_no_client_elsewhere(void **state)
{
	struct role_place p = place("172.17.0.3:4000", "172.17.0.2:80", NULL);

	(void)state;
	assert_int_equal(role(&p, SERVER_NODE, TCP_TIME_WAIT, "172.17.0.2:80",
			      "172.17.0.2:4000"),
			 STORE_ROLES);
	/* The nearest that is: the client is in that node, too. */
	p.client_node = SERVER_NODE;
	assert_int_equal(role(&p, SERVER_NODE, TCP_TIME_WAIT, "172.17.0.2:80",
			      "172.17.0.2:4000"),
			 STORE_ROLE_SERVER);
}

static void
where_ports_are_drawn_anew_what_is_queued_is_the_clients(void **state)
{
	struct role_place p = place("10.0.0.1:4000", "192.0.2.1:8080", NULL);

	(void)state;
	assert_int_equal(role(&p, SERVER_NODE, TCP_SYN_RECV, "172.17.0.2:80",
			      "172.17.0.1:1024"),
			 STORE_ROLES);
	p.new_ports = true;
	assert_int_equal(role(&p, SERVER_NODE, TCP_SYN_RECV, "172.17.0.2:80",
			      "172.17.0.1:1024"),
			 STORE_ROLE_SERVER);
	assert_int_equal(role(&p, SERVER_NODE, TCP_ESTABLISHED, "172.17.0.2:80",
			      "172.17.0.1:1024"),
			 STORE_ROLE_SERVER);
	/* Those of the step fill-queue, and what an earlier trial left. */
	assert_int_equal(role(&p, SERVER_NODE, TCP_ESTABLISHED, "172.17.0.2:80",
			      "172.17.0.2:1024"),
			 STORE_ROLES);
	assert_int_equal(role(&p, SERVER_NODE, TCP_TIME_WAIT, "172.17.0.2:80",
			      "172.17.0.1:1024"),
			 STORE_ROLES);
}

static void a_server_behind_nat_is_known_by_whom_it_accepted(void **state)
{
	const struct role_place p =
		place("10.0.0.1:4000", "192.0.2.1:8080", "172.17.0.1:1024");

	(void)state;
	assert_int_equal(role(&p, SERVER_NODE, TCP_ESTABLISHED, "172.17.0.2:80",
			      "172.17.0.1:1024"),
			 STORE_ROLE_SERVER);
	assert_int_equal(role(&p, CLIENT_NODE, TCP_ESTABLISHED, "10.0.0.1:4000",
			      "192.0.2.1:8080"),
			 STORE_ROLE_CLIENT);
}

static void the_two_sockets_of_a_relay_are_in_the_middle(void **state)
{
	const struct role_place p =
		place("10.0.0.1:4000", "10.0.0.2:8080", "172.17.0.1:5000");

	(void)state;
	assert_int_equal(role(&p, MIDDLE_NODE, TCP_CLOSE_WAIT, "10.0.0.2:8080",
			      "10.0.0.1:4000"),
			 STORE_ROLE_MIDDLE);
	assert_int_equal(role(&p, MIDDLE_NODE, TCP_FIN_WAIT2, "172.17.0.1:5000",
			      "172.17.0.2:80"),
			 STORE_ROLE_MIDDLE);
}

static void what_another_trial_left_has_no_role(void **state)
{
	const struct role_place p =
		place("10.0.0.1:4000", "172.17.0.2:80", "10.0.0.1:4000");

	(void)state;
	assert_int_equal(role(&p, CLIENT_NODE, TCP_TIME_WAIT, "10.0.0.1:3999",
			      "172.17.0.2:80"),
			 STORE_ROLES);
	assert_int_equal(role(&p, SERVER_NODE, TCP_TIME_WAIT, "172.17.0.2:80",
			      "10.0.0.1:3999"),
			 STORE_ROLES);
}

static void a_socket_that_nobody_accepted_is_the_servers(void **state)
{
	const struct role_place p =
		place("10.0.0.1:4000", "172.17.0.2:80", NULL);

	(void)state;
	assert_int_equal(role(&p, SERVER_NODE, TCP_ESTABLISHED, "172.17.0.2:80",
			      "10.0.0.1:4000"),
			 STORE_ROLE_SERVER);
	assert_int_equal(role(&p, SERVER_NODE, TCP_ESTABLISHED, "172.17.0.2:80",
			      "10.0.0.1:4001"),
			 STORE_ROLES);
}

static void a_listener_is_the_one_that_listens_there(void **state)
{
	const struct role_place p =
		place("10.0.0.1:4000", "172.17.0.2:80", NULL);

	(void)state;
	assert_int_equal(role(&p, SERVER_NODE, TCP_LISTEN, "0.0.0.0:80", NULL),
			 STORE_ROLE_LISTENER);
	assert_int_equal(role(&p, SERVER_NODE, TCP_LISTEN, "0.0.0.0:81", NULL),
			 STORE_ROLES);
	assert_int_equal(role(&p, MIDDLE_NODE, TCP_LISTEN, "0.0.0.0:80", NULL),
			 STORE_ROLES);
}

static void nothing_told_matches_nothing(void **state)
{
	const struct role_place p = place(NULL, NULL, NULL);

	(void)state;
	assert_int_equal(role(&p, SERVER_NODE, TCP_ESTABLISHED, "172.17.0.2:80",
			      "10.0.0.1:4000"),
			 STORE_ROLES);
	assert_int_equal(role(&p, CLIENT_NODE, TCP_CLOSE, NULL, NULL),
			 STORE_ROLES);
}

static void a_mapped_address_is_the_one_it_stands_for(void **state)
{
	const struct role_place p = place("10.0.0.1:4000", "172.17.0.2:80",
					  "[::ffff:10.0.0.1]:4000");

	(void)state;
	assert_int_equal(role(&p, SERVER_NODE, TCP_ESTABLISHED,
			      "[::ffff:172.17.0.2]:80", "10.0.0.1:4000"),
			 STORE_ROLE_SERVER);
	assert_int_equal(role(&p, CLIENT_NODE, TCP_ESTABLISHED,
			      "[::ffff:10.0.0.1]:4000",
			      "[::ffff:172.17.0.2]:80"),
			 STORE_ROLE_CLIENT);
}

static void
a_destroyed_socket_is_known_without_what_it_has_forgotten(void **state)
{
	const struct role_place p =
		place("10.0.0.1:4000", "172.17.0.2:80", "10.0.0.1:4000");
	struct sockdiag_socket s = { .local = at("0.0.0.0:4000"),
				     .remote = without_port("172.17.0.2:80"),
				     .state = TCP_CLOSE };

	(void)state;
	assert_int_equal(role_of_destroyed(&p, CLIENT_NODE, &s),
			 STORE_ROLE_CLIENT);
	assert_int_equal(role_of_destroyed(&p, SERVER_NODE, &s), STORE_ROLES);
	s.local = at("0.0.0.0:3999");
	assert_int_equal(role_of_destroyed(&p, CLIENT_NODE, &s), STORE_ROLES);
	s.local = at("172.17.0.2:80");
	s.remote = without_port("10.0.0.1:1");
	assert_int_equal(role_of_destroyed(&p, SERVER_NODE, &s),
			 STORE_ROLE_SERVER);
	s.remote = at("10.0.0.1:4000");
	assert_int_equal(role_of_destroyed(&p, SERVER_NODE, &s),
			 STORE_ROLE_SERVER);
}

static void a_destroyed_listener_has_no_role(void **state)
{
	const struct role_place p =
		place("10.0.0.1:4000", "172.17.0.2:80", "10.0.0.1:4000");
	const struct sockdiag_socket s = { .local = at("0.0.0.0:80"),
					   .remote = without_port("0.0.0.0:1"),
					   .state = TCP_CLOSE };

	(void)state;
	assert_int_equal(role_of_destroyed(&p, SERVER_NODE, &s), STORE_ROLES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_ends_on_one_node_are_told_apart),
		cmocka_unit_test(
			what_a_node_dials_itself_is_of_no_client_elsewhere),
		cmocka_unit_test(
			where_ports_are_drawn_anew_what_is_queued_is_the_clients),
		cmocka_unit_test(
			a_server_behind_nat_is_known_by_whom_it_accepted),
		cmocka_unit_test(the_two_sockets_of_a_relay_are_in_the_middle),
		cmocka_unit_test(what_another_trial_left_has_no_role),
		cmocka_unit_test(a_socket_that_nobody_accepted_is_the_servers),
		cmocka_unit_test(a_listener_is_the_one_that_listens_there),
		cmocka_unit_test(nothing_told_matches_nothing),
		cmocka_unit_test(a_mapped_address_is_the_one_it_stands_for),
		cmocka_unit_test(
			a_destroyed_socket_is_known_without_what_it_has_forgotten),
		cmocka_unit_test(a_destroyed_listener_has_no_role),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
