/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  Sockets do not block: each step tries first and asks poll(2)
 * only when the kernel says that it would have to wait, so that a step costs
 * as few system calls as in a program written for speed.  What needs rights
 * is asked of the lab.
 */
#include "probes/sock/step.h"

#include "lab/base/clock.h"
#include "probes/sock/loan.h"
#include "probes/sock/steps.h"
#include "probes/sock/wait.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096, BUFFER_BYTES = 256 * 1024 };

/* Between two looks at what is not acknowledged yet: nothing tells a program
 * that the last byte was. */
#define ACK_LOOK_NS (100 * NS_PER_US)

/* What is sent (zeros) and where what is read goes. */
static char outgoing[BUFFER_BYTES], incoming[BUFFER_BYTES];

/* Between two looks at a client that may have given up. */
#define LOOK_NS (10 * NS_PER_MS)

static int socket_error(int fd)
{
	socklen_t n = sizeof(int);
	int error = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
		return errno;
	return error;
}

static int set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? errno
									: 0;
}

/* What the client dials, where the server listens. */
static const struct ip_endpoint *address_of(const struct run *r)
{
	return &r->trial->addresses[r->player->side];
}

/* A TCP socket of the family of the address.  Small writes go out at once, as
 * with gRPC, Go and nginx; what a listener accepts inherits that (Linux).
 * Returns: the descriptor, or -errno. */
static int new_socket(struct run *r)
{
	const int family = address_of(r)->addr.family == 4 ? AF_INET : AF_INET6;
	const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	struct loan *loan = r->player->loan;
	const int fd = loan ? loan_take(loan, family, r->deadline_ns)
			    : socket(family, type, 0);

	if (fd < 0)
		return loan ? fd : -errno;
	(void)set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	return fd;
}

/* The newest connection, or -1. */
static int current(const struct run *r)
{
	return r->n_connections ? r->connections[r->n_connections - 1] : -1;
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

static int listen_on(int fd, const struct ip_endpoint *ep, int backlog)
{
	struct sockaddr_storage sa;
	const socklen_t n = ip_endpoint_to_sockaddr(ep, &sa);
	int r = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);

	if (r == 0 && ep->addr.family == 6)
		r = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, is_ipv6_only(ep));
	if (r)
		return r;
	if (bind(fd, (const struct sockaddr *)&sa, n) < 0 ||
	    listen(fd, backlog) < 0)
		return errno;
	return 0;
}

/*
 * Wait for the handshake: connect(2) says itself how far it is
 * (__inet_stream_connect(), net/ipv4/af_inet.c, Linux 6.18).  Not so of an ICMP
 * message that came in while it held the socket: that leaves an error behind
 * and the handshake under way (tcp_v4_err(), net/ipv4/tcp_ipv4.c).
 */
static int finish_connect(struct run *r, int fd)
{
	struct sockaddr_storage sa;
	const socklen_t n = ip_endpoint_to_sockaddr(address_of(r), &sa);
	int error = 0;

	while (!error && connect(fd, (const struct sockaddr *)&sa, n) < 0) {
		if (errno == EISCONN)
			return 0;
		error = errno;
		if (error != EALREADY && error != EINPROGRESS)
			break;
		error = socket_error(fd);
		if (!error)
			error = wait_retry(r, fd, POLLOUT);
	}
	return error;
}

static int listen_with(struct run *r, int backlog)
{
	struct player *p = r->player;
	int fd, error;

	fd = new_socket(r);
	if (fd < 0)
		return -fd;
	error = listen_on(fd, address_of(r), backlog);
	if (error) {
		(void)close(fd);
		return error;
	}
	p->listener = fd;
	p->listening = *address_of(r);
	return 0;
}

int step_listen(struct run *r, int64_t number)
{
	(void)number;
	if (r->player->listener >= 0)
		return 0; /* kept from the trial before, same address */
	return listen_with(r, BACKLOG);
}

/* A queue of length 0 takes one connection: it is full when it holds more
 * than its length (sk_acceptq_is_full(), include/net/sock.h, Linux 6.18). */
int step_listen_full(struct run *r, int64_t number)
{
	struct sockaddr_storage sa;
	const socklen_t n = ip_endpoint_to_sockaddr(address_of(r), &sa);
	struct player *p = r->player;
	int error = listen_with(r, 0);

	(void)number;
	if (error)
		return error;
	p->filler = new_socket(r);
	if (p->filler < 0)
		return -p->filler;
	if (connect(p->filler, (const struct sockaddr *)&sa, n) < 0)
		error = errno;
	return error == EINPROGRESS ? finish_connect(r, p->filler) : error;
}

static bool is_any(const struct ip_addr *a)
{
	static const uint8_t zeros[sizeof(a->bytes)];

	return memcmp(a->bytes, zeros, sizeof(zeros)) == 0;
}

/* Did the client's script end at its connect?  Then nobody comes. */
static bool nobody_comes(const struct run *r)
{
	const struct probe_result *client = r->peer;

	return pace_peer_done(&r->player->pace, r->trial->number) &&
	       client->n_calls > 0 &&
	       client->calls[client->n_calls - 1].step == STEP_CONNECT &&
	       client->calls[client->n_calls - 1].error;
}

static int64_t look_again(const struct run *r)
{
	const int64_t at = clock_now_ns() + LOOK_NS;

	return at < r->deadline_ns ? at : r->deadline_ns;
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
		struct pollfd p = { .fd = listener, .events = POLLIN };

		if (errno != EAGAIN)
			return errno;
		r->left_alone = nobody_comes(r);
		if (r->left_alone)
			return 0;
		error = wait_overdue(r) ? ETIMEDOUT
					: wait_poll(r, &p, look_again(r));
		if (error)
			return error;
		n = sizeof(sa);
	}
	push(r, fd);
	r->accepted++;
	ip_endpoint_from_sockaddr(&sa, &r->result->peer);
	r->result->local = ip_endpoint_unmapped(&r->player->listening);
	if (is_any(&r->result->local.addr))
		note_local(r, fd);
	return 0;
}

int step_connect(struct run *r, int64_t number)
{
	struct sockaddr_storage sa;
	const socklen_t n = ip_endpoint_to_sockaddr(address_of(r), &sa);
	const int fd = new_socket(r);
	int error = 0;

	(void)number;
	if (fd < 0)
		return -fd;
	push(r, fd);
	r->result->peer = *address_of(r);
	if (connect(fd, (const struct sockaddr *)&sa, n) < 0)
		error = errno;
	/* Now: a refused socket is still bound until it is closed, and its
	 * port tells which SYN on the wire was this one. */
	note_local(r, fd);
	return error == EINPROGRESS ? finish_connect(r, fd) : error;
}

/* --- moving bytes ----------------------------------------------------------
 */

static size_t chunk(int64_t left)
{
	return left < BUFFER_BYTES ? (size_t)left : BUFFER_BYTES;
}

int step_send(struct run *r, int64_t number)
{
	const int fd = current(r);

	while (r->moved < number) {
		const ssize_t n = send(fd, outgoing, chunk(number - r->moved),
				       MSG_NOSIGNAL);
		int error = n < 0 ? errno : 0;

		if (error == EAGAIN)
			error = wait_retry(r, fd, POLLOUT);
		if (error)
			return error;
		r->moved += n > 0 ? n : 0;
	}
	return 0;
}

/* Read up to @number bytes more; *@ret_eof: the peer's FIN came first. */
static int receive(struct run *r, int64_t number, bool *ret_eof)
{
	const int fd = current(r);

	*ret_eof = false;
	while (r->moved < number && !*ret_eof) {
		const ssize_t n =
			recv(fd, incoming, chunk(number - r->moved), 0);
		int error = n < 0 ? errno : 0;

		if (error == EAGAIN)
			error = wait_retry(r, fd, POLLIN);
		else if (n == 0)
			*ret_eof = true;
		if (error)
			return error;
		r->moved += n > 0 ? n : 0;
	}
	return 0;
}

int step_recv(struct run *r, int64_t number)
{
	bool eof;
	const int error = receive(r, number, &eof);

	return eof ? ENODATA : error;
}

int step_recv_eof(struct run *r, int64_t number)
{
	bool eof;

	(void)number;
	return receive(r, INT64_MAX, &eof);
}

/* Bytes in the receive queue, or -errno. */
static int64_t unread(int fd)
{
	int n = 0;

	return ioctl(fd, FIONREAD, &n) < 0 ? -errno : n;
}

/* Let poll(2) wait for @number bytes.  Wakes up earlier on FIN and RST. */
static int wait_unread(struct run *r, int fd, int64_t number)
{
	short seen = 0;
	int error = set_option(fd, SOL_SOCKET, SO_RCVLOWAT, (int)number);

	if (error == 0)
		error = wait_events(r, fd, POLLIN | POLLRDHUP, &seen);
	(void)set_option(fd, SOL_SOCKET, SO_RCVLOWAT, 1);
	r->moved = unread(fd);
	if (error || r->moved >= number)
		return error;
	if (r->moved < 0) {
		error = (int)-r->moved;
		r->moved = 0;
		return error;
	}
	if (seen & POLLERR)
		error = socket_error(fd);
	return error ? error : ENODATA;
}

int step_wait_readable(struct run *r, int64_t number)
{
	const int fd = current(r);

	r->moved = unread(fd);
	if (r->moved >= number)
		return 0;
	if (r->moved < 0) {
		const int error = (int)-r->moved;

		r->moved = 0;
		return error;
	}
	return wait_unread(r, fd, number);
}

/* An error is left to the step that comes upon it. */
int step_wait_acked(struct run *r, int64_t number)
{
	struct pollfd p = { .fd = current(r) };
	int left = 0;

	(void)number;
	while (!wait_overdue(r)) {
		if (ioctl(p.fd, SIOCOUTQ, &left) < 0)
			return errno;
		if (left > 0)
			(void)wait_poll(r, &p, clock_now_ns() + ACK_LOOK_NS);
		if (left == 0 || p.revents)
			return 0;
	}
	return ETIMEDOUT;
}

/* --- ending connections ----------------------------------------------------
 */

int step_shutdown(struct run *r, int64_t number)
{
	return shutdown(current(r), (int)number) < 0 ? errno : 0;
}

/* A lingering close blocks also on a socket that does not: it must not
 * outlast the trial.  When the time is up the kernel goes on alone just the
 * same (__tcp_close(), net/ipv4/tcp.c, Linux 6.18). */
int step_linger(struct run *r, int64_t number)
{
	const int64_t left = (r->deadline_ns - clock_now_ns()) / NS_PER_S;
	const int64_t longest = left > 1 ? left : 1;
	const struct linger l = {
		.l_onoff = 1,
		.l_linger = (int)(number < longest ? number : longest),
	};

	return setsockopt(current(r), SOL_SOCKET, SO_LINGER, &l, sizeof(l)) < 0
		       ? errno
		       : 0;
}

int step_close(struct run *r, int64_t number)
{
	(void)number;
	if (!r->n_connections)
		return ENOTCONN;
	/* Once: Linux closes the descriptor also when close(2) fails. */
	return close(r->connections[--r->n_connections]) < 0 ? errno : 0;
}

void step_close_connections(struct run *r)
{
	(void)step_close_dup(r, 0);
	while (r->n_connections)
		(void)close(r->connections[--r->n_connections]);
}

/* End it by FINs: it is no part of what the trial is about. */
static void drop_filler(struct player *p)
{
	const int accepted = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);

	(void)close(p->filler);
	if (accepted >= 0)
		(void)close(accepted);
	p->filler = -1;
}

void step_drop_listener(struct player *p)
{
	if (p->filler >= 0)
		drop_filler(p);
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

/* Runs in a process of its own, see trial.c. */
int step_kill(struct run *r, int64_t number)
{
	(void)r;
	(void)number;
	(void)kill(getpid(), SIGKILL);
	abort(); /* not reached */
}

/* --- time ------------------------------------------------------------------
 */

int step_sleep(struct run *r, int64_t number)
{
	const int64_t now = clock_now_ns(), left = r->deadline_ns - now;

	wait_until(r, number < left ? now + number : r->deadline_ns);
	r->timed_out = number >= left;
	return r->timed_out ? ETIMEDOUT : 0;
}

/* The deadline of the trial holds as well. */
int step_patience(struct run *r, int64_t number)
{
	const int64_t until = clock_now_ns() + number;

	if (until < r->deadline_ns)
		r->deadline_ns = until;
	return 0;
}

/* Syncs that the other side got through in this trial; a hold is two. */
static uint32_t peer_syncs(const struct probe_result *peer)
{
	uint32_t n = 0;

	for (size_t i = 0; i < peer->n_calls && i < SCRIPT_STEPS_MAX; i++) {
		const struct probe_call *c = &peer->calls[i];

		if (c->end_ns == 0 || c->error)
			continue;
		n += c->step == STEP_SYNC ? 1 : c->step == STEP_HOLD ? 2 : 0;
	}
	return n;
}

/* A side that is through with the trial may have passed this sync before. */
int step_sync(struct run *r, int64_t number)
{
	struct pace *pace = &r->player->pace;
	const uint32_t trial = r->trial->number;

	(void)number;
	pace_reach(pace, trial, PROGRESS_SYNC + r->syncs);
	if (!wait_point(r, PROGRESS_SYNC + r->syncs, r->deadline_ns)) {
		r->timed_out = true;
		return ETIMEDOUT;
	}
	r->left_alone =
		pace_peer_done(pace, trial) && peer_syncs(r->peer) <= r->syncs;
	r->syncs++;
	return 0;
}

/* A bound of its own: this side's deadline began before the other's. */
int step_wait_peer(struct run *r, int64_t number)
{
	const int64_t until = r->deadline_ns + r->trial->deadline_ns;

	(void)number;
	if (wait_point(r, PROGRESS_DONE, until))
		return 0;
	r->timed_out = true;
	return ETIMEDOUT;
}

/* --- what the lab does -----------------------------------------------------
 */

static int send_request(uint32_t number, int connection)
{
	struct probe_message m = { .kind = PROBE_FAULT, .number = number };
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} room = { .bytes = { 0 } };
	struct iovec part = { &m, offsetof(struct probe_message, batch) };
	struct msghdr h = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (connection >= 0) {
		h.msg_control = room.bytes;
		h.msg_controllen = sizeof(room.bytes);
		c = CMSG_FIRSTHDR(&h);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &connection, sizeof(int));
	}
	return sendmsg(PROBE_CONTROL_FD, &h, MSG_NOSIGNAL) < 0 ? errno : 0;
}

/* The lab always answers; without it there is nothing to go on for. */
int step_ask_lab(const struct run *r, uint32_t number)
{
	struct probe_message answer;
	const int error = send_request(number, current(r));
	ssize_t n;

	if (error)
		return error;
	do
		n = recv(PROBE_CONTROL_FD, &answer, sizeof(answer), 0);
	while (n < 0 && errno == EINTR);
	if (n < (ssize_t)offsetof(struct probe_message, batch) ||
	    answer.kind != PROBE_FAULT_DONE)
		return n < 0 ? errno : EPROTO;
	return (int)answer.number;
}

int step_fault(struct run *r, int64_t number)
{
	return step_ask_lab(r, (uint32_t)number);
}
