/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnl - links, addresses and routes of one namespace.
 *
 * Every refusal carries the kernel's own sentence (extended ACK) and the true
 * errno.  Its class says who has to act: ERR_HOST for a missing right or
 * feature, ERR_SYSTEM for a lack of memory or descriptors, and ERR_INPUT for
 * everything else, because then the kernel refused what the file asks for.
 */
#ifndef LAB_NET_RTNL_H
#define LAB_NET_RTNL_H

#include "lab/base/err.h"
#include "lab/base/own.h"
#include "lab/spec/topology.h"

#include <stdbool.h>

struct rtnl;

/* Talk to the namespace that the calling thread is in, from anywhere. */
int rtnl_open(struct rtnl **ret, struct err *e);
void rtnl_close(struct rtnl *rt);
OWN_DEFINE(rtnl, struct rtnl, rtnl_close)
#define own_rtnl OWN(own_rtnl_release)

/*
 * A device to be made: what the file says, the index it is to get, and the
 * namespace where it is to appear.  Indices are given by the caller so that
 * nothing has to be looked up, and are unique in a lab: kernels before 6.15
 * look for the index in the requesting socket's namespace, too.
 */
struct rtnl_device {
	const struct interface *spec;
	int index;
	int netns;
};

/* Both ends of the pair, each directly in its namespace. */
int rtnl_make_veth(struct rtnl *rt, const struct rtnl_device *near,
		   const struct rtnl_device *far, struct err *e);

/**
 * rtnl_make() - a bridge, vxlan or macvlan
 * @rt:		of the device's namespace; for a macvlan, of its parent's
 * @parent:	macvlan: index of the parent; otherwise 0
 *
 * A bridge is made with spanning tree off; see rtnl_start_stp().
 */
int rtnl_make(struct rtnl *rt, const struct rtnl_device *d, int parent,
	      struct err *e);

/* What the file says that every kind takes (MAC, MTU, queue length), for a
 * device that was made by other means. */
int rtnl_set_common(struct rtnl *rt, int index, const struct interface *spec,
		    struct err *e);

int rtnl_set_master(struct rtnl *rt, int index, int master, struct err *e);
int rtnl_set_hairpin(struct rtnl *rt, int index, struct err *e);
int rtnl_set_up(struct rtnl *rt, int index, struct err *e);

/**
 * rtnl_start_stp() - spanning tree on a bridge whose ports forward already
 *
 * They go on forwarding.  Ports that come up under spanning tree are deaf
 * for twice the forward delay, 4 s at least, which a machine that has been up
 * for a while has behind it.
 *
 * Source: net/bridge/br_stp.c br_make_forwarding(), Linux 6.18
 */
int rtnl_start_stp(struct rtnl *rt, int index, struct err *e);

/* Can it pass frames?  As a bridge port also: does the bridge let it? */
int rtnl_is_running(struct rtnl *rt, int index, bool *ret, struct err *e);

int rtnl_add_address(struct rtnl *rt, int index, const struct ip_prefix *p,
		     struct err *e);
/* Does the node take what is sent to @addr for its own already?  The kernel
 * makes the route of an IPv6 address from a worker (addrconf_dad_work(),
 * net/ipv6/addrconf.c, Linux 6.18). */
int rtnl_is_own(struct rtnl *rt, const struct ip_addr *addr, bool *ret,
		struct err *e);
/* @dev:	index of the route's device, or 0: as .via says */
int rtnl_add_route(struct rtnl *rt, const struct route *route, int dev,
		   struct err *e);

/* Make a device of any kind by name; what rtnl_make() says when the kernel
 * lacks it, for tests. */
int rtnl_make_kind(struct rtnl *rt, const char *kind, const char *name,
		   struct err *e);

#endif
