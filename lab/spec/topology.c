/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/topology.h"

#include "lab/base/clock.h"
#include "lab/spec/name.h"
#include "lab/spec/topology-check.h"
#include "lab/spec/topology-tables.h"

#include <string.h>

const char *const node_kind_names[] = { "host",	  "container", "guest",
					"router", "remote",    NULL };
const char *const interface_kind_names[] = { "veth",  "bridge", "macvlan",
					     "vxlan", "tap",	NULL };
const char *const localhost_names[] = { "", "4", "6", "both", NULL };
const char *const isolation_names[] = { "none", "docker", NULL };
const char *const process_kind_names[] = { "relay", "usernet", "pasta", NULL };
static const char *const off_on[] = { "off", "on", NULL };
static const char *const no_yes[] = { "no", "yes", NULL };

static const char *parse_address(const char *text, void *slot)
{
	return ip_addr_parse(text, slot)
		       ? NULL
		       : "an address, such as 192.0.2.1 or fd00::1";
}

static const char *parse_prefix(const char *text, void *slot)
{
	struct ip_prefix p;

	if (!ip_prefix_parse(text, &p) || !p.length)
		return "an address with the length of its prefix, such as "
		       "192.0.2.1/24 or fd00::1/64";
	*(struct ip_prefix *)slot = p;
	return NULL;
}

/* Are all bits after the prefix 0? */
static bool is_network(const struct ip_prefix *p)
{
	for (size_t bit = p->length; bit < 8 * sizeof(p->addr.bytes); bit++)
		if (p->addr.bytes[bit / 8] & (0x80 >> bit % 8))
			return false;
	return true;
}

/* "default" has no family of its own: that of the gateway is put in later. */
static const char *parse_destination(const char *text, void *slot)
{
	struct ip_prefix p;

	if (!strcmp(text, "default"))
		return NULL;
	if (!ip_prefix_parse(text, &p) || !is_network(&p))
		return "default or the prefix of a network, such as "
		       "192.0.2.0/24";
	*(struct ip_prefix *)slot = p;
	return NULL;
}

static const char *parse_endpoint(const char *text, void *slot)
{
	struct ip_endpoint ep;

	if (!ip_endpoint_parse(text, &ep) || ep.addr.family != 4)
		return "an IPv4 address and a port, such as 192.0.2.1:8080";
	*(struct ip_endpoint *)slot = ep;
	return NULL;
}

static const char *parse_endpoint6(const char *text, void *slot)
{
	struct ip_endpoint ep;

	if (!ip_endpoint_parse(text, &ep) || ep.addr.family != 6)
		return "an IPv6 address and a port, such as [fd00::1]:8080";
	*(struct ip_endpoint *)slot = ep;
	return NULL;
}

static const char *parse_any_endpoint(const char *text, void *slot)
{
	return ip_endpoint_parse(text, slot)
		       ? NULL
		       : "an address and a port, such as 192.0.2.1:8080 or "
			 "[fd00::1]:8080";
}

/* "node:interface"; whether it exists is checked later. */
static const char *check_parent(const char *text, void *unused)
{
	const char *colon = strchr(text, ':');

	(void)unused;
	return colon && colon > text && !name_check_interface(colon + 1, NULL)
		       ? NULL
		       : "node:interface, such as host:eth0";
}

#define AT(type, member)                  \
	.offset = offsetof(type, member), \
	.at_offset = offsetof(type, member##_at)

static const struct spec_field address_fields[] = {
	{ "addresses", SPEC_CUSTOM, .parse = parse_prefix,
	  .help = "an address with the length of its prefix" },
};
static const struct spec_table address_table = {
	.what = "address",
	.size = sizeof(struct ip_prefix),
	.fields = address_fields,
	.n_fields = ARRAY_SIZE(address_fields),
};

static const struct spec_field interface_fields[] = {
	{ "name", SPEC_STRING, AT(struct interface, name), .required = 1,
	  .parse = name_check_interface,
	  .help = "name of the interface, at most 15 bytes" },
	{ "kind", SPEC_CHOICE, .offset = offsetof(struct interface, kind),
	  .choices = interface_kind_names,
	  .help = "veth, bridge, macvlan, vxlan or tap" },
	{ "link", SPEC_STRING, AT(struct interface, link), .parse = name_check,
	  .help = "veth: name of the pair; two interfaces name the same" },
	{ "master", SPEC_STRING, AT(struct interface, master),
	  .parse = name_check_interface,
	  .help = "bridge of the same node that this is a port of" },
	{ "parent", SPEC_STRING, AT(struct interface, parent),
	  .parse = check_parent,
	  .help = "macvlan: node:interface that it sits on" },
	{ "mac", SPEC_STRING, .offset = offsetof(struct interface, mac),
	  .parse = name_check_mac, .help = "MAC address" },
	{ "mtu", SPEC_COUNT, .offset = offsetof(struct interface, mtu),
	  .min = 68, .max = 65535, .help = "MTU in bytes" },
	{ "txqlen", SPEC_COUNT, .offset = offsetof(struct interface, txqlen),
	  .min = 0, .max = 1000000,
	  .help = "length of the transmit queue in packets" },
	{ "hairpin", SPEC_CHOICE, .offset = offsetof(struct interface, hairpin),
	  .choices = off_on, .help = "bridge port: send out where it came in" },
	{ "stp", SPEC_CHOICE, .offset = offsetof(struct interface, stp),
	  .choices = off_on, .help = "bridge: spanning tree protocol" },
	{ "forward-delay", SPEC_DURATION,
	  .offset = offsetof(struct interface, forward_delay_ns), .min = 0,
	  .max = 30 * NS_PER_S, .help = "bridge: forward delay" },
	{ "vni", SPEC_COUNT, .offset = offsetof(struct interface, vni),
	  .min = 1, .max = (1 << 24) - 1, .help = "vxlan: network identifier" },
	{ "vxlan-port", SPEC_COUNT,
	  .offset = offsetof(struct interface, vxlan_port), .min = 1,
	  .max = UINT16_MAX, .help = "vxlan: UDP port" },
	{ "local", SPEC_CUSTOM, .offset = offsetof(struct interface, local),
	  .parse = parse_address, .help = "vxlan: own address underneath" },
	{ "remote", SPEC_CUSTOM, .offset = offsetof(struct interface, remote),
	  .parse = parse_address, .help = "vxlan: address of the other end" },
	{ "addresses", SPEC_CUSTOM_LIST,
	  .offset = offsetof(struct interface, addresses),
	  .item = &address_table, .help = "addresses with prefix lengths" },
};
static const struct interface interface_defaults = {
	.txqlen = -1,
	.forward_delay_ns = -1,
	.vxlan_port = 4789, /* RFC 7348 5 */
};
const struct spec_table topology_interface_table = {
	.what = "interface",
	.size = sizeof(struct interface),
	.fields = interface_fields,
	.n_fields = ARRAY_SIZE(interface_fields),
	.defaults = &interface_defaults,
};

static const struct spec_field route_fields[] = {
	{ "to", SPEC_CUSTOM, .offset = offsetof(struct route, to),
	  .at_offset = offsetof(struct route, at), .required = 1,
	  .parse = parse_destination, .help = "default or a prefix" },
	{ "via", SPEC_CUSTOM, .offset = offsetof(struct route, via),
	  .parse = parse_address, .help = "address of the gateway" },
	{ "dev", SPEC_STRING, .offset = offsetof(struct route, dev),
	  .parse = name_check_interface, .help = "interface to leave by" },
};
static const struct spec_table route_table = {
	.what = "route",
	.size = sizeof(struct route),
	.fields = route_fields,
	.n_fields = ARRAY_SIZE(route_fields),
};

static const struct spec_field nft_fields[] = {
	{ "nft", SPEC_STRING, .offset = offsetof(struct nft_piece, text),
	  .at_offset = offsetof(struct nft_piece, at) },
};
static const struct spec_table nft_table = {
	.what = "nft",
	.size = sizeof(struct nft_piece),
	.fields = nft_fields,
	.n_fields = ARRAY_SIZE(nft_fields),
};

static const struct spec_field node_fields[] = {
	{ "name", SPEC_STRING, AT(struct topology_node, name), .required = 1,
	  .parse = name_check, .help = "unique name of the node" },
	{ "kind", SPEC_CHOICE, .offset = offsetof(struct topology_node, kind),
	  .required = 1, .choices = node_kind_names,
	  .help = "host, container, guest, router or remote" },
	{ "isolation", SPEC_CHOICE,
	  .offset = offsetof(struct topology_node, isolation),
	  .choices = isolation_names,
	  .help = "how a program in it is shut in: none or docker" },
	{ "cpus", SPEC_COUNT, .offset = offsetof(struct topology_node, cpus),
	  .min = 1, .max = 1024, .help = "processors of its programs" },
	{ "sysctls", SPEC_MAP,
	  .offset = offsetof(struct topology_node, sysctls),
	  .help = "sysctls to write, in this order" },
	{ "sysctls-if-present", SPEC_MAP,
	  .offset = offsetof(struct topology_node, sysctls_if_present),
	  .help = "the same where the kernel has them" },
	{ "interfaces", SPEC_LIST,
	  .offset = offsetof(struct topology_node, interfaces),
	  .item = &topology_interface_table, .help = "interfaces besides lo" },
	{ "routes", SPEC_LIST, .offset = offsetof(struct topology_node, routes),
	  .item = &route_table, .help = "routes besides those of addresses" },
	{ "nft", SPEC_PIECES, .offset = offsetof(struct topology_node, nft),
	  .item = &nft_table, .help = "rules, as nft -f reads them" },
};
const struct spec_table topology_node_table = {
	.what = "node",
	.size = sizeof(struct topology_node),
	.fields = node_fields,
	.n_fields = ARRAY_SIZE(node_fields),
};

static const struct spec_field forward_fields[] = {
	{ "listen", SPEC_CUSTOM, AT(struct forward, listen), .required = 1,
	  .parse = parse_endpoint, .help = "where the node listens" },
	{ "connect", SPEC_CUSTOM, AT(struct forward, connect), .required = 1,
	  .parse = parse_endpoint, .help = "what that leads to in the guest" },
};
static const struct spec_table forward_table = {
	.what = "forward",
	.size = sizeof(struct forward),
	.fields = forward_fields,
	.n_fields = ARRAY_SIZE(forward_fields),
};

static const struct spec_field process_fields[] = {
	{ "node", SPEC_STRING, AT(struct process, node), .required = 1,
	  .help = "node in which it runs" },
	{ "kind", SPEC_CHOICE, .offset = offsetof(struct process, kind),
	  .required = 1, .choices = process_kind_names,
	  .help = "relay or usernet" },
	{ "listen", SPEC_CUSTOM, AT(struct process, listen),
	  .parse = parse_any_endpoint, .help = "relay: where it listens" },
	{ "connect", SPEC_CUSTOM, AT(struct process, connect),
	  .parse = parse_any_endpoint, .help = "relay: what it dials" },
	{ "guest", SPEC_STRING, AT(struct process, guest),
	  .parse = check_parent,
	  .help = "usernet: node:interface of kind tap" },
	{ "forwards", SPEC_LIST, .offset = offsetof(struct process, forwards),
	  .item = &forward_table,
	  .help = "usernet: ports that lead into the guest" },
	{ "restrict", SPEC_CHOICE,
	  .offset = offsetof(struct process, restrict_), .choices = off_on,
	  .help = "usernet: nothing but the forwards" },
};
static const struct spec_table process_table = {
	.what = "process",
	.size = sizeof(struct process),
	.fields = process_fields,
	.n_fields = ARRAY_SIZE(process_fields),
};

static const struct spec_field topology_fields[] = {
	{ "include", SPEC_INCLUDE, .offset = offsetof(struct topology, include),
	  .help = "a topology to begin with, beside this file" },
	{ "name", SPEC_STRING, AT(struct topology, name), .required = 1,
	  .own = 1, .parse = name_check,
	  .help = "the file's name without .yaml" },
	{ "summary", SPEC_STRING, .offset = offsetof(struct topology, summary),
	  .required = 1, .own = 1, .parse = name_check_line,
	  .help = "one line for the list" },
	{ "mirrors", SPEC_STRING, .offset = offsetof(struct topology, mirrors),
	  .required = 1,
	  .help = "what it mirrors, which version, and the source" },
	{ "default", SPEC_CHOICE,
	  .offset = offsetof(struct topology, by_default), .own = 1,
	  .choices = no_yes,
	  .help = "yes: part of a run that names no topology" },
	{ "client", SPEC_STRING, AT(struct topology, client), .required = 1,
	  .help = "node of the client" },
	{ "server", SPEC_STRING, AT(struct topology, server), .required = 1,
	  .help = "node of the server" },
	{ "connect", SPEC_CUSTOM, AT(struct topology, connect), .required = 1,
	  .parse = parse_any_endpoint, .help = "what the client dials" },
	{ "listen", SPEC_CUSTOM, AT(struct topology, listen), .required = 1,
	  .parse = parse_endpoint, .help = "where the server listens" },
	{ "connect6", SPEC_CUSTOM, AT(struct topology, connect6),
	  .parse = parse_endpoint6, .help = "the same over IPv6" },
	{ "listen6", SPEC_CUSTOM, AT(struct topology, listen6),
	  .parse = parse_endpoint6, .help = "the same over IPv6" },
	{ "through", SPEC_CUSTOM, .offset = offsetof(struct topology, through),
	  .parse = through_parse,
	  .help = "what lies between client and server" },
	{ "nodes", SPEC_LIST, .offset = offsetof(struct topology, nodes),
	  .required = 1, .item = &topology_node_table,
	  .help = "the nodes, at least one" },
	{ "links", SPEC_LIST, .offset = offsetof(struct topology, links),
	  .item = &topology_link_table,
	  .help = "links that are more than a veth pair" },
	{ "processes", SPEC_LIST,
	  .offset = offsetof(struct topology, processes),
	  .item = &process_table,
	  .help = "programs besides client and server" },
};
static const struct spec_table topology_table = {
	.what = "topology",
	.size = sizeof(struct topology),
	.fields = topology_fields,
	.n_fields = ARRAY_SIZE(topology_fields),
};

/* A default route is of its gateway's family; IPv4 when it has none. */
static void complete_routes(struct topology *t)
{
	struct topology_node *nodes = t->nodes.items;

	for (size_t i = 0; i < t->nodes.n; i++) {
		struct route *routes = nodes[i].routes.items;

		for (size_t k = 0; k < nodes[i].routes.n; k++)
			if (!routes[k].to.addr.family)
				routes[k].to.addr.family =
					routes[k].via.family ?: 4;
	}
}

static void complete_links(struct topology *t)
{
	struct link *links = t->links.items;

	for (size_t i = 0; i < t->links.n; i++)
		link_complete(&links[i]);
}

static void check(const struct topology *t, struct spec_diags *d, bool good)
{
	if (t->nodes.n)
		topology_check(t, d);
	else if (good)
		spec_error(d, t->name_at, "a topology needs a node");
}

int topology_load(struct topology *t, const char *path, struct spec_diags *d,
		  struct err *e)
{
	const unsigned before = d->errors;
	int r = spec_load_files(path, &topology_table, t, d, &t->files, e);

	if (!t->files.n)
		return r; /* nothing was read */
	complete_routes(t);
	complete_links(t);
	d->source = ((struct spec_file *)t->files.items)[0].source;
	check(t, d, r == 0);
	d->source = NULL;
	d->files = NULL;
	if (d->errors > before)
		return spec_refuse(path, d->errors - before, e);
	if (r < 0)
		return r;
	t->path = strdup(path);
	return t->path ? 0 : err_errno(e, "read %s", path);
}

void topology_done(struct topology *t)
{
	spec_done(&topology_table, t);
	spec_files_done(&t->files);
	free(t->path);
	free(t->params);
	t->path = t->params = NULL;
}

void topology_drop_processes(struct topology *t, int kind)
{
	struct process *p = t->processes.items;
	size_t kept = 0;

	for (size_t i = 0; i < t->processes.n; i++) {
		if (p[i].kind == kind)
			spec_done(&process_table, &p[i]);
		else
			p[kept++] = p[i];
	}
	t->processes.n = kept;
}

bool topology_tap_is_open(const struct topology *t,
			  const struct topology_node *node,
			  const struct interface *tap)
{
	const struct process *p = t->processes.items;
	const size_t n = strlen(node->name);

	for (size_t i = 0; i < t->processes.n; i++)
		if (p[i].kind == PROCESS_PASTA && p[i].guest &&
		    !strncmp(p[i].guest, node->name, n) &&
		    p[i].guest[n] == ':' &&
		    !strcmp(p[i].guest + n + 1, tap->name))
			return true;
	return false;
}

void topology_source(const struct topology *t, struct text *out)
{
	const struct spec_file *files = t->files.items;

	for (size_t i = 0; i < t->files.n; i++) {
		const size_t n = strlen(files[i].source);

		if (i)
			text_addf(out, "# included: %s\n", files[i].path);
		text_add(out, files[i].source);
		if (n && files[i].source[n - 1] != '\n')
			text_add(out, "\n");
	}
}

const struct link *topology_link(const struct topology *t, const char *name)
{
	const struct link *links = t->links.items;

	for (size_t i = 0; i < t->links.n; i++)
		if (links[i].name && !strcmp(links[i].name, name))
			return &links[i];
	return NULL;
}

const struct topology_node *topology_node(const struct topology *t,
					  const char *name)
{
	const struct topology_node *nodes = t->nodes.items;

	for (size_t i = 0; i < t->nodes.n; i++)
		if (nodes[i].name && !strcmp(nodes[i].name, name))
			return &nodes[i];
	return NULL;
}
