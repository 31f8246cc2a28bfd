/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  The script has the stages of lab/net/net.c in their order,
 * one line of ip(8) for each request.  Names need no quotes in a shell:
 * lab/spec/name.c sees to that.  Everything else that a file can say freely
 * (sysctls, rules) goes into here-documents that the shell does not read.
 *
 * A wire becomes a veth pair, so that the network works by itself.  Netem is
 * asked for by tc(8).
 */
#include "lab/cmd/drawing.h"
#include "lab/cmd/parts.h"
#include "lab/cmd/tc.h"
#include "lab/net/net.h"
#include "lab/net/sysctl.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define NS_PER_TICK 10000000LL /* ip(8) has bridge times in 1/100 s */

enum { VXLAN_PORT = 8472 }; /* the kernel's own; drivers/net/vxlan, 6.18 */

static void title(FILE *out, const char *s)
{
	fprintf(out, "\n# %s\n", s);
}

/* "ip -n "$lab-host" ": what follows is done in that node. */
static void ip(FILE *out, const struct topology *t, size_t node)
{
	fprintf(out, "ip -n \"$lab-%s\" ", parts_node(t, node)->name);
}

static void node_names(FILE *out, const struct topology *t)
{
	for (size_t i = 0; i < t->nodes.n; i++)
		fprintf(out, " %s", parts_node(t, i)->name);
}

/* --- sysctls -------------------------------------------------------------- */

/* A line of sysctl.conf(5); it would take a line end as the end of the value,
 * the kernel takes any space. */
static void add_setting(struct text *lines, const char *mark, const char *key,
			const char *value)
{
	text_addf(lines, "%s%s =", mark, key);
	while (*value) {
		const size_t space = strspn(value, " \t\n\r\v\f");
		const size_t word = strcspn(value + space, " \t\n\r\v\f");

		if (word)
			text_addf(lines, " %.*s", (int)word, value + space);
		value += space + word;
	}
	text_add(lines, "\n");
}

static void add_settings(struct text *lines, const struct spec_list *list,
			 const char *mark, enum sysctl_stage stage)
{
	const struct spec_pair *p = list->items;

	for (size_t i = 0; i < list->n; i++)
		if (sysctl_stage_of(p[i].key) == stage)
			add_setting(lines, mark, p[i].key, p[i].value);
}

/* Every line has a '=', so none of them ends the here-document. */
static void sysctls(FILE *out, const struct topology *t,
		    enum sysctl_stage stage)
{
	for (size_t i = 0; i < t->nodes.n; i++) {
		const struct topology_node *n = parts_node(t, i);
		own_text struct text lines = { .s = NULL };

		add_settings(&lines, &n->sysctls, "", stage);
		add_settings(&lines, &n->sysctls_if_present, "-", stage);
		if (lines.n)
			fprintf(out,
				"ip netns exec \"$lab-%s\" sysctl -q -p - "
				"<<'END'\n%sEND\n",
				n->name, text_str(&lines));
	}
}

static void baseline(FILE *out, const struct topology *t)
{
	own_text struct text lines = { .s = NULL };

	for (const struct net_baseline *b = net_baseline; b->key; b++) {
		const bool ipv6 =
			!strncmp(b->key, "net.ipv6.", strlen("net.ipv6."));

		add_setting(&lines, ipv6 ? "-" : "", b->key, b->value);
	}
	title(out, "What every node gets first; a - is for what the kernel "
		   "may lack.");
	fputs("for node in", out);
	node_names(out, t);
	fprintf(out,
		"; do\n\tip netns exec \"$lab-$node\" sysctl -q -p - "
		"<<'END'\n%sEND\ndone\n",
		text_str(&lines));
}

/* --- links ---------------------------------------------------------------- */

static void attributes(FILE *out, const struct interface *x)
{
	if (x->mac)
		fprintf(out, " address %s", x->mac);
	if (x->mtu)
		fprintf(out, " mtu %u", x->mtu);
	if (x->txqlen >= 0)
		fprintf(out, " txqueuelen %d", x->txqlen);
}

static void add_link(FILE *out, const struct topology *t, struct part p)
{
	const struct interface *x = parts_interface(t, p);

	ip(out, t, p.node);
	fprintf(out, "link add name %s", x->name);
	attributes(out, x);
}

static void make_veth(FILE *out, const struct topology *t, struct part p)
{
	const struct interface *far;
	struct part peer;

	if (!parts_peer(t, p, &peer) || !parts_is_before(p, peer))
		return; /* made with the other end */
	far = parts_interface(t, peer);
	add_link(out, t, p);
	fprintf(out, " type veth peer name %s netns \"$lab-%s\"", far->name,
		parts_node(t, peer.node)->name);
	attributes(out, far);
	fputc('\n', out);
}

static void make_tap(FILE *out, const struct topology *t, struct part p)
{
	const struct interface *x = parts_interface(t, p);

	ip(out, t, p.node);
	fprintf(out, "tuntap add dev %s mode tap%s\n", x->name,
		topology_tap_is_open(t, parts_node(t, p.node), x)
			? ""
			: " vnet_hdr");
	if (!x->mac && !x->mtu && x->txqlen < 0)
		return;
	ip(out, t, p.node);
	fprintf(out, "link set dev %s", x->name);
	attributes(out, x);
	fputc('\n', out);
}

static void make_bridge(FILE *out, const struct topology *t, struct part p)
{
	const struct interface *x = parts_interface(t, p);

	add_link(out, t, p);
	fputs(" type bridge", out);
	if (x->forward_delay_ns >= 0)
		fprintf(out, " forward_delay %" PRId64,
			(int64_t)(x->forward_delay_ns / NS_PER_TICK));
	fputc('\n', out);
}

static void make_vxlan(FILE *out, const struct topology *t, struct part p)
{
	const struct interface *x = parts_interface(t, p);
	char buf[IP_TEXT_MAX];

	add_link(out, t, p);
	fprintf(out, " type vxlan id %u dstport %u", x->vni,
		x->vxlan_port ? x->vxlan_port : VXLAN_PORT);
	if (x->local.family)
		fprintf(out, " local %s", ip_addr_text(&x->local, buf));
	if (x->remote.family)
		fprintf(out, " remote %s", ip_addr_text(&x->remote, buf));
	fputc('\n', out);
}

static void make_macvlan(FILE *out, const struct topology *t, struct part p)
{
	const struct interface *x = parts_interface(t, p);
	struct part parent;

	if (!parts_find(t, x->parent, &parent))
		return;
	ip(out, t, parent.node);
	fprintf(out, "link add link %s name %s netns \"$lab-%s\"",
		parts_interface(t, parent)->name, x->name,
		parts_node(t, p.node)->name);
	attributes(out, x);
	fputs(" type macvlan mode bridge\n", out);
}

/* In front of both ends: at the first what happens on the way there. */
static void add_netem(FILE *out, const struct topology *t, struct part p)
{
	const struct interface *x = parts_interface(t, p);
	const struct link *l = parts_link(t, x->link);
	own_text struct text text = { .s = NULL };
	struct part peer;

	if (!l || l->kind != LINK_NETEM || !parts_peer(t, p, &peer))
		return;
	tc_add_netem(&text, parts_is_before(p, peer) ? &l->there : &l->back);
	fprintf(out, "tc -n \"$lab-%s\" qdisc add dev %s root %s\n",
		parts_node(t, p.node)->name, x->name, text_str(&text));
}

/* In this order: what another needs is there. */
static const struct {
	enum interface_kind kind;
	void (*make)(FILE *out, const struct topology *t, struct part p);
} makers[] = {
	{ INTERFACE_VETH, make_veth },	     { INTERFACE_TAP, make_tap },
	{ INTERFACE_BRIDGE, make_bridge },   { INTERFACE_VXLAN, make_vxlan },
	{ INTERFACE_MACVLAN, make_macvlan },
};

static void make_links(FILE *out, const struct topology *t)
{
	struct part p;

	title(out, "Links.");
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		for (p = PARTS_BEGIN; parts_next(t, &p);)
			if (parts_interface(t, p)->kind == (int)makers[i].kind)
				makers[i].make(out, t, p);
	for (p = PARTS_BEGIN; parts_next(t, &p);)
		add_netem(out, t, p);
}

static void join_bridges(FILE *out, const struct topology *t)
{
	for (struct part p = PARTS_BEGIN; parts_next(t, &p);) {
		const struct interface *x = parts_interface(t, p);

		if (!x->master)
			continue;
		ip(out, t, p.node);
		fprintf(out, "link set dev %s master %s\n", x->name, x->master);
		if (!x->hairpin)
			continue;
		ip(out, t, p.node);
		fprintf(out, "link set dev %s type bridge_slave hairpin on\n",
			x->name);
	}
}

/* A macvlan cannot come up before its parent. */
static void bring_up(FILE *out, const struct topology *t, bool macvlans)
{
	for (struct part p = PARTS_BEGIN; parts_next(t, &p);) {
		const struct interface *x = parts_interface(t, p);

		if ((x->kind == INTERFACE_MACVLAN) != macvlans)
			continue;
		ip(out, t, p.node);
		fprintf(out, "link set dev %s up\n", x->name);
	}
}

/* The kernel tells the first end of a pair that the second is up from a worker,
 * and until then it drops frames, and a spanning tree would hold its port back.
 * To ask for one link makes the worker finish; see lab/net/links.c.  Of a tap
 * nobody has the other side, so it never carries. */
static void wait_for_carrier(FILE *out, const struct topology *t)
{
	bool first = true;

	for (struct part p = PARTS_BEGIN; parts_next(t, &p);) {
		const struct interface *x = parts_interface(t, p);

		if (x->kind != INTERFACE_VETH)
			continue;
		if (first)
			fputs("\n# A link carries frames a moment after both "
			      "its ends are up.\n"
			      "wait_for_carrier()\n{\n"
			      "\tuntil ip -n \"$1\" link show dev \"$2\" |\n"
			      "\t\tgrep -q 'state UP'; do sleep 1; done\n"
			      "}\n",
			      out);
		first = false;
		fprintf(out, "wait_for_carrier \"$lab-%s\" %s\n",
			parts_node(t, p.node)->name, x->name);
	}
}

static void start_spanning_trees(FILE *out, const struct topology *t)
{
	for (struct part p = PARTS_BEGIN; parts_next(t, &p);) {
		const struct interface *x = parts_interface(t, p);

		if (x->kind != INTERFACE_BRIDGE || !x->stp)
			continue;
		ip(out, t, p.node);
		fprintf(out, "link set dev %s type bridge stp_state 1\n",
			x->name);
	}
}

/* --- addresses, routes, rules --------------------------------------------- */

/* The last address of a network is for broadcasts; one of one or two addresses
 * has none (RFC 3021). */
static void add_addresses(FILE *out, const struct topology *t)
{
	title(out, "Addresses and routes.");
	for (struct part p = PARTS_BEGIN; parts_next(t, &p);) {
		const struct interface *x = parts_interface(t, p);
		const struct ip_prefix *a = x->addresses.items;
		char buf[IP_TEXT_MAX];

		for (size_t i = 0; i < x->addresses.n; i++) {
			ip(out, t, p.node);
			fprintf(out, "address add %s",
				ip_prefix_text(&a[i], buf));
			if (a[i].addr.family == 4 && a[i].length < 31)
				fputs(" broadcast +", out);
			fprintf(out, " dev %s%s\n", x->name,
				a[i].addr.family == 6 ? " nodad" : "");
		}
	}
}

static void add_route(FILE *out, const struct topology *t, size_t node,
		      const struct route *r)
{
	char buf[IP_TEXT_MAX];

	ip(out, t, node);
	fprintf(out, "-%d route add %s", r->to.addr.family,
		r->to.length ? ip_prefix_text(&r->to, buf) : "default");
	if (r->via.family)
		fprintf(out, " via %s", ip_addr_text(&r->via, buf));
	if (r->dev)
		fprintf(out, " dev %s", r->dev);
	fputs(" proto static\n", out);
}

static void add_routes(FILE *out, const struct topology *t)
{
	for (size_t i = 0; i < t->nodes.n; i++) {
		const struct spec_list *list = &parts_node(t, i)->routes;
		const struct route *routes = list->items;

		for (size_t j = 0; j < list->n; j++)
			add_route(out, t, i, &routes[j]);
	}
}

static bool has_line(const char *text, const char *line)
{
	const size_t n = strlen(line);

	for (const char *p = text; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (!strncmp(p, line, n) && (!p[n] || p[n] == '\n'))
			return true;
	}
	return false;
}

static void rules_of(FILE *out, const struct topology_node *n)
{
	const struct nft_piece *pieces = n->nft.items;
	own_text struct text all = { .s = NULL };
	own_text struct text end = { .s = NULL };

	for (size_t i = 0; i < n->nft.n; i++) {
		text_add(&all, pieces[i].text);
		if (all.n && all.s[all.n - 1] != '\n')
			text_add(&all, "\n");
	}
	text_add(&end, "END");
	while (has_line(text_str(&all), text_str(&end)) && !end.failed)
		text_add(&end, "_");
	fprintf(out, "ip netns exec \"$lab-%s\" nft -f - <<'%s'\n%s%s\n",
		n->name, text_str(&end), text_str(&all), text_str(&end));
}

static void load_rules(FILE *out, const struct topology *t)
{
	bool first = true;

	for (size_t i = 0; i < t->nodes.n; i++) {
		if (!parts_node(t, i)->nft.n)
			continue;
		if (first)
			title(out, "Rules.");
		first = false;
		rules_of(out, parts_node(t, i));
	}
}

/* --- what these tools cannot say ------------------------------------------ */

static void note_wires(FILE *out, const struct topology *t)
{
	for (struct part p = PARTS_BEGIN; parts_next(t, &p);) {
		const struct interface *x = parts_interface(t, p);
		const struct link *wire = parts_link(t, x->link);
		own_text struct text text = { .s = NULL };
		struct part peer;

		if (!wire || wire->kind != LINK_WIRE ||
		    !parts_peer(t, p, &peer) || !parts_is_before(p, peer))
			continue;
		parts_add_link(&text, wire);
		fprintf(out,
			"# %s:%s and %s:%s are taps with a process between "
			"(%s); here a veth pair\n",
			parts_node(t, p.node)->name, x->name,
			parts_node(t, peer.node)->name,
			parts_interface(t, peer)->name, text_str(&text));
	}
}

static void note_programs(FILE *out, const struct topology_node *n)
{
	if (n->isolation == ISOLATION_DOCKER)
		fprintf(out,
			"# %s: programs have PID, mount, UTS and IPC "
			"namespaces of their own and Docker's capabilities\n",
			n->name);
	if (n->cpus)
		fprintf(out, "# %s: programs have %u processor%s\n", n->name,
			n->cpus, n->cpus == 1 ? "" : "s");
}

static void note_processes(FILE *out, const struct topology *t)
{
	const struct process *p = t->processes.items;

	for (size_t i = 0; i < t->processes.n; i++) {
		own_text struct text text = { .s = NULL };

		parts_add_process(&text, &p[i]);
		fprintf(out, "# %s: %s\n", p[i].node, text_str(&text));
	}
}

static void note_end(FILE *out, const char *node, const char *does,
		     const struct ip_endpoint *ep,
		     const struct ip_endpoint *ep6)
{
	own_text struct text text = { .s = NULL };

	parts_add_endpoints(&text, ep, ep6);
	fprintf(out, "# %s: the %s %s\n", node, does, text_str(&text));
}

static void notes(FILE *out, const struct topology *t)
{
	title(out, "What runs in it:");
	note_wires(out, t);
	for (size_t i = 0; i < t->nodes.n; i++)
		note_programs(out, parts_node(t, i));
	note_processes(out, t);
	note_end(out, t->server, "server listens at", &t->listen, &t->listen6);
	note_end(out, t->client, "client dials", &t->connect, &t->connect6);
}

/* --- the script ----------------------------------------------------------- */

static void head(FILE *out, const struct topology *t)
{
	fprintf(out, "#!/bin/sh\n# %s: %s\n", t->name, t->summary);
	if (t->params)
		fprintf(out, "# with %s\n", t->params);
	fputs("#\n# The network of this lab, made by ip, nft and sysctl: as "
	      "root, in any network\n"
	      "# namespace.  Each node is a namespace rstlab-NODE; a word "
	      "behind the script's\n"
	      "# name takes the place of rstlab.  This takes it away again:\n"
	      "#   for node in",
	      out);
	node_names(out, t);
	fputs("; do ip netns delete \"rstlab-$node\"; done\n"
	      "set -eu\nlab=${1:-rstlab}\n",
	      out);
	title(out, "Namespaces.  When a line below fails, they go again, and "
		   "all that is in them.");
	fputs("made=\n"
	      "trap 'for node in $made; do ip netns delete \"$node\"; done' "
	      "EXIT\n"
	      "trap 'exit 1' HUP INT TERM\n"
	      "for node in",
	      out);
	node_names(out, t);
	fputs("; do\n\tip netns add \"$lab-$node\"\n"
	      "\tmade=\"$made $lab-$node\"\ndone\n",
	      out);
}

static void loopbacks(FILE *out, const struct topology *t)
{
	fputs("for node in", out);
	node_names(out, t);
	fputs("; do ip -n \"$lab-$node\" link set dev lo up; done\n", out);
}

static void draw(const struct topology *t, FILE *out)
{
	head(out, t);
	baseline(out, t);
	sysctls(out, t, SYSCTL_STAGE_EMPTY);
	make_links(out, t);
	sysctls(out, t, SYSCTL_STAGE_LINKS);
	join_bridges(out, t);
	loopbacks(out, t);
	bring_up(out, t, false);
	bring_up(out, t, true);
	wait_for_carrier(out, t);
	start_spanning_trees(out, t);
	add_addresses(out, t);
	add_routes(out, t);
	load_rules(out, t);
	sysctls(out, t, SYSCTL_STAGE_RULES);
	notes(out, t);
	fputs("\ntrap - EXIT HUP INT TERM\n", out);
}

const struct drawing drawing_commands = {
	.name = "commands",
	.topology = draw,
};
