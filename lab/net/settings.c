/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/net/settings.h"

#include "lab/net/sysctl.h"

#include <string.h>

/* Note what is in force; a key set again keeps its place. */
static int record(struct net_node *node, const char *key, const char *value,
		  struct err *e)
{
	own_mem char *k = strdup(key);
	own_mem char *v = strdup(value);
	struct net_sysctl *more;

	if (!k || !v)
		return err_set(e, ERR_SYSTEM, ENOMEM, "no memory");
	for (size_t i = 0; i < node->n_sysctls; i++)
		if (!strcmp(node->sysctls[i].key, key)) {
			free(node->sysctls[i].value);
			node->sysctls[i].value = take_ptr(&v);
			return 0;
		}
	more = reallocarray(node->sysctls, node->n_sysctls + 1, sizeof(*more));
	if (!more)
		return err_set(e, ERR_SYSTEM, ENOMEM, "no memory");
	node->sysctls = more;
	more[node->n_sysctls++] = (struct net_sysctl){
		.key = take_ptr(&k),
		.value = take_ptr(&v),
	};
	return 0;
}

static int set(struct net_node *node, const char *key, const char *value,
	       struct err *e)
{
	char now[SYSCTL_VALUE_MAX];
	const int r = sysctl_set(key, value, now, e);

	return r < 0 ? r : record(node, key, now, e);
}

static bool is_ipv6(const char *key)
{
	return !strncmp(key, "net.ipv6.", strlen("net.ipv6."));
}

int settings_baseline(const struct build *b, size_t node, struct err *e)
{
	const bool ipv6 = sysctl_is_present("net.ipv6");

	for (const struct net_baseline *row = net_baseline; row->key; row++) {
		int r;

		if (is_ipv6(row->key) && !ipv6)
			continue;
		r = set(&b->net->nodes[node], row->key, row->value, e);
		if (r < 0)
			return err_add(e, "node '%s'",
				       b->net->nodes[node].spec->name);
	}
	return 0;
}

static enum settings_stage stage_of(const char *key)
{
	char interface[SYSCTL_VALUE_MAX];

	if (sysctl_interface(key, interface))
		return SETTINGS_LINKS;
	return strncmp(key, "net.netfilter.", strlen("net.netfilter.")) == 0
		       ? SETTINGS_RULES
		       : SETTINGS_EMPTY;
}

static int check_interface(const struct topology_node *spec, const char *key,
			   struct err *e)
{
	char interface[SYSCTL_VALUE_MAX];

	if (!sysctl_interface(key, interface) ||
	    build_interface(spec, interface) >= 0)
		return 0;
	return err_set(e, ERR_INPUT, ENODEV,
		       "sysctl '%s': there is no interface '%s' in this node",
		       key, interface);
}

static int apply_list(const struct build *b, size_t node,
		      const struct spec_list *list, enum settings_stage stage,
		      struct err *e)
{
	struct net_node *n = &b->net->nodes[node];
	const struct spec_pair *pairs = list->items;

	for (size_t i = 0; i < list->n; i++) {
		const struct spec_pair *p = &pairs[i];
		int r;

		if (stage_of(p->key) != stage)
			continue;
		if (list == &n->spec->sysctls_if_present &&
		    !sysctl_is_present(p->key))
			continue;
		r = check_interface(n->spec, p->key, e);
		if (r == 0)
			r = set(n, p->key, p->value, e);
		if (r < 0)
			return build_blame(b, node, p->at, e);
	}
	return 0;
}

int settings_apply(const struct build *b, size_t node,
		   enum settings_stage stage, struct err *e)
{
	const struct topology_node *spec = b->net->nodes[node].spec;
	int r;

	r = apply_list(b, node, &spec->sysctls, stage, e);
	return r < 0 ? r
		     : apply_list(b, node, &spec->sysctls_if_present, stage, e);
}
