/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netem - what waits in the netem queues of a node, and what they lost. */
#ifndef LAB_NET_NETEM_H
#define LAB_NET_NETEM_H

#include "lab/net/net.h"
#include "lab/net/rtnl-qdisc.h"

struct netem;

/* @ret: NULL where no interface of the node has netem */
int netem_open(struct netem **ret, const struct net *net, size_t node,
	       struct err *e);
void netem_close(struct netem *n);
OWN_DEFINE(netem, struct netem, netem_close)
#define own_netem OWN(own_netem_release)

/* Does it send frames twice?  A capture sees both. */
bool netem_repeats(const struct netem *n);

/* The sum over the node's interfaces.  @n: NULL: nothing waits, nothing is
 * lost */
int netem_read(struct netem *n, struct rtnl_qdisc_counts *ret, struct err *e);

#endif
