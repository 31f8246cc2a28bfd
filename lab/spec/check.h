/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check - what the checks of a topology share.  Private to spec/. */
#ifndef LAB_SPEC_CHECK_H
#define LAB_SPEC_CHECK_H

#include "lab/spec/topology.h"

#include <stdbool.h>
#include <string.h>

/*
 * A walk over all nodes with what the checks need to know.  .holes tells that
 * some name could not be read, so that "no such ..." would be a guess.
 */
struct check {
	const struct topology *t;
	struct spec_diags *d;
	const struct topology_node *nodes;
	size_t n_nodes;
	bool holes;
};

static inline const struct interface *
interfaces_of(const struct topology_node *n)
{
	return n->interfaces.items;
}

static inline bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/* The interface of that name in @n, or NULL. */
const struct interface *check_interface(const struct topology_node *n,
					const char *name);

/* The interface that "node:interface" names, and its node; reported, and NULL,
 * when there is none. */
const struct interface *check_place(const struct check *c, const char *place,
				    struct spec_at at,
				    const struct topology_node **ret_node);

/* Is there a node of that name?  Reported when not. */
void check_node_ref(const struct check *c, const char *name, struct spec_at at);

/* Which interfaces of @n have @a (@exact), or a network that holds it? */
size_t check_has_address(const struct topology_node *n, const struct ip_addr *a,
			 bool exact);

/* A program of node @n listens at @ep: has it the address, and the right? */
void check_listen(const struct check *c, const struct topology_node *n,
		  const struct ip_endpoint *ep, struct spec_at at);

/* The link that an interface names (link-check.c). */
void check_link_of(const struct check *c, const struct interface *in);

/* The rules of a node, as far as nft must not see them (nft-check.c). */
void check_nft(const struct check *c, const struct topology_node *n);

/* The entries of .links (link-check.c), and .processes (process-check.c). */
void check_links(const struct check *c);
void check_processes(const struct check *c);

#endif
