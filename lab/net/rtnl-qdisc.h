/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnl-qdisc - the queue in which the kernel delays and loses what an
 * interface sends. */
#ifndef LAB_NET_RTNL_QDISC_H
#define LAB_NET_RTNL_QDISC_H

#include "lab/net/rtnl.h"

/* Frames that may wait in it; what tc(8) gives it, too. */
enum { RTNL_NETEM_LIMIT = 1000 };

/**
 * rtnl_add_netem() - `tc qdisc add dev ... root netem ...`
 * @seed:	for what it draws; kernels before 6.6 draw without one
 *
 * Errors:	ENOENT where the kernel has no netem, of class ERR_HOST
 */
int rtnl_add_netem(struct rtnl *rt, int index, const struct impairment *m,
		   uint64_t seed, struct err *e);

struct rtnl_qdisc_counts {
	uint32_t waiting; /* frames in it now */
	uint32_t dropped; /* since it was made */
};

/* Of the root queue. */
int rtnl_read_qdisc(struct rtnl *rt, int index, struct rtnl_qdisc_counts *ret,
		    struct err *e);

#endif
