/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user-mode network between a guest and the machine that it runs on: what
 * each side of a connection sees, and who sends resets.  The expected results
 * are those of libslirp in QEMU.
 */
#include "tests/netns/netns-test.h"

#include "tests/netns/program-test.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <signal.h>

#define REMOTE	"10.1.0.1:7000"	 /* a server outside, seen from everywhere */
#define FORWARD "10.1.0.2:8080"	 /* the forwarded port, seen from outside */
#define GUEST	"10.0.2.15:8000" /* the server in the guest */

/* remote -- 10.1.0.0 -- host, which has the guest behind a tap */
static struct place remote, host, guest;
static int tap = -1;
static struct program usernet;

static void open_places(void)
{
	char path[4352];
	int index;

	(void)snprintf(path, sizeof(path), "%s/usernet", node_test_libexec());
	if (access(path, X_OK) < 0)
		netns_skip("built without libslirp");
	place_new(&remote, "remote");
	place_new(&host, "host");
	place_new(&guest, "guest");
	place_join(&remote, &host, "10.1.0.", "fd01::");
	tap = place_tap(&guest, "10.0.2.15/24", true, &index);
	place_address(&guest, index, "fec0::15/64");
	place_default_route(&guest, "10.0.2.2");
	place_default_route(&guest, "fec0::2");
}

static void start_with(const char *const *words)
{
	open_places();
	program_start(&usernet, &host, words, &tap, 1);
}

static void start(void)
{
	const char *const words[] = { "usernet", "guest=10.0.2.15/24",
				      "gateway=10.0.2.2",
				      "forward=0.0.0.0:8080," GUEST, NULL };

	start_with(words);
}

static void end_places(void)
{
	(void)close(tap);
	place_done(&remote);
	place_done(&host);
	place_done(&guest);
}

/* Resets of a machine are waited for: the network sends its own from its
 * loop.  More than were wanted fail. */
static void assert_resets(struct place *p, int64_t wanted)
{
	const int64_t limit_ns = clock_now_ns() + PATIENCE_S * NS_PER_S;

	while (place_resets(p) < wanted && clock_now_ns() < limit_ns)
		(void)sched_yield();
	assert_int_equal(place_resets(p), wanted);
}

static void finish(int64_t by_remote, int64_t by_host, int64_t by_guest)
{
	assert_resets(&remote, by_remote);
	assert_resets(&host, by_host);
	assert_resets(&guest, by_guest);
	program_stop(&usernet);
	end_places();
}

static void talk(int c, int s)
{
	assert_int_equal(tcp_send(c, "question"), 0);
	tcp_expect(s, "question");
	assert_int_equal(tcp_send(s, "answer"), 0);
	tcp_expect(c, "answer");
	tcp_wait_acknowledged(s);
}

/* --- from the guest --------------------------------------------------------
 */

static void join_out(int *ret_client, int *ret_server)
{
	own_fd int listener = -1;

	start();
	listener = tcp_listen(&remote, REMOTE);
	assert_int_equal(tcp_connect(&guest, REMOTE, ret_client), 0);
	*ret_server = tcp_accept(listener);
}

static void a_normal_close_of_the_guest_has_no_reset(void)
{
	int c, s;

	join_out(&c, &s);
	talk(c, s);
	(void)close(c);
	assert_int_equal(tcp_end(s), 0);
	(void)close(s);
	finish(0, 0, 0);
}

static void a_normal_close_of_the_remote_has_no_reset(void)
{
	int c, s;

	join_out(&c, &s);
	talk(c, s);
	(void)close(s);
	assert_int_equal(tcp_end(c), 0);
	(void)close(c);
	finish(0, 0, 0);
}

/* The host's own socket gets the remote's reset; the guest's connection gets
 * one that libslirp makes, which no kernel counts. */
static void a_refused_port_is_refused_to_the_guest(void)
{
	int c;

	start();
	assert_int_equal(tcp_connect(&guest, REMOTE, &c), ECONNREFUSED);
	(void)close(c);
	finish(1, 0, 0);
}

static void the_reset_of_a_lingering_remote_resets_the_guest(void)
{
	int c, s;

	join_out(&c, &s);
	talk(c, s);
	tcp_abort(s);
	assert_int_equal(tcp_end(c), ECONNRESET);
	(void)close(c);
	finish(1, 0, 0);
}

static void the_reset_of_a_remote_with_unread_bytes_resets_the_guest(void)
{
	int c, s;

	join_out(&c, &s);
	assert_int_equal(tcp_send(c, "question"), 0);
	tcp_wait_readable(s);
	(void)close(s);
	assert_int_equal(tcp_end(c), ECONNRESET);
	(void)close(c);
	finish(1, 0, 0);
}

/* One write later than without libslirp, which has to try the next. */
static void writes_of_the_guest_after_the_remotes_close_fail_late(void)
{
	int c, s, sent;

	join_out(&c, &s);
	(void)close(s);
	assert_int_equal(tcp_end(c), 0);
	assert_int_equal(tcp_write_until_it_fails(c, 100, &sent), EPIPE);
	assert_int_equal(sent, 2);
	(void)close(c);
	finish(1, 0, 0);
}

static void the_reset_of_a_lingering_guest_is_an_end_for_the_remote(void)
{
	int c, s;

	join_out(&c, &s);
	talk(c, s);
	tcp_abort(c);
	assert_int_equal(tcp_end(s), 0);
	(void)close(s);
	finish(0, 0, 1);
}

static void the_reset_of_a_guest_with_unread_bytes_is_an_end(void)
{
	int c, s;

	join_out(&c, &s);
	assert_int_equal(tcp_send(s, "greeting"), 0);
	tcp_wait_readable(c);
	(void)close(c);
	assert_int_equal(tcp_end(s), 0);
	(void)close(s);
	finish(0, 0, 1);
}

/* The node's loopback is the guest's gateway. */
static void the_guest_reaches_the_loopback_of_its_host(void)
{
	own_fd int listener = -1;
	int c, s;

	start();
	listener = tcp_listen(&host, "127.0.0.1:7000");
	assert_int_equal(tcp_connect(&guest, "10.0.2.2:7000", &c), 0);
	s = tcp_accept(listener);
	talk(c, s);
	(void)close(c);
	assert_int_equal(tcp_end(s), 0);
	(void)close(s);
	finish(0, 0, 0);
}

/* --- into the guest --------------------------------------------------------
 */

static void join_in(int *ret_client, int *ret_server)
{
	own_fd int listener = -1;

	start();
	listener = tcp_listen(&guest, GUEST);
	assert_int_equal(tcp_connect(&remote, FORWARD, ret_client), 0);
	*ret_server = tcp_accept(listener);
}

static void a_normal_close_into_the_guest_has_no_reset(void)
{
	int c, s;

	join_in(&c, &s);
	talk(c, s);
	(void)close(c);
	assert_int_equal(tcp_end(s), 0);
	(void)close(s);
	finish(0, 0, 0);
}

static void the_guest_sees_where_a_remote_client_comes_from(void)
{
	struct sockaddr_storage sa;
	socklen_t n = sizeof(sa);
	struct ip_endpoint peer;
	char text[IP_TEXT_MAX];
	int c, s;

	join_in(&c, &s);
	assert_int_equal(getpeername(s, (struct sockaddr *)&sa, &n), 0);
	ip_endpoint_from_sockaddr(&sa, &peer);
	assert_string_equal(ip_addr_text(&peer.addr, text), "10.1.0.1");
	(void)close(c);
	assert_int_equal(tcp_end(s), 0);
	(void)close(s);
	finish(0, 0, 0);
}

/* A socket that hears every frame of the guest's tap. */
static int open_ear(void)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	const struct timeval patience = { PATIENCE_S, 0 };
	struct err e = { .code = 0 };
	int fd;

	assert_done(netns_enter(&visit, guest.netns, &e), &e);
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL));
	assert_true(fd >= 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			 sizeof(patience));
	return fd;
}

/* The protocol of the next frame from the network. */
static int next_protocol(int ear)
{
	struct sockaddr_ll from;
	char frame[64];

	do {
		socklen_t n = sizeof(from);

		assert_true(recvfrom(ear, frame, sizeof(frame), 0,
				     (struct sockaddr *)&from, &n) >= 0);
	} while (from.sll_pkttype == PACKET_OUTGOING);
	return ntohs(from.sll_protocol);
}

/* It would wait for the answer to an ARP request, for 500 ms at first. */
static void the_first_connection_into_the_guest_waits_for_nobody(void)
{
	own_fd int ear = -1;
	int c, s;

	start();
	ear = open_ear();
	{
		own_fd int listener = tcp_listen(&guest, GUEST);

		assert_int_equal(tcp_connect(&remote, FORWARD, &c), 0);
		s = tcp_accept(listener);
	}
	assert_int_equal(next_protocol(ear), ETH_P_IP);
	(void)close(c);
	assert_int_equal(tcp_end(s), 0);
	(void)close(s);
	finish(0, 0, 0);
}

static void a_port_that_the_guest_refuses_is_an_end_for_the_remote(void)
{
	int c;

	start();
	assert_int_equal(tcp_connect(&remote, FORWARD, &c), 0);
	assert_int_equal(tcp_end(c), 0);
	(void)close(c);
	finish(0, 0, 1);
}

/* The end comes first; what the remote says afterwards is reset. */
static void a_remote_that_speaks_to_a_refused_port_sees_an_end(void)
{
	struct pollfd ended = { .events = POLLRDHUP };
	int c;

	start();
	assert_int_equal(tcp_connect(&remote, FORWARD, &c), 0);
	ended.fd = c;
	assert_int_equal(poll(&ended, 1, PATIENCE_S * 1000), 1);
	assert_int_equal(tcp_send(c, "question"), 0);
	assert_resets(&host, 1);
	assert_int_equal(tcp_end(c), 0);
	(void)close(c);
	finish(0, 1, 1);
}

/* The network is stopped until the bytes are there: it closes without having
 * read them. */
static void a_remote_that_was_quicker_than_the_refusal_is_reset(void)
{
	int c;

	start();
	assert_int_equal(kill(usernet.pid, SIGSTOP), 0);
	assert_int_equal(tcp_connect(&remote, FORWARD, &c), 0);
	assert_int_equal(tcp_send(c, "question"), 0);
	assert_int_equal(kill(usernet.pid, SIGCONT), 0);
	assert_int_equal(tcp_end(c), ECONNRESET);
	(void)close(c);
	finish(0, 1, 1);
}

static void the_reset_of_a_lingering_guest_server_is_an_end(void)
{
	int c, s;

	join_in(&c, &s);
	talk(c, s);
	tcp_abort(s);
	assert_int_equal(tcp_end(c), 0);
	(void)close(c);
	finish(0, 0, 1);
}

static void the_reset_of_a_guest_server_with_unread_bytes_is_an_end(void)
{
	int c, s;

	join_in(&c, &s);
	assert_int_equal(tcp_send(c, "question"), 0);
	tcp_wait_readable(s);
	(void)close(s);
	assert_int_equal(tcp_end(c), 0);
	(void)close(c);
	finish(0, 0, 1);
}

static void writes_of_a_remote_after_the_guests_close_fail_late(void)
{
	int c, s, sent;

	join_in(&c, &s);
	(void)close(s);
	assert_int_equal(tcp_end(c), 0);
	assert_int_equal(tcp_write_until_it_fails(c, 100, &sent), EPIPE);
	assert_int_equal(sent, 2);
	(void)close(c);
	finish(0, 1, 1);
}

static void the_reset_of_a_lingering_remote_reaches_the_guest(void)
{
	int c, s;

	join_in(&c, &s);
	talk(c, s);
	tcp_abort(c);
	assert_int_equal(tcp_end(s), ECONNRESET);
	(void)close(s);
	finish(1, 0, 0);
}

static void the_reset_of_a_remote_with_unread_bytes_reaches_the_guest(void)
{
	int c, s;

	join_in(&c, &s);
	assert_int_equal(tcp_send(s, "greeting"), 0);
	tcp_wait_readable(c);
	(void)close(c);
	assert_int_equal(tcp_end(s), ECONNRESET);
	(void)close(s);
	finish(1, 0, 0);
}

/* --- the rest --------------------------------------------------------------
 */

static void a_restricted_guest_reaches_nobody_but_can_be_reached(void)
{
	const char *const words[] = {
		"usernet",    "guest=10.0.2.15/24",	     "gateway=10.0.2.2",
		"restrict=1", "forward=0.0.0.0:8080," GUEST, NULL
	};
	own_fd int listener = -1;
	int c, s;

	start_with(words);
	(void)tcp_listen(&remote, REMOTE);
	assert_int_equal(tcp_connect(&guest, REMOTE, &c), ECONNREFUSED);
	listener = tcp_listen(&guest, GUEST);
	assert_int_equal(tcp_connect(&remote, FORWARD, &c), 0);
	s = tcp_accept(listener);
	talk(c, s);
	program_stop(&usernet);
	end_places();
}

static void ipv6_works_where_it_was_asked_for(void)
{
	const char *const words[] = { "usernet",
				      "guest=10.0.2.15/24",
				      "gateway=10.0.2.2",
				      "guest6=fec0::15/64",
				      "gateway6=fec0::2",
				      "forward=[::]:8080,[fec0::15]:8000",
				      NULL };
	own_fd int listener = -1, inside = -1;
	int c, s;

	start_with(words);
	listener = tcp_listen(&remote, "[fd01::1]:7000");
	assert_int_equal(tcp_connect(&guest, "[fd01::1]:7000", &c), 0);
	s = tcp_accept(listener);
	talk(c, s);
	(void)close(c);
	assert_int_equal(tcp_end(s), 0);
	(void)close(s);
	inside = tcp_listen(&guest, "[fec0::15]:8000");
	assert_int_equal(tcp_connect(&remote, "[fd01::2]:8080", &c), 0);
	s = tcp_accept(inside);
	talk(c, s);
	(void)close(c);
	assert_int_equal(tcp_end(s), 0);
	(void)close(s);
	finish(0, 0, 0);
}

enum { BULK = 4 << 20 };

/* Also with a tap that was left with offloads: it switches them off. */
static void many_bytes_arrive_whole(void)
{
	static char buf[65536];
	size_t got = 0;
	int c, s;
	pid_t pid;

	join_out(&c, &s);
	pid = fork();
	if (pid == 0) {
		for (size_t sent = 0; sent < BULK; sent += sizeof(buf))
			if (send(c, buf, sizeof(buf), MSG_NOSIGNAL) < 0)
				_exit(1);
		_exit(0);
	}
	(void)close(c);
	while (got < BULK) {
		const ssize_t n = recv(s, buf, sizeof(buf), 0);

		assert_true(n > 0);
		got += (size_t)n;
	}
	assert_int_equal(tcp_end(s), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)close(s);
	finish(0, 0, 0);
}

static void check_refusal(const char *const *words, const char *sentence,
			  int status)
{
	char said[512];

	open_places();
	program_launch(&usernet, &host, words, &tap, 1);
	(void)program_hear(&usernet, said);
	assert_string_equal(said, sentence);
	assert_int_equal(program_wait(&usernet), status);
	end_places();
}

static void an_address_of_another_machine_is_the_files_mistake(void)
{
	const char *const words[] = { "usernet", "guest=10.0.2.15/24",
				      "gateway=10.0.2.2",
				      "forward=192.0.2.7:8080," GUEST, NULL };

	check_refusal(words,
		      "cannot listen at 192.0.2.7:8080: Cannot assign "
		      "requested address",
		      2);
}

static void what_is_no_setting_is_our_bug(void)
{
	const char *const words[] = { "usernet", "guest=10.0.2.15", NULL };

	check_refusal(words,
		      "'guest=10.0.2.15' is no setting of a user-mode network",
		      70);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tap_test(a_normal_close_of_the_guest_has_no_reset),
		tap_test(a_normal_close_of_the_remote_has_no_reset),
		tap_test(a_refused_port_is_refused_to_the_guest),
		tap_test(the_reset_of_a_lingering_remote_resets_the_guest),
		tap_test(
			the_reset_of_a_remote_with_unread_bytes_resets_the_guest),
		tap_test(writes_of_the_guest_after_the_remotes_close_fail_late),
		tap_test(
			the_reset_of_a_lingering_guest_is_an_end_for_the_remote),
		tap_test(the_reset_of_a_guest_with_unread_bytes_is_an_end),
		tap_test(the_guest_reaches_the_loopback_of_its_host),
		tap_test(the_first_connection_into_the_guest_waits_for_nobody),
		tap_test(a_normal_close_into_the_guest_has_no_reset),
		tap_test(the_guest_sees_where_a_remote_client_comes_from),
		tap_test(
			a_port_that_the_guest_refuses_is_an_end_for_the_remote),
		tap_test(a_remote_that_speaks_to_a_refused_port_sees_an_end),
		tap_test(a_remote_that_was_quicker_than_the_refusal_is_reset),
		tap_test(the_reset_of_a_lingering_guest_server_is_an_end),
		tap_test(
			the_reset_of_a_guest_server_with_unread_bytes_is_an_end),
		tap_test(writes_of_a_remote_after_the_guests_close_fail_late),
		tap_test(the_reset_of_a_lingering_remote_reaches_the_guest),
		tap_test(
			the_reset_of_a_remote_with_unread_bytes_reaches_the_guest),
		tap_test(a_restricted_guest_reaches_nobody_but_can_be_reached),
		tap_test(ipv6_works_where_it_was_asked_for),
		tap_test(many_bytes_arrive_whole),
		tap_test(an_address_of_another_machine_is_the_files_mistake),
		tap_test(what_is_no_setting_is_our_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
