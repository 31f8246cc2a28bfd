/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps that make a listener or a connection, and end a listener. */
#include "probes/sock/step.h"

#include "lab/base/clock.h"
#include "probes/sock/loan.h"
#include "probes/sock/steps.h"
#include "probes/sock/wait.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

/* Between two looks at a client that may have given up. */
#define LOOK_NS (10 * NS_PER_MS)

/* What the client dials, where the server listens. */
static const struct ip_endpoint *address_of(const struct run *r)
{
	return &r->trial->addresses[r->player->side];
}

/* A socket of the family of the address.  Small writes go out at once, as
 * with gRPC, Go and nginx; what a listener accepts inherits that (Linux).
 * @protocol: 0 for TCP.  Returns: the descriptor, or -errno. */
static int new_socket(struct run *r, int protocol)
{
	const int family = address_of(r)->addr.family == 4 ? AF_INET : AF_INET6;
	const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	struct loan *loan = protocol ? NULL : r->player->loan;
	const int fd = loan ? loan_take(loan, family, r->deadline_ns)
			    : socket(family, type, protocol);

	if (fd < 0)
		return loan ? fd : -errno;
	(void)step_set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	return fd;
}

/* A script has too few steps to overflow this. */
static void push(struct run *r, int fd)
{
	r->connections[r->n_connections++] = fd;
}

static void note_local(struct run *r, int fd)
{
	struct sockaddr_storage sa;
	socklen_t n = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &n) == 0)
		ip_endpoint_from_sockaddr(&sa, &r->result->local);
}

/* --- making connections -------------------------------------------------- */

/* A socket that is for IPv6 alone refuses to be bound to an IPv4 address in
 * IPv6 form.  Source: __inet6_bind(), Linux 6.18 */
static bool is_ipv6_only(const struct ip_endpoint *ep)
{
	return ip_endpoint_unmapped(ep).addr.family == 6;
}

/* How a listener differs from others. */
struct listening {
	int backlog, protocol;
	int level, option; /* to set to 1; 0: none */
};

static int listen_on(int fd, const struct ip_endpoint *ep,
		     const struct listening *how)
{
	struct sockaddr_storage sa;
	const socklen_t n = ip_endpoint_to_sockaddr(ep, &sa);
	int r = step_set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);

	if (r == 0 && ep->addr.family == 6)
		r = step_set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY,
				    is_ipv6_only(ep));
	if (r == 0 && how->option)
		r = step_set_option(fd, how->level, how->option, 1);
	if (r)
		return r;
	if (bind(fd, (const struct sockaddr *)&sa, n) < 0 ||
	    listen(fd, how->backlog) < 0)
		return errno;
	return 0;
}

/*
 * Wait for the handshake: connect(2) says itself how far it is
 * (__inet_stream_connect(), net/ipv4/af_inet.c, Linux 6.18).  Not so of an ICMP
 * message that came in while it held the socket: that leaves an error behind
 * and the handshake under way (tcp_v4_err(), net/ipv4/tcp_ipv4.c).
 */
static int finish_connect(struct run *r, int fd, const struct ip_endpoint *to)
{
	struct sockaddr_storage sa;
	const socklen_t n = ip_endpoint_to_sockaddr(to, &sa);
	int error = 0;

	while (!error && connect(fd, (const struct sockaddr *)&sa, n) < 0) {
		if (errno == EISCONN)
			return 0;
		error = errno;
		if (error != EALREADY && error != EINPROGRESS)
			break;
		error = step_socket_error(fd);
		if (!error)
			error = wait_retry(r, fd, POLLOUT);
	}
	return error;
}

/* A listener beside the one that there may be; or -errno. */
static int new_listener(struct run *r, const struct listening *how)
{
	const int fd = new_socket(r, how->protocol);
	const int error = fd < 0 ? -fd : listen_on(fd, address_of(r), how);

	if (error && fd >= 0)
		(void)close(fd);
	return error ? -error : fd;
}

static int listen_as(struct run *r, const struct listening *how)
{
	struct player *p = r->player;
	const int fd = new_listener(r, how);

	if (fd < 0)
		return -fd;
	p->listener = fd;
	p->listening = *address_of(r);
	return 0;
}

int step_listen(struct run *r, int64_t number)
{
	(void)number;
	if (r->player->listener >= 0)
		return 0; /* kept from the trial before, same address */
	return listen_as(r, &(struct listening){ .backlog = BACKLOG });
}

/* A queue of length N takes N + 1 connections: it is full when it holds more
 * than its length (sk_acceptq_is_full(), include/net/sock.h, Linux 6.18). */
static int listen_for(struct run *r, int backlog)
{
	r->player->room = backlog + 1;
	return listen_as(r, &(struct listening){ .backlog = backlog });
}

/* With a queue of length 0 no second handshake may be under way
 * (inet_csk_reqsk_queue_is_full(), include/net/inet_connection_sock.h, Linux
 * 6.18), and somebody's is when fill-queue comes. */
int step_listen_short(struct run *r, int64_t number)
{
	(void)number;
	return listen_for(r, 1);
}

int step_fill_queue(struct run *r, int64_t number)
{
	struct sockaddr_storage sa;
	const socklen_t n = ip_endpoint_to_sockaddr(address_of(r), &sa);
	struct player *p = r->player;
	int error = 0;

	(void)number;
	while (!error && p->n_fillers < p->room) {
		const int fd = new_socket(r, 0);

		if (fd < 0)
			return -fd;
		p->fillers[p->n_fillers++] = fd;
		if (connect(fd, (const struct sockaddr *)&sa, n) < 0)
			error = errno;
		if (error == EINPROGRESS)
			error = finish_connect(r, fd, address_of(r));
	}
	return error;
}

int step_listen_full(struct run *r, int64_t number)
{
	const int error = listen_for(r, 0);

	return error ? error : step_fill_queue(r, number);
}

/* tcp(7): 1 s is as long as the first retransmission of a SYN,ACK takes. */
int step_listen_deferred(struct run *r, int64_t number)
{
	(void)number;
	return listen_as(r, &(struct listening){ .backlog = BACKLOG,
						 .level = IPPROTO_TCP,
						 .option = TCP_DEFER_ACCEPT });
}

static const struct listening shared = { .backlog = BACKLOG,
					 .level = SOL_SOCKET,
					 .option = SO_REUSEPORT };

int step_listen_shared(struct run *r, int64_t number)
{
	(void)number;
	return listen_as(r, &shared);
}

/* What a server does that is restarted without a gap: socket(7),
 * SO_REUSEPORT. */
int step_relisten(struct run *r, int64_t number)
{
	const int fd = new_listener(r, &shared);

	(void)number;
	if (fd < 0)
		return -fd;
	(void)close(r->player->listener);
	r->player->listener = fd;
	return 0;
}

int step_listen_mptcp(struct run *r, int64_t number)
{
	(void)number;
	return listen_as(r, &(struct listening){ .backlog = BACKLOG,
						 .protocol = IPPROTO_MPTCP });
}

/* Is the client through, without a connection that waits to be accepted? */
static bool nobody_comes(const struct run *r)
{
	const struct probe_result *client = r->peer;
	uint32_t made = 0;

	if (!pace_peer_done(&r->player->pace, r->trial->number))
		return false;
	for (size_t i = 0; i < client->n_calls && i < SCRIPT_STEPS_MAX; i++) {
		const struct probe_call *c = &client->calls[i];

		made += c->step < STEP_COUNT && !c->error &&
			(step_infos[c->step].does == STEP_CONNECTS ||
			 step_infos[c->step].does == STEP_REDIALS);
	}
	return made <= r->accepted;
}

static int64_t look_again(const struct run *r)
{
	const int64_t at = clock_now_ns() + LOOK_NS;

	return at < r->deadline_ns ? at : r->deadline_ns;
}

/* Wait until the listener is ready for accept(), or nobody comes any more.
 * Returns: 0, or the errno that ends the script. */
static int await_connection(struct run *r)
{
	struct pollfd p = { .fd = r->player->listener, .events = POLLIN };

	r->left_alone = nobody_comes(r);
	if (r->left_alone)
		return 0;
	return wait_overdue(r) ? ETIMEDOUT : wait_poll(r, &p, look_again(r));
}

int step_wait_queued(struct run *r, int64_t number)
{
	struct pollfd p = { .fd = r->player->listener, .events = POLLIN };
	int error = 0;

	(void)number;
	while (!error && !r->left_alone && poll(&p, 1, 0) == 0)
		error = await_connection(r);
	return error;
}

int step_accept(struct run *r, int64_t number)
{
	const int listener = r->player->listener;
	struct sockaddr_storage sa;
	socklen_t n = sizeof(sa);
	int fd, error;

	(void)number;
	while ((fd = accept4(listener, (struct sockaddr *)&sa, &n,
			     SOCK_NONBLOCK | SOCK_CLOEXEC)) < 0) {
		if (errno != EAGAIN)
			return errno;
		error = await_connection(r);
		if (error || r->left_alone)
			return error;
		n = sizeof(sa);
	}
	push(r, fd);
	r->accepted++;
	ip_endpoint_from_sockaddr(&sa, &r->result->peer);
	r->result->local = ip_endpoint_unmapped(&r->player->listening);
	if (ip_addr_is_any(&r->result->local.addr))
		note_local(r, fd);
	return 0;
}

/* IP_LOCAL_PORT_RANGE, include/uapi/linux/in.h since Linux 6.3 */
enum { LOCAL_PORT_RANGE = 51 };
/* All of them ephemeral by default, also where net.ipv4.ip_local_port_range is
 * the kernel's own. */
enum { PORTS_FIRST = 33000, PORTS_LAST = 59999, PORTS_EACH = 8 };

/*
 * Each of the first trials of a lab has ports of its own.  Linux shuffles where
 * it begins to look for one every 10 s (EPHEMERAL_PORT_SHUFFLE_PERIOD,
 * net/core/secure_seq.c, 6.18), and so comes upon a port whose connection of an
 * earlier trial the server still has: an orphan that answers the SYN by a
 * challenge ACK, say.  An older kernel does so; that is no error.
 */
static void take_ports(int fd, uint32_t trial)
{
	const uint32_t low = PORTS_FIRST + (trial - 1) * PORTS_EACH;
	const uint32_t range = (low + PORTS_EACH - 1) << 16 | low;

	if (trial - 1 < (PORTS_LAST + 1 - PORTS_FIRST) / PORTS_EACH)
		(void)setsockopt(fd, IPPROTO_IP, LOCAL_PORT_RANGE, &range,
				 sizeof(range));
}

/* Returns: the new connection, or -errno. */
static int begin_connection(struct run *r, int protocol)
{
	const int fd = new_socket(r, protocol);

	if (fd >= 0) {
		take_ports(fd, r->trial->number);
		push(r, fd);
		r->result->peer = *address_of(r);
	}
	return fd;
}

/* Returns: 0, EINPROGRESS or another errno. */
static int send_syn(struct run *r, int fd, const struct ip_endpoint *to)
{
	struct sockaddr_storage sa;
	const socklen_t n = ip_endpoint_to_sockaddr(to, &sa);
	const int error =
		connect(fd, (const struct sockaddr *)&sa, n) < 0 ? errno : 0;

	/* Now: a refused socket is still bound until it is closed, and its
	 * port tells which SYN on the wire was this one. */
	note_local(r, fd);
	return error;
}

static int dial(struct run *r, int fd, const struct ip_endpoint *to)
{
	const int error = send_syn(r, fd, to);

	return error == EINPROGRESS ? finish_connect(r, fd, to) : error;
}

static int connect_by(struct run *r, int protocol)
{
	const int fd = begin_connection(r, protocol);

	return fd < 0 ? -fd : dial(r, fd, address_of(r));
}

int step_connect(struct run *r, int64_t number)
{
	(void)number;
	return connect_by(r, 0);
}

int step_connect_mptcp(struct run *r, int64_t number)
{
	(void)number;
	return connect_by(r, IPPROTO_MPTCP);
}

int step_connect_begin(struct run *r, int64_t number)
{
	const int fd = begin_connection(r, 0);
	const int error = fd < 0 ? -fd : send_syn(r, fd, address_of(r));

	(void)number;
	return error == EINPROGRESS ? 0 : error;
}

int step_connect_end(struct run *r, int64_t number)
{
	(void)number;
	return finish_connect(r, step_current(r), address_of(r));
}

/* Where the kernel has no cookie for the address, nor does without one, the
 * SYN carries none, and nothing was sent (tcp_sendmsg_fastopen(),
 * net/ipv4/tcp.c, Linux 6.18). */
int step_connect_fastopen(struct run *r, int64_t number)
{
	static const char zeros[1024];
	struct sockaddr_storage sa;
	const socklen_t n = ip_endpoint_to_sockaddr(address_of(r), &sa);
	const size_t bytes = number < (int64_t)sizeof(zeros) ? (size_t)number
							     : sizeof(zeros);
	const int fd = begin_connection(r, 0);
	ssize_t sent;
	int error;

	if (fd < 0)
		return -fd;
	sent = sendto(fd, zeros, bytes, MSG_FASTOPEN | MSG_NOSIGNAL,
		      (const struct sockaddr *)&sa, n);
	error = sent < 0 ? errno : 0;
	note_local(r, fd);
	r->moved = sent > 0 ? sent : 0;
	return !error || error == EINPROGRESS
		       ? finish_connect(r, fd, address_of(r))
		       : error;
}

static int bind_to(int fd, const struct ip_endpoint *ep)
{
	struct sockaddr_storage sa;
	const socklen_t n = ip_endpoint_to_sockaddr(ep, &sa);
	const int error = step_set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);

	if (error)
		return error;
	return bind(fd, (const struct sockaddr *)&sa, n) < 0 ? errno : 0;
}

int step_redial(struct run *r, int64_t number)
{
	const struct ip_endpoint from = r->result->local;
	const int fd = begin_connection(r, 0);
	const int error = fd < 0 ? -fd : bind_to(fd, &from);

	(void)number;
	return error ? error : dial(r, fd, address_of(r));
}

/* Does the client dial us by an address that is translated, and have one that
 * is ours as well?  What we sent there would come back to us. */
static bool is_own(const struct run *r, const struct ip_addr *to)
{
	const struct ip_endpoint *dialled = &r->trial->addresses[SIDE_CLIENT];
	const struct ip_endpoint *here = address_of(r);

	return !ip_endpoint_equal(dialled, here) &&
	       !ip_addr_is_any(&here->addr) &&
	       (ip_addr_is_loopback(to) || ip_addr_equal(to, &here->addr));
}

/* RFC 9293 3.5, figure 8: the other side is in SYN-SENT, and its SYN got lost.
 */
int step_dial_back(struct run *r, int64_t number)
{
	const struct ip_endpoint to = r->peer->local;
	int fd, error;

	(void)number;
	if (is_own(r, &to.addr))
		return EOPNOTSUPP;
	fd = begin_connection(r, 0);
	error = fd < 0 ? -fd : bind_to(fd, address_of(r));
	if (error)
		return error;
	r->result->peer = to;
	error = dial(r, fd, &to);
	/* somebody translates its address; said here, or by a router's ICMP */
	return error == ENETUNREACH || error == EHOSTUNREACH ? EOPNOTSUPP
							     : error;
}

/* --- ending a listener -----------------------------------------------------
 */

/* End them by FINs: they are no part of what the trial is about. */
static void drop_fillers(struct player *p)
{
	while (p->n_fillers) {
		const int accepted =
			accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);

		(void)close(p->fillers[--p->n_fillers]);
		if (accepted >= 0)
			(void)close(accepted);
	}
}

void step_drop_listener(struct player *p)
{
	drop_fillers(p);
	p->room = 0;
	if (p->listener >= 0)
		(void)close(p->listener);
	p->listener = -1;
}

int step_close_listener(struct run *r, int64_t number)
{
	(void)number;
	if (r->player->listener < 0)
		return EBADF;
	step_drop_listener(r->player);
	return 0;
}
