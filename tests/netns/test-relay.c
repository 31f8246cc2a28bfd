/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The relay between a client's machine and a server's: what each side sees,
 * and who sends resets.  The expected results are those of docker-proxy.
 */
#include "tests/netns/netns-test.h"

#include "tests/netns/program-test.h"

#include <signal.h>

#define AT	"10.1.0.2:8080" /* as the client sees the relay */
#define SERVER	"10.2.0.2:80"
#define AT6	"[fd01::2]:8080"
#define SERVER6 "[fd02::2]:80"

/* client -- 10.1.0.0 -- relay -- 10.2.0.0 -- server */
static struct place client, host, server;
static struct program relay;

static void start_with(const char *listen, const char *connect)
{
	const char *const words[] = { "relay", listen, connect, NULL };

	place_new(&client, "client");
	place_new(&host, "host");
	place_new(&server, "server");
	place_join(&client, &host, "10.1.0.", "fd01::");
	place_join(&host, &server, "10.2.0.", "fd02::");
	program_start(&relay, &host, words, NULL, 0);
}

static void start(void)
{
	start_with("0.0.0.0:8080", SERVER);
}

/* End the relay, so that all its sockets are closed, and count. */
static void finish(int64_t by_client, int64_t by_relay, int64_t by_server)
{
	program_stop(&relay);
	assert_int_equal(place_resets(&client), by_client);
	assert_int_equal(place_resets(&host), by_relay);
	assert_int_equal(place_resets(&server), by_server);
	place_done(&client);
	place_done(&host);
	place_done(&server);
}

/* A connection through the relay. */
static void join(const char *at, const char *served, int *ret_client,
		 int *ret_server)
{
	own_fd int listener = tcp_listen(&server, served);

	assert_int_equal(tcp_connect(&client, at, ret_client), 0);
	*ret_server = tcp_accept(listener);
}

static void talk(int c, int s)
{
	assert_int_equal(tcp_send(c, "question"), 0);
	tcp_expect(s, "question");
	assert_int_equal(tcp_send(s, "answer"), 0);
	tcp_expect(c, "answer");
}

/* --- endings ---------------------------------------------------------------
 */

static void a_normal_close_reaches_the_other_side_without_a_reset(void)
{
	int c, s;

	start();
	join(AT, SERVER, &c, &s);
	talk(c, s);
	(void)close(c);
	assert_int_equal(tcp_end(s), 0);
	(void)close(s);
	finish(0, 0, 0);
}

static void a_half_closed_connection_still_answers(void)
{
	int c, s;

	start();
	join(AT, SERVER, &c, &s);
	assert_int_equal(tcp_send(c, "question"), 0);
	assert_int_equal(shutdown(c, SHUT_WR), 0);
	tcp_expect(s, "question");
	assert_int_equal(tcp_end(s), 0);
	assert_int_equal(tcp_send(s, "answer"), 0);
	(void)close(s);
	tcp_expect(c, "answer");
	assert_int_equal(tcp_end(c), 0);
	(void)close(c);
	finish(0, 0, 0);
}

static void a_refused_dial_is_an_accepted_connection_that_ends(void)
{
	int c;

	start();
	assert_int_equal(tcp_connect(&client, AT, &c), 0);
	assert_int_equal(tcp_end(c), 0);
	(void)close(c);
	finish(0, 0, 1);
}

/* The relay is stopped while the client speaks: the bytes are there before it
 * can dial. */
static void a_refused_dial_resets_a_client_that_spoke_at_once(void)
{
	int c;

	start();
	assert_int_equal(kill(relay.pid, SIGSTOP), 0);
	assert_int_equal(tcp_connect(&client, AT, &c), 0);
	assert_int_equal(tcp_send(c, "question"), 0);
	assert_int_equal(kill(relay.pid, SIGCONT), 0);
	assert_int_equal(tcp_end(c), ECONNRESET);
	(void)close(c);
	finish(0, 1, 1);
}

static void the_reset_of_a_lingering_server_is_an_end_for_the_client(void)
{
	int c, s;

	start();
	join(AT, SERVER, &c, &s);
	talk(c, s);
	tcp_abort(s);
	assert_int_equal(tcp_end(c), 0);
	(void)close(c);
	finish(0, 0, 1);
}

static void the_reset_of_a_server_with_unread_bytes_is_an_end(void)
{
	int c, s;

	start();
	join(AT, SERVER, &c, &s);
	assert_int_equal(tcp_send(c, "question"), 0);
	tcp_wait_readable(s);
	(void)close(s);
	assert_int_equal(tcp_end(c), 0);
	(void)close(c);
	finish(0, 0, 1);
}

static void the_reset_of_a_lingering_client_is_an_end_for_the_server(void)
{
	int c, s;

	start();
	join(AT, SERVER, &c, &s);
	talk(c, s);
	tcp_abort(c);
	assert_int_equal(tcp_end(s), 0);
	(void)close(s);
	finish(1, 0, 0);
}

static void the_reset_of_a_client_with_unread_bytes_is_an_end(void)
{
	int c, s;

	start();
	join(AT, SERVER, &c, &s);
	assert_int_equal(tcp_send(s, "greeting"), 0);
	tcp_wait_readable(c);
	(void)close(c);
	assert_int_equal(tcp_end(s), 0);
	(void)close(s);
	finish(1, 0, 0);
}

/* The first write gets the server's reset, the second finds it, the third
 * gets the relay's. */
static void writes_after_the_servers_close_fail_late(void)
{
	int c, s, sent;

	start();
	join(AT, SERVER, &c, &s);
	(void)close(s);
	assert_int_equal(tcp_end(c), 0);
	assert_int_equal(tcp_write_until_it_fails(c, 20, &sent), EPIPE);
	assert_int_equal(sent, 3);
	(void)close(c);
	finish(0, 1, 1);
}

/* --- families --------------------------------------------------------------
 */

static void check_families(const char *listen, const char *connect,
			   const char *at)
{
	int c, s;

	start_with(listen, connect);
	join(at, connect, &c, &s);
	talk(c, s);
	(void)close(c);
	assert_int_equal(tcp_end(s), 0);
	(void)close(s);
	finish(0, 0, 0);
}

static void it_relays_ipv6_to_ipv4(void)
{
	check_families("[::]:8080", SERVER, AT6);
}

static void it_relays_ipv4_to_ipv6(void)
{
	check_families("0.0.0.0:8080", SERVER6, AT);
}

static void it_relays_ipv6_to_ipv6(void)
{
	check_families("[fd01::2]:8080", SERVER6, AT6);
}

static void one_for_ipv4_and_one_for_ipv6_share_a_port(void)
{
	const char *const words[] = { "relay", "[::]:8080", SERVER, NULL };
	struct program second;
	int c, s;

	start();
	program_start(&second, &host, words, NULL, 0);
	join(AT6, SERVER, &c, &s);
	talk(c, s);
	(void)close(c);
	assert_int_equal(tcp_end(s), 0);
	(void)close(s);
	program_stop(&second);
	assert_int_equal(tcp_connect(&client, AT6, &c), ECONNREFUSED);
	(void)close(c);
	finish(0, 1, 0);
}

/* --- many connections ------------------------------------------------------
 */

enum { BULK = 8 << 20 };

static void pour(int fd)
{
	static char buf[65536];
	size_t sent = 0;

	for (; sent < sizeof(buf); sent++)
		buf[sent] = (char)sent;
	for (sent = 0; sent < BULK;) {
		const ssize_t n = send(fd, buf, sizeof(buf), MSG_NOSIGNAL);

		if (n < 0)
			_exit(1);
		sent += (size_t)n;
	}
}

static size_t drink(int fd)
{
	static char buf[65536];
	size_t got = 0;
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		got += (size_t)n;
	assert_int_equal(n, 0);
	return got;
}

/* In another process, which also ends what it pours. */
static pid_t pour_aside(int fd)
{
	const pid_t pid = fork();

	if (pid == 0) {
		pour(fd);
		_exit(shutdown(fd, SHUT_WR) < 0);
	}
	return pid;
}

static void many_bytes_arrive_whole_both_ways(void)
{
	int c, s, status;
	pid_t pids[2];

	start();
	join(AT, SERVER, &c, &s);
	pids[0] = pour_aside(c);
	pids[1] = pour_aside(s);
	assert_int_equal(drink(s), BULK);
	assert_int_equal(drink(c), BULK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	(void)close(c);
	(void)close(s);
	finish(0, 0, 0);
}

static void fill_up(int fd)
{
	static const char buf[65536];
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	/* until it takes nothing for a while: nobody reads at the end */
	while (poll(&p, 1, 100) == 1)
		(void)send(fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void a_connection_that_is_stuck_holds_up_no_other(void)
{
	int stuck_c, stuck_s, c, s;

	start();
	join(AT, SERVER, &stuck_c, &stuck_s);
	fill_up(stuck_c);
	join(AT, SERVER, &c, &s);
	talk(c, s);
	(void)close(c);
	assert_int_equal(tcp_end(s), 0);
	(void)close(s);
	tcp_abort(stuck_c); /* never read: what follows are resets */
	tcp_abort(stuck_s);
	program_stop(&relay);
}

/* Nobody has the backend's address: the dial waits for ARP. */
static void a_dial_under_way_holds_up_no_other(void)
{
	const char *const words[] = { "relay", "0.0.0.0:8081", "10.2.0.9:80",
				      NULL };
	struct program lost;
	int waiting, c, s;

	start();
	program_start(&lost, &host, words, NULL, 0);
	assert_int_equal(tcp_connect(&client, "10.1.0.2:8081", &waiting), 0);
	join(AT, SERVER, &c, &s);
	talk(c, s);
	(void)close(c);
	assert_int_equal(tcp_end(s), 0);
	(void)close(s);
	(void)close(waiting);
	program_stop(&lost);
	program_stop(&relay);
}

enum { MANY = 200 };

static void many_connections_live_side_by_side(void)
{
	int c[MANY], s[MANY], listener;

	start();
	listener = tcp_listen(&server, SERVER);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(tcp_connect(&client, AT, &c[i]), 0);
		s[i] = tcp_accept(listener);
	}
	for (int i = MANY - 1; i >= 0; i--)
		talk(c[i], s[i]);
	for (int i = 0; i < MANY; i++) {
		(void)close(c[i]);
		assert_int_equal(tcp_end(s[i]), 0);
		(void)close(s[i]);
	}
	(void)close(listener);
	finish(0, 0, 0);
}

/* --- the rest --------------------------------------------------------------
 */

/* Established sockets of the current namespace whose timer is keepalive (2)
 * and runs out within @most hundredths of a second: proc_net_tcp(5). */
static int count_keepalives(const char *path, unsigned long most)
{
	own_file FILE *f = fopen(path, "re");
	char line[256];
	int n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		unsigned state, timer;
		unsigned long when;

		if (sscanf(line, " %*u: %*s %*s %x %*x:%*x %x:%lx", &state,
			   &timer, &when) == 3 &&
		    state == 1 && timer == 2 && when <= most)
			n++;
	}
	return n;
}

static void both_sides_are_kept_alive_after_15_seconds(void)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct err e = { .code = 0 };
	int c, s;

	start();
	join(AT, SERVER, &c, &s);
	talk(c, s);
	assert_done(netns_enter(&visit, host.netns, &e), &e);
	assert_int_equal(count_keepalives("/proc/thread-self/net/tcp", 1500),
			 2);
	(void)close(c);
	(void)close(s);
	program_stop(&relay);
}

static void signals_to_the_whole_group_do_not_end_it(void)
{
	int c, s;

	start();
	assert_int_equal(kill(relay.pid, SIGINT), 0);
	assert_int_equal(kill(relay.pid, SIGTERM), 0);
	join(AT, SERVER, &c, &s);
	talk(c, s);
	(void)close(c);
	(void)close(s);
	program_stop(&relay);
}

static void check_refusal(const char *const *words, const char *sentence,
			  int status)
{
	struct program p;
	char said[512];

	place_new(&host, "host");
	program_launch(&p, &host, words, NULL, 0);
	(void)program_hear(&p, said);
	assert_string_equal(said, sentence);
	assert_int_equal(program_wait(&p), status);
}

static void an_address_of_another_machine_is_the_files_mistake(void)
{
	const char *const words[] = { "relay", "192.0.2.7:8080", SERVER, NULL };

	check_refusal(words,
		      "cannot listen at 192.0.2.7:8080: Cannot assign "
		      "requested address",
		      2);
}

static void a_port_of_another_program_is_the_files_mistake(void)
{
	const char *const words[] = { "relay", "0.0.0.0:8080", SERVER, NULL };
	struct program second;
	char said[512];

	start();
	program_launch(&second, &host, words, NULL, 0);
	(void)program_hear(&second, said);
	assert_string_equal(said, "cannot listen at 0.0.0.0:8080: Address "
				  "already in use");
	assert_int_equal(program_wait(&second), 2);
	finish(0, 0, 0);
}

static void words_that_are_no_endpoints_are_our_bug(void)
{
	const char *const words[] = { "relay", "8080", SERVER, NULL };

	check_refusal(words,
		      "usage: relay ADDRESS:PORT ADDRESS:PORT (started by "
		      "rstlab)",
		      70);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		netns_test(
			a_normal_close_reaches_the_other_side_without_a_reset),
		netns_test(a_half_closed_connection_still_answers),
		netns_test(a_refused_dial_is_an_accepted_connection_that_ends),
		netns_test(a_refused_dial_resets_a_client_that_spoke_at_once),
		netns_test(
			the_reset_of_a_lingering_server_is_an_end_for_the_client),
		netns_test(the_reset_of_a_server_with_unread_bytes_is_an_end),
		netns_test(
			the_reset_of_a_lingering_client_is_an_end_for_the_server),
		netns_test(the_reset_of_a_client_with_unread_bytes_is_an_end),
		netns_test(writes_after_the_servers_close_fail_late),
		netns_test(it_relays_ipv6_to_ipv4),
		netns_test(it_relays_ipv4_to_ipv6),
		netns_test(it_relays_ipv6_to_ipv6),
		netns_test(one_for_ipv4_and_one_for_ipv6_share_a_port),
		netns_test(many_bytes_arrive_whole_both_ways),
		netns_test(a_connection_that_is_stuck_holds_up_no_other),
		netns_test(a_dial_under_way_holds_up_no_other),
		netns_test(many_connections_live_side_by_side),
		netns_test(both_sides_are_kept_alive_after_15_seconds),
		netns_test(signals_to_the_whole_group_do_not_end_it),
		netns_test(an_address_of_another_machine_is_the_files_mistake),
		netns_test(a_port_of_another_program_is_the_files_mistake),
		netns_test(words_that_are_no_endpoints_are_our_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
