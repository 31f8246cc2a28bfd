/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/net/build.h"

#include <string.h>

int build_visit(const struct build *b, struct netns_visit *v, size_t node,
		struct err *e)
{
	return netns_visit(v, b->home, b->net->nodes[node].netns, e);
}

int build_blame(const struct build *b, size_t node, struct spec_at at,
		struct err *e)
{
	const struct topology *t = b->topology;
	const char *path = at.path ? at.path : t->path ? t->path : t->name;

	(void)err_add(e, "node '%s'", b->net->nodes[node].spec->name);
	if (!at.line)
		return err_add(e, "%s", path);
	return err_add(e, "%s:%u:%u", path, at.line, at.column);
}

int build_interface(const struct topology_node *node, const char *name)
{
	const struct interface *specs = node->interfaces.items;

	for (size_t i = 0; i < node->interfaces.n; i++)
		if (!strcmp(specs[i].name, name))
			return (int)i;
	return -1;
}

int build_index(const struct build *b, size_t node, int interface)
{
	return b->net->nodes[node].interfaces[interface + 1].index; /* lo: 0 */
}
