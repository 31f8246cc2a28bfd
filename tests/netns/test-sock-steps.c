/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the steps that change a connection do to it. */
#include "tests/netns/sock-test.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define STEP1(id, n)         \
	{                    \
		STEP_##id, n \
	}
#define STEP0(id) STEP1(id, 0)

static const struct script drain[SIDES] = {
	[SIDE_SERVER] = SCRIPT(LISTEN, ACCEPT, SEND(17), RECV_EOF, CLOSE),
};

/* Play @client against a server that sends 17 bytes and reads to the end.
 * Returns: what the server sees there. */
static int end_of(const struct script *client)
{
	const struct script scripts[SIDES] = { *client, drain[SIDE_SERVER] };
	const struct probe_result *s;

	play(scripts);
	s = result(SIDE_SERVER, 0, 1);
	assert_true(s->n_calls > 3);
	assert_int_equal(s->calls[3].step, STEP_RECV_EOF);
	assert_int_equal(s->state, PROBE_TRIAL_RAN);
	return s->calls[3].error;
}

static void what_was_peeked_at_is_unread(void)
{
	const struct script peeks =
		SCRIPT(CONNECT, STEP1(PEEK, 17), STEP1(PEEK, 17), CLOSE);
	const struct script reads =
		SCRIPT(CONNECT, STEP1(PEEK, 17), RECV(17), CLOSE);

	start();
	assert_int_equal(end_of(&peeks), ECONNRESET);
	assert_call(result(SIDE_CLIENT, 0, 1), 2, STEP_PEEK, 0, 17);
	assert_int_equal(end_of(&reads), 0);
	probe_pair_stop(pair);
}

static void a_second_descriptor_keeps_the_connection(void)
{
	const struct script scripts[SIDES] = {
		SCRIPT(CONNECT, STEP0(DUP), CLOSE, SYNC(0), STEP0(CLOSE_DUP)),
		SCRIPT(LISTEN, ACCEPT, SYNC(0), SEND(17), RECV_EOF),
	};

	start();
	play(scripts);
	assert_call(result(SIDE_CLIENT, 0, 1), 4, STEP_CLOSE_DUP, 0, 0);
	assert_call(result(SIDE_SERVER, 0, 1), 3, STEP_SEND, 0, 17);
	probe_pair_stop(pair);
}

static void a_second_descriptor_is_closed_at_the_end(void)
{
	const struct script forgets =
		SCRIPT(CONNECT, RECV(17), STEP0(DUP), STEP0(DUP), CLOSE);
	const struct script closes_none = SCRIPT(CONNECT, STEP0(CLOSE_DUP));

	start();
	assert_int_equal(end_of(&forgets), 0);
	(void)end_of(&closes_none);
	assert_call(result(SIDE_CLIENT, 0, 1), 1, STEP_CLOSE_DUP, EBADF, 0);
	probe_pair_stop(pair);
}

static void an_unconnected_socket_has_sent_a_reset(void)
{
	const struct script unconnects =
		SCRIPT(CONNECT, RECV(17), STEP0(UNCONNECT), CLOSE);

	start();
	assert_int_equal(end_of(&unconnects), ECONNRESET);
	probe_pair_stop(pair);
}

/* __tcp_close(), net/ipv4/tcp.c, Linux 6.18 */
static void without_fin_wait_2_a_close_in_it_is_a_reset(void)
{
	const struct script scripts[SIDES] = {
		SCRIPT(CONNECT, STEP1(LINGER2, -1), SHUT_W, STEP0(WAIT_ACKED),
		       SYNC(0), CLOSE, SYNC(1)),
		SCRIPT(LISTEN, ACCEPT, RECV_EOF, STEP0(ACK_NOW), SYNC(0),
		       SYNC(1), SEND(1)),
	};

	start();
	play(scripts);
	assert_call(result(SIDE_SERVER, 0, 1), 6, STEP_SEND, EPIPE, 0);
	probe_pair_stop(pair);
}

static void options_that_the_kernel_takes_are_set(void)
{
	const struct script sets = SCRIPT(
		CONNECT, RECV(17), STEP1(RCVBUF, 4096), STEP1(SNDBUF, 4096),
		STEP1(KEEPALIVE, 1), STEP1(USER_TIMEOUT, NS_PER_S), CLOSE);
	const struct script refused_ones =
		SCRIPT(CONNECT, RECV(17), STEP1(KEEPALIVE, 0));

	start();
	assert_int_equal(end_of(&sets), 0);
	assert_int_equal(result(SIDE_CLIENT, 0, 1)->n_calls, 7);
	(void)end_of(&refused_ones);
	assert_call(result(SIDE_CLIENT, 0, 1), 2, STEP_KEEPALIVE, EINVAL, 0);
	probe_pair_stop(pair);
}

/* The kernel closes a connection for the last process that has it. */
static void a_child_keeps_the_connection(void)
{
	const struct script scripts[SIDES] = {
		SCRIPT(CONNECT, STEP0(FORK), CLOSE, SYNC(0), STEP0(END_CHILD)),
		SCRIPT(LISTEN, ACCEPT, SYNC(0), SEND(17), RECV_EOF),
	};
	const struct script none = SCRIPT(CONNECT, STEP0(END_CHILD));

	start();
	play(scripts);
	assert_call(result(SIDE_CLIENT, 0, 1), 4, STEP_END_CHILD, 0, 0);
	assert_call(result(SIDE_SERVER, 0, 1), 3, STEP_SEND, 0, 17);
	(void)end_of(&none);
	assert_call(result(SIDE_CLIENT, 0, 1), 1, STEP_END_CHILD, ECHILD, 0);
	probe_pair_stop(pair);
}

static void a_broken_pipe_ends_the_process_by_its_signal(void)
{
	const struct script scripts[SIDES] = {
		SCRIPT(CONNECT, RECV_EOF, STEP1(SIGPIPE, 0),
		       STEP0(SEND_UNTIL_ERROR)),
		SCRIPT(LISTEN, ACCEPT, CLOSE),
	};
	const struct script framed[SIDES] = {
		SCRIPT(CONNECT, STEP1(SHUTDOWN, SHUT_WR), STEP1(SIGPIPE, 0),
		       STEP1(FRAME, FRAME_PING)),
		SCRIPT(LISTEN, ACCEPT, RECV_EOF),
	};

	start();
	play(scripts);
	assert_int_equal(result(SIDE_CLIENT, 0, 1)->state, PROBE_TRIAL_RAN);
	assert_int_equal(result(SIDE_CLIENT, 0, 1)->n_calls, 4);
	assert_int_equal(result(SIDE_CLIENT, 0, 1)->calls[3].error, EPIPE);
	/* the probe itself lives on */
	play(framed);
	assert_int_equal(result(SIDE_CLIENT, 0, 1)->state, PROBE_TRIAL_RAN);
	assert_int_equal(result(SIDE_CLIENT, 0, 1)->calls[3].error, EPIPE);
	probe_pair_stop(pair);
}

static void a_second_dialling_has_the_port_of_the_first(void)
{
	const struct script scripts[SIDES] = {
		SCRIPT(CONNECT, RECV_EOF, CLOSE, SYNC(0), STEP0(REDIAL),
		       RECV(17)),
		SCRIPT(LISTEN, ACCEPT, CLOSE, SYNC(0), ACCEPT, SEND(17),
		       RECV_EOF),
	};

	start();
	play(scripts);
	assert_call(result(SIDE_CLIENT, 0, 1), 5, STEP_RECV, 0, 17);
	assert_int_equal(result(SIDE_CLIENT, 0, 1)->local.port,
			 result(SIDE_SERVER, 0, 1)->peer.port);
	probe_pair_stop(pair);
}

/* socket(7), SO_REUSEPORT, with net.ipv4.tcp_migrate_req 0 */
static void a_listener_that_is_replaced_loses_its_queue(void)
{
	const struct script scripts[SIDES] = {
		SCRIPT(CONNECT, SYNC(0), RECV_EOF),
		SCRIPT(STEP0(LISTEN_SHARED), SYNC(0), STEP0(RELISTEN),
		       STEP0(WAIT_PEER)),
	};

	start();
	play(scripts);
	assert_call(result(SIDE_CLIENT, 0, 1), 2, STEP_RECV_EOF, ECONNRESET, 0);
	assert_call(result(SIDE_SERVER, 0, 1), 2, STEP_RELISTEN, 0, 0);
	probe_pair_stop(pair);
}

static void a_full_queue_takes_nobody(void)
{
	const struct script scripts[SIDES] = {
		SCRIPT(SYNC(0), CONNECT),
		SCRIPT(STEP0(LISTEN_SHORT), STEP0(FILL_QUEUE), SYNC(0),
		       STEP0(WAIT_PEER)),
	};

	start();
	play(scripts);
	assert_true(result(SIDE_CLIENT, 0, 1)->calls[1].timed_out);
	assert_call(result(SIDE_SERVER, 0, 1), 1, STEP_FILL_QUEUE, 0, 0);
	probe_pair_stop(pair);
}

/* The client begins to dial when the server is waiting already. */
static void what_waits_to_be_accepted_can_be_waited_for(void)
{
	const struct script scripts[SIDES] = {
		SCRIPT(SYNC(0), CONNECT, RECV(17), RECV_EOF),
		SCRIPT(LISTEN, SYNC(0), STEP0(WAIT_QUEUED), ACCEPT, SEND(17),
		       CLOSE),
	};

	start();
	for (apart = 0; apart < 2; apart++) {
		play(scripts);
		assert_call(result(SIDE_SERVER, 0, 1), 2, STEP_WAIT_QUEUED, 0,
			    0);
		assert_call(result(SIDE_SERVER, 0, 1), 3, STEP_ACCEPT, 0, 0);
		assert_call(result(SIDE_CLIENT, 0, 1), 2, STEP_RECV, 0, 17);
	}
	probe_pair_stop(pair);
}

static void nobody_waits_for_a_queue_that_stays_empty(void)
{
	const struct script scripts[SIDES] = {
		SCRIPT(SYNC(0), STEP0(END_CHILD), CONNECT),
		SCRIPT(LISTEN, SYNC(0), STEP0(WAIT_QUEUED)),
	};

	start();
	play(scripts);
	assert_int_equal(result(SIDE_SERVER, 0, 1)->state, PROBE_TRIAL_PEER);
	probe_pair_stop(pair);
}

/* From 33000 on, eight each.  Linux 6.3; an older kernel takes any port. */
static void each_trial_has_ports_of_its_own(void)
{
	enum { LOCAL_PORT_RANGE = 51 }; /* <netinet/in.h> may lack it */
	const struct script scripts[SIDES] = {
		SCRIPT(CONNECT, RECV_EOF),
		SCRIPT(LISTEN, ACCEPT, CLOSE),
	};
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const uint32_t any = 0;
	const bool known = setsockopt(fd, IPPROTO_IP, LOCAL_PORT_RANGE, &any,
				      sizeof(any)) == 0;

	(void)close(fd);
	if (!known)
		netns_lacks("IP_LOCAL_PORT_RANGE");
	start();
	for (int i = 0; i < 3; i++) {
		play(scripts);
		assert_int_equal(
			(result(SIDE_CLIENT, 0, 1)->local.port - 33000) / 8, i);
	}
	probe_pair_stop(pair);
}

/* A client whose list is over has nothing more to accept. */
static void nobody_waits_for_a_client_that_is_through(void)
{
	const struct script scripts[SIDES] = {
		SCRIPT(SYNC(0), STEP0(END_CHILD), CONNECT),
		SCRIPT(LISTEN, SYNC(0), ACCEPT),
	};

	start();
	play(scripts);
	assert_int_equal(result(SIDE_CLIENT, 0, 1)->calls[1].error, ECHILD);
	assert_int_equal(result(SIDE_SERVER, 0, 1)->state, PROBE_TRIAL_PEER);
	probe_pair_stop(pair);
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		netns_test(what_was_peeked_at_is_unread),
		netns_test(a_second_descriptor_keeps_the_connection),
		netns_test(a_second_descriptor_is_closed_at_the_end),
		netns_test(an_unconnected_socket_has_sent_a_reset),
		netns_test(without_fin_wait_2_a_close_in_it_is_a_reset),
		netns_test(options_that_the_kernel_takes_are_set),
		netns_test(a_child_keeps_the_connection),
		netns_test(a_broken_pipe_ends_the_process_by_its_signal),
		netns_test(a_second_dialling_has_the_port_of_the_first),
		netns_test(a_listener_that_is_replaced_loses_its_queue),
		netns_test(a_full_queue_takes_nobody),
		netns_test(what_waits_to_be_accepted_can_be_waited_for),
		netns_test(nobody_waits_for_a_queue_that_stays_empty),
		netns_test(each_trial_has_ports_of_its_own),
		netns_test(nobody_waits_for_a_client_that_is_through),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
