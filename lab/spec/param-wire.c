/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Delay, loss and the like: of wires and of netem links, or of the cables
 * between machines, which become wires then. */
#include "lab/spec/param-parts.h"
#include "lab/spec/topology-tables.h"

#include <string.h>

/* One end of a link that is a veth pair by default. */
struct cable_end {
	const struct topology_node *node;
	const struct interface *interface;
};

static bool takes_time(const struct link *l)
{
	return l->kind == LINK_WIRE || l->kind == LINK_NETEM;
}

static bool has_wire(const struct topology *t)
{
	const struct link *links = t->links.items;

	for (size_t i = 0; i < t->links.n; i++)
		if (takes_time(&links[i]))
			return true;
	return false;
}

static bool is_other_end(const struct cable_end *a, const struct cable_end *b)
{
	return b->interface->link && a->node < b->node &&
	       b->node->kind != NODE_CONTAINER &&
	       !strcmp(a->interface->link, b->interface->link);
}

/* Does a cable lead from there to another machine?  Each is found once, from
 * the node that stands first.  What is in one machine, between a container and
 * its host, delays nothing. */
static bool is_cable(const struct topology *t, const struct cable_end *a)
{
	const struct topology_node *nodes = t->nodes.items;
	const char *link = a->interface->link;

	if (!link || a->node->kind == NODE_CONTAINER || topology_link(t, link))
		return false;
	for (size_t i = 0; i < t->nodes.n; i++) {
		const struct interface *list = nodes[i].interfaces.items;

		for (size_t k = 0; k < nodes[i].interfaces.n; k++)
			if (is_other_end(a, &(struct cable_end){ &nodes[i],
								 &list[k] }))
				return true;
	}
	return false;
}

static int add_wire(struct topology *t, const char *name, struct err *e)
{
	struct link *links =
		reallocarray(t->links.items, t->links.n + 1, sizeof(*links));

	if (!links)
		return err_no_memory(e);
	t->links.items = links;
	links[t->links.n] =
		(struct link){ .name = strdup(name), .kind = LINK_WIRE };
	return links[t->links.n++].name ? 0 : err_no_memory(e);
}

static int cables_become_wires(struct topology *t, struct err *e)
{
	const struct topology_node *nodes = t->nodes.items;
	int r = 0;

	for (size_t i = 0; r == 0 && i < t->nodes.n; i++) {
		const struct interface *list = nodes[i].interfaces.items;

		for (size_t k = 0; r == 0 && k < nodes[i].interfaces.n; k++)
			if (is_cable(t, &(struct cable_end){ &nodes[i],
							     &list[k] }))
				r = add_wire(t, list[k].link, e);
	}
	return r;
}

static int set_wire(const struct param_change *c, struct link *l, struct err *e)
{
	const struct spec_field *f =
		spec_field(&topology_impairment_table, c->key);
	struct impairment *const ways[] = { &l->there, &l->back };
	char form[SPEC_FORM_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		const char *wanted = spec_put(
			f, c->value, (char *)ways[i] + f->offset, form);

		if (wanted)
			return param_must_be(c, wanted, e);
	}
	return 0;
}

int param_apply_wire(const struct param_change *c, struct err *e)
{
	int r = has_wire(c->t) ? 0 : cables_become_wires(c->t, e);
	struct link *links = c->t->links.items;

	if (r == 0 && !has_wire(c->t))
		return param_refuse(c, e,
				    "has no wire, nor a cable to another "
				    "machine that could become one");
	for (size_t i = 0; r == 0 && i < c->t->links.n; i++)
		if (takes_time(&links[i]))
			r = set_wire(c, &links[i], e);
	return r;
}
