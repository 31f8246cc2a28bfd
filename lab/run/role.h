/* SPDX-License-Identifier: GPL-2.0-or-later */
/* role - whose socket is it, of those of one trial?  Pure. */
#ifndef LAB_RUN_ROLE_H
#define LAB_RUN_ROLE_H

#include "lab/base/ip.h"
#include "lab/net/sockdiag.h"
#include "lab/store/socket.h"

/*
 * What both programs told of their ends of the connection.  Where an address
 * is translated on the way, the server knows the client under another one;
 * where a process stands between them, the client it knows is that process.
 */
struct role_place {
	uint16_t client_node, server_node;
	bool new_ports; /* the client's port is drawn anew on the way */
	struct ip_endpoint listen;
	struct ip_endpoint client, dialled; /* .port 0: not told */
	struct ip_endpoint server, accepted;
};

/* @s, seen in node @node; STORE_ROLES: it belongs to something else. */
enum store_role role_of(const struct role_place *p, uint16_t node,
			const struct sockdiag_socket *s);

/*
 * The same of one that was destroyed: it has forgotten what a disconnect makes
 * it forget, the port of its peer and, unless bound to one, its own address.
 */
enum store_role role_of_destroyed(const struct role_place *p, uint16_t node,
				  const struct sockdiag_socket *s);

#endif
