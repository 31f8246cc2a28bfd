/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small shell scripts play the programs where a case is about what the lab
 * does with them; where it is about the network, the real ones run.
 */
#include "tests/netns/netns-test.h"

#include "lab/base/clock.h"
#include "lab/base/ip.h"
#include "lab/net/netns.h"
#include "lab/run/process.h"
#include "tests/netns/node-test.h"
#include "tests/netns/topology-text.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#define SCRIPTS "/media/scripts" /* on a tmpfs of the case's own */

static const char relayed[] =
	HEAD "  - name: a\n"
	     "    kind: host\n"
	     "    interfaces:\n"
	     "      - {name: eth0, link: ab, addresses: [192.0.2.1/24]}\n"
	     "  - name: b\n"
	     "    kind: host\n"
	     "    interfaces:\n"
	     "      - {name: eth0, link: ab, addresses: [192.0.2.2/24]}\n"
	     "processes:\n"
	     "  - node: a\n"
	     "    kind: relay\n"
	     "    listen: 0.0.0.0:8080\n"
	     "    connect: 192.0.2.2:80\n";

static const char wired[] =
	HEAD "  - name: a\n"
	     "    kind: host\n"
	     "    interfaces:\n"
	     "      - {name: eth0, link: ab, addresses: [192.0.2.1/24]}\n"
	     "  - name: b\n"
	     "    kind: host\n"
	     "    interfaces:\n"
	     "      - {name: eth0, link: ab, addresses: [192.0.2.2/24]}\n"
	     "links:\n"
	     "  - {name: ab, kind: wire, delay: 2ms}\n";

static const char forwarded[] =
	"name: t\nsummary: s\nmirrors: m\nclient: h\nserver: g\n"
	"connect: 127.0.0.1:2222\nlisten: 10.0.2.15:8022\nnodes:\n"
	"  - name: h\n"
	"    kind: host\n"
	"  - name: g\n"
	"    kind: guest\n"
	"    interfaces:\n"
	"      - {name: eth0, kind: tap, addresses: [10.0.2.15/24]}\n"
	"    routes:\n"
	"      - {to: default, via: 10.0.2.9}\n"
	"processes:\n"
	"  - node: h\n"
	"    kind: usernet\n"
	"    guest: g:eth0\n"
	"    forwards:\n"
	"      - {listen: 127.0.0.1:2222, connect: 10.0.2.15:8022}\n";

struct lab {
	struct topology topology;
	struct net *net;
	struct process_set *processes;
};

static void lab_done(struct lab *l)
{
	process_stop(l->processes);
	net_free(l->net);
	topology_done(&l->topology);
}
#define own_lab OWN(lab_done)

/* In place: the network keeps a pointer to its topology. */
static void build(struct lab *l, const char *yaml)
{
	struct err e = { .code = 0 };

	topology_text_load(&l->topology, yaml);
	assert_done(net_build(&l->topology, &l->net, &e), &e);
}

/* All programs are this script; it has "ready" and "wait" for the common
 * parts.  Any user may read it: programs run as nobody. */
static void be_script(const char *body)
{
	static const char *const names[] = { "relay", "wire", "usernet" };
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "#!/bin/sh\n"
		       "ready() { printf x >&3; }\n"
		       "wait_end() { cat <&3 >/dev/null; }\n"
		       "%s\n",
		       body);
	assert_int_equal(chmod("/media", 0755), 0);
	assert_int_equal(mkdir(SCRIPTS, 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[64];
		int fd;

		(void)snprintf(path, sizeof(path), SCRIPTS "/%s", names[i]);
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
		assert_int_equal(write(fd, text, strlen(text)), strlen(text));
		assert_int_equal(fchmod(fd, 0755), 0);
		(void)close(fd);
	}
}

static void started(struct lab *l, const char *libexec)
{
	struct err e = { .code = 0 };

	assert_done(process_start(&l->processes, l->net, libexec, 7, &e), &e);
}

/* Starting fails with @text. */
static enum err_class assert_refused(const char *yaml, const char *script,
				     const char *text)
{
	own_lab struct lab l = { .net = NULL };
	struct err e = { .code = 0 };

	build(&l, yaml);
	be_script(script);
	assert_true(process_start(&l.processes, l.net, SCRIPTS, 7, &e) < 0);
	assert_string_equal(e.text, text);
	assert_null(l.processes);
	return e.class;
}

/* What each kind is told, said back by a script. */
#define SAY_ARGUMENTS "echo \"program: $*\" >&2; exit 7"

static void a_relay_is_told_where_to_listen_and_to_dial(void)
{
	(void)assert_refused(relayed, SAY_ARGUMENTS,
			     FILE_NAME ":18:11: relay in node 'a': "
				       "0.0.0.0:8080 192.0.2.2:80");
}

static void a_wire_is_told_its_seed_and_what_is_not_0(void)
{
	(void)assert_refused(wired, SAY_ARGUMENTS,
			     FILE_NAME
			     ":18:12: wire 'ab': 7191089600892374487 "
			     "there.delay_ns=2000000 back.delay_ns=2000000");
}

static void a_user_network_is_told_of_its_guest(void)
{
	(void)assert_refused(forwarded, SAY_ARGUMENTS,
			     FILE_NAME ":18:11: usernet in node 'h': "
				       "guest=10.0.2.15/24 gateway=10.0.2.9 "
				       "forward=127.0.0.1:2222,10.0.2.15:8022");
}

static void the_sentence_of_a_process_that_cannot_begin_is_the_message(void)
{
	const enum err_class class = assert_refused(
		relayed, "printf 'listen at 0.0.0.0:8080: taken' >&3; exit 2",
		FILE_NAME ":18:11: relay in node 'a': listen at "
			  "0.0.0.0:8080: taken");

	assert_int_equal(class, ERR_INPUT);
}

static void its_status_says_who_has_to_act(void)
{
	const enum err_class class =
		assert_refused(relayed, "exit 3",
			       FILE_NAME ":18:11: relay in node 'a': ended "
					 "with status 3");

	assert_int_equal(class, ERR_HOST);
}

static void a_program_that_is_not_installed_is_named(void)
{
	own_lab struct lab l = { .net = NULL };
	struct err e = { .code = 0 };

	build(&l, forwarded);
	assert_int_equal(
		process_start(&l.processes, l.net, "/nonexistent", 7, &e),
		-ENOENT);
	assert_string_equal(e.text, FILE_NAME
			    ":18:11: usernet in node 'h': there is no program "
			    "'/nonexistent/usernet': rstlab was built without "
			    "libslirp: install libslirp-dev and build it "
			    "again");
	assert_int_equal(e.class, ERR_HOST);
}

/* Wait until something died; polled, since only the lab may reap it. */
static const char *what_died(struct lab *l)
{
	const struct timespec pause = { .tv_nsec = NS_PER_MS };
	const char *why;

	while (!(why = process_check(l->processes)))
		(void)nanosleep(&pause, NULL); /* the case has a deadline */
	return why;
}

static void living_processes_are_not_complained_about(void)
{
	own_lab struct lab l = { .net = NULL };

	build(&l, relayed);
	be_script("ready; wait_end");
	started(&l, SCRIPTS);
	assert_null(process_check(l.processes));
}

static void a_topology_without_processes_has_none(void)
{
	own_lab struct lab l = { .net = NULL };

	build(&l, PAIR_WITH(""));
	started(&l, "/nonexistent");
	assert_null(process_check(l.processes));
}

static void a_process_that_dies_is_told_with_its_last_words(void)
{
	own_lab struct lab l = { .net = NULL };

	build(&l, relayed);
	be_script("ready; echo 'relay: no memory' >&2; exit 7");
	started(&l, SCRIPTS);
	assert_string_equal(what_died(&l), "relay in node 'a': no memory");
}

static void a_process_that_is_killed_is_told_with_the_signal(void)
{
	own_lab struct lab l = { .net = NULL };

	build(&l, relayed);
	be_script("ready; kill -9 $$");
	started(&l, SCRIPTS);
	assert_string_equal(what_died(&l), "relay in node 'a': killed by "
					   "signal 9 (Killed)");
}

static void stopping_ends_also_what_does_not_listen(void)
{
	const unsigned descriptors = open_descriptors();

	{
		own_lab struct lab l = { .net = NULL };

		build(&l, relayed);
		be_script("ready; exec sleep 1000");
		started(&l, SCRIPTS);
	}
	assert_int_equal(open_descriptors(), descriptors);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* --- the real programs ----------------------------------------------------
 */

static int socket_in(struct net *net, const char *node)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct err e = { .code = 0 };
	int fd;

	assert_done(netns_enter(&visit, net_node(net, node)->netns, &e), &e);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	return fd;
}

static struct sockaddr_storage address(const char *text)
{
	struct sockaddr_storage sa;
	struct ip_endpoint ep;

	assert_true(ip_endpoint_parse(text, &ep));
	(void)ip_endpoint_to_sockaddr(&ep, &sa);
	return sa;
}

static int listener_in(struct net *net, const char *node, const char *at)
{
	const struct sockaddr_storage sa = address(at);
	const int fd = socket_in(net, node);

	assert_int_equal(bind(fd, (const struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

/* Returns: how long it took. */
static int64_t dial(int fd, const char *to)
{
	const struct sockaddr_storage sa = address(to);
	const int64_t begin_ns = clock_now_ns();

	if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0)
		fail_msg("%s: %s", to, strerror(errno));
	return clock_now_ns() - begin_ns;
}

/* @dial in one node leads to a listener in the other. */
static void assert_leads(struct lab *l, const char *from, const char *to,
			 const char *server, const char *listen_at)
{
	own_fd int listener = listener_in(l->net, server, listen_at);
	own_fd int client = socket_in(l->net, from);
	own_fd int accepted = -1;
	char got[8] = "";

	(void)dial(client, to);
	accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(accepted >= 0);
	assert_int_equal(send(client, "hello", 5, MSG_NOSIGNAL), 5);
	assert_int_equal(recv(accepted, got, 5, MSG_WAITALL), 5);
	assert_string_equal(got, "hello");
}

static void a_relay_leads_on_when_start_returns(void)
{
	own_lab struct lab l = { .net = NULL };

	build(&l, relayed);
	started(&l, node_test_libexec());
	assert_leads(&l, "a", "127.0.0.1:8080", "b", "192.0.2.2:80");
	assert_null(process_check(l.processes));
}

static void an_address_that_cannot_be_listened_at_is_the_files_mistake(void)
{
	own_lab struct lab l = { .net = NULL };
	own_fd int taken = -1;
	struct err e = { .code = 0 };

	build(&l, relayed);
	taken = listener_in(l.net, "a", "0.0.0.0:8080");
	assert_true(taken >= 0);
	assert_true(process_start(&l.processes, l.net, node_test_libexec(), 7,
				  &e) < 0);
	assert_string_equal(e.text, FILE_NAME
			    ":18:11: relay in node 'a': cannot listen "
			    "at 0.0.0.0:8080: Address already in use");
	assert_int_equal(e.class, ERR_INPUT);
}

static void a_wire_takes_its_time_in_both_directions(void)
{
	own_lab struct lab l = { .net = NULL };
	own_fd int listener = -1, client = -1;

	build(&l, wired);
	listener = listener_in(l.net, "b", "192.0.2.2:80");
	client = socket_in(l.net, "a");
	assert_true(listener >= 0);
	started(&l, node_test_libexec());
	(void)dial(client, "192.0.2.2:80"); /* with ARP before it */
	(void)close(client);
	client = socket_in(l.net, "a");
	assert_true(dial(client, "192.0.2.2:80") >= 4 * NS_PER_MS);
	assert_null(process_check(l.processes));
}

static void a_forwarded_port_leads_to_the_guest(void)
{
	own_lab struct lab l = { .net = NULL };
	char path[4096 + sizeof("/usernet")];

	build(&l, forwarded);
	(void)snprintf(path, sizeof(path), "%s/usernet", node_test_libexec());
	if (access(path, X_OK) < 0) {
		print_message("usernet was not built: no libslirp\n");
		return;
	}
	started(&l, node_test_libexec());
	assert_leads(&l, "h", "127.0.0.1:2222", "g", "10.0.2.15:8022");
	assert_null(process_check(l.processes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		netns_test(a_relay_is_told_where_to_listen_and_to_dial),
		netns_test(a_wire_is_told_its_seed_and_what_is_not_0),
		netns_test(a_user_network_is_told_of_its_guest),
		netns_test(
			the_sentence_of_a_process_that_cannot_begin_is_the_message),
		netns_test(its_status_says_who_has_to_act),
		netns_test(a_program_that_is_not_installed_is_named),
		netns_test(living_processes_are_not_complained_about),
		netns_test(a_topology_without_processes_has_none),
		netns_test(a_process_that_dies_is_told_with_its_last_words),
		netns_test(a_process_that_is_killed_is_told_with_the_signal),
		netns_test(stopping_ends_also_what_does_not_listen),
		netns_test(a_relay_leads_on_when_start_returns),
		netns_test(
			an_address_that_cannot_be_listened_at_is_the_files_mistake),
		netns_test(a_wire_takes_its_time_in_both_directions),
		netns_test(a_forwarded_port_leads_to_the_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
