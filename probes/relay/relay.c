/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  One epoll loop.  Events only mark what became possible and
 * queue the connection; then each queued connection has its turn, and only
 * there one ends, so that no event can mean a connection that is gone.
 * Sockets are registered once, for edges, like Go's poller does it.
 *
 * A client is not looked at before its backend answered, since Go's DialTCP
 * blocks its goroutine: what it sends meanwhile stays unread, and a dial that
 * fails resets it then.
 *
 * There are as many connections as there are descriptors for; more wait in
 * the accept queue.  (docker-proxy itself ends when accept fails.)
 */
#include "probes/relay/relay.h"

#include "lab/base/own.h"
#include "probes/control.h"
#include "probes/relay/copy.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>

enum {
	BACKLOG = 4096,	    /* Go: net.core.somaxconn, of which this is the
			     * default; the kernel takes the smaller */
	EVENTS = 64,	    /* per look; also accepts per look */
	KEEPALIVE_S = 15,   /* Go's net.defaultTCPKeepAliveIdle, -Interval */
	CONNECTION_FDS = 6, /* two sockets, two pipes */
	OWN_FDS = 16,
};

struct relay {
	int epoll, listener;
	struct sockaddr_storage backend;
	socklen_t backend_bytes;
	size_t n_connections, max_connections;
	bool accepting;
	struct connection *first, **last; /* the queue */
	LIST_HEAD(, connection) all;
};

/* What epoll tells of these two, besides peers. */
static char listener_mark, control_mark;

static int watch(int epoll, int op, int fd, uint32_t events, void *mark)
{
	struct epoll_event event = { .events = events, .data.ptr = mark };

	return epoll_ctl(epoll, op, fd, &event) < 0 ? -errno : 0;
}

/* --- the queue of connections that have something to do ------------------- */

static void enqueue(struct relay *r, struct connection *c)
{
	if (c->queued)
		return;
	c->queued = true;
	c->next = NULL;
	*r->last = c;
	r->last = &c->next;
}

/* Detach the whole queue: what is queued from now on has its turn later. */
static struct connection *take_queue(struct relay *r)
{
	struct connection *first = r->first;

	r->first = NULL;
	r->last = &r->first;
	return first;
}

/* --- one connection ------------------------------------------------------- */

static void set_accepting(struct relay *r, bool on)
{
	if (r->accepting == on)
		return;
	(void)watch(r->epoll, EPOLL_CTL_MOD, r->listener, on ? EPOLLIN : 0,
		    &listener_mark);
	r->accepting = on;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

/* The client first, as docker-proxy does. */
static void end_connection(struct relay *r, struct connection *c)
{
	for (int i = 0; i < PEERS; i++)
		close_fd(c->peers[i].fd);
	for (int i = 0; i < PEERS; i++) {
		close_fd(c->directions[i].pipe[0]);
		close_fd(c->directions[i].pipe[1]);
	}
	LIST_REMOVE(c, in_all);
	free(c);
	r->n_connections--;
	set_accepting(r, true);
}

static void set_option(int fd, int level, int option, int value)
{
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

/* What Go sets on every connection, dialled or accepted. */
static void set_options(int fd)
{
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_S);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_S);
}

static int watch_peer(struct relay *r, struct peer *p)
{
	return watch(r->epoll, EPOLL_CTL_ADD, p->fd,
		     EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, p);
}

/* Returns: 0 while it is under way or done, or -errno. */
static int dial(struct relay *r, struct connection *c)
{
	struct peer *p = &c->peers[BACKEND];

	p->fd = socket(r->backend.ss_family,
		       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd < 0)
		return -errno;
	if (connect(p->fd, (const struct sockaddr *)&r->backend,
		    r->backend_bytes) < 0 &&
	    errno != EINPROGRESS)
		return -errno;
	return watch_peer(r, p);
}

static struct connection *new_connection(int client)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->dialing = true;
	for (int i = 0; i < PEERS; i++) {
		c->peers[i] = (struct peer){ .of = c, .fd = -1 };
		c->directions[i].pipe[0] = c->directions[i].pipe[1] = -1;
	}
	c->peers[CLIENT].fd = client;
	return c;
}

static void begin_connection(struct relay *r, int client)
{
	struct connection *c = new_connection(client);

	if (!c) {
		(void)close(client);
		return;
	}
	LIST_INSERT_HEAD(&r->all, c, in_all);
	r->n_connections++;
	set_options(client);
	if (dial(r, c) < 0)
		end_connection(r, c);
}

/* Returns: 0 once connected, 1 while not yet known, or -errno. */
static int dialled(const struct connection *c)
{
	const struct peer *p = &c->peers[BACKEND];
	struct sockaddr_storage sa;
	socklen_t n = sizeof(sa);
	int error = 0;
	socklen_t error_bytes = sizeof(error);

	if (!p->writable)
		return 1;
	if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &error_bytes) < 0)
		return -errno;
	if (error)
		return -error;
	/* Connected, and possibly ended since; else it was an early edge. */
	return getpeername(p->fd, (struct sockaddr *)&sa, &n) < 0 ? 1 : 0;
}

/* Returns: 0 when copying begins, 1 when it is too early, or -errno. */
static int finish_dial(struct relay *r, struct connection *c)
{
	int result = dialled(c);

	if (result)
		return result;
	set_options(c->peers[BACKEND].fd);
	result = copy_begin(c);
	return result < 0 ? result : watch_peer(r, &c->peers[CLIENT]);
}

static void turn(struct relay *r, struct connection *c)
{
	enum copy_result result;

	if (c->dialing) {
		const int dial_result = finish_dial(r, c);

		if (dial_result < 0)
			end_connection(r, c);
		if (dial_result)
			return;
	}
	result = copy_turn(c);
	if (result == COPY_OVER)
		end_connection(r, c);
	else if (result == COPY_MORE)
		enqueue(r, c);
}

/* --- the loop ------------------------------------------------------------- */

static void accept_some(struct relay *r)
{
	for (int i = 0; i < EVENTS; i++) {
		int client;

		if (r->n_connections >= r->max_connections) {
			set_accepting(r, false);
			return;
		}
		client = accept4(r->listener, NULL, NULL,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (client >= 0)
			begin_connection(r, client);
		else if (errno != ECONNABORTED && errno != EINTR)
			return;
	}
}

static void note_edges(struct relay *r, struct peer *p, uint32_t events)
{
	/* An error or hang-up ends both reads and writes. */
	const uint32_t broken = EPOLLERR | EPOLLHUP;

	p->readable |= (events & (EPOLLIN | EPOLLRDHUP | broken)) != 0;
	p->writable |= (events & (EPOLLOUT | broken)) != 0;
	enqueue(r, p->of);
}

/* Returns: 1 when the lab ended it, or a negative errno. */
static int look(struct relay *r, struct err *e)
{
	struct epoll_event events[EVENTS];
	const int n = epoll_wait(r->epoll, events, EVENTS, r->first ? 0 : -1);

	if (n < 0 && errno != EINTR)
		return err_errno(e, "wait for sockets");
	for (int i = 0; i < n; i++) {
		void *mark = events[i].data.ptr;

		if (mark == &control_mark && control_closed())
			return 1;
		if (mark == &listener_mark)
			accept_some(r);
		else if (mark != &control_mark)
			note_edges(r, mark, events[i].events);
	}
	return 0;
}

static int serve(struct relay *r, struct err *e)
{
	for (;;) {
		const int result = look(r, e);
		struct connection *c, *next;

		if (result)
			return result < 0 ? result : 0;
		for (c = take_queue(r); c; c = next) {
			next = c->next;
			c->queued = false;
			turn(r, c);
		}
	}
}

/* --- getting ready -------------------------------------------------------- */

static int open_listener(const struct ip_endpoint *at, int *ret, struct err *e)
{
	struct sockaddr_storage sa;
	const socklen_t n = ip_endpoint_to_sockaddr(at, &sa);
	char text[IP_TEXT_MAX];
	own_fd int fd = socket(sa.ss_family,
			       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_errno(e, "open a socket");
	set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (at->addr.family == 6)
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (bind(fd, (const struct sockaddr *)&sa, n) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return err_set(e, ERR_INPUT, errno, "cannot listen at %s: %s",
			       ip_endpoint_text(at, text), strerror(errno));
	*ret = take_fd(&fd);
	return 0;
}

/* As many as the hard limit of descriptors allows. */
static size_t most_connections(void)
{
	struct rlimit limit = { 1024, 1024 };

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur < OWN_FDS + CONNECTION_FDS)
		return 1;
	return (limit.rlim_cur - OWN_FDS) / CONNECTION_FDS;
}

int relay_run(const struct ip_endpoint *listen,
	      const struct ip_endpoint *connect, struct err *e)
{
	own_fd int listener = -1;
	own_fd int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct relay r = { .epoll = epoll, .accepting = true };
	int result;

	if (epoll < 0)
		return err_errno(e, "make an epoll instance");
	r.last = &r.first;
	r.max_connections = most_connections();
	r.backend_bytes = ip_endpoint_to_sockaddr(connect, &r.backend);
	result = open_listener(listen, &listener, e);
	if (result < 0)
		return result;
	r.listener = listener;
	if (watch(epoll, EPOLL_CTL_ADD, CONTROL_FD, EPOLLIN, &control_mark) <
		    0 ||
	    watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN, &listener_mark) < 0)
		return err_errno(e, "watch a descriptor");
	result = control_ready(e);
	if (result == 0)
		result = serve(&r, e);
	while (!LIST_EMPTY(&r.all))
		end_connection(&r, LIST_FIRST(&r.all));
	return result;
}
