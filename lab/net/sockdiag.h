/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sockdiag - what TCP sockets a namespace still has, asked over libmnl.
 *
 * Source: sock_diag(7); net/ipv4/inet_diag.c, Linux 6.18
 */
#ifndef LAB_NET_SOCKDIAG_H
#define LAB_NET_SOCKDIAG_H

#include "lab/base/err.h"
#include "lab/base/ip.h"

#include <stdbool.h>
#include <stdint.h>

enum { SOCKDIAG_STATES = 13 }; /* TCP_ESTABLISHED 1 ... TCP_NEW_SYN_RECV 12 */

/* Which timer runs.  Source: inet_sk_diag_fill(), Linux 6.18 */
enum sockdiag_timer {
	SOCKDIAG_TIMER_OFF,
	SOCKDIAG_TIMER_ON, /* retransmission */
	SOCKDIAG_TIMER_KEEPALIVE,
	SOCKDIAG_TIMER_TIMEWAIT,
	SOCKDIAG_TIMER_PERSIST, /* zero window probe */
	SOCKDIAG_TIMERS
};

struct sockdiag_census {
	uint32_t in_state[SOCKDIAG_STATES]; /* IPv4 and IPv6 together */
	/* in a state from which a segment may still come by itself or by an
	 * answer: neither LISTEN nor TIME-WAIT nor CLOSE */
	uint32_t lively;
};

/*
 * One socket, or what the kernel keeps in the place of one: a handshake that
 * is not over is in SYN-RECV, a FIN-WAIT-2 or TIME-WAIT with the timer
 * timewait is a small record that has no queues, no inode and no uid.
 */
struct sockdiag_socket {
	struct ip_endpoint local, remote; /* the addresses of the socket */
	uint64_t cookie; /* of one connection's socket all its life */
	uint32_t inode;	 /* 0: no descriptor has it (orphan) */
	uint32_t uid;
	uint32_t receive_queue; /* unread bytes, a FIN is one more; of a
				 * listener: connections to accept */
	uint32_t send_queue;	/* bytes not acknowledged; of a listener: its
				 * room */
	uint32_t timer_ms;	/* until it fires */
	uint8_t state, timer, retransmits;
};

struct sockdiag; /* one NETLINK_SOCK_DIAG socket, opened inside the netns */

int sockdiag_open(struct sockdiag **ret, int netns, struct err *e);
void sockdiag_close(struct sockdiag *s);

/* Called for each socket; stops the walk when it returns other than 0. */
typedef int (*sockdiag_fn)(const struct sockdiag_socket *socket, void *arg);

/**
 * sockdiag_each() - look at every TCP socket of the namespace, IPv4 first
 *
 * Returns: 0, or what @fn returned.
 */
int sockdiag_each(struct sockdiag *s, sockdiag_fn fn, void *arg, struct err *e);

/* As sockdiag_each(), but in no order, by one walk instead of two, and only
 * those in @states, of bits 1 << TCP_...: the kernel passes by the others, of
 * which TIME-WAIT alone can be thousands.  Of LISTEN alone it walks no table of
 * connections. */
#define SOCKDIAG_ALL ((1U << SOCKDIAG_STATES) - 1)
int sockdiag_each_in(struct sockdiag *s, uint32_t states, sockdiag_fn fn,
		     void *arg, struct err *e);
int sockdiag_count(struct sockdiag *s, struct sockdiag_census *ret,
		   struct err *e);

/**
 * sockdiag_destroy() - end a socket that sockdiag_each() has shown
 *
 * A TIME-WAIT goes without a segment; any other is aborted, by an RST where it
 * is connected.  One that is gone by now is as good.
 *
 * Returns: 0; 1: the kernel cannot (no CONFIG_INET_DIAG_DESTROY).
 * Needs:	CAP_NET_ADMIN over the namespace; not while a walk is going on
 * Source:	tcp_abort(), net/ipv4/tcp.c, Linux 6.18
 */
int sockdiag_destroy(struct sockdiag *s, const struct sockdiag_socket *socket,
		     struct err *e);

/* A message of inet_diag.  Returns: false: it is none that is known. */
struct nlmsghdr;
bool sockdiag_read(const struct nlmsghdr *nlh, struct sockdiag_socket *ret);

/* As ss prints it: "ESTAB", "FIN-WAIT-2"; "timewait". */
const char *sockdiag_state_name(uint8_t state);
const char *sockdiag_timer_name(uint8_t timer);

#endif
