/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/check.h"

static const struct process *processes_of(const struct check *c)
{
	return c->t->processes.items;
}

static const struct topology_node *node_of(const struct check *c,
					   const struct process *p)
{
	return p->node ? topology_node(c->t, p->node) : NULL;
}

/* ---- who listens where ---- */

struct listener {
	const struct topology_node *node;
	struct ip_endpoint ep;
	struct spec_at at;
};

enum { LISTENERS_MAX = 4096 }; /* more are not compared */

struct listeners {
	struct listener items[LISTENERS_MAX];
	size_t n;
};

/* A listener at any address has all those of its family: relays set
 * IPV6_V6ONLY. */
static bool collide(const struct listener *a, const struct listener *b)
{
	return a->node == b->node && a->ep.port == b->ep.port &&
	       a->ep.addr.family == b->ep.addr.family &&
	       (ip_addr_is_any(&a->ep.addr) || ip_addr_is_any(&b->ep.addr) ||
		ip_addr_equal(&a->ep.addr, &b->ep.addr));
}

static void add_listener(const struct check *c, struct listeners *all,
			 const struct topology_node *n,
			 const struct ip_endpoint *ep, struct spec_at at)
{
	const struct listener new = { n, *ep, at };
	char text[IP_TEXT_MAX], other[IP_TEXT_MAX];

	if (!ep->addr.family || !n || all->n == LISTENERS_MAX)
		return;
	for (size_t i = 0; i < all->n; i++) {
		if (!collide(&all->items[i], &new))
			continue;
		spec_error(c->d, at,
			   "%s: somebody listens at %s in node '%s' already",
			   ip_endpoint_text(ep, text),
			   ip_endpoint_text(&all->items[i].ep, other), n->name);
		return;
	}
	all->items[all->n++] = new;
}

static void add_process(const struct check *c, struct listeners *all,
			const struct process *p)
{
	const struct topology_node *n = node_of(c, p);
	const struct forward *f = p->forwards.items;

	add_listener(c, all, n, &p->listen, p->listen_at);
	for (size_t i = 0; i < p->forwards.n; i++)
		add_listener(c, all, n, &f[i].listen, f[i].listen_at);
}

static void check_listeners(const struct check *c)
{
	const struct topology *t = c->t;
	const struct topology_node *server =
		t->server ? topology_node(t, t->server) : NULL;
	const struct ip_endpoint listen = ip_endpoint_unmapped(&t->listen);
	struct listeners *all = calloc(1, sizeof(*all));

	if (!all)
		return;
	add_listener(c, all, server, &listen, t->listen_at);
	if (!ip_endpoint_equal(&listen, &t->listen6)) /* family=6 */
		add_listener(c, all, server, &t->listen6, t->listen6_at);
	for (size_t i = 0; i < t->processes.n; i++)
		add_process(c, all, &processes_of(c)[i]);
	free(all);
}

/* ---- relays ---- */

static void check_relay(const struct check *c, const struct process *p)
{
	char text[IP_TEXT_MAX];

	if (p->guest_at.line || p->forwards.n || p->restrict_)
		spec_error(c->d, p->node_at,
			   "only a usernet has guest, forwards and restrict");
	if (!p->listen_at.line)
		spec_error(c->d, p->node_at, "a relay needs listen");
	if (!p->connect_at.line)
		spec_error(c->d, p->node_at, "a relay needs connect");
	check_listen(c, node_of(c, p), &p->listen, p->listen_at);
	if (!p->connect.addr.family)
		return;
	if (ip_addr_is_any(&p->connect.addr) || !p->connect.port)
		spec_error(c->d, p->connect_at, "%s cannot be dialled",
			   ip_endpoint_text(&p->connect, text));
	if (p->listen.addr.family == 4 && p->connect.addr.family == 6)
		spec_error(c->d, p->connect_at,
			   "a relay that listens at an IPv4 address dials an "
			   "IPv4 address");
}

/* ---- usernets ---- */

/* Those who may sit behind a user-mode network: guests of a hypervisor, and
 * rootless containers. */
static bool can_be_guest(const struct topology_node *n)
{
	return n->kind == NODE_GUEST || n->kind == NODE_CONTAINER ||
	       n->kind < 0;
}

static void check_forward(const struct check *c, const struct process *p,
			  const struct forward *f,
			  const struct topology_node *guest)
{
	char text[IP_TEXT_MAX];

	check_listen(c, node_of(c, p), &f->listen, f->listen_at);
	if (guest && f->connect.addr.family && !c->holes &&
	    !check_has_address(guest, &f->connect.addr, true))
		spec_error(c->d, f->connect_at, "node '%s' has no address %s",
			   guest->name, ip_addr_text(&f->connect.addr, text));
}

static void check_guest(const struct check *c, const struct process *p,
			const struct topology_node **ret_guest)
{
	const struct interface *in =
		check_place(c, p->guest, p->guest_at, ret_guest);
	const struct process *all = processes_of(c);

	if (!in)
		return;
	if (in->kind >= 0 && in->kind != INTERFACE_TAP)
		spec_error(c->d, p->guest_at, "'%s' is a %s, not a tap",
			   p->guest, interface_kind_names[in->kind]);
	if (!can_be_guest(*ret_guest))
		spec_error(c->d, p->guest_at,
			   "node '%s' is a %s; only a guest or a container is "
			   "behind a usernet",
			   (*ret_guest)->name,
			   node_kind_names[(*ret_guest)->kind]);
	if (same(p->node, (*ret_guest)->name))
		spec_error(c->d, p->guest_at,
			   "a usernet runs in another node than its guest");
	for (; all < p; all++)
		if (same(all->guest, p->guest))
			spec_error(c->d, p->guest_at,
				   "'%s' has a usernet already", p->guest);
}

static void check_usernet(const struct check *c, const struct process *p)
{
	const struct forward *f = p->forwards.items;
	const struct topology_node *guest = NULL;

	if (p->kind == PROCESS_PASTA && p->restrict_)
		spec_error(c->d, p->node_at, "pasta has no restrict");

	if (p->listen_at.line || p->connect_at.line)
		spec_error(c->d, p->node_at,
			   "only a relay has listen and connect; a usernet has "
			   "forwards");
	if (p->guest)
		check_guest(c, p, &guest);
	else if (!p->guest_at.line)
		spec_error(c->d, p->node_at, "a %s needs guest",
			   process_kind_names[p->kind]);
	for (size_t i = 0; i < p->forwards.n; i++)
		check_forward(c, p, &f[i], guest);
}

/* A tap that nobody reads swallows what is sent to it. */
static void check_tap(const struct check *c, const struct topology_node *n,
		      const struct interface *in)
{
	const struct process *p = processes_of(c);
	char place[96];

	(void)snprintf(place, sizeof(place), "%s:%s", n->name ?: "?",
		       in->name ?: "?");
	for (size_t i = 0; i < c->t->processes.n; i++)
		if (same(p[i].guest, place))
			return;
	spec_error(c->d, in->name_at,
		   "nothing is behind tap '%s'; a process of kind usernet or "
		   "pasta must name it as its guest",
		   place);
}

static void check_taps(const struct check *c)
{
	for (size_t i = 0; i < c->n_nodes; i++) {
		const struct topology_node *n = &c->nodes[i];
		const struct interface *list = interfaces_of(n);

		for (size_t k = 0; k < n->interfaces.n; k++)
			if (list[k].kind == INTERFACE_TAP && !c->holes)
				check_tap(c, n, &list[k]);
	}
}

void check_processes(const struct check *c)
{
	const struct process *p = processes_of(c);

	for (size_t i = 0; i < c->t->processes.n; i++) {
		if (!p[i].node)
			continue;
		check_node_ref(c, p[i].node, p[i].node_at);
		if (p[i].kind == PROCESS_RELAY)
			check_relay(c, &p[i]);
		else if (p[i].kind >= 0)
			check_usernet(c, &p[i]);
	}
	check_listeners(c);
	check_taps(c);
}
