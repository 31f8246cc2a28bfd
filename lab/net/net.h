/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net - a topology made real: one namespace per node, links, addresses,
 * routes, sysctls and rules in them.
 *
 * Everything is held by descriptors of this process and nothing else.
 */
#ifndef LAB_NET_NET_H
#define LAB_NET_NET_H

#include "lab/base/err.h"
#include "lab/base/own.h"
#include "lab/spec/topology.h"

struct net_interface {
	const char *name; /* borrowed from the topology, or "lo" */
	int index;	  /* the kernel's, in its namespace */
};

struct net_sysctl {
	char *key, *value; /* "net.ipv4.tcp_sack", read back after writing */
};

struct net_node {
	const struct topology_node *spec; /* borrowed */
	int netns;			  /* owned by the net */
	struct net_interface *interfaces; /* lo first */
	size_t n_interfaces;
	struct net_sysctl *sysctls; /* what is in force */
	size_t n_sysctls;
	int rules; /* socket that loaded its rules, or -1; see nft.h */
};

/* The side of a tap device that a process reads and writes; frames begin with
 * a struct virtio_net_hdr (IFF_VNET_HDR), because guests offload too. */
struct net_tap {
	size_t node, interface; /* places in .nodes and in its .interfaces,
				 * where lo is the first */
	int fd;			/* owned by the net */
};

struct net {
	const struct topology *topology; /* borrowed; outlives the net */
	struct net_node *nodes;		 /* in the order of the file */
	size_t n_nodes;
	struct net_tap
		*taps; /* of wires, the two of a link side by side, in
			* the order of the file; then those of kind tap */
	size_t n_taps;
};

/**
 * net_build() - make @t
 *
 * Links are created directly inside their namespaces, IPv6 addresses without
 * duplicate address detection, sysctls written and read back.  The calling
 * thread is in its old namespace again on return.  Whatever fails, nothing
 * half-built stays.
 *
 * Needs:	CAP_SYS_ADMIN and CAP_NET_ADMIN in the user namespace
 * Errors:	ERR_HOST names the kernel feature that is missing; ERR_INPUT
 *		carries "file:line:column" and the kernel's or nft's sentence
 */
int net_build(const struct topology *t, struct net **ret, struct err *e);
/* @seed: for what the kernel's netem draws; net_build() takes 0 */
int net_build_seeded(const struct topology *t, uint64_t seed, struct net **ret,
		     struct err *e);
void net_free(struct net *net);
OWN_DEFINE(net, struct net, net_free)
#define own_net OWN(own_net_release)

/* The node of that name, or NULL. */
struct net_node *net_node(struct net *net, const char *name);

/* Name of the interface with that index in @node, or "?". */
const char *net_interface_name(const struct net_node *node, int index);

/* The sysctls that every node gets before its own: key, value, why. */
struct net_baseline {
	const char *key, *value, *why;
};
extern const struct net_baseline net_baseline[]; /* ends with .key == NULL */
extern const size_t net_baseline_rows;

#endif
