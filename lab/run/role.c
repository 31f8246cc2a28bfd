/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/role.h"

#include <netinet/tcp.h>

/* @told: of a program; .port 0: nothing, which no socket is the same as */
/* .port 0: it was not told */
static bool matches(const struct ip_endpoint *told,
		    const struct ip_endpoint *seen)
{
	return told->port && ip_endpoint_same(told, seen);
}

static bool is_listener(const struct role_place *p, uint16_t node,
			const struct sockdiag_socket *s)
{
	return s->state == TCP_LISTEN && node == p->server_node &&
	       s->local.port == p->listen.port;
}

static bool is_client(const struct role_place *p, uint16_t node,
		      const struct sockdiag_socket *s)
{
	return node == p->client_node && matches(&p->client, &s->local) &&
	       matches(&p->dialled, &s->remote);
}

/* In the accept queue, or on the way into it: gone with its listener, and so
 * none of a trial before.  Nobody has a descriptor yet. */
static bool is_queued(const struct sockdiag_socket *s)
{
	return s->state == TCP_SYN_RECV ||
	       (s->state == TCP_ESTABLISHED && !s->inode);
}

/*
 * Before anybody accepted it, only the client's port is known, which a bridge
 * keeps and most source NAT; a relay has a port of its own.  What a node dials
 * itself, as with the step fill-queue, is not from a client elsewhere.
 */
static bool is_server(const struct role_place *p, uint16_t node,
		      const struct sockdiag_socket *s)
{
	if (node != p->server_node || s->local.port != p->listen.port)
		return false;
	if (p->accepted.port)
		return matches(&p->accepted, &s->remote);
	if (!p->client.port || (node != p->client_node &&
				ip_addr_equal(&s->local.addr, &s->remote.addr)))
		return false;
	return p->client.port == s->remote.port ||
	       (p->new_ports && is_queued(s));
}

static bool is_middle(const struct role_place *p,
		      const struct sockdiag_socket *s)
{
	return matches(&p->client, &s->remote) ||
	       matches(&p->accepted, &s->local) ||
	       matches(&p->accepted, &s->remote);
}

enum store_role role_of(const struct role_place *p, uint16_t node,
			const struct sockdiag_socket *s)
{
	if (is_listener(p, node, s))
		return STORE_ROLE_LISTENER;
	if (s->state == TCP_LISTEN)
		return STORE_ROLES;
	if (is_client(p, node, s))
		return STORE_ROLE_CLIENT;
	if (is_server(p, node, s))
		return STORE_ROLE_SERVER;
	return is_middle(p, s) ? STORE_ROLE_MIDDLE : STORE_ROLES;
}

enum store_role role_of_destroyed(const struct role_place *p, uint16_t node,
				  const struct sockdiag_socket *s)
{
	if (s->remote.port)
		return role_of(p, node, s);
	if (ip_addr_is_any(&s->remote.addr))
		return STORE_ROLES; /* it was never connected */
	if (node == p->client_node && s->local.port == p->client.port)
		return STORE_ROLE_CLIENT;
	if (node == p->server_node && s->local.port == p->listen.port)
		return STORE_ROLE_SERVER;
	return STORE_ROLES;
}
