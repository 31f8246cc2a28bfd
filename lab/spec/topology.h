/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology - what a topologies/NAME.yaml says: nodes, their interfaces, and
 * who talks to whom.  Nothing here has touched the kernel.
 */
#ifndef LAB_SPEC_TOPOLOGY_H
#define LAB_SPEC_TOPOLOGY_H

#include "lab/base/err.h"
#include "lab/base/ip.h"
#include "lab/base/own.h"
#include "lab/spec/spec.h"

enum node_kind {
	NODE_HOST,	/* a machine */
	NODE_CONTAINER, /* a container on one */
	NODE_GUEST,	/* a virtual machine */
	NODE_ROUTER,	/* forwards between others */
	NODE_REMOTE,	/* somebody else's machine */
};
extern const char *const node_kind_names[]; /* NULL-terminated */

enum interface_kind {
	INTERFACE_VETH,	   /* one end of the pair that .link names */
	INTERFACE_BRIDGE,  /* others name it as their .master */
	INTERFACE_MACVLAN, /* on .parent, "node:interface" */
	INTERFACE_VXLAN,   /* .vni over UDP .port to .remote */
};
extern const char *const interface_kind_names[];

/* How a program in the node is shut in. */
enum isolation {
	ISOLATION_NONE,	  /* a program on the machine */
	ISOLATION_DOCKER, /* own PID, mount, UTS and IPC namespace, Docker's
			   * default capabilities */
};
extern const char *const isolation_names[];

struct interface {
	char *name;
	struct spec_at name_at;
	int kind;   /* enum interface_kind */
	char *link; /* veth: two interfaces name the same */
	struct spec_at link_at;
	char *master; /* bridge of the same node, or NULL */
	struct spec_at master_at;
	char *parent; /* macvlan: "node:interface" */
	struct spec_at parent_at;
	char *mac;		      /* "02:42:ac:11:00:02" or NULL: random */
	uint32_t mtu;		      /* bytes; 0: the kernel's */
	int32_t txqlen;		      /* packets; -1: the kernel's */
	uint32_t hairpin;	      /* bridge port: 0 or 1 */
	uint32_t stp;		      /* bridge: 0 or 1 */
	int64_t forward_delay_ns;     /* bridge; -1: the kernel's */
	uint32_t vni, vxlan_port;     /* vxlan */
	struct ip_addr local, remote; /* vxlan */
	struct spec_list addresses;   /* of struct ip_prefix */
};

struct route {
	struct ip_prefix to; /* length 0: default */
	struct ip_addr via;  /* family 0: none, .dev is set */
	char *dev;	     /* or NULL */
	struct spec_at at;
};

struct topology_node {
	char *name;
	struct spec_at name_at;
	int kind;		  /* enum node_kind */
	int isolation;		  /* enum isolation */
	uint32_t cpus;		  /* processors; 0: all */
	struct spec_list sysctls; /* of struct spec_pair; must exist */
	struct spec_list sysctls_if_present; /* of struct spec_pair */
	struct spec_list interfaces; /* of struct interface; lo is implied */
	struct spec_list routes;     /* of struct route */
	char *nft;		     /* ruleset text, or NULL */
	struct spec_at nft_at;	     /* of its first line */
};

struct topology {
	char *path; /* of the file */
	char *name; /* is the file's name without .yaml */
	struct spec_at name_at;
	char *summary; /* one line */
	char *mirrors; /* what it mirrors, which version, and the source */
	char *client, *server; /* names of nodes; may be the same */
	struct spec_at client_at, server_at;
	struct ip_endpoint connect; /* what the client dials */
	struct ip_endpoint listen;  /* where the server listens */
	/* the same over IPv6; family 0 where the mirror has none */
	struct ip_endpoint connect6, listen6;
	struct spec_at connect_at, listen_at, connect6_at, listen6_at;
	struct spec_list nodes; /* of struct topology_node */
};

/**
 * topology_load() - read and check one file
 * @t:		zeroed; safe for topology_done() also after a failure
 * @d:		gathers every mistake with its line and column
 *
 * Checked: names unique, nodes named by client, server, master, parent and
 * link exist, each link has exactly two ends, no node has an address twice,
 * interface names fit the kernel (15 bytes), gateways are within reach, the
 * server has the address it listens at.  A port that the server may not open
 * is a warning in @d.
 *
 * Errors:	as spec_load()
 */
int topology_load(struct topology *t, const char *path, struct spec_diags *d,
		  struct err *e);
void topology_done(struct topology *t);
#define own_topology OWN(topology_done)

/* The node of that name, or NULL. */
const struct topology_node *topology_node(const struct topology *t,
					  const char *name);

#endif
