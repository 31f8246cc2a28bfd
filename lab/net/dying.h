/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dying - what TCP sockets of a namespace are destroyed, told by the kernel
 * as each one goes: with the bytes that nobody has read.
 *
 * Told are the sockets themselves, with or without an owner, the one that a
 * TIME-WAIT takes the place of included; the small records in SYN-RECV,
 * FIN-WAIT-2 and TIME-WAIT go without a word (measured, Linux 6.18).  No right
 * over the initial namespace is needed.
 *
 * Source: sock_diag_broadcast_destroy(), net/core/sock_diag.c, and
 * inet_diag_handler_get_info(), net/ipv4/inet_diag.c, Linux 6.18
 */
#ifndef LAB_NET_DYING_H
#define LAB_NET_DYING_H

#include "lab/net/sockdiag.h"

#include <stdbool.h>

struct dying; /* one NETLINK_SOCK_DIAG socket, opened inside the netns */

/* Errors:	as sockdiag_open() */
int dying_open(struct dying **ret, int netns, struct err *e);
void dying_close(struct dying *d);

/**
 * dying_listen() - be told from now on, or no more
 *
 * Being told costs each socket that is destroyed some 3 us.  What was told and
 * not taken is dropped when it begins.
 *
 * Returns: 0; 1: the kernel does not tell.
 * Needs:	CAP_NET_ADMIN over the namespace
 */
int dying_listen(struct dying *d, bool on, struct err *e);

/**
 * dying_take() - what was told since the last call; does not wait
 *
 * The socket's state is TCP_CLOSE, and it has neither inode nor timer.  Where
 * it was disconnected first (SO_LINGER with a time of 0, connect(AF_UNSPEC), a
 * listener closed before accept()) its remote port is 0, and its queues say
 * nothing.
 *
 * Returns: 0, or what @fn returned.
 */
int dying_take(struct dying *d, sockdiag_fn fn, void *arg, struct err *e);

/* How often the kernel had more to tell than there was room for. */
uint64_t dying_lost(const struct dying *d);

#endif
