/* SPDX-License-Identifier: GPL-2.0-or-later */
/* socket - the sockets of a trial, as they were when they were looked at. */
#ifndef LAB_STORE_SOCKET_H
#define LAB_STORE_SOCKET_H

#include "lab/base/ip.h"
#include "lab/store/store.h"

/* Whose socket it is.  Middle: of a process between the two programs. */
enum store_role {
	STORE_ROLE_CLIENT,
	STORE_ROLE_SERVER,
	STORE_ROLE_MIDDLE,
	STORE_ROLE_LISTENER, /* the server's, which accepts */
	STORE_ROLES
};

/* One look at all nodes; @hold: NULL: after both programs were through */
struct store_look {
	int64_t trial;	 /* row */
	uint32_t number; /* in the trial, from 1 */
	const char *hold;
	int64_t time_ns;
};
/* Returns: the row's id, > 0, or a negative errno. */
int64_t store_put_look(struct store *s, const struct store_look *l,
		       struct err *e);

/* Words as ss has them; 0 for an inode: no descriptor has it. */
struct store_socket {
	uint32_t number; /* in the look, from 1 */
	enum store_role role;
	const char *node, *state, *timer;
	uint32_t timer_ms, receive_queue, send_queue, retransmits, inode, uid;
	uint64_t cookie;
	struct ip_endpoint local, remote;
};
int store_put_socket(struct store *s, int64_t look,
		     const struct store_socket *socket, struct err *e);

/* One that was destroyed in the trial of row @trial: it has no state, timer
 * or owner any more, and with a remote port of 0 no queues. */
int store_put_destroyed(struct store *s, int64_t trial,
			const struct store_socket *socket, struct err *e);

#endif
