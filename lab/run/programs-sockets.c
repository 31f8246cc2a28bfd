/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/programs-parts.h"

#include <netinet/tcp.h>

/* --- listeners -------------------------------------------------------------
 */

static int note_listener(const struct sockdiag_socket *k, void *arg)
{
	/* gRPC's IPv6 socket at ::ffff:127.0.0.1 is at 127.0.0.1 */
	const struct ip_endpoint local = ip_endpoint_unmapped(&k->local);
	struct listeners *l = arg;
	const struct ip_endpoint wanted = ip_endpoint_unmapped(l->wanted);

	if (k->state != TCP_LISTEN)
		return 0;
	if (local.port == wanted.port &&
	    (ip_addr_is_any(&local.addr) || ip_addr_is_any(&wanted.addr) ||
	     ip_addr_equal(&local.addr, &wanted.addr)))
		l->found = true;
	else
		l->other = local;
	return 0;
}

int programs_look(const struct lab *lab, struct listeners *l, struct err *e)
{
	*l = (struct listeners){ .wanted = &lab->topology->listen };
	return sockdiag_each_in(lab->nodes[lab->server_node].sockdiag,
				1U << TCP_LISTEN, note_listener, l, e);
}

/* --- what is left of trials ------------------------------------------------
 */

/* TIME-WAITs of earlier trials at the server's address; the rest comes next. */
struct remains {
	uint16_t port;
	size_t n;
	struct sockdiag_socket sockets[64];
};

static int note_remains(const struct sockdiag_socket *k, void *arg)
{
	struct remains *m = arg;

	if (k->state == TCP_TIME_WAIT && k->local.port == m->port)
		m->sockets[m->n++] = *k;
	return m->n == ARRAY_SIZE(m->sockets);
}

int programs_clear_address(const struct lab *lab, struct err *e)
{
	struct sockdiag *diag = lab->nodes[lab->server_node].sockdiag;
	struct remains m = { .port = lab->topology->listen.port };
	int r;

	do {
		m.n = 0;
		r = sockdiag_each_in(diag, 1U << TCP_TIME_WAIT, note_remains,
				     &m, e);
		for (size_t i = 0; r >= 0 && i < m.n; i++) {
			r = sockdiag_destroy(diag, &m.sockets[i], e);
			if (r)
				return r < 0 ? r : 0;
		}
	} while (r >= 0 && m.n == ARRAY_SIZE(m.sockets));
	return r < 0 ? r : 0;
}

struct held {
	uint16_t ports[SIDES];
	bool any;
	struct listeners listeners;
	bool of_server; /* the node that is walked is the server's */
};

/* A listener tells that the server is still there. */
#define MAY_HOLD (SOCKDIAG_ALL & ~(1U << TCP_TIME_WAIT | 1U << TCP_CLOSE))

static int note_held(const struct sockdiag_socket *k, void *arg)
{
	struct held *h = arg;
	bool ours = false;

	for (int i = 0; i < SIDES; i++)
		ours |= k->local.port == h->ports[i] ||
			k->remote.port == h->ports[i];
	/* One without an inode is the kernel's to finish; or it waits to be
	 * accepted, and then both of its directions are not closed here. */
	if (ours && k->state != TCP_LISTEN &&
	    (k->inode || k->state == TCP_ESTABLISHED ||
	     k->state == TCP_CLOSE_WAIT))
		h->any = true;
	if (h->of_server)
		(void)note_listener(k, &h->listeners);
	return h->any;
}

int programs_hold_nothing(const struct lab *lab, bool *ret_listens,
			  struct err *e)
{
	struct held h = { .ports = { lab->topology->connect.port,
				     lab->topology->listen.port },
			  .listeners.wanted = &lab->topology->listen };

	for (size_t i = 0; !h.any && i < lab->n_nodes; i++) {
		int r;

		if (!lab->nodes[i].has_program)
			continue;
		h.of_server = i == lab->server_node;
		r = sockdiag_each_in(lab->nodes[i].sockdiag, MAY_HOLD,
				     note_held, &h, e);
		if (r < 0)
			return r;
	}
	*ret_listens = h.listeners.found;
	return !h.any;
}
