/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a probe may ask the lab for, in a lab of two nodes on one cable. */
#include "tests/netns/netns-test.h"

#include "lab/base/clock.h"
#include "lab/net/netns.h"
#include "lab/run/fault.h"
#include "lab/run/lab.h"
#include "tests/netns/node-test.h"
#include "tests/netns/topology-text.h"

#include <poll.h>

static struct topology topology;
static struct lab_node nodes[2];
static struct lab lab;

static const char slow[] =
	HEAD "  - name: a\n"
	     "    kind: host\n"
	     "    interfaces:\n"
	     "      - {name: eth0, link: ab, addresses: [192.0.2.1/24]}\n"
	     "  - name: b\n"
	     "    kind: host\n"
	     "    interfaces:\n"
	     "      - {name: eth0, link: ab, addresses: [192.0.2.2/24]}\n"
	     "links:\n"
	     "  - {name: ab, kind: wire, delay: 20ms}\n";

static void build_from(const char *yaml)
{
	struct err e = { .code = 0 };

	topology_text_load(&topology, yaml);
	assert_done(net_build(&topology, &lab.net, &e), &e);
	lab.topology = &topology;
	lab.n_nodes = lab.net->n_nodes;
	lab.nodes = nodes;
	lab.client_node = 0;
	lab.server_node = 1;
}

static void build(void)
{
	build_from(PAIR_WITH(""));
}

static void drop(void)
{
	process_stop(lab.processes);
	net_free(lab.net);
	topology_done(&topology);
}

static void perform(int side, uint32_t wish, int connection, int want)
{
	struct err e = { .code = 0 };
	const int r = fault_perform(&lab, side, wish, connection, &e);

	assert_done(r, &e);
	assert_int_equal(r, want);
}

static int socket_of(size_t node)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct err e = { .code = 0 };
	int fd;

	assert_done(netns_enter(&visit, lab.net->nodes[node].netns, &e), &e);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	return fd;
}

/* A connection from node a to node b. */
static void connect_pair(int *ret_client, int *ret_server)
{
	struct ip_endpoint ep;
	struct sockaddr_storage sa;
	socklen_t n;
	own_fd int listener = socket_of(1);

	assert_true(ip_endpoint_parse("192.0.2.2:80", &ep));
	n = ip_endpoint_to_sockaddr(&ep, &sa);
	assert_int_equal(bind(listener, (struct sockaddr *)&sa, n), 0);
	assert_int_equal(listen(listener, 1), 0);
	*ret_client = socket_of(0);
	assert_int_equal(connect(*ret_client, (struct sockaddr *)&sa, n), 0);
	*ret_server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(*ret_server >= 0);
}

/* The errno that reading gives, when there is something to read. */
static int error_of(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;

	assert_int_equal(poll(&p, 1, 5000), 1);
	return recv(fd, &c, 1, MSG_DONTWAIT) < 0 ? errno : 0;
}

static void a_segment_with_the_exact_number_resets(void)
{
	int client, server;

	build();
	connect_pair(&client, &server);
	perform(SIDE_SERVER, PROBE_SEGMENT + SEGMENT_RST, server, 0);
	assert_int_equal(error_of(client), ECONNRESET);
	/* the kernel does not count it, so the books must not either */
	assert_int_equal(nodes[1].rst_foreign, 1);
	assert_int_equal((int64_t)nodes[1].rst_wire, -1);
	(void)close(client);
	(void)close(server);
	drop();
}

static void a_segment_that_is_not_exact_does_not(void)
{
	int client, server;

	build();
	connect_pair(&client, &server);
	perform(SIDE_SERVER, PROBE_SEGMENT + SEGMENT_RST_IN_WINDOW, server, 0);
	perform(SIDE_SERVER, PROBE_SEGMENT + SEGMENT_RST_OFF_WINDOW, server, 0);
	perform(SIDE_SERVER, PROBE_SEGMENT + SEGMENT_DATA_CORRUPT, server, 0);
	assert_int_equal(send(server, "x", 1, 0), 1);
	assert_int_equal(error_of(client), 0);
	(void)close(client);
	(void)close(server);
	drop();
}

static void noted_numbers_serve_without_a_socket(void)
{
	int client, server;

	build();
	connect_pair(&client, &server);
	perform(SIDE_SERVER, PROBE_SEGMENT + SEGMENT_RST, -1, ENOTCONN);
	perform(SIDE_SERVER, PROBE_NOTE, server, 0);
	perform(SIDE_SERVER, PROBE_SEGMENT + SEGMENT_RST, -1, 0);
	assert_int_equal(error_of(client), ECONNRESET);
	/* until the list is over */
	perform(SIDE_SERVER, FAULT_COUNT, -1, 0);
	perform(SIDE_SERVER, PROBE_SEGMENT + SEGMENT_RST, -1, ENOTCONN);
	(void)close(client);
	(void)close(server);
	drop();
}

static void a_segment_is_through_the_wire_when_the_script_goes_on(void)
{
	struct err e = { .code = 0 };
	int client, server;
	char c;

	/* the case gets a /tmp of its own, which may hide the programs */
	assert_int_equal(chdir(node_test_libexec()), 0);
	build_from(slow);
	lab.silence_ns = 21 * NS_PER_MS;
	assert_done(process_start(&lab.processes, lab.net, node_test_libexec(),
				  7, &e),
		    &e);
	connect_pair(&client, &server);
	perform(SIDE_SERVER, PROBE_SEGMENT + SEGMENT_RST, server, 0);
	assert_int_equal(recv(client, &c, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, ECONNRESET);
	(void)close(client);
	(void)close(server);
	drop();
}

static int reuse_of(int fd)
{
	int value = -1;
	socklen_t n = sizeof(value);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, &n),
			 0);
	return value;
}

static void noting_the_numbers_lets_the_port_be_used_again(void)
{
	int client, server;

	build();
	connect_pair(&client, &server);
	assert_int_equal(setsockopt(server, SOL_SOCKET, SO_REUSEADDR,
				    &(int){ 1 }, sizeof(int)),
			 0);
	perform(SIDE_SERVER, PROBE_NOTE, server, 0);
	perform(SIDE_CLIENT, PROBE_NOTE, client, 0);
	assert_int_equal(reuse_of(server), 1);
	assert_int_equal(reuse_of(client), 0);
	(void)close(client);
	(void)close(server);
	drop();
}

static void a_segment_of_the_other_side_needs_its_address_there(void)
{
	int client, server;

	build();
	connect_pair(&client, &server);
	perform(SIDE_CLIENT, PROBE_SEGMENT + SEGMENT_SYNACK_BAD_ACK, client, 0);
	lab.server_node = 0; /* as behind address translation */
	perform(SIDE_CLIENT, PROBE_SEGMENT + SEGMENT_SYNACK_BAD_ACK, client,
		EOPNOTSUPP);
	(void)close(client);
	(void)close(server);
	drop();
}

static void assert_rfc1337(size_t node, const char *want)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	char value[SYSCTL_VALUE_MAX];
	struct err e = { .code = 0 };

	assert_done(netns_enter(&visit, lab.net->nodes[node].netns, &e), &e);
	assert_done(sysctl_get("net.ipv4.tcp_rfc1337", value, &e), &e);
	assert_string_equal(value, want);
}

static uint32_t setting(enum sysctl_id id, uint32_t value)
{
	return PROBE_SYSCTL + ((uint32_t)id << 16 | value);
}

static void a_setting_lasts_until_the_list_is_over(void)
{
	build();
	perform(SIDE_SERVER, setting(SYSCTL_RFC1337, 1), -1, 0);
	perform(SIDE_SERVER, setting(SYSCTL_RFC1337, 1), -1, 0);
	assert_rfc1337(1, "1");
	assert_rfc1337(0, "0");
	perform(SIDE_SERVER, FAULT_COUNT, -1, 0);
	assert_rfc1337(1, "0");
	drop();
}

static void both_sides_of_one_node_may_set_the_same(void)
{
	build();
	lab.server_node = lab.client_node;
	perform(SIDE_CLIENT, setting(SYSCTL_RFC1337, 1), -1, 0);
	perform(SIDE_SERVER, setting(SYSCTL_RFC1337, 1), -1, 0);
	assert_rfc1337(0, "1");
	perform(SIDE_CLIENT, FAULT_COUNT, -1, 0);
	perform(SIDE_SERVER, FAULT_COUNT, -1, 0);
	assert_rfc1337(0, "0");
	drop();
}

static void what_is_of_the_whole_machine_is_not_set(void)
{
	build();
	perform(SIDE_SERVER, setting(SYSCTL_MAX_ORPHANS, 0), -1, EOPNOTSUPP);
	perform(SIDE_SERVER, setting(SYSCTL_COUNT, 0), -1, EINVAL);
	perform(SIDE_SERVER, PROBE_WISHES, -1, EINVAL);
	drop();
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		netns_test(a_segment_with_the_exact_number_resets),
		netns_test(a_segment_that_is_not_exact_does_not),
		netns_test(noted_numbers_serve_without_a_socket),
		netns_test(
			a_segment_is_through_the_wire_when_the_script_goes_on),
		netns_test(noting_the_numbers_lets_the_port_be_used_again),
		netns_test(a_segment_of_the_other_side_needs_its_address_there),
		netns_test(a_setting_lasts_until_the_list_is_over),
		netns_test(both_sides_of_one_node_may_set_the_same),
		netns_test(what_is_of_the_whole_machine_is_not_set),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
