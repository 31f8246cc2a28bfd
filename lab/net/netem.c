/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/net/netem.h"

#include "lab/net/netns.h"

#include <string.h>

struct netem {
	struct rtnl *rt;
	bool repeats;
	size_t n;
	int indices[];
};

/* The entry of the link when it is netem, else NULL. */
static const struct link *netem_link(const struct topology *t, const char *name)
{
	const struct link *l = name ? topology_link(t, name) : NULL;

	return l && l->kind == LINK_NETEM ? l : NULL;
}

/* Does the interface stand first of the two that name its link? */
static bool is_first(const struct topology *t, const struct interface *in)
{
	const struct topology_node *nodes = t->nodes.items;

	for (size_t i = 0; i < t->nodes.n; i++) {
		const struct interface *list = nodes[i].interfaces.items;

		for (size_t k = 0; k < nodes[i].interfaces.n; k++)
			if (list[k].link && !strcmp(list[k].link, in->link))
				return &list[k] == in;
	}
	return false;
}

static void add_interfaces(struct netem *n, const struct topology *t,
			   const struct net_node *node)
{
	const struct interface *specs = node->spec->interfaces.items;

	for (size_t i = 0; i < node->spec->interfaces.n; i++) {
		const struct link *l = netem_link(t, specs[i].link);

		if (!l)
			continue;
		n->indices[n->n++] = node->interfaces[i + 1].index; /* lo: 0 */
		n->repeats |= is_first(t, &specs[i]) ? l->there.duplicate_ppm
						     : l->back.duplicate_ppm;
	}
}

int netem_open(struct netem **ret, const struct net *net, size_t node,
	       struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	const struct net_node *at = &net->nodes[node];
	own_netem struct netem *n = calloc(
		1, sizeof(*n) + at->n_interfaces * sizeof(n->indices[0]));
	int r;

	if (!n)
		return err_no_memory(e);
	add_interfaces(n, net->topology, at);
	*ret = NULL;
	if (!n->n)
		return 0;
	r = netns_enter(&visit, at->netns, e);
	if (r == 0)
		r = rtnl_open(&n->rt, e);
	if (r < 0)
		return r;
	*ret = take_ptr(&n);
	return 0;
}

void netem_close(struct netem *n)
{
	if (!n)
		return;
	rtnl_close(n->rt);
	free(n);
}

bool netem_repeats(const struct netem *n)
{
	return n && n->repeats;
}

int netem_read(struct netem *n, struct rtnl_qdisc_counts *ret, struct err *e)
{
	struct rtnl_qdisc_counts sum = { .waiting = 0 };

	for (size_t i = 0; n && i < n->n; i++) {
		struct rtnl_qdisc_counts one;
		const int r = rtnl_read_qdisc(n->rt, n->indices[i], &one, e);

		if (r < 0)
			return r;
		sum.waiting += one.waiting;
		sum.dropped += one.dropped;
	}
	*ret = sum;
	return 0;
}
