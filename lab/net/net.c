/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  Stage by stage over all nodes: namespaces with their first
 * sysctls (what a link does when it appears depends on them), links, sysctls
 * of links, up, addresses, routes, rules, sysctls of connection tracking.
 * Nothing is undone when a stage fails: closing the namespaces does that.
 */
#include "lab/net/net.h"

#include "lab/base/clock.h"
#include "lab/net/build.h"
#include "lab/net/links.h"
#include "lab/net/nft.h"
#include "lab/net/settings.h"

#include <string.h>

enum { INDEX_LO = 1 };

/* Room for @spec's interfaces, with the indices they are to get. */
static int node_init(struct net_node *n, const struct topology_node *spec,
		     int *next_index)
{
	const struct interface *specs = spec->interfaces.items;

	*n = (struct net_node){ .spec = spec, .netns = -1, .rules = -1 };
	n->interfaces = calloc(spec->interfaces.n + 1, sizeof(*n->interfaces));
	if (!n->interfaces)
		return -ENOMEM;
	n->interfaces[0] =
		(struct net_interface){ .name = "lo", .index = INDEX_LO };
	n->n_interfaces = spec->interfaces.n + 1;
	for (size_t i = 0; i < spec->interfaces.n; i++)
		n->interfaces[i + 1] = (struct net_interface){
			.name = specs[i].name,
			.index = (*next_index)++,
		};
	return 0;
}

static struct net *net_new(const struct topology *t)
{
	const struct topology_node *specs = t->nodes.items;
	own_net struct net *net = calloc(1, sizeof(*net));
	int next_index = INDEX_LO + 1;

	if (!net)
		return NULL;
	net->topology = t;
	net->nodes = calloc(t->nodes.n + 1, sizeof(*net->nodes));
	if (!net->nodes)
		return NULL;
	for (size_t i = 0; i < t->nodes.n; i++) {
		net->n_nodes++;
		if (node_init(&net->nodes[i], &specs[i], &next_index) < 0)
			return NULL;
	}
	return take_ptr(&net);
}

static void node_done(struct net_node *n)
{
	own_fd_release(&n->rules);
	own_fd_release(&n->netns);
	for (size_t i = 0; i < n->n_sysctls; i++) {
		free(n->sysctls[i].key);
		free(n->sysctls[i].value);
	}
	free(n->sysctls);
	free(n->interfaces);
}

void net_free(struct net *net)
{
	if (!net)
		return;
	for (size_t i = 0; i < net->n_nodes; i++)
		node_done(&net->nodes[i]);
	free(net->nodes);
	for (size_t i = 0; i < net->n_taps; i++)
		own_fd_release(&net->taps[i].fd);
	free(net->taps);
	free(net);
}

/* The namespace, its netlink socket, and what must be set while it is empty. */
static int start_node(struct build *b, size_t node, struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct net_node *n = &b->net->nodes[node];
	int r;

	r = b->home < 0 ? netns_home(&b->home, e) : 0;
	if (r == 0)
		r = netns_visit_new(&visit, b->home, &n->netns, e);
	if (r == 0)
		r = rtnl_open(&b->rtnl[node], e);
	if (r < 0)
		return err_add(e, "node '%s'", n->spec->name);
	r = settings_baseline(b, node, e);
	return r < 0 ? r : settings_apply(b, node, SYSCTL_STAGE_EMPTY, e);
}

static int settle_links(struct build *b, size_t node, struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	const int r = build_visit(b, &visit, node, e);

	return r < 0 ? r : settings_apply(b, node, SYSCTL_STAGE_LINKS, e);
}

static int add_addresses(struct build *b, size_t node, struct err *e)
{
	const struct topology_node *spec = b->net->nodes[node].spec;
	const struct interface *specs = spec->interfaces.items;
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < spec->interfaces.n; i++) {
		const struct ip_prefix *p = specs[i].addresses.items;
		const int index = build_index(b, node, (int)i);

		for (size_t j = 0; j < specs[i].addresses.n; j++) {
			if (rtnl_add_address(b->rtnl[node], index, &p[j], e) ==
			    0)
				continue;
			(void)err_add(e, "address %s on '%s'",
				      ip_prefix_text(&p[j], text),
				      specs[i].name);
			return build_blame(b, node, specs[i].name_at, e);
		}
	}
	return 0;
}

#define OWN_DEADLINE_NS (5 * NS_PER_S)
#define OWN_POLL_NS	(50 * NS_PER_US)

/* @p: an IPv6 address, which the kernel makes usable a moment later */
static int wait_own(const struct build *b, size_t node,
		    const struct ip_prefix *p, struct err *e)
{
	const struct timespec pause = { .tv_nsec = OWN_POLL_NS };
	const int64_t until_ns = clock_now_ns() + OWN_DEADLINE_NS;
	char text[IP_TEXT_MAX];
	bool own = false;

	for (;;) {
		const int r = rtnl_is_own(b->rtnl[node], &p->addr, &own, e);

		if (r < 0 || own)
			return r;
		if (clock_now_ns() > until_ns)
			return err_set(e, ERR_SYSTEM, ETIMEDOUT,
				       "address %s cannot be used after %d s",
				       ip_prefix_text(p, text),
				       (int)(OWN_DEADLINE_NS / NS_PER_S));
		(void)nanosleep(&pause, NULL);
	}
}

/* By then the kernel has mostly done it. */
static int wait_addresses(struct build *b, size_t node, struct err *e)
{
	const struct topology_node *spec = b->net->nodes[node].spec;
	const struct interface *specs = spec->interfaces.items;

	for (size_t i = 0; i < spec->interfaces.n; i++) {
		const struct ip_prefix *p = specs[i].addresses.items;

		for (size_t j = 0; j < specs[i].addresses.n; j++)
			if (p[j].addr.family == 6 &&
			    wait_own(b, node, &p[j], e) < 0)
				return build_blame(b, node, specs[i].name_at,
						   e);
	}
	return 0;
}

static const char *route_text(const struct route *route, char *buf)
{
	if (!route->to.length)
		return "default";
	return ip_prefix_text(&route->to, buf);
}

static int add_route(struct build *b, size_t node, const struct route *route,
		     struct err *e)
{
	const struct topology_node *spec = b->net->nodes[node].spec;
	int dev = -1;

	if (!route->dev)
		return rtnl_add_route(b->rtnl[node], route, 0, e);
	if (!strcmp(route->dev, "lo"))
		return rtnl_add_route(b->rtnl[node], route, INDEX_LO, e);
	dev = build_interface(spec, route->dev);
	if (dev < 0)
		return err_set(e, ERR_INPUT, ENODEV,
			       "there is no interface '%s' in this node",
			       route->dev);
	return rtnl_add_route(b->rtnl[node], route, build_index(b, node, dev),
			      e);
}

static int add_routes(struct build *b, size_t node, struct err *e)
{
	const struct spec_list *list = &b->net->nodes[node].spec->routes;
	const struct route *routes = list->items;
	char to[IP_TEXT_MAX], via[IP_TEXT_MAX];

	for (size_t i = 0; i < list->n; i++) {
		const struct route *route = &routes[i];

		if (add_route(b, node, route, e) == 0)
			continue;
		(void)err_add(e, "route %s %s %s", route_text(route, to),
			      route->via.family ? "via" : "dev",
			      route->via.family ? ip_addr_text(&route->via, via)
			      : route->dev	? route->dev
						: "-");
		return build_blame(b, node, route->at, e);
	}
	return 0;
}

/* Rules, and the sysctls that may only exist once rules have loaded them. */
static int finish_node(struct build *b, size_t node, struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	const struct topology_node *spec = b->net->nodes[node].spec;
	int r;

	r = build_visit(b, &visit, node, e);
	if (r == 0 && spec->nft.n) {
		const struct nft_rules rules = {
			.pieces = spec->nft.items,
			.n = spec->nft.n,
			.path = b->topology->path ? b->topology->path
						  : b->topology->name,
			.node = spec->name,
		};

		r = nft_load_held(&rules, &b->net->nodes[node].rules, e);
	}
	return r < 0 ? r : settings_apply(b, node, SYSCTL_STAGE_RULES, e);
}

typedef int (*node_fn)(struct build *b, size_t node, struct err *e);

static int each_node(struct build *b, node_fn fn, struct err *e)
{
	for (size_t i = 0; i < b->net->n_nodes; i++) {
		const int r = fn(b, i, e);

		if (r < 0)
			return r;
	}
	return 0;
}

static int build_all(struct build *b, struct err *e)
{
	int r;

	r = each_node(b, start_node, e);
	if (r == 0)
		r = links_make(b, e);
	if (r == 0)
		r = each_node(b, settle_links, e);
	if (r == 0)
		r = links_join(b, e);
	if (r == 0)
		r = links_up(b, e);
	if (r == 0)
		r = each_node(b, add_addresses, e);
	if (r == 0)
		r = each_node(b, add_routes, e);
	if (r == 0)
		r = each_node(b, finish_node, e);
	return r < 0 ? r : each_node(b, wait_addresses, e);
}

int net_build_seeded(const struct topology *t, uint64_t seed, struct net **ret,
		     struct err *e)
{
	own_net struct net *net = net_new(t);
	own_mem struct rtnl **rtnl =
		calloc(t->nodes.n + 1, sizeof(struct rtnl *));
	own_mem enum born *born = calloc(net_baseline_rows, sizeof(*born));
	struct build b = { .topology = t,
			   .net = net,
			   .rtnl = rtnl,
			   .home = -1,
			   .born = born,
			   .seed = seed };
	int r;

	if (!net || !rtnl || !born)
		return err_no_memory(e);
	r = build_all(&b, e);
	for (size_t i = 0; i < net->n_nodes; i++)
		rtnl_close(rtnl[i]);
	own_fd_release(&b.home);
	if (r < 0)
		return r;
	*ret = take_ptr(&net);
	return 0;
}

int net_build(const struct topology *t, struct net **ret, struct err *e)
{
	return net_build_seeded(t, 0, ret, e);
}

struct net_node *net_node(struct net *net, const char *name)
{
	for (size_t i = 0; i < net->n_nodes; i++)
		if (!strcmp(net->nodes[i].spec->name, name))
			return &net->nodes[i];
	return NULL;
}

const char *net_interface_name(const struct net_node *node, int index)
{
	for (size_t i = 0; i < node->n_interfaces; i++)
		if (node->interfaces[i].index == index)
			return node->interfaces[i].name;
	return "?";
}
