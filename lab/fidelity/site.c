/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/fidelity/site.h"

#include "lab/net/netns.h"

#include <string.h>

static const struct topology_node *spec_of(const struct site *s, size_t node)
{
	const struct topology_node *specs = s->topology->nodes.items;

	return &specs[node];
}

/* --- which interface is which --------------------------------------------- */

/* The interface of a container that has its other end in the host. */
static const struct view_link *uplink(const struct site *s, size_t node)
{
	const struct view *v = &s->nodes[node].view;

	for (size_t i = 0; i < v->n_links; i++)
		if (!v->links[i].loopback && v->links[i].peer)
			return &v->links[i];
	return NULL;
}

/* Its other end. */
static const struct view_link *port(const struct site *s, size_t node)
{
	const struct view_link *l = uplink(s, node);

	return l ? view_link_at(&s->nodes[s->host].view, l->peer) : NULL;
}

/* The bridge that the container is on, or NULL. */
static const struct view_link *bridge(const struct site *s, size_t node)
{
	const struct view_link *p = port(s, node);

	return p && p->master ? view_link_at(&s->nodes[s->host].view, p->master)
			      : NULL;
}

/* What the file calls that bridge. */
static const char *bridge_name(const struct site *s, size_t node)
{
	const struct topology_node *container = spec_of(s, node);
	const struct topology_node *host = spec_of(s, (size_t)s->host);
	const struct interface *own = container->interfaces.items;
	const struct interface *ports = host->interfaces.items;

	for (size_t i = 0; i < container->interfaces.n; i++)
		for (size_t k = 0; k < host->interfaces.n; k++)
			if (own[i].link && ports[k].link && ports[k].master &&
			    !strcmp(own[i].link, ports[k].link))
				return ports[k].master;
	return NULL;
}

static void add_name(struct site_node *n, const char *actual,
		     const char *normal)
{
	struct gather_name *name = &n->names[n->n_names];

	for (size_t i = 0; i < n->n_names; i++)
		if (!strcmp(n->names[i].actual, actual))
			return;
	(void)snprintf(name->actual, sizeof(name->actual), "%s", actual);
	(void)snprintf(name->normal, sizeof(name->normal), "%s", normal);
	n->n_names++;
}

static void name_container(struct site *s, size_t node)
{
	struct site_node *n = &s->nodes[node];
	struct site_node *host = &s->nodes[s->host];
	const struct view_link *p = port(s, node), *b = bridge(s, node);
	const char *known = bridge_name(s, node);
	char name[VIEW_NAME_MAX];

	for (size_t i = 0; i < n->view.n_links; i++)
		add_name(n, n->view.links[i].name, n->view.links[i].name);
	(void)snprintf(name, sizeof(name), "veth-%.10s",
		       spec_of(s, node)->name);
	if (p)
		add_name(host, p->name, name);
	if (b)
		add_name(host, b->name, known ? known : b->name);
}

static bool is_taken(const struct site_node *n, const char *normal)
{
	for (size_t i = 0; i < n->n_names; i++)
		if (!strcmp(n->names[i].normal, normal))
			return true;
	return false;
}

/* A bridge that no container of ours is on has its own name: docker0 beside a
 * network of its own. */
static void name_other_bridges(struct site *s)
{
	const struct topology_node *spec = spec_of(s, (size_t)s->host);
	const struct interface *interfaces = spec->interfaces.items;
	struct site_node *host = &s->nodes[s->host];

	for (size_t i = 0; i < spec->interfaces.n; i++)
		if (interfaces[i].kind == INTERFACE_BRIDGE &&
		    !is_taken(host, interfaces[i].name) &&
		    view_link_named(&host->view, interfaces[i].name))
			add_name(host, interfaces[i].name, interfaces[i].name);
}

static int name_all(struct site *s, struct err *e)
{
	for (size_t i = 0; i < s->n; i++) {
		struct site_node *n = &s->nodes[i];

		n->names = calloc(n->view.n_links + 1, sizeof(*n->names));
		if (!n->names)
			return err_no_memory(e);
	}
	for (size_t i = 0; i < s->n; i++)
		if (spec_of(s, i)->kind == NODE_CONTAINER)
			name_container(s, i);
	name_other_bridges(s);
	return 0;
}

/* --- looking -------------------------------------------------------------- */

static int look(struct site_node *n, struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	int r = netns_enter(&visit, n->net.netns, e);

	return r < 0 ? r : view_read(&n->view, e);
}

int site_init(struct site *ret, const struct topology *t, const int *netns,
	      struct err *e)
{
	const struct topology_node *specs = t->nodes.items;
	int r = 0;

	*ret = (struct site){ .topology = t, .n = t->nodes.n };
	ret->host = setup_node(t, NODE_HOST);
	ret->nodes = calloc(t->nodes.n + 1, sizeof(*ret->nodes));
	if (!ret->nodes)
		return err_no_memory(e);
	for (size_t i = 0; r == 0 && i < ret->n; i++) {
		ret->nodes[i].net = (struct net_node){ .spec = &specs[i],
						       .netns = netns[i],
						       .rules = -1 };
		if (netns[i] >= 0)
			r = look(&ret->nodes[i], e);
	}
	return r < 0 ? r : name_all(ret, e);
}

void site_done(struct site *s)
{
	for (size_t i = 0; s->nodes && i < s->n; i++) {
		view_done(&s->nodes[i].view);
		free(s->nodes[i].names);
	}
	free(s->nodes);
	s->nodes = NULL;
}

int site_facts(const struct site *s, struct facts *f, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->n; i++) {
		const struct site_node *n = &s->nodes[i];
		const struct gather g = { .node = n->net.spec->name,
					  .netns = n->net.netns,
					  .view = &n->view,
					  .names = n->names,
					  .n_names = n->n_names };

		if (n->net.netns >= 0 && (n->net.spec->kind == NODE_HOST ||
					  n->net.spec->kind == NODE_CONTAINER))
			r = gather_facts(&g, f, e);
	}
	return r;
}

/* --- addresses ------------------------------------------------------------ */

static const struct ip_prefix *container_prefix(const struct site *s,
						size_t node)
{
	const struct view_link *l = uplink(s, node);

	return l ? view_ipv4(&s->nodes[node].view, l->index) : NULL;
}

static const struct ip_prefix *bridge_prefix(const struct site *s, size_t node)
{
	const struct view_link *l = bridge(s, node);

	return l ? view_ipv4(&s->nodes[s->host].view, l->index) : NULL;
}

/* An address of the node that is not on one of the engine's bridges: how
 * others reach it. */
static const struct ip_prefix *outer_prefix(const struct site *s, size_t node)
{
	const struct site_node *n = &s->nodes[node];

	for (size_t i = 0; i < n->view.n_links; i++) {
		const struct view_link *l = &n->view.links[i];
		const struct ip_prefix *p = view_ipv4(&n->view, l->index);
		bool known = false;

		for (size_t k = 0; k < n->n_names; k++)
			known |= !strcmp(n->names[k].actual, l->name);
		if (p && l->up && !l->loopback && !known &&
		    strcmp(l->kind, "bridge") != 0)
			return p;
	}
	return NULL;
}

/* A machine that has no other address is still reached by a bridge's. */
static const struct ip_prefix *host_prefix(const struct site *s)
{
	const struct site_node *host = &s->nodes[s->host];
	const struct ip_prefix *p = outer_prefix(s, (size_t)s->host);

	for (size_t i = 0; !p && i < host->view.n_links; i++)
		if (!strcmp(host->view.links[i].kind, "bridge"))
			p = view_ipv4(&host->view, host->view.links[i].index);
	return p;
}

static bool has(const struct ip_prefix *p, const struct ip_addr *a)
{
	return p && ip_addr_equal(&p->addr, a);
}

static bool stays(const struct ip_addr *a)
{
	static const uint8_t zero[16];

	if (a->family == 4)
		return a->bytes[0] == 127 || !memcmp(a->bytes, zero, 4);
	/* :: and ::1 */
	return !memcmp(a->bytes, zero, 15) && a->bytes[15] <= 1;
}

/* The node whose file says that it has @a; -1: nobody's. */
static int owner(const struct site *s, const struct ip_addr *a)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct topology_node *n = spec_of(s, i);
		const struct interface *interfaces = n->interfaces.items;

		for (size_t k = 0; k < n->interfaces.n; k++) {
			const struct ip_prefix *p =
				interfaces[k].addresses.items;

			for (size_t j = 0; j < interfaces[k].addresses.n; j++)
				if (ip_addr_equal(&p[j].addr, a))
					return (int)i;
		}
	}
	return -1;
}

static const struct ip_prefix *real_prefix(const struct site *lab,
					   const struct site *real,
					   const struct ip_addr *a)
{
	const int node = owner(lab, a);

	for (size_t i = 0; i < lab->n; i++)
		if (has(bridge_prefix(lab, i), a))
			return bridge_prefix(real, i);
	if (node < 0)
		return NULL;
	if (spec_of(lab, (size_t)node)->kind == NODE_CONTAINER)
		return container_prefix(real, (size_t)node);
	return node == lab->host ? host_prefix(real)
				 : outer_prefix(real, (size_t)node);
}

int site_real_addr(const struct site *lab, const struct site *real,
		   const struct ip_addr *a, struct ip_addr *ret, struct err *e)
{
	const struct ip_prefix *p = NULL;
	char text[IP_TEXT_MAX];

	*ret = *a;
	if (stays(a))
		return 0;
	if (a->family == 4)
		p = real_prefix(lab, real, a);
	if (!p)
		return err_set(
			e, ERR_HOST, EADDRNOTAVAIL,
			"nothing in the real network has an address that "
			"stands for %s",
			ip_addr_text(a, text));
	*ret = p->addr;
	return 0;
}

/* --- renaming ------------------------------------------------------------- */

static void add_rename(struct site_renames *r, const char *from, const char *to,
		       bool rules_only)
{
	if (r->n == SITE_RENAMES_MAX || !strcmp(from, to))
		return;
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->items[i].from, from))
			return;
	(void)snprintf(r->words[r->n][0], IP_TEXT_MAX, "%s", from);
	(void)snprintf(r->words[r->n][1], IP_TEXT_MAX, "%s", to);
	r->items[r->n] = (struct rename){ r->words[r->n][0], r->words[r->n][1],
					  rules_only };
	r->n++;
}

/* The address without what stands for the machine. */
static struct ip_addr network_of(const struct ip_prefix *p)
{
	struct ip_addr a = p->addr;

	for (unsigned bit = p->length; bit < 8 * ip_addr_bytes(a.family); bit++)
		a.bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	return a;
}

static void rename_prefix(struct site_renames *r, const struct ip_prefix *real,
			  const struct ip_prefix *lab)
{
	char from[IP_TEXT_MAX], to[IP_TEXT_MAX];
	struct ip_addr networks[2];

	if (!real || !lab)
		return;
	add_rename(r, ip_addr_text(&real->addr, from),
		   ip_addr_text(&lab->addr, to), false);
	networks[0] = network_of(real);
	networks[1] = network_of(lab);
	add_rename(r, ip_addr_text(&networks[0], from),
		   ip_addr_text(&networks[1], to), false);
}

void site_renames(const struct site *lab, const struct site *real,
		  const struct setup *setup, uint16_t port,
		  struct site_renames *ret)
{
	char from[16], to[16];

	ret->n = 0;
	for (size_t i = 0; i < lab->n; i++) {
		const struct view_link *b = bridge(real, i);
		const char *name = bridge_name(lab, i);

		if (spec_of(lab, i)->kind != NODE_CONTAINER)
			continue;
		rename_prefix(ret, container_prefix(real, i),
			      container_prefix(lab, i));
		rename_prefix(ret, bridge_prefix(real, i),
			      bridge_prefix(lab, i));
		if (b && name)
			add_rename(ret, b->name, name, false);
	}
	if (!port)
		return;
	(void)snprintf(from, sizeof(from), "%u", port);
	(void)snprintf(to, sizeof(to), "%u", setup->host_port);
	add_rename(ret, from, to, true);
}
