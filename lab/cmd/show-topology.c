/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/base/grow.h"
#include "lab/base/text.h"
#include "lab/cmd/parts.h"
#include "lab/cmd/show.h"
#include "lab/cmd/terminal.h"
#include "lab/net/net.h"

#include <inttypes.h>
#include <string.h>

/* The pieces that a tree is drawn with. */
struct pen {
	FILE *out;
	const char *branch, *last, *cable;
};

/* " -- host:veth1", the other end, and what is between. */
static void add_peer(struct text *text, const struct pen *p,
		     const struct topology *t, struct part at)
{
	const struct link *l = parts_link(t, parts_interface(t, at)->link);
	struct part peer;

	if (!parts_peer(t, at, &peer))
		return;
	text_addf(text, " %s %s:%s", p->cable, parts_node(t, peer.node)->name,
		  parts_interface(t, peer)->name);
	if (!l)
		return;
	text_add(text, " (");
	parts_add_link(text, l);
	text_add(text, ")");
}

/* Where the interface leads. */
static void add_wiring(struct text *text, const struct pen *p,
		       const struct topology *t, struct part at)
{
	const struct interface *x = parts_interface(t, at);
	char buf[IP_TEXT_MAX];

	switch ((enum interface_kind)x->kind) {
	case INTERFACE_VETH:
		add_peer(text, p, t, at);
		break;
	case INTERFACE_BRIDGE:
		text_add(text, " bridge");
		break;
	case INTERFACE_MACVLAN:
		text_addf(text, " macvlan on %s", x->parent);
		break;
	case INTERFACE_VXLAN:
		text_addf(text, " vxlan %u to %s", x->vni,
			  ip_addr_text(&x->remote, buf));
		break;
	case INTERFACE_TAP:
		text_add(text, " tap");
		break;
	}
	if (x->master)
		text_addf(text, ", port of %s", x->master);
}

static void add_settings(struct text *text, const struct interface *x)
{
	const struct ip_prefix *a = x->addresses.items;
	char buf[IP_TEXT_MAX];

	for (size_t i = 0; i < x->addresses.n; i++)
		text_addf(text, "  %s", ip_prefix_text(&a[i], buf));
	if (x->mtu)
		text_addf(text, "  mtu %u", x->mtu);
	if (x->txqlen >= 0)
		text_addf(text, "  queue %d", x->txqlen);
	if (x->mac)
		text_addf(text, "  mac %s", x->mac);
	if (x->hairpin)
		text_add(text, "  hairpin");
	if (x->stp)
		text_add(text, "  spanning tree");
}

static void add_route(struct text *text, const struct route *r)
{
	char buf[IP_TEXT_MAX];

	text_addf(text, "route %s",
		  r->to.length ? ip_prefix_text(&r->to, buf) : "default");
	if (r->via.family)
		text_addf(text, " via %s", ip_addr_text(&r->via, buf));
	if (r->dev)
		text_addf(text, " dev %s", r->dev);
}

/* The branches of one node, gathered first: the last is drawn otherwise. */
struct branches {
	struct text *lines;
	size_t n, cap;
};

static struct text *branch(struct branches *b)
{
	static struct text nowhere; /* out of memory: its line is missing */

	if (!GROW(b->lines, b->n, b->cap)) {
		text_done(&nowhere);
		return &nowhere;
	}
	b->lines[b->n] = (struct text){ .s = NULL };
	return &b->lines[b->n++];
}

static void sysctl_branches(struct branches *b, const struct spec_list *list,
			    const char *when)
{
	const struct spec_pair *p = list->items;

	for (size_t i = 0; i < list->n; i++)
		text_addf(branch(b), "sysctl %s = %s%s", p[i].key, p[i].value,
			  when);
}

static void process_branches(struct branches *b, const struct topology *t,
			     const struct topology_node *n)
{
	const struct process *p = t->processes.items;

	for (size_t i = 0; i < t->processes.n; i++)
		if (!strcmp(p[i].node, n->name))
			parts_add_process(branch(b), &p[i]);
}

static void branches_of(struct branches *b, const struct pen *p,
			const struct topology *t, size_t node)
{
	const struct topology_node *n = parts_node(t, node);
	const struct route *routes = n->routes.items;

	for (size_t i = 0; i < n->interfaces.n; i++) {
		const struct part at = { .node = node, .interface = i };
		struct text *line = branch(b);

		text_add(line, parts_interface(t, at)->name);
		add_wiring(line, p, t, at);
		add_settings(line, parts_interface(t, at));
	}
	for (size_t i = 0; i < n->routes.n; i++)
		add_route(branch(b), &routes[i]);
	sysctl_branches(b, &n->sysctls, "");
	sysctl_branches(b, &n->sysctls_if_present,
			" (where the kernel has it)");
	process_branches(b, t, n);
	if (n->nft.n)
		text_add(branch(b), "rules");
}

/* The rules hang below the last branch. */
static void draw_rules(const struct pen *p, const char *nft)
{
	while (*nft) {
		const size_t n = strcspn(nft, "\n");

		if (n)
			fprintf(p->out, "       %.*s\n", (int)n, nft);
		nft += n + (nft[n] == '\n');
	}
}

static void draw_title(const struct pen *p, const struct topology *t,
		       const struct topology_node *n)
{
	fprintf(p->out, "\n%s  (%s", n->name, node_kind_names[n->kind]);
	if (n->isolation != ISOLATION_NONE)
		fprintf(p->out, ", isolated as by %s",
			isolation_names[n->isolation]);
	if (n->cpus)
		fprintf(p->out, ", %u processor%s", n->cpus,
			n->cpus == 1 ? "" : "s");
	fprintf(p->out, ")%s%s\n", strcmp(n->name, t->client) ? "" : "  client",
		strcmp(n->name, t->server) ? "" : "  server");
}

static void draw_node(const struct pen *p, const struct topology *t,
		      size_t node)
{
	const struct topology_node *n = parts_node(t, node);
	const struct nft_piece *pieces = n->nft.items;
	struct branches b = { .lines = NULL };

	draw_title(p, t, n);
	branches_of(&b, p, t, node);
	for (size_t i = 0; i < b.n; i++) {
		fprintf(p->out, "  %s %s\n", i + 1 < b.n ? p->branch : p->last,
			text_str(&b.lines[i]));
		text_done(&b.lines[i]);
	}
	free(b.lines);
	for (size_t i = 0; i < n->nft.n; i++)
		draw_rules(p, pieces[i].text);
}

static void draw_ends(const struct pen *p, const struct topology *t)
{
	char buf[IP_TEXT_MAX];

	fprintf(p->out, "\n  %s dials %s", t->client,
		ip_endpoint_text(&t->connect, buf));
	if (t->connect6.addr.family)
		fprintf(p->out, ", or %s over IPv6",
			ip_endpoint_text(&t->connect6, buf));
	fprintf(p->out, "\n  %s listens on %s", t->server,
		ip_endpoint_text(&t->listen, buf));
	if (t->listen6.addr.family)
		fprintf(p->out, ", or %s over IPv6",
			ip_endpoint_text(&t->listen6, buf));
	fputc('\n', p->out);
}

/* What lies between the two, as `through` in the file has it. */
static void draw_through(const struct pen *p, const struct topology *t)
{
	for (size_t i = 0; i < THROUGHS; i++)
		if (t->through & 1U << i)
			fprintf(p->out, "  through %s: %s\n",
				through_infos[i].name, through_infos[i].help);
}

static void draw_baseline(const struct pen *p)
{
	fputs("\nEvery node also gets, before its own:\n", p->out);
	for (const struct net_baseline *b = net_baseline; b->key; b++)
		fprintf(p->out, "  %s %s = %s  (%s)\n",
			b[1].key ? p->branch : p->last, b->key, b->value,
			b->why);
}

void show_topology(const struct topology *t, FILE *out)
{
	const struct pen ascii = { out, "|-", "`-", "--" };
	const struct pen utf8 = { out, "├─", "└─", "──" };
	const struct pen *p = terminal_utf8() ? &utf8 : &ascii;

	fprintf(out, "%s: %s\n", t->name, t->summary);
	if (t->mirrors)
		fprintf(out, "  mirrors %s\n", t->mirrors);
	draw_through(p, t);
	draw_ends(p, t);
	for (size_t i = 0; i < t->nodes.n; i++)
		draw_node(p, t, i);
	draw_baseline(p);
}
