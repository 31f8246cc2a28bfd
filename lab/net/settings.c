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
		return err_no_memory(e);
	for (size_t i = 0; i < node->n_sysctls; i++)
		if (!strcmp(node->sysctls[i].key, key)) {
			free(node->sysctls[i].value);
			node->sysctls[i].value = take_ptr(&v);
			return 0;
		}
	more = reallocarray(node->sysctls, node->n_sysctls + 1, sizeof(*more));
	if (!more)
		return err_no_memory(e);
	node->sysctls = more;
	more[node->n_sysctls++] = (struct net_sysctl){
		.key = take_ptr(&k),
		.value = take_ptr(&v),
	};
	return 0;
}

/* @optional: pass over what the kernel lacks.
 * Returns: an enum sysctl_outcome, or a negative errno. */
static int set(struct net_node *node, const char *key, const char *value,
	       bool optional, struct err *e)
{
	char now[SYSCTL_VALUE_MAX];
	const int outcome = optional ? sysctl_set_if_present(key, value, now, e)
				     : sysctl_set(key, value, now, e);
	int r = 0;

	if (outcome >= 0 && outcome != SYSCTL_ABSENT)
		r = record(node, key, now, e);
	return r < 0 ? r : outcome;
}

static bool is_ipv6(const char *key)
{
	return !strncmp(key, "net.ipv6.", strlen("net.ipv6."));
}

static const struct spec_pair *find(const struct spec_list *list,
				    const char *key)
{
	const struct spec_pair *pairs = list->items;

	for (size_t i = list->n; i-- > 0;)
		if (!strcmp(pairs[i].key, key))
			return &pairs[i];
	return NULL;
}

/* What the node says about a key of the baseline, or NULL.  Each file is
 * opened once then: in a new namespace that costs more than to write it. */
static const struct spec_pair *own_value(const struct topology_node *spec,
					 const char *key)
{
	const struct spec_pair *p = find(&spec->sysctls_if_present, key);

	return p ? p : find(&spec->sysctls, key);
}

static bool is_per_interface(const char *key)
{
	return strstr(key, ".conf.") != NULL;
}

/* Writing it changes others of .conf. (net/ipv4/devinet.c
 * inet_forward_change(), net/ipv6/addrconf.c, Linux 6.18). */
static bool changes_others(const char *key)
{
	return strstr(key, ".conf.all.") || !strcmp(key, "net.ipv4.ip_forward");
}

static int set_row(const struct build *b, size_t node,
		   const struct net_baseline *row, const struct spec_pair *own,
		   struct err *e)
{
	const int r = set(&b->net->nodes[node], row->key,
			  own ? own->value : row->value, is_ipv6(row->key), e);

	if (r >= 0)
		return r;
	return build_blame(b, node,
			   own ? own->at : (struct spec_at){ .line = 0 }, e);
}

/* Namespaces of one build are born alike: what the first had of itself, the
 * others need not be asked for.  To open such a file costs more than to write
 * it, and most are right. */
int settings_baseline(struct build *b, size_t node, struct err *e)
{
	struct net_node *n = &b->net->nodes[node];
	bool disturbed = false; /* what is per interface */
	int r = 0;

	for (size_t i = 0; r >= 0 && net_baseline[i].key; i++) {
		const struct net_baseline *row = &net_baseline[i];
		const struct spec_pair *own = own_value(n->spec, row->key);
		const bool as_born =
			!own && !(disturbed && is_per_interface(row->key));

		if (as_born && b->born[i] == BORN_RIGHT) {
			r = record(n, row->key, row->value, e);
			continue;
		}
		r = set_row(b, node, row, own, e);
		if (as_born && r == SYSCTL_WAS)
			b->born[i] = BORN_RIGHT;
		if (own && r == SYSCTL_WRITTEN && changes_others(row->key))
			disturbed = true;
	}
	return r < 0 ? r : 0;
}

/* Is it in force already, from the baseline? */
static bool is_set(const struct net_node *n, const struct spec_pair *p)
{
	for (size_t i = 0; i < n->n_sysctls; i++)
		if (!strcmp(n->sysctls[i].key, p->key))
			return !strcmp(n->sysctls[i].value, p->value);
	return false;
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
		      const struct spec_list *list, enum sysctl_stage stage,
		      struct err *e)
{
	struct net_node *n = &b->net->nodes[node];
	const struct spec_pair *pairs = list->items;
	const bool optional = list == &n->spec->sysctls_if_present;

	for (size_t i = 0; i < list->n; i++) {
		const struct spec_pair *p = &pairs[i];
		int r;

		if (sysctl_stage_of(p->key) != stage || is_set(n, p))
			continue;
		r = check_interface(n->spec, p->key, e);
		if (r == 0)
			r = set(n, p->key, p->value, optional, e);
		if (r < 0)
			return build_blame(b, node, p->at, e);
	}
	return 0;
}

int settings_apply(const struct build *b, size_t node, enum sysctl_stage stage,
		   struct err *e)
{
	const struct topology_node *spec = b->net->nodes[node].spec;
	int r;

	r = apply_list(b, node, &spec->sysctls, stage, e);
	return r < 0 ? r
		     : apply_list(b, node, &spec->sysctls_if_present, stage, e);
}
