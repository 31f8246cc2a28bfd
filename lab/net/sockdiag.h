/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sockdiag - what TCP sockets a namespace still has, asked over libmnl.
 *
 * Source: sock_diag(7); net/ipv4/inet_diag.c, Linux 6.18
 */
#ifndef LAB_NET_SOCKDIAG_H
#define LAB_NET_SOCKDIAG_H

#include "lab/base/err.h"

#include <stdint.h>

enum { SOCKDIAG_STATES = 13 }; /* TCP_ESTABLISHED 1 ... TCP_NEW_SYN_RECV 12 */

struct sockdiag_census {
	uint32_t in_state[SOCKDIAG_STATES]; /* IPv4 and IPv6 together */
	/* in a state from which a segment may still come by itself or by an
	 * answer: neither LISTEN nor TIME-WAIT nor CLOSE */
	uint32_t lively;
};

struct sockdiag; /* one NETLINK_SOCK_DIAG socket, opened inside the netns */

int sockdiag_open(struct sockdiag **ret, int netns, struct err *e);
int sockdiag_count(struct sockdiag *s, struct sockdiag_census *ret,
		   struct err *e);
void sockdiag_close(struct sockdiag *s);

#endif
