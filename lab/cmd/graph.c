/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/graph.h"

#include "lab/cmd/parts.h"

#include <string.h>

enum { ID_MAX = 48 };

static const char *interface_id(struct part p, char *buf)
{
	(void)snprintf(buf, ID_MAX, "n%zui%zu", p.node, p.interface);
	return buf;
}

static const char *process_id(size_t i, char *buf)
{
	(void)snprintf(buf, ID_MAX, "p%zu", i);
	return buf;
}

/* --- boxes ---------------------------------------------------------------- */

static void add_kind(struct text *label, const struct interface *x)
{
	if (x->kind == INTERFACE_VXLAN)
		text_addf(label, " (vxlan %u)", x->vni);
	else if (x->kind != INTERFACE_VETH)
		text_addf(label, " (%s)", interface_kind_names[x->kind]);
}

static void draw_interface(const struct topology *t, struct part p,
			   const struct graph_pen *pen, FILE *out)
{
	const struct interface *x = parts_interface(t, p);
	const struct ip_prefix *a = x->addresses.items;
	own_text struct text label = { .s = NULL };
	char id[ID_MAX], buf[IP_TEXT_MAX];

	text_add(&label, x->name);
	add_kind(&label, x);
	for (size_t i = 0; i < x->addresses.n; i++)
		text_addf(&label, "\n%s", ip_prefix_text(&a[i], buf));
	if (x->mac)
		text_addf(&label, "\n%s", x->mac);
	if (x->mtu)
		text_addf(&label, "\nmtu %u", x->mtu);
	pen->box(GRAPH_INTERFACE, interface_id(p, id), text_str(&label), out);
}

static void draw_processes(const struct topology *t, const char *node,
			   const struct graph_pen *pen, FILE *out)
{
	const struct process *p = t->processes.items;
	char id[ID_MAX];

	for (size_t i = 0; i < t->processes.n; i++) {
		own_text struct text label = { .s = NULL };

		if (strcmp(p[i].node, node) != 0)
			continue;
		parts_add_process(&label, &p[i]);
		pen->box(GRAPH_PROCESS, process_id(i, id), text_str(&label),
			 out);
	}
}

static void draw_probe(const char *id, const char *does,
		       const struct ip_endpoint *ep,
		       const struct ip_endpoint *ep6,
		       const struct graph_pen *pen, FILE *out)
{
	own_text struct text label = { .s = NULL };

	text_addf(&label, "%s\n%s ", id, does);
	parts_add_endpoints(&label, ep, ep6);
	pen->box(GRAPH_PROBE, id, text_str(&label), out);
}

static void add_title(struct text *label, const struct topology_node *n)
{
	text_addf(label, "%s (%s", n->name, node_kind_names[n->kind]);
	if (n->cpus)
		text_addf(label, ", %u processor%s", n->cpus,
			  n->cpus == 1 ? "" : "s");
	text_add(label, ")");
}

static void draw_node(const struct topology *t, size_t node,
		      const struct graph_pen *pen, FILE *out)
{
	const struct topology_node *n = parts_node(t, node);
	own_text struct text title = { .s = NULL };
	char id[ID_MAX];

	add_title(&title, n);
	(void)snprintf(id, sizeof(id), "n%zu", node);
	pen->node_begin(id, text_str(&title), out);
	/* an empty box could not be seen */
	if (!n->interfaces.n) {
		(void)snprintf(id, sizeof(id), "n%zulo", node);
		pen->box(GRAPH_INTERFACE, id, "lo", out);
	}
	for (size_t i = 0; i < n->interfaces.n; i++)
		draw_interface(t, (struct part){ node, i }, pen, out);
	draw_processes(t, n->name, pen, out);
	if (!strcmp(n->name, t->client))
		draw_probe("client", "dials", &t->connect, &t->connect6, pen,
			   out);
	if (!strcmp(n->name, t->server))
		draw_probe("server", "listens at", &t->listen, &t->listen6, pen,
			   out);
	pen->node_end(out);
}

/* --- lines ---------------------------------------------------------------- */

/* The vxlan at the other end of the tunnel, if it is in the topology. */
static bool tunnel_peer(const struct topology *t, struct part p,
			struct part *ret)
{
	const struct interface *mine = parts_interface(t, p);

	for (struct part at = PARTS_BEGIN; parts_next(t, &at);) {
		const struct interface *x = parts_interface(t, at);

		if (x == mine || x->kind != INTERFACE_VXLAN ||
		    x->vni != mine->vni || !x->local.family ||
		    !ip_addr_equal(&x->local, &mine->remote))
			continue;
		*ret = at;
		return true;
	}
	return false;
}

struct line {
	enum graph_line kind;
	struct part to;
	const char *label;
};

/* Where the interface leads.  Returns: false when that is nowhere, or when
 * the other end has drawn the line. */
static bool find_line(const struct topology *t, struct part p, struct line *ret,
		      struct text *label)
{
	const struct interface *x = parts_interface(t, p);
	const struct link *l = parts_link(t, x->link);
	bool found = false, both = true;

	switch ((enum interface_kind)x->kind) {
	case INTERFACE_VETH:
		found = parts_peer(t, p, &ret->to);
		ret->kind = GRAPH_LINK;
		if (l)
			parts_add_link(label, l);
		break;
	case INTERFACE_MACVLAN:
		found = parts_find(t, x->parent, &ret->to);
		ret->kind = GRAPH_LINK;
		both = false;
		break;
	case INTERFACE_VXLAN:
		found = tunnel_peer(t, p, &ret->to);
		ret->kind = GRAPH_TUNNEL;
		break;
	case INTERFACE_BRIDGE:
	case INTERFACE_TAP:
		break;
	}
	return found && (!both || parts_is_before(p, ret->to));
}

static void draw_lines_of(const struct topology *t, struct part p,
			  const struct graph_pen *pen, FILE *out)
{
	const struct interface *x = parts_interface(t, p);
	own_text struct text label = { .s = NULL };
	char from[ID_MAX], to[ID_MAX];
	struct part master;
	struct line line;

	(void)interface_id(p, from);
	if (x->master && parts_find_in(t, p.node, x->master, &master))
		pen->line(GRAPH_PORT, from, interface_id(master, to),
			  x->hairpin ? "hairpin" : "", out);
	if (find_line(t, p, &line, &label))
		pen->line(line.kind, from, interface_id(line.to, to),
			  text_str(&label), out);
}

static void draw_lines(const struct topology *t, const struct graph_pen *pen,
		       FILE *out)
{
	const struct process *processes = t->processes.items;
	char from[ID_MAX], to[ID_MAX];
	struct part p;

	for (p = PARTS_BEGIN; parts_next(t, &p);)
		draw_lines_of(t, p, pen, out);
	for (size_t i = 0; i < t->processes.n; i++)
		if (processes[i].guest && parts_find(t, processes[i].guest, &p))
			pen->line(GRAPH_LINK, process_id(i, from),
				  interface_id(p, to), "", out);
	pen->line(GRAPH_DIAL, "client", "server", "", out);
}

void graph_draw(const struct topology *t, const struct graph_pen *pen,
		FILE *out)
{
	pen->begin(t, out);
	for (size_t i = 0; i < t->nodes.n; i++)
		draw_node(t, i, pen, out);
	draw_lines(t, pen, out);
	pen->end(out);
}
