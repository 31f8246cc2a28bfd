/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fault-parts - the pieces of lab/run/fault.c that talk to the kernel. */
#ifndef LAB_RUN_FAULT_PARTS_H
#define LAB_RUN_FAULT_PARTS_H

#include "lab/base/err.h"
#include "lab/base/ip.h"
#include "lab/net/net.h"
#include "lab/spec/step.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Connection tracking of the namespace that the calling thread is in.
 *
 * Source: ctnetlink, net/netfilter/nf_conntrack_netlink.c, Linux 6.18
 */
int conntrack_flush(struct err *e);

/* Let every entry time out now, as if it had been idle for too long. */
int conntrack_expire(struct err *e);

/**
 * conntrack_take_ports() - an entry for every source port that NAT may use
 * @from:	address that NAT gives; @to: destination, both IPv4
 *
 * Masquerading a source port of 1024 or more takes one of 1024 to 65535
 * (nf_nat_l4proto_unique_tuple(), net/netfilter/nf_nat_core.c).
 */
int conntrack_take_ports(const struct ip_addr *from,
			 const struct ip_endpoint *to, struct err *e);

/* Where a segment would go from one side of a connection. */
struct fault_ends {
	struct ip_endpoint local, peer;
	uint32_t seq, ack; /* the next to send, the next expected */
};

/**
 * fault_ends_read() - the numbers of a connection, which is not changed
 * @connection:	a TCP socket that does not listen
 * @dialled:	the peer while nobody has answered, or NULL: that is an error
 *
 * Returns: 0; an errno when the connection is gone; or a negative errno.
 * Needs:	CAP_NET_ADMIN for its namespace
 * Source:	tcp(7), TCP_REPAIR
 */
int fault_ends_read(int connection, const struct ip_endpoint *dialled,
		    struct fault_ends *ret, struct err *e);

/* What the other side would have, had it sent and received the same. */
struct fault_ends fault_ends_of_peer(const struct fault_ends *ends);

/**
 * fault_segment_send() - from the namespace that the calling thread is in
 *
 * Returns: 0; EOPNOTSUPP when that has no such address; or a negative errno.
 * Source: RFC 9293 3.1
 */
enum { FAULT_SEGMENT_BYTES = 64 }; /* of data, at most */
int fault_segment_send(const struct fault_ends *ends,
		       const struct segment_info *i, struct err *e);

/*
 * Nft text that loses each FIN of one connection in the node of @side, and
 * text that ends that.  @bytes: of @ret, FAULT_FIN_RULES at least
 */
enum { FAULT_FIN_RULES = 512 };
int fault_fin_rules(int connection, int side, char *ret, size_t bytes,
		    struct err *e);
void fault_fin_end_rules(int side, char *ret, size_t bytes);

/**
 * fault_socket_abort() - what `ss --kill` does, in the calling thread's
 * namespace
 * @connection:	a TCP socket of that namespace
 *
 * Returns: 0; EOPNOTSUPP where the kernel cannot (CONFIG_INET_DIAG_DESTROY);
 * another errno of the kernel; negative: it could not be asked.
 *
 * Source: sock_diag(7); inet_diag_handler_cmd(), Linux 6.18
 */
int fault_socket_abort(int connection, struct err *e);

/* Put it into repair mode, tcp(7).  Needs: CAP_NET_ADMIN for its namespace */
int fault_socket_repair(int connection, struct err *e);

/* One end of a veth pair. */
struct fault_end {
	struct net_node *node;
	const struct interface *spec;
	int index; /* the kernel's */
};

struct fault_link {
	struct fault_end near, far;
};

/* The first link of @node.  False when it has none, or one that does not come
 * up again in the time of a trial: behind a bridge with spanning tree. */
bool fault_link_of(const struct net *net, struct net_node *node,
		   struct fault_link *ret);

int fault_link_down(const struct fault_link *l, struct err *e);
/* Returns when it carries frames again, with its addresses and routes. */
int fault_link_up(const struct fault_link *l, struct err *e);

/* In the namespace that the calling thread is in: those that did not answer. */
int fault_forget_neighbours(struct err *e);

#endif
