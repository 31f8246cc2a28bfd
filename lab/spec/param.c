/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/param.h"

#include "lab/spec/param-parts.h"
#include "lab/spec/topology-check.h"
#include "lab/spec/topology-tables.h"

#include <assert.h>
#include <string.h>

typedef int (*apply_fn)(const struct param_change *c, struct err *e);

enum param {
	PARAM_CPUS,
	PARAM_MTU,
	PARAM_FAMILY,
	PARAM_PORT,
	PARAM_LOCALHOST,
	PARAM_DELAY,
	PARAM_JITTER,
	PARAM_LOSS,
	PARAM_DUPLICATE,
	PARAM_REORDER,
	PARAM_RATE,
	PARAM_PROXY,
	PARAM_BRNF,
	PARAM_CONNTRACK,
	PARAM_SYSCTL,
	PARAMS,
};

const struct param_info param_infos[] = {
	[PARAM_CPUS] = { .name = "cpus",
			 .value = "N",
			 .help = "processors of the nodes of client and server",
			 .of_node = true },
	[PARAM_MTU] = { .name = "mtu",
			.value = "BYTES",
			.help = "MTU of every interface besides lo; a vxlan "
				"gets what its header leaves",
			.of_node = true },
	[PARAM_FAMILY] = { .name = "family",
			   .value = "4|6|4mapped",
			   .help = "address family of the two programs; "
				   "4mapped: IPv6 sockets that speak IPv4" },
	[PARAM_PORT] = { .name = "port",
			 .value = "N",
			 .help = "what the client dials and where the server "
				 "listens, as after docker run -p N:N" },
	[PARAM_LOCALHOST] = { .name = "localhost",
			      .value = "4|6|both",
			      .help = "programs dial the name localhost, which "
				      "is 127.0.0.1, ::1 or both" },
	[PARAM_DELAY] = { .name = "delay",
			  .value = "TIME",
			  .help = "of every wire and netem link, in both "
				  "directions; cables between machines become "
				  "wires where there is none" },
	[PARAM_JITTER] = { .name = "jitter",
			   .value = "TIME",
			   .help = "as delay" },
	[PARAM_LOSS] = { .name = "loss", .value = "SHARE", .help = "as delay" },
	[PARAM_DUPLICATE] = { .name = "duplicate",
			      .value = "SHARE",
			      .help = "as delay" },
	[PARAM_REORDER] = { .name = "reorder",
			    .value = "SHARE",
			    .help = "as delay" },
	[PARAM_RATE] = { .name = "rate",
			 .value = "RATE",
			 .help = "as delay; 0 is unlimited" },
	[PARAM_PROXY] = { .name = "proxy",
			  .value = "on|off",
			  .help = "off takes the relays away; the rules stay" },
	[PARAM_BRNF] = { .name = "brnf",
			 .value = "0|1",
			 .help = "do bridged frames pass the IP rules "
				 "(br_netfilter), in nodes with a bridge",
			 .of_node = true },
	[PARAM_CONNTRACK] = { .name = "nf_conntrack_",
			      .value = "KEY=VALUE",
			      .help = "net.netfilter.nf_conntrack_KEY of the "
				      "nodes with rules",
			      .prefix = true,
			      .of_node = true },
	[PARAM_SYSCTL] = { .name = "sysctl:",
			   .value = "KEY=VALUE",
			   .help = "sysctl KEY of every node",
			   .prefix = true,
			   .of_node = true },
	[PARAMS] = { .name = NULL },
};

int param_refuse(const struct param_change *c, struct err *e, const char *what)
{
	return err_set(e, ERR_INPUT, EINVAL, "topology '%s' %s", c->t->name,
		       what);
}

int param_must_be(const struct param_change *c, const char *form, struct err *e)
{
	return err_set(e, ERR_INPUT, EINVAL, "%s must be %s, not '%s'", c->key,
		       form, c->value);
}

static struct topology_node *nodes_of(const struct param_change *c)
{
	return c->t->nodes.items;
}

static bool concerns(const struct param_change *c,
		     const struct topology_node *n)
{
	return !c->node || c->node == n;
}

/* ---- processors, sizes ---- */

static int put_count(const struct param_change *c,
		     const struct spec_table *table, uint32_t *ret,
		     struct err *e)
{
	char form[SPEC_FORM_MAX];
	const char *wanted =
		spec_put(spec_field(table, c->key), c->value, ret, form);

	return wanted ? param_must_be(c, wanted, e) : 0;
}

static int apply_cpus(const struct param_change *c, struct err *e)
{
	struct topology_node *nodes = nodes_of(c);
	uint32_t cpus;
	int r = put_count(c, &topology_node_table, &cpus, e);

	for (size_t i = 0; r == 0 && i < c->t->nodes.n; i++)
		if (c->node ? c->node == &nodes[i]
			    : !strcmp(nodes[i].name, c->t->client) ||
				      !strcmp(nodes[i].name, c->t->server))
			nodes[i].cpus = cpus;
	return r;
}

/* Outer Ethernet is not of the MTU; inner Ethernet, VXLAN, UDP and IP are.
 * Source: RFC 7348 5 */
static uint32_t vxlan_header(const struct interface *in)
{
	return 14 + 8 + 8 + (in->remote.family == 6 ? 40 : 20);
}

static int set_mtu(const struct param_change *c, struct interface *in,
		   uint32_t mtu, struct err *e)
{
	const uint32_t header =
		in->kind == INTERFACE_VXLAN ? vxlan_header(in) : 0;
	const struct ip_prefix *p = in->addresses.items;
	uint32_t least = 68; /* RFC 791 3.2 */

	for (size_t i = 0; i < in->addresses.n; i++)
		if (p[i].addr.family == 6)
			least = 1280; /* RFC 8200 5 */
	if (mtu < header + least)
		return err_set(e, ERR_INPUT, EINVAL,
			       "mtu=%u is too small for interface '%s' of "
			       "topology '%s', which needs %u",
			       mtu, in->name, c->t->name, header + least);
	in->mtu = mtu - header;
	return 0;
}

static int apply_mtu(const struct param_change *c, struct err *e)
{
	struct topology_node *nodes = nodes_of(c);
	size_t n = 0;
	uint32_t mtu;
	int r = put_count(c, &topology_interface_table, &mtu, e);

	for (size_t i = 0; r == 0 && i < c->t->nodes.n; i++) {
		struct interface *list = nodes[i].interfaces.items;

		for (size_t k = 0; r == 0 && k < nodes[i].interfaces.n; k++)
			if (concerns(c, &nodes[i])) {
				r = set_mtu(c, &list[k], mtu, e);
				n++;
			}
	}
	if (r == 0 && !n)
		return param_refuse(c, e, "has no interface there besides lo");
	return r;
}

/* ---- processes ---- */

static int apply_proxy(const struct param_change *c, struct err *e)
{
	struct process *p = c->t->processes.items;
	size_t relays = 0;

	for (size_t i = 0; i < c->t->processes.n; i++)
		relays += p[i].kind == PROCESS_RELAY;
	if (strcmp(c->value, "on") != 0 && strcmp(c->value, "off") != 0)
		return param_must_be(c, "on or off", e);
	if (!relays)
		return param_refuse(c, e, "has no relay");
	if (!strcmp(c->value, "off"))
		topology_drop_processes(c->t, PROCESS_RELAY);
	return 0;
}

/* ---- sysctls ---- */

static void drop_pair(struct spec_list *list, struct spec_pair *pair)
{
	const struct spec_pair *end = (struct spec_pair *)list->items + list->n;

	free(pair->key);
	free(pair->value);
	memmove(pair, pair + 1, (size_t)((end - pair - 1)) * sizeof(*pair));
	list->n--;
}

static int append_pair(struct spec_list *list, const char *key,
		       const char *value, struct err *e)
{
	struct spec_pair *pairs =
		reallocarray(list->items, list->n + 1, sizeof(*pairs));

	if (!pairs)
		return err_no_memory(e);
	list->items = pairs;
	pairs[list->n] =
		(struct spec_pair){ strdup(key), strdup(value), { .line = 0 } };
	list->n++;
	return pairs[list->n - 1].key && pairs[list->n - 1].value
		       ? 0
		       : err_no_memory(e);
}

static int put_pair(struct spec_list *to, struct spec_list *from,
		    const char *key, const char *value, struct err *e)
{
	struct spec_pair *elsewhere = spec_pair_of(from, key);
	struct spec_pair *pair = spec_pair_of(to, key);
	char *copy;

	if (elsewhere)
		drop_pair(from, elsewhere);
	if (!pair)
		return append_pair(to, key, value, e);
	copy = strdup(value);
	if (!copy)
		return err_no_memory(e);
	free(pair->value);
	pair->value = copy;
	return 0;
}

/* What was asked for must be there: not among those that may be absent. */
static int set_sysctl(struct topology_node *n, const char *key,
		      const char *value, struct err *e)
{
	return put_pair(&n->sysctls, &n->sysctls_if_present, key, value, e);
}

static int apply_sysctl(const struct param_change *c, struct err *e)
{
	struct topology_node *nodes = nodes_of(c);
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->t->nodes.n; i++)
		if (concerns(c, &nodes[i]))
			r = set_sysctl(&nodes[i], c->key, c->value, e);
	return r;
}

static int apply_conntrack(const struct param_change *c, struct err *e)
{
	struct topology_node *nodes = nodes_of(c);
	char key[128];
	size_t n = 0;
	int r = 0;

	(void)snprintf(key, sizeof(key), "net.netfilter.nf_conntrack_%s",
		       c->key);
	for (size_t i = 0; r == 0 && i < c->t->nodes.n; i++)
		if (concerns(c, &nodes[i]) && nodes[i].nft.n) {
			r = set_sysctl(&nodes[i], key, c->value, e);
			n++;
		}
	return r || n ? r : param_refuse(c, e, "has no rules there");
}

static bool has_bridge(const struct topology_node *n)
{
	const struct interface *list = n->interfaces.items;

	for (size_t i = 0; i < n->interfaces.n; i++)
		if (list[i].kind == INTERFACE_BRIDGE)
			return true;
	return false;
}

/* Without br_netfilter it is off: then only "1" needs the sysctl. */
static int set_brnf(struct topology_node *n, const char *value, struct err *e)
{
	static const char *const keys[] = {
		"net.bridge.bridge-nf-call-iptables",
		"net.bridge.bridge-nf-call-ip6tables",
	};
	const bool off = *value == '0';
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(keys); i++)
		r = put_pair(off ? &n->sysctls_if_present : &n->sysctls,
			     off ? &n->sysctls : &n->sysctls_if_present,
			     keys[i], value, e);
	return r;
}

static int apply_brnf(const struct param_change *c, struct err *e)
{
	struct topology_node *nodes = nodes_of(c);
	size_t n = 0;
	int r = 0;

	if (strcmp(c->value, "0") != 0 && strcmp(c->value, "1") != 0)
		return param_must_be(c, "0 or 1", e);
	for (size_t i = 0; r == 0 && i < c->t->nodes.n; i++)
		if (concerns(c, &nodes[i]) && has_bridge(&nodes[i])) {
			r = set_brnf(&nodes[i], c->value, e);
			n++;
		}
	return r || n ? r : param_refuse(c, e, "has no bridge there");
}

/* ---- names ---- */

static const apply_fn appliers[] = {
	[PARAM_CPUS] = apply_cpus,
	[PARAM_MTU] = apply_mtu,
	[PARAM_FAMILY] = param_apply_family,
	[PARAM_PORT] = param_apply_port,
	[PARAM_LOCALHOST] = param_apply_localhost,
	[PARAM_DELAY] = param_apply_wire,
	[PARAM_JITTER] = param_apply_wire,
	[PARAM_LOSS] = param_apply_wire,
	[PARAM_DUPLICATE] = param_apply_wire,
	[PARAM_REORDER] = param_apply_wire,
	[PARAM_RATE] = param_apply_wire,
	[PARAM_PROXY] = apply_proxy,
	[PARAM_BRNF] = apply_brnf,
	[PARAM_CONNTRACK] = apply_conntrack,
	[PARAM_SYSCTL] = apply_sysctl,
};
static_assert(ARRAY_SIZE(appliers) == PARAMS, "one per parameter");

static size_t info_of(const char *name)
{
	size_t i = 0;

	for (; i < PARAMS; i++) {
		const struct param_info *p = &param_infos[i];
		const size_t n = strlen(p->name);

		if (p->prefix ? !strncmp(name, p->name, n) && name[n]
			      : !strcmp(name, p->name))
			break;
	}
	return i;
}

static int unknown(const char *name, struct err *e)
{
	const char *names[PARAMS + 1] = { NULL };
	const char *near;

	for (size_t i = 0; i < PARAMS; i++)
		names[i] = param_infos[i].name;
	near = text_nearest(name, names);
	if (near && !strcmp(near, name))
		return err_set(e, ERR_INPUT, EINVAL,
			       "parameter '%s' lacks the key behind it", name);
	if (near)
		return err_set(e, ERR_INPUT, EINVAL,
			       "no parameter '%s' (did you mean '%s'?)", name,
			       near);
	return err_set(e, ERR_INPUT, EINVAL,
		       "no parameter '%s'; `rstlab list params` shows what "
		       "there is",
		       name);
}

static int no_node(const struct topology *t, const char *name, struct err *e)
{
	const char *names[SPEC_ENTRIES_MAX + 1] = { NULL };
	const struct topology_node *nodes = t->nodes.items;
	const char *near;

	for (size_t i = 0; i < t->nodes.n; i++)
		names[i] = nodes[i].name;
	near = text_nearest(name, names);
	return err_set(e, ERR_INPUT, ENOENT,
		       "topology '%s' has no node '%s'%s%s%s", t->name, name,
		       near ? " (did you mean '" : "", near ?: "",
		       near ? "'?)" : "");
}

/* "NODE.NAME": find the node, and go on behind the dot.  A sysctl has dots of
 * its own, but then no node's name is in front of its first one. */
static int split_node(struct param_change *c, const char **name, struct err *e)
{
	const char *dot = strchr(*name, '.');
	struct topology_node *nodes = nodes_of(c);
	char node[80];
	size_t i = 0;

	if (!dot || info_of(*name) < PARAMS)
		return 0;
	(void)snprintf(node, sizeof(node), "%.*s", (int)(dot - *name), *name);
	if (info_of(dot + 1) == PARAMS)
		return unknown(*name, e);
	while (i < c->t->nodes.n && strcmp(nodes[i].name, node) != 0)
		i++;
	if (i == c->t->nodes.n)
		return no_node(c->t, node, e);
	c->node = &nodes[i];
	*name = dot + 1;
	return 0;
}

int param_apply(struct topology *t, const char *name, const char *value,
		struct err *e)
{
	struct param_change c = { .t = t, .value = value };
	const char *rest = name;
	size_t which;
	int r = split_node(&c, &rest, e);

	if (r < 0)
		return r;
	which = info_of(rest);
	if (which == PARAMS)
		return unknown(name, e);
	if (c.node && !param_infos[which].of_node)
		return err_set(e, ERR_INPUT, EINVAL,
			       "%s is not of one node; write %s=%s", rest, rest,
			       param_infos[which].value);
	c.key = rest;
	if (param_infos[which].prefix)
		c.key += strlen(param_infos[which].name);
	r = appliers[which](&c, e);
	return r < 0 ? r : param_note(t, name, value, e);
}

int param_check(const struct topology *t, struct err *e)
{
	static const char mark[] = ": error: ";
	own_diags struct spec_diags d = { .path = t->path };
	own_text struct text label = { .s = NULL };
	const char *first;

	topology_check(t, &d);
	first = d.errors ? strstr(text_str(&d.text), mark) : NULL;
	if (!first)
		return d.errors ? err_no_memory(e) : 0;
	first += strlen(mark);
	param_label(t, &label);
	return err_set(e, ERR_INPUT, EINVAL, "%s: %.*s", text_str(&label),
		       (int)strcspn(first, "\n"), first);
}
