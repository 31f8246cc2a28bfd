/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/fidelity/gather.h"

#include "lab/base/text.h"
#include "lab/fidelity/rules.h"
#include "lab/net/netns.h"
#include "lab/net/nft.h"

#include <linux/rtnetlink.h>
#include <string.h>

/* What @name is called, or NULL: not worth looking at. */
static const char *normal_of(const struct gather *g, const char *name)
{
	for (size_t i = 0; i < g->n_names; i++)
		if (!strcmp(g->names[i].actual, name))
			return g->names[i].normal;
	return NULL;
}

static const char *normal_at(const struct gather *g, int index)
{
	const struct view_link *l = view_link_at(g->view, index);

	return l ? normal_of(g, l->name) : NULL;
}

/* --- links ---------------------------------------------------------------- */

static void add_text(const struct gather *g, struct facts *f, const char *link,
		     const char *what, const char *value)
{
	char key[64];

	(void)snprintf(key, sizeof(key), "%s %s", link, what);
	facts_add(f, FACT_LINKS, g->node, key, value);
}

static void add_number(const struct gather *g, struct facts *f,
		       const char *link, const char *what, int64_t value)
{
	char text[24];

	if (value < 0)
		return;
	(void)snprintf(text, sizeof(text), "%lld", (long long)value);
	add_text(g, f, link, what, text);
}

static void add_link(const struct gather *g, const struct view_link *l,
		     struct facts *f)
{
	const char *name = normal_of(g, l->name);
	const char *master = l->master ? normal_at(g, l->master) : "none";

	if (!name)
		return;
	add_text(g, f, name, "kind", l->loopback ? "loopback" : l->kind);
	add_text(g, f, name, "state", l->up ? "up" : "down");
	add_text(g, f, name, "master", master ? master : "another");
	add_number(g, f, name, "mtu", l->mtu);
	add_number(g, f, name, "txqlen", l->txqlen);
	add_number(g, f, name, "stp", l->stp);
	add_number(g, f, name, "forward-delay", l->forward_delay);
	add_number(g, f, name, "hairpin", l->hairpin);
}

/* --- addresses and routes ------------------------------------------------- */

static const char *scope_text(uint8_t scope)
{
	switch (scope) {
	case RT_SCOPE_UNIVERSE:
		return "global";
	case RT_SCOPE_LINK:
		return "link";
	case RT_SCOPE_HOST:
		return "host";
	default:
		return "other";
	}
}

static void add_address(const struct gather *g, const struct view_address *a,
			struct facts *f)
{
	const char *name = normal_at(g, a->index);
	char key[VIEW_NAME_MAX + IP_TEXT_MAX], text[IP_TEXT_MAX];

	if (!name)
		return;
	(void)snprintf(key, sizeof(key), "%s %s", name,
		       ip_prefix_text(&a->prefix, text));
	facts_add(f, FACT_ADDRESSES, g->node, key, scope_text(a->scope));
}

static void add_route(const struct gather *g, const struct view_route *r,
		      struct facts *f)
{
	const char *name = normal_at(g, r->index);
	own_text struct text value = { .s = NULL };
	char text[IP_TEXT_MAX], key[IP_TEXT_MAX];

	if (!name)
		return;
	(void)snprintf(key, sizeof(key), "%s%s",
		       r->to.length ? ip_prefix_text(&r->to, text) : "default",
		       r->to.addr.family == 6 && !r->to.length ? " (IPv6)"
							       : "");
	if (r->via.family)
		text_addf(&value, "via %s ", ip_addr_text(&r->via, text));
	text_addf(&value, "dev %s scope %s", name, scope_text(r->scope));
	if (r->source.family)
		text_addf(&value, " src %s", ip_addr_text(&r->source, text));
	facts_add(f, FACT_ROUTES, g->node, key, text_str(&value));
}

static void add_view(const struct gather *g, struct facts *f)
{
	for (size_t i = 0; i < g->view->n_links; i++)
		add_link(g, &g->view->links[i], f);
	for (size_t i = 0; i < g->view->n_addresses; i++)
		add_address(g, &g->view->addresses[i], f);
	for (size_t i = 0; i < g->view->n_routes; i++)
		add_route(g, &g->view->routes[i], f);
}

/* --- all ------------------------------------------------------------------ */

static int gather_rules(const struct gather *g, struct facts *f, struct err *e)
{
	own_text struct text listing = { .s = NULL };
	const int r = nft_list(&listing, e);

	if (r == 0)
		rules_to_facts(text_str(&listing), g->node, f);
	return r;
}

/* Names stand in rules as well. */
static void rename_interfaces(const struct gather *g, struct facts *f)
{
	own_mem struct rename *renames =
		calloc(g->n_names + 1, sizeof(*renames));

	if (!renames) {
		f->failed = true;
		return;
	}
	for (size_t i = 0; i < g->n_names; i++)
		renames[i] = (struct rename){ g->names[i].actual,
					      g->names[i].normal, false };
	facts_rename(f, renames, g->n_names);
}

static void move_all(struct facts *to, struct facts *from)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct fact *x = &from->items[i];

		facts_add(to, x->group, x->node, x->key, x->value);
	}
	to->failed |= from->failed;
}

int gather_facts(const struct gather *g, struct facts *f, struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	struct facts here = { .items = NULL };
	int r = netns_enter(&visit, g->netns, e);

	if (r == 0)
		r = gather_rules(g, &here, e);
	if (r == 0) {
		rename_interfaces(g, &here);
		add_view(g, &here);
		r = gather_offloads(g, &here, e);
	}
	if (r == 0)
		r = gather_sysctls(g, &here, e);
	move_all(f, &here);
	facts_done(&here);
	if (r == 0 && f->failed)
		r = err_no_memory(e);
	return r < 0 ? err_add(e, "look at node '%s'", g->node) : 0;
}
