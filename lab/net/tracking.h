/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tracking - what connection tracking begins and ceases to follow in a
 * namespace, told by the kernel as it does.
 *
 * Only TCP, and only entries that come and go: their changes of state in
 * between would be four messages for each connection.
 *
 * Source: ctnetlink_conntrack_event(), net/netfilter/nf_conntrack_netlink.c,
 * Linux 6.18
 */
#ifndef LAB_NET_TRACKING_H
#define LAB_NET_TRACKING_H

#include "lab/base/err.h"
#include "lab/base/ip.h"

#include <stdbool.h>
#include <stdint.h>

/* An entry.  Without translation .reply_src is .dst, .reply_dst is .src. */
struct tracking_entry {
	struct ip_endpoint src, dst; /* as the first segment had them */
	struct ip_endpoint reply_src, reply_dst; /* as answers have them */
	bool gone;				 /* false: it is new */
};

struct tracking; /* one netlink socket, opened inside the netns */

/**
 * tracking_open() - be told from now on
 *
 * A namespace without connection tracking tells nothing, and pays nothing.
 *
 * Errors:	ERR_HOST: this kernel does not tell
 * Needs:	CAP_NET_ADMIN over the namespace
 */
int tracking_open(struct tracking **ret, int netns, struct err *e);
void tracking_close(struct tracking *t);

typedef int (*tracking_fn)(const struct tracking_entry *entry, void *arg);

/* What was told since the last call; does not wait.  Returns: 0, or what @fn
 * returned. */
int tracking_take(struct tracking *t, tracking_fn fn, void *arg, struct err *e);

/* How often the kernel had more to tell than there was room for. */
uint64_t tracking_lost(const struct tracking *t);

#endif
