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
#include "lab/spec/expect.h"
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
	INTERFACE_TAP,	   /* a process has the other side: see .processes */
};
extern const char *const interface_kind_names[];

/* How a program in the node is shut in. */
enum isolation {
	ISOLATION_NONE,	  /* a program on the machine */
	ISOLATION_DOCKER, /* own PID, mount, UTS and IPC namespace, Docker's
			   * default capabilities */
};
extern const char *const isolation_names[];

/* What the name localhost is in the nodes, and whether programs dial it. */
enum localhost {
	LOCALHOST_NONE, /* they dial addresses */
	LOCALHOST_4,	/* 127.0.0.1 */
	LOCALHOST_6,	/* ::1 */
	LOCALHOST_BOTH, /* ::1, then 127.0.0.1 */
};
extern const char *const localhost_names[]; /* "", "4", "6", "both", NULL */

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

/* What a link that interfaces name is made of.  A link without an entry of its
 * own is a veth pair. */
enum link_kind {
	LINK_VETH,
	LINK_WIRE,  /* two tap devices and a process that carries frames */
	LINK_NETEM, /* a veth pair with the kernel's netem at both ends */
};
extern const char *const link_kind_names[];

/* What happens to frames in one direction; all 0: nothing.  Rates in parts
 * per million; drawn from the run's seed.  Only a wire keeps the order where
 * there is jitter. */
struct impairment {
	int64_t delay_ns, jitter_ns; /* even in delay +- jitter */
	uint32_t loss_ppm;	     /* Bernoulli, or in the good state */
	/* Gilbert-Elliott: good -> bad, bad -> good, loss in the bad state */
	uint32_t bad_ppm, good_ppm, bad_loss_ppm;
	uint32_t duplicate_ppm;
	uint32_t reorder_ppm; /* goes out at once, before what waits */
	uint64_t rate_bps;    /* 0: unlimited */
};

/* Netem takes this for more.
 * Source: net/sched/sch_netem.c netem_change(), Linux 6.18 */
#define IMPAIRMENT_NETEM_JITTER_MAX_NS INT32_MAX

struct link {
	char *name;
	struct spec_at name_at;
	int kind;		 /* enum link_kind */
	struct impairment there; /* from the interface that stands first */
	struct impairment back;
	/* What the file says, before it is put together in .there and .back;
	 * only for reading files */
	struct impairment said_both, said_there, said_back;
};

/* A program that runs in a node as long as the lab. */
enum process_kind {
	PROCESS_RELAY,	 /* docker-proxy: accepts, dials, copies both ways */
	PROCESS_USERNET, /* libslirp: a guest's network as sockets of a node */
	PROCESS_PASTA,	 /* the same by the pasta of this machine */
};
extern const char *const process_kind_names[];

/* A port of the node that leads into the guest behind a usernet. */
struct forward {
	struct ip_endpoint listen, connect; /* IPv4 */
	struct spec_at listen_at, connect_at;
};

struct process {
	char *node;
	struct spec_at node_at;
	int kind;		    /* enum process_kind */
	struct ip_endpoint listen;  /* relay; the address may be 0.0.0.0, :: */
	struct ip_endpoint connect; /* relay */
	struct spec_at listen_at, connect_at;
	char *guest; /* usernet: "node:interface", of kind tap */
	struct spec_at guest_at;
	struct spec_list forwards; /* usernet: of struct forward */
	uint32_t restrict_;	   /* usernet: 0 or 1 */
};

/*
 * A part of a node's ruleset, one per file that has any, in the order in which
 * they are read (an included file first).  Together they are one ruleset, to
 * be loaded whole or not at all: put one after the other, each ends its last
 * line, and a line of the whole belongs to the piece in which it falls; there
 * .at is the place of its first line, in the file .at.path.
 */
struct nft_piece {
	char *text; /* as `nft -f` reads it; may lack the last newline */
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
	struct spec_list nft;	     /* of struct nft_piece: one ruleset */
};

struct topology {
	char *path;    /* of the file */
	char *include; /* never set: what it named is in .files */
	char *name;    /* is the file's name without .yaml */
	struct spec_at name_at;
	char *summary;	/* one line */
	int by_default; /* 1: part of a run that names no topology */
	char *mirrors;	/* what it mirrors, which version, and the source */
	char *client, *server; /* names of nodes; may be the same */
	struct spec_at client_at, server_at;
	struct ip_endpoint connect; /* what the client dials */
	struct ip_endpoint listen;  /* where the server listens */
	/* the same over IPv6; family 0 where the mirror has none */
	struct ip_endpoint connect6, listen6;
	struct spec_at connect_at, listen_at, connect6_at, listen6_at;
	int localhost;	  /* enum localhost; a parameter, not of the file */
	uint32_t through; /* bits 1 << enum through: what lies in between */
	struct spec_list nodes; /* of struct topology_node */
	struct spec_list links; /* of struct link; those that need an entry */
	struct spec_list processes; /* of struct process */
	/* of struct spec_file: this file first, then what it includes, and so
	 * on; the path of every struct spec_at here is one of theirs */
	struct spec_list files;
	/* JSON object of the parameters that were applied, sorted by key;
	 * NULL stands for {}.  See lab/spec/param.h */
	char *params;
};

/**
 * topology_load() - read and check one file
 * @t:		zeroed; safe for topology_done() also after a failure.  What the
 *		file includes is in it: see spec_load_files()
 * @d:		gathers every mistake with its line and column
 *
 * Checked: names unique, nodes named by client, server, master, parent and
 * link exist, each link has exactly two ends, no node has an address twice,
 * interface names fit the kernel (15 bytes), gateways are within reach, the
 * server has the address it listens at, a process has what its kind needs and
 * no two listen at one address.  A port that a program may not open is a
 * warning in @d.
 *
 * Errors:	as spec_load()
 */
int topology_load(struct topology *t, const char *path, struct spec_diags *d,
		  struct err *e);
void topology_done(struct topology *t);
#define own_topology OWN(topology_done)

/* Add the text of the file, then of those that it includes, each below a
 * comment with its path. */
void topology_source(const struct topology *t, struct text *out);

/* Take away the processes of that enum process_kind. */
void topology_drop_processes(struct topology *t, int kind);

/* Is the tap "node:interface" one that a program of this machine opens by its
 * name, as pasta does? */
bool topology_tap_is_open(const struct topology *t,
			  const struct topology_node *node,
			  const struct interface *tap);

/* The entry of that link, or NULL: a veth pair. */
const struct link *topology_link(const struct topology *t, const char *name);

/* The node of that name, or NULL. */
const struct topology_node *topology_node(const struct topology *t,
					  const char *name);

#endif
