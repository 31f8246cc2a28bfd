/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * copy - one relayed connection: two sockets, and a pipe for each direction.
 *
 * When a direction ends, by a FIN or an error of either socket, its source is
 * shut for reading and its sink for writing; when both have ended, both
 * sockets are closed.  So a reset of one side reaches the other as a FIN, and
 * the kernel answers bytes that were never read with a reset.
 *
 * Source: moby cmd/docker-proxy/tcp_proxy_linux.go; Go's TCPConn.ReadFrom,
 * which splices (internal/poll/splice_linux.go)
 */
#ifndef PROBES_RELAY_COPY_H
#define PROBES_RELAY_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

enum { CLIENT, BACKEND, PEERS };

struct connection;

struct peer {
	struct connection *of;
	int fd;
	/* What epoll said, until the kernel says EAGAIN: the edges. */
	bool readable, writable;
};

/* From the peer of the same place to the other one. */
struct direction {
	int pipe[2];
	size_t held; /* bytes in the pipe */
	bool over;
};

struct connection {
	struct peer peers[PEERS];
	struct direction directions[PEERS];
	bool dialing;
	bool queued;
	struct connection *next; /* in the queue */
	LIST_ENTRY(connection) in_all;
};

/* The backend answered: open the pipes.  Returns: 0 or -errno. */
int copy_begin(struct connection *c);

enum copy_result {
	COPY_WAIT, /* for an edge */
	COPY_MORE, /* its turn is over, others first */
	COPY_OVER, /* both directions */
};

enum copy_result copy_turn(struct connection *c);

#endif
