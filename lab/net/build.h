/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build - what the stages of net_build() work on, and what they share. */
#ifndef LAB_NET_BUILD_H
#define LAB_NET_BUILD_H

#include "lab/net/net.h"
#include "lab/net/netns.h"
#include "lab/net/rtnl.h"

/* What is known of a key of the baseline in a namespace that is just born. */
enum born { BORN_UNKNOWN, BORN_RIGHT };

struct build {
	const struct topology *topology;
	struct net *net;
	struct rtnl **rtnl; /* of each node */
	int home;	    /* the builder's own namespace */
	enum born *born;    /* of each row of the baseline */
	uint64_t seed;	    /* for what links draw */
};

/* Into the node's namespace. */
int build_visit(const struct build *b, struct netns_visit *v, size_t node,
		struct err *e);

/* Put "path:line:column: node 'NAME': " in front of @e. */
int build_blame(const struct build *b, size_t node, struct spec_at at,
		struct err *e);

/* Place of the interface of that name in @node's list of the file, or -1. */
int build_interface(const struct topology_node *node, const char *name);

/* Its index in the kernel. */
int build_index(const struct build *b, size_t node, int interface);

#endif
