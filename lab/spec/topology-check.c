/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/topology-check.h"

#include "lab/base/num.h"
#include "lab/spec/check.h"
#include "lab/spec/name.h"

#include <string.h>

const struct interface *check_interface(const struct topology_node *n,
					const char *name)
{
	const struct interface *list = interfaces_of(n);

	for (size_t i = 0; i < n->interfaces.n; i++)
		if (same(list[i].name, name))
			return &list[i];
	return NULL;
}

/* ---- names ---- */

static void check_node_name(const struct check *c, size_t which)
{
	const struct topology_node *n = &c->nodes[which];

	for (size_t i = 0; i < which; i++) {
		if (!same(c->nodes[i].name, n->name))
			continue;
		spec_error(c->d, n->name_at,
			   "node '%s' a second time (first in line %u)",
			   n->name, c->nodes[i].name_at.line);
		return;
	}
}

static void check_interface_name(const struct check *c,
				 const struct topology_node *n, size_t which)
{
	const struct interface *list = interfaces_of(n);

	if (same(list[which].name, "lo"))
		spec_error(c->d, list[which].name_at,
			   "lo is in every node and up by itself");
	for (size_t i = 0; i < which; i++) {
		if (!same(list[i].name, list[which].name))
			continue;
		spec_error(c->d, list[which].name_at,
			   "interface '%s' a second time (first in line %u)",
			   list[which].name, list[i].name_at.line);
		return;
	}
}

void check_node_ref(const struct check *c, const char *name, struct spec_at at)
{
	const char *known[SPEC_ENTRIES_MAX + 1];
	size_t n = 0;

	if (!name || c->holes || topology_node(c->t, name))
		return;
	for (size_t i = 0; i < c->n_nodes; i++)
		known[n++] = c->nodes[i].name;
	known[n] = NULL;
	spec_error_word(c->d, at, name, known, "no node '%.60s'", name);
}

/* ---- references to other interfaces ---- */

static void check_master(const struct check *c, const struct topology_node *n,
			 const struct interface *in)
{
	const char *known[SPEC_ENTRIES_MAX + 1];
	const struct interface *list = interfaces_of(n), *master;
	size_t k = 0;

	if (!in->master || c->holes)
		return;
	master = check_interface(n, in->master);
	if (master && master->kind == INTERFACE_BRIDGE && master != in)
		return;
	for (size_t i = 0; i < n->interfaces.n; i++)
		if (list[i].kind == INTERFACE_BRIDGE && list[i].name)
			known[k++] = list[i].name;
	known[k] = NULL;
	spec_error_word(c->d, in->master_at, in->master, known,
			"no bridge '%s' in node '%s'", in->master,
			n->name ?: "?");
}

const struct interface *check_place(const struct check *c, const char *place,
				    struct spec_at at,
				    const struct topology_node **ret_node)
{
	const char *colon = strchr(place, ':');
	const struct interface *in;
	char name[80];

	(void)snprintf(name, sizeof(name), "%.*s", (int)(colon - place), place);
	*ret_node = topology_node(c->t, name);
	if (!*ret_node) {
		check_node_ref(c, name, at);
		return NULL;
	}
	in = check_interface(*ret_node, colon + 1);
	if (!in && !c->holes)
		spec_error(c->d, at, "no interface '%s' in node '%s'",
			   colon + 1, name);
	return in;
}

static void check_parent(const struct check *c, const struct interface *in)
{
	const struct topology_node *n;

	if (in->parent)
		(void)check_place(c, in->parent, in->parent_at, &n);
	else if (in->kind == INTERFACE_MACVLAN && !in->parent_at.line)
		spec_error(c->d, in->name_at, "macvlan '%s' needs a parent",
			   in->name);
}

/* ---- keys that only one kind of interface has ---- */

static bool has_link(const struct interface *in)
{
	return in->link;
}

static bool has_parent(const struct interface *in)
{
	return in->parent;
}

static bool has_hairpin_alone(const struct interface *in)
{
	return in->hairpin && !in->master && !in->master_at.line;
}

static bool has_stp(const struct interface *in)
{
	return in->stp;
}

static bool has_forward_delay(const struct interface *in)
{
	return in->forward_delay_ns >= 0;
}

static bool has_vxlan_key(const struct interface *in)
{
	return in->vni || in->local.family || in->remote.family;
}

static bool lacks_vxlan_key(const struct interface *in)
{
	return !in->vni || !in->remote.family;
}

static bool has_master(const struct interface *in)
{
	return in->master;
}

#define KIND(k) (1U << INTERFACE_##k)

static const struct {
	bool (*is_so)(const struct interface *in);
	unsigned kinds; /* in which it is wrong */
	const char *text;
} misfits[] = {
	{ has_link, ~KIND(VETH), "only a veth has a link" },
	{ has_parent, ~KIND(MACVLAN), "only a macvlan has a parent" },
	{ has_master, KIND(BRIDGE), "a bridge cannot be a port of another" },
	{ has_hairpin_alone, ~0U, "hairpin needs a master" },
	{ has_stp, ~KIND(BRIDGE), "only a bridge has stp" },
	{ has_forward_delay, ~KIND(BRIDGE), "only a bridge has forward-delay" },
	{ has_vxlan_key, ~KIND(VXLAN),
	  "only a vxlan has vni, local and remote" },
	{ lacks_vxlan_key, KIND(VXLAN), "a vxlan needs vni and remote" },
};

static void check_misfits(const struct check *c, const struct interface *in)
{
	for (size_t i = 0; i < ARRAY_SIZE(misfits); i++)
		if (misfits[i].kinds & (1U << in->kind) && misfits[i].is_so(in))
			spec_error(c->d, in->name_at, "interface '%s': %s",
				   in->name, misfits[i].text);
}

/* ---- addresses and routes ---- */

static bool in_prefix(const struct ip_prefix *p, const struct ip_addr *a)
{
	const unsigned whole = p->length / 8, rest = p->length % 8;
	const uint8_t mask = (uint8_t)(0xff00 >> rest);

	if (p->addr.family != a->family ||
	    memcmp(p->addr.bytes, a->bytes, whole) != 0)
		return false;
	return !rest || !((p->addr.bytes[whole] ^ a->bytes[whole]) & mask);
}

size_t check_has_address(const struct topology_node *n, const struct ip_addr *a,
			 bool exact)
{
	const struct interface *list = interfaces_of(n);
	size_t found = 0;

	for (size_t i = 0; i < n->interfaces.n; i++) {
		const struct ip_prefix *p = list[i].addresses.items;

		for (size_t k = 0; k < list[i].addresses.n; k++)
			found += exact ? ip_addr_equal(&p[k].addr, a)
				       : in_prefix(&p[k], a);
	}
	return found;
}

/* Is it among those before it, where it was told of? */
static bool is_told(const struct ip_prefix *p, size_t which)
{
	for (size_t i = 0; i < which; i++)
		if (ip_addr_equal(&p[i].addr, &p[which].addr))
			return true;
	return false;
}

static void check_addresses(const struct check *c,
			    const struct topology_node *n,
			    const struct interface *in)
{
	const struct ip_prefix *p = in->addresses.items;
	char text[IP_TEXT_MAX];

	for (size_t k = 0; k < in->addresses.n; k++)
		if (p[k].addr.family && !is_told(p, k) &&
		    check_has_address(n, &p[k].addr, true) > 1)
			spec_error(c->d, in->name_at,
				   "address %s is in node '%s' more than once",
				   ip_addr_text(&p[k].addr, text),
				   n->name ?: "?");
}

static void check_route(const struct check *c, const struct topology_node *n,
			const struct route *r)
{
	char via[IP_TEXT_MAX];

	if (!r->at.line)
		return; /* has no 'to' */
	if (!r->via.family && !r->dev)
		spec_error(c->d, r->at, "a route needs via or dev");
	if (r->dev && strcmp(r->dev, "lo") != 0 &&
	    !check_interface(n, r->dev) && !c->holes)
		spec_error(c->d, r->at, "no interface '%s' in node '%s'",
			   r->dev, n->name ?: "?");
	if (!r->via.family)
		return;
	(void)ip_addr_text(&r->via, via);
	if (r->via.family != r->to.addr.family)
		spec_error(c->d, r->at, "via %s is not of the same family",
			   via);
	else if (!r->dev && ip_addr_is_link_local(&r->via))
		spec_error(c->d, r->at, "via %s needs dev as well", via);
	else if (!r->dev && !check_has_address(n, &r->via, false) && !c->holes)
		spec_error(c->d, r->at, "via %s is in no network of node '%s'",
			   via, n->name ?: "?");
}

/* ---- sysctls ---- */

/*
 * Only what is below net belongs to a namespace; anything else would be
 * the machine's own.
 */
static void check_sysctls(const struct check *c, const struct spec_list *list)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-/";
	const struct spec_pair *p = list->items;

	for (size_t i = 0; i < list->n; i++) {
		const size_t n = strlen(p[i].key);

		if (strncmp(p[i].key, "net.", 4) != 0 &&
		    strncmp(p[i].key, "net/", 4) != 0)
			spec_error(c->d, p[i].at,
				   "sysctl '%.60s' is not a node's own: it "
				   "must begin with 'net.'",
				   p[i].key);
		else if (strspn(p[i].key, allowed) != n ||
			 strstr(p[i].key, "..") || p[i].key[n - 1] == '.')
			spec_error(c->d, p[i].at,
				   "'%.60s' is not the name of a sysctl, such "
				   "as net.ipv4.ip_forward",
				   p[i].key);
		if (strchr(p[i].value, '\n'))
			spec_error(c->d, p[i].at,
				   "the value of %.60s must be one line",
				   p[i].key);
	}
}

/* ---- who talks to whom ---- */

/* Has every node that address?  All of 127.0.0.0/8, ::1, and "any". */
static bool is_everywhere(const struct ip_addr *a)
{
	static const struct ip_addr any6 = { .family = 6 };
	static const struct ip_addr any4 = { .family = 4 };
	static const struct ip_addr lo6 = { .family = 6, .bytes[15] = 1 };

	return (a->family == 4 && a->bytes[0] == 127) ||
	       ip_addr_equal(a, &lo6) || ip_addr_equal(a, &any4) ||
	       ip_addr_equal(a, &any6);
}

/* The first port that needs no rights in @n: the probes have none.
 * Source: inet_port_requires_bind_service() in include/net/ip.h, Linux 6.18 */
static int64_t first_open_port(const struct topology_node *n)
{
	static const char key[] = "net.ipv4.ip_unprivileged_port_start";
	const struct spec_pair *p = n->sysctls.items;
	int64_t port = 1024;

	for (size_t i = 0; i < n->sysctls.n; i++)
		if (!strcmp(p[i].key, key))
			(void)num_parse(p[i].value, 0, UINT16_MAX, &port);
	return port;
}

void check_listen(const struct check *c, const struct topology_node *n,
		  const struct ip_endpoint *ep, struct spec_at at)
{
	char text[IP_TEXT_MAX];

	if (!ep->addr.family || !n)
		return;
	if (!c->holes && !is_everywhere(&ep->addr) &&
	    !check_has_address(n, &ep->addr, true))
		spec_error(c->d, at, "node '%s' has no address %s to listen at",
			   n->name, ip_addr_text(&ep->addr, text));
	if (ep->port < first_open_port(n))
		spec_warn(
			c->d, at,
			"node '%s' allows port %u to root only; set its sysctl "
			"net.ipv4.ip_unprivileged_port_start",
			n->name, ep->port);
}

static void check_ends(const struct check *c)
{
	const struct topology *t = c->t;
	const struct topology_node *server =
		t->server ? topology_node(t, t->server) : NULL;
	const struct ip_endpoint listen = ip_endpoint_unmapped(&t->listen);

	if (t->name && !name_is_of_file(t->name, c->d->path))
		spec_error(c->d, t->name_at,
			   "name '%s' must be the file's name without .yaml",
			   t->name);
	check_node_ref(c, t->client, t->client_at);
	check_node_ref(c, t->server, t->server_at);
	check_listen(c, server, &listen, t->listen_at);
	check_listen(c, server, &t->listen6, t->listen6_at);
	if (t->connect6_at.line &&
	    ip_endpoint_unmapped(&t->connect).addr.family == 6 &&
	    !ip_endpoint_equal(&t->connect, &t->connect6)) /* family=6 */
		spec_error(c->d, t->connect6_at,
			   "connect is over IPv6 already");
	if (t->connect6_at.line && !t->listen6_at.line)
		spec_error(c->d, t->connect6_at, "connect6 needs listen6");
	if (t->listen6_at.line && !t->connect6_at.line)
		spec_error(c->d, t->listen6_at, "listen6 needs connect6");
}

/* Could something that others refer to not be read? */
static bool is_hole(const struct interface *in)
{
	const struct ip_prefix *p = in->addresses.items;

	for (size_t i = 0; i < in->addresses.n; i++)
		if (!p[i].addr.family)
			return true;
	return !in->name || in->kind < 0 ||
	       (in->kind == INTERFACE_VETH && !in->link);
}

static bool has_holes(const struct topology *t)
{
	const struct topology_node *nodes = t->nodes.items;

	for (size_t i = 0; i < t->nodes.n; i++) {
		const struct interface *list = interfaces_of(&nodes[i]);

		if (!nodes[i].name)
			return true;
		for (size_t k = 0; k < nodes[i].interfaces.n; k++)
			if (is_hole(&list[k]))
				return true;
	}
	return false;
}

static void check_node(const struct check *c, size_t which)
{
	const struct topology_node *n = &c->nodes[which];
	const struct interface *in = interfaces_of(n);
	const struct route *routes = n->routes.items;

	if (n->name)
		check_node_name(c, which);
	for (size_t i = 0; i < n->interfaces.n; i++) {
		if (!in[i].name)
			continue;
		check_interface_name(c, n, i);
		check_addresses(c, n, &in[i]);
		if (in[i].kind < 0)
			continue;
		check_link_of(c, &in[i]);
		check_master(c, n, &in[i]);
		check_parent(c, &in[i]);
		check_misfits(c, &in[i]);
	}
	for (size_t i = 0; i < n->routes.n; i++)
		check_route(c, n, &routes[i]);
	check_sysctls(c, &n->sysctls);
	check_sysctls(c, &n->sysctls_if_present);
	check_nft(c, n);
}

/* The checks compare each with each. */
static size_t count_interfaces(const struct topology *t)
{
	const struct topology_node *nodes = t->nodes.items;
	size_t n = 0;

	for (size_t i = 0; i < t->nodes.n; i++)
		n += nodes[i].interfaces.n;
	return n;
}

void topology_check(const struct topology *t, struct spec_diags *d)
{
	const struct check c = {
		.t = t,
		.d = d,
		.nodes = t->nodes.items,
		.n_nodes = t->nodes.n,
		.holes = has_holes(t),
	};

	if (count_interfaces(t) > SPEC_ENTRIES_MAX) {
		spec_error(d, t->name_at,
			   "more than %d interfaces in one topology",
			   SPEC_ENTRIES_MAX);
		return;
	}
	check_ends(&c);
	for (size_t i = 0; i < c.n_nodes; i++)
		check_node(&c, i);
	check_links(&c);
	check_processes(&c);
}
