/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Faults in a lab of two nodes on one cable, with and without probes. */
#include "tests/netns/netns-test.h"

#include "lab/base/clock.h"
#include "lab/net/netns.h"
#include "lab/net/sysctl.h"
#include "lab/run/fault-parts.h"
#include "lab/run/fault.h"
#include "lab/run/lab.h"
#include "tests/netns/node-test.h"
#include "tests/netns/topology-text.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>

#define TRACKED                                                     \
	PAIR_WITH("    nft: |\n"                                    \
		  "      table inet t {\n"                          \
		  "        chain out {\n"                           \
		  "          type filter hook output priority 0;\n" \
		  "          ct state new counter accept\n"         \
		  "        }\n"                                     \
		  "      }\n"                                       \
		  "    routes:\n"                                   \
		  "      - {to: 203.0.113.0/24, via: 192.0.2.2}\n")

static struct topology topology;
static struct lab lab;

static void build(const char *yaml)
{
	struct err e = { .code = 0 };

	/* the case gets a /tmp of its own, which may hide the probes */
	assert_int_equal(chdir(node_test_libexec()), 0);
	topology_text_load(&topology, yaml);
	assert_done(net_build(&topology, &lab.net, &e), &e);
	lab.topology = &topology;
	lab.n_nodes = lab.net->n_nodes;
	lab.client_node = 0;
	lab.server_node = 1;
}

/* An exit handler would do, but a case says what it leaves. */
static void drop(void)
{
	probe_pair_stop(lab.probes);
	net_free(lab.net);
	topology_done(&topology);
}

static void perform(int side, uint32_t fault, int connection, int want)
{
	struct err e = { .code = 0 };
	const int r = fault_perform(&lab, side, fault, connection, &e);

	assert_done(r, &e);
	assert_int_equal(r, want);
}

static int socket_of(size_t node, int family, int type, int protocol)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct err e = { .code = 0 };
	int fd;

	assert_done(netns_enter(&visit, lab.net->nodes[node].netns, &e), &e);
	fd = socket(family, type | SOCK_CLOEXEC, protocol);
	assert_true(fd >= 0);
	return fd;
}

/* A connection from node a to node b. */
struct pair {
	int client, server;
};

static struct pair connect_pair(const char *address)
{
	struct ip_endpoint ep;
	struct sockaddr_storage sa;
	socklen_t n;
	struct pair p;

	assert_true(ip_endpoint_parse(address, &ep));
	n = ip_endpoint_to_sockaddr(&ep, &sa);
	own_fd int listener = socket_of(1, sa.ss_family, SOCK_STREAM, 0);

	assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR,
				    &(int){ 1 }, sizeof(int)),
			 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&sa, n), 0);
	assert_int_equal(listen(listener, 1), 0);
	p.client = socket_of(0, sa.ss_family, SOCK_STREAM, 0);
	assert_int_equal(connect(p.client, (struct sockaddr *)&sa, n), 0);
	p.server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(p.server >= 0);
	return p;
}

static void close_pair(const struct pair *p)
{
	(void)close(p->client);
	(void)close(p->server);
}

static bool is_running(size_t node)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	own_fd int fd = -1;
	struct ifreq ifr = { .ifr_name = "eth0" };
	struct err e = { .code = 0 };

	assert_done(netns_enter(&visit, lab.net->nodes[node].netns, &e), &e);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(ioctl(fd, SIOCGIFFLAGS, &ifr), 0);
	return ifr.ifr_flags & IFF_RUNNING;
}

/* Has node a a way to @address? */
static bool has_route(const char *address)
{
	own_fd int fd = socket_of(0, AF_INET, SOCK_DGRAM, 0);
	struct ip_endpoint ep;
	struct sockaddr_storage sa;
	socklen_t n;

	assert_true(ip_endpoint_parse(address, &ep));
	n = ip_endpoint_to_sockaddr(&ep, &sa);
	return connect(fd, (struct sockaddr *)&sa, n) == 0;
}

static void a_link_comes_up_again_as_it_was(void)
{
	struct pair p;

	build(TRACKED);
	assert_true(has_route("203.0.113.1:80"));
	/* the far end is the client's: that is where things get lost */
	perform(SIDE_SERVER, FAULT_LINK_DOWN, -1, 0);
	assert_false(is_running(1));
	assert_false(has_route("203.0.113.1:80"));
	perform(SIDE_SERVER, FAULT_COUNT, -1, 0);
	assert_true(is_running(1));
	assert_true(has_route("203.0.113.1:80"));
	p = connect_pair("192.0.2.2:80");
	close_pair(&p);
	p = connect_pair("[fd00::2]:80");
	close_pair(&p);
	drop();
}

static void link_up_leaves_nothing_to_undo(void)
{
	build(PAIR_WITH(""));
	perform(SIDE_CLIENT, FAULT_LINK_DOWN, -1, 0);
	assert_int_equal(lab.faults[SIDE_CLIENT], 1u << FAULT_LINK_DOWN);
	perform(SIDE_CLIENT, FAULT_LINK_UP, -1, 0);
	assert_int_equal(lab.faults[SIDE_CLIENT], 0);
	assert_true(is_running(0));
	drop();
}

static void what_both_sides_broke_is_undone_at_once(void)
{
	struct err e = { .code = 0 };

	build(PAIR_WITH(""));
	perform(SIDE_CLIENT, FAULT_LINK_DOWN, -1, 0);
	perform(SIDE_SERVER, FAULT_LINK_DOWN, -1, 0);
	assert_done(fault_undo_all(&lab, &e), &e);
	assert_int_equal(lab.faults[SIDE_CLIENT] | lab.faults[SIDE_SERVER], 0);
	assert_true(is_running(0) && is_running(1));
	drop();
}

static void a_topology_without_room_for_a_fault_says_so(void)
{
	build(HEAD "  - name: a\n    kind: host\n"
		   "  - name: b\n    kind: host\n"
		   "    interfaces:\n"
		   "      - name: br0\n        kind: bridge\n"
		   "        addresses: [192.0.2.2/24]\n");
	perform(SIDE_CLIENT, FAULT_LINK_DOWN, -1, EOPNOTSUPP);
	perform(SIDE_CLIENT, FAULT_DISCONNECT, -1, EOPNOTSUPP);
	perform(SIDE_CLIENT, FAULT_SNAT_EXHAUST, -1, EOPNOTSUPP);
	perform(SIDE_CLIENT, FAULT_SEGMENT_AHEAD, -1, ENOTCONN);
	perform(SIDE_CLIENT, PROBE_WISHES, -1, EINVAL);
	assert_int_equal(lab.faults[SIDE_CLIENT], 0);
	drop();
}

/* --- connection tracking ------------------------------------------------- */

static long tracked(void)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	char text[SYSCTL_VALUE_MAX];
	struct err e = { .code = 0 };

	assert_done(netns_enter(&visit, lab.net->nodes[0].netns, &e), &e);
	assert_done(sysctl_get("net.netfilter.nf_conntrack_count", text, &e),
		    &e);
	return strtol(text, NULL, 10);
}

static void a_flush_forgets_every_connection(void)
{
	struct pair p;

	build(TRACKED);
	p = connect_pair("192.0.2.2:80");
	assert_int_equal(tracked(), 1);
	perform(SIDE_CLIENT, FAULT_CONNTRACK_FLUSH, -1, 0);
	assert_int_equal(tracked(), 0);
	close_pair(&p);
	drop();
}

/* What expired is deleted by whoever comes upon it: a dump does. */
static void expired_connections_are_gone_when_looked_at(void)
{
	struct pair p;

	build(TRACKED);
	p = connect_pair("192.0.2.2:80");
	assert_int_equal(tracked(), 1);
	perform(SIDE_CLIENT, FAULT_CONNTRACK_EXPIRE, -1, 0);
	perform(SIDE_CLIENT, FAULT_CONNTRACK_EXPIRE, -1, 0);
	assert_int_equal(tracked(), 0);
	close_pair(&p);
	drop();
}

static void every_port_of_nat_can_be_taken(void)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct err e = { .code = 0 };
	struct ip_endpoint to;
	struct ip_addr from;

	build(TRACKED);
	assert_true(ip_addr_parse("192.0.2.1", &from));
	assert_true(ip_endpoint_parse("192.0.2.2:80", &to));
	assert_done(netns_enter(&visit, lab.net->nodes[0].netns, &e), &e);
	assert_done(conntrack_take_ports(&from, &to, &e), &e);
	assert_int_equal(tracked(), 65536 - 1024);
	assert_done(conntrack_flush(&e), &e);
	assert_int_equal(tracked(), 0);
	netns_visit_end(&visit);
	drop();
}

/* --- segments ------------------------------------------------------------ */

/* The next segment with that destination port that comes into node a. */
static struct tcphdr sniff(int raw, uint16_t port)
{
	for (;;) {
		struct pollfd p = { .fd = raw, .events = POLLIN };
		uint8_t bytes[256];
		struct tcphdr tcp;
		ssize_t n;
		size_t head;

		assert_int_equal(poll(&p, 1, 5000), 1);
		n = recv(raw, bytes, sizeof(bytes), 0);
		head = (size_t)(bytes[0] & 15) * 4;
		assert_true(n >= (ssize_t)(head + sizeof(tcp)));
		memcpy(&tcp, bytes + head, sizeof(tcp));
		if (tcp.dest == port)
			return tcp;
	}
}

static void a_segment_is_as_far_off_as_its_name_says(void)
{
	static const struct {
		uint32_t fault;
		int32_t seq, ack;
	} rows[] = {
		{ FAULT_SEGMENT_AHEAD, 50000000, 0 },
		{ FAULT_SEGMENT_BEHIND, -50000000, 0 },
		{ FAULT_SEGMENT_ACK, 0, 80000000 },
	};
	struct sockaddr_in own;
	socklen_t n = sizeof(own);
	struct tcphdr last, tcp;
	struct pair p;

	build(PAIR_WITH(""));
	p = connect_pair("192.0.2.2:80");
	own_fd int raw = socket_of(0, AF_INET, SOCK_RAW, IPPROTO_TCP);

	assert_int_equal(getsockname(p.client, (struct sockaddr *)&own, &n), 0);
	assert_int_equal(send(p.server, "x", 1, 0), 1);
	last = sniff(raw, own.sin_port);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		perform(SIDE_SERVER, rows[i].fault, p.server, 0);
		tcp = sniff(raw, own.sin_port);
		assert_int_equal(ntohl(tcp.seq) - ntohl(last.seq) - 1,
				 (uint32_t)rows[i].seq);
		assert_int_equal(ntohl(tcp.ack_seq) - ntohl(last.ack_seq),
				 (uint32_t)rows[i].ack);
		assert_int_equal(tcp.source, htons(80));
	}
	/* and the connection is none the worse for it */
	assert_int_equal(send(p.server, "y", 1, 0), 1);
	assert_int_equal(recv(p.client, (char[2]){ 0 }, 2, 0), 2);
	close_pair(&p);
	drop();
}

/* --- sockets ------------------------------------------------------------- */

static void an_aborted_connection_tells_both_ends(void)
{
	char byte;
	struct pair p;

	build(PAIR_WITH(""));
	p = connect_pair("192.0.2.2:80");
	perform(SIDE_CLIENT, FAULT_ABORT, p.client, 0);
	assert_int_equal(recv(p.client, &byte, 1, 0), -1);
	assert_int_equal(errno, ECONNABORTED);
	assert_int_equal(recv(p.server, &byte, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	perform(SIDE_CLIENT, FAULT_ABORT, p.client, ENOTCONN);
	perform(SIDE_CLIENT, FAULT_ABORT, -1, ENOTCONN);
	close_pair(&p);
	drop();
}

static void a_connection_in_repair_is_closed_without_a_word(void)
{
	char byte;
	struct pair p;

	build(PAIR_WITH(""));
	p = connect_pair("192.0.2.2:80");
	perform(SIDE_CLIENT, FAULT_REPAIR, p.client, 0);
	(void)close(p.client);
	/* no FIN has come; what is sent finds nobody */
	assert_int_equal(recv(p.server, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(send(p.server, "x", 1, 0), 1);
	assert_int_equal(recv(p.server, &byte, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	(void)close(p.server);
	drop();
}

/* --- closing ------------------------------------------------------------- */

/* The server's, which goes on sending its FIN. */
static struct tcp_info info_of(int fd)
{
	struct tcp_info info;
	socklen_t n = sizeof(info);

	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n), 0);
	return info;
}

static void a_fin_is_lost_until_it_is_found(void)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	char bytes[2];
	struct pair p;

	build(PAIR_WITH(""));
	p = connect_pair("192.0.2.2:80");
	perform(SIDE_CLIENT, FAULT_FINS_LOST, -1, ENOTCONN);
	perform(SIDE_CLIENT, FAULT_FINS_LOST, p.client, 0);
	assert_int_equal(send(p.server, "x", 1, 0), 1);
	assert_int_equal(recv(p.client, bytes, 1, 0), 1);
	assert_int_equal(shutdown(p.server, SHUT_WR), 0);
	while (info_of(p.server).tcpi_retransmits == 0)
		(void)nanosleep(&pause, NULL);
	assert_int_equal(info_of(p.server).tcpi_state, TCP_FIN_WAIT1);
	assert_int_equal(info_of(p.client).tcpi_state, TCP_ESTABLISHED);
	perform(SIDE_CLIENT, FAULT_FINS_FOUND, -1, 0);
	assert_int_equal(lab.faults[SIDE_CLIENT], 0);
	assert_int_equal(recv(p.client, bytes, 1, 0), 0);
	perform(SIDE_CLIENT, FAULT_FINS_FOUND, -1, 0); /* nothing to do */
	close_pair(&p);
	drop();
}

static void lost_fins_are_found_when_the_list_is_over(void)
{
	char byte;
	struct pair p;

	build(PAIR_WITH(""));
	p = connect_pair("192.0.2.2:80");
	perform(SIDE_SERVER, FAULT_FINS_LOST, p.server, 0);
	assert_int_equal(shutdown(p.client, SHUT_WR), 0);
	perform(SIDE_SERVER, FAULT_COUNT, -1, 0);
	assert_int_equal(recv(p.server, &byte, 1, 0), 0);
	close_pair(&p);
	drop();
}

/* --- through the probes -------------------------------------------------- */

static void play(const struct script *scripts)
{
	/* port 80 is not for a probe without rights */
	const struct ip_endpoint at = { .addr = topology.listen.addr,
					.port = 8080 };
	const struct ip_endpoint addresses[SIDES] = { at, at };
	const struct probe_trial t = {
		.number = ++lab.last_trial,
		.deadline_ns = 300 * NS_PER_MS,
	};
	struct err e = { .code = 0 };

	if (!lab.probes) {
		assert_done(probe_pair_start(&lab.probes, &lab.net->nodes[0],
					     &lab.net->nodes[1], ".", &e),
			    &e);
		lab.probes->on_fault = fault_perform;
		lab.probes->fault_arg = &lab;
	}
	assert_done(probe_pair_define(lab.probes, 0, scripts, &e), &e);
	assert_done(probe_pair_begin(lab.probes, &t, 1, addresses, &e), &e);
	assert_done(probe_pair_wait(lab.probes, NULL, NULL, &e), &e);
}

static const struct probe_call *last_call(int side)
{
	const struct probe_result *r =
		probe_pair_result(lab.probes, side, 0, lab.last_trial);

	assert_non_null(r);
	assert_true(r->n_calls > 0);
	return &r->calls[r->n_calls - 1];
}

static void a_stopped_server_does_not_answer_and_then_goes_on(void)
{
	static const struct script hang[SIDES] = {
		{ 4,
		  { { STEP_CONNECT, 0 },
		    { STEP_FAULT, FAULT_PAUSE },
		    { STEP_SEND, 9 },
		    { STEP_RECV, 9 } } },
		{ 5,
		  { { STEP_LISTEN, 0 },
		    { STEP_ACCEPT, 0 },
		    { STEP_RECV, 9 },
		    { STEP_SEND, 9 },
		    { STEP_RECV_EOF, 0 } } },
	};
	static const struct script answer[SIDES] = {
		{ 5,
		  { { STEP_CONNECT, 0 },
		    { STEP_FAULT, FAULT_PAUSE },
		    { STEP_SEND, 9 },
		    { STEP_FAULT, FAULT_RESUME },
		    { STEP_RECV, 9 } } },
		{ 5,
		  { { STEP_LISTEN, 0 },
		    { STEP_ACCEPT, 0 },
		    { STEP_RECV, 9 },
		    { STEP_SEND, 9 },
		    { STEP_RECV_EOF, 0 } } },
	};

	build(PAIR_WITH(""));
	play(hang);
	assert_int_equal(last_call(SIDE_CLIENT)->step, STEP_RECV);
	assert_true(last_call(SIDE_CLIENT)->timed_out);
	assert_int_equal(lab.faults[SIDE_CLIENT], 0);
	play(answer);
	assert_int_equal(last_call(SIDE_CLIENT)->error, 0);
	assert_int_equal(last_call(SIDE_CLIENT)->result, 9);
	drop();
}

static void a_probe_hands_its_connection_to_the_fault(void)
{
	static const struct script scripts[SIDES] = {
		{ 3,
		  { { STEP_CONNECT, 0 },
		    { STEP_FAULT, FAULT_SEGMENT_BEHIND },
		    { STEP_CLOSE, 0 } } },
		{ 3,
		  { { STEP_LISTEN, 0 },
		    { STEP_ACCEPT, 0 },
		    { STEP_RECV_EOF, 0 } } },
	};

	build(PAIR_WITH(""));
	play(scripts);
	assert_int_equal(last_call(SIDE_CLIENT)->step, STEP_CLOSE);
	assert_int_equal(last_call(SIDE_CLIENT)->error, 0);
	assert_int_equal(last_call(SIDE_SERVER)->error, 0);
	drop();
}

static void a_full_accept_queue_lets_connect_time_out(void)
{
	static const struct script full[SIDES] = {
		{ 1, { { STEP_CONNECT, 0 } } },
		{ 2, { { STEP_LISTEN_FULL, 0 }, { STEP_WAIT_PEER, 0 } } },
	};
	static const struct script clean[SIDES] = {
		{ 3,
		  { { STEP_CONNECT, 0 },
		    { STEP_SEND, 9 },
		    { STEP_WAIT_ACKED, 0 } } },
		{ 4,
		  { { STEP_LISTEN, 0 },
		    { STEP_ACCEPT, 0 },
		    { STEP_RECV, 9 },
		    { STEP_WAIT_PEER, 0 } } },
	};

	build(PAIR_WITH(""));
	play(full);
	assert_true(last_call(SIDE_CLIENT)->timed_out);
	assert_int_equal(last_call(SIDE_SERVER)->step, STEP_WAIT_PEER);
	assert_int_equal(last_call(SIDE_SERVER)->error, 0);
	play(clean);
	assert_int_equal(last_call(SIDE_CLIENT)->step, STEP_WAIT_ACKED);
	assert_int_equal(last_call(SIDE_CLIENT)->error, 0);
	assert_int_equal(last_call(SIDE_SERVER)->error, 0);
	drop();
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		netns_test(a_link_comes_up_again_as_it_was),
		netns_test(link_up_leaves_nothing_to_undo),
		netns_test(what_both_sides_broke_is_undone_at_once),
		netns_test(a_topology_without_room_for_a_fault_says_so),
		netns_test(a_flush_forgets_every_connection),
		netns_test(expired_connections_are_gone_when_looked_at),
		netns_test(every_port_of_nat_can_be_taken),
		netns_test(a_segment_is_as_far_off_as_its_name_says),
		netns_test(an_aborted_connection_tells_both_ends),
		netns_test(a_connection_in_repair_is_closed_without_a_word),
		netns_test(a_fin_is_lost_until_it_is_found),
		netns_test(lost_fins_are_found_when_the_list_is_over),
		netns_test(a_stopped_server_does_not_answer_and_then_goes_on),
		netns_test(a_probe_hands_its_connection_to_the_fault),
		netns_test(a_full_accept_queue_lets_connect_time_out),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
