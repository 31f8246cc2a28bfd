/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view - the links, addresses and routes of a namespace, as the kernel lists
 * them. */
#ifndef LAB_FIDELITY_VIEW_H
#define LAB_FIDELITY_VIEW_H

#include "lab/base/err.h"
#include "lab/base/ip.h"
#include "lab/base/own.h"

#include <stdbool.h>

enum { VIEW_NAME_MAX = 16 }; /* IFNAMSIZ */

struct view_link {
	int index, peer; /* peer: IFLA_LINK, in another namespace; or 0 */
	int master;	 /* index of its bridge, or 0 */
	char name[VIEW_NAME_MAX], kind[VIEW_NAME_MAX]; /* kind: "" for lo */
	uint32_t mtu, txqlen;
	bool up, loopback;
	int stp, forward_delay; /* bridge: 0 or 1, in 1/100 s; else -1 */
	int hairpin;		/* bridge port: 0 or 1; else -1 */
};

struct view_address {
	int index;
	struct ip_prefix prefix;
	uint8_t scope; /* RT_SCOPE_... */
};

/* Unicast routes of the main table. */
struct view_route {
	struct ip_prefix to;	    /* length 0: default */
	struct ip_addr via, source; /* family 0: none */
	int index;		    /* of its device, or 0 */
	uint8_t scope;
};

struct view {
	struct view_link *links;
	struct view_address *addresses;
	struct view_route *routes;
	size_t n_links, n_addresses, n_routes;
};

/**
 * view_read() - look at the namespace that the thread is in
 * @ret:	release with view_done(), also after a failure
 */
int view_read(struct view *ret, struct err *e);
void view_done(struct view *v);
#define own_view OWN(view_done)

/* NULL: there is none. */
const struct view_link *view_link_named(const struct view *v, const char *name);
const struct view_link *view_link_at(const struct view *v, int index);

/* The first IPv4 address of global scope on that link, or NULL. */
const struct ip_prefix *view_ipv4(const struct view *v, int index);

#endif
