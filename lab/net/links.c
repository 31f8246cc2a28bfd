/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  Devices are made kind by kind, so that what another needs is
 * there: pairs (found by sorting their ends by the name of the link), which
 * are veths (netem in front of both ends, where the link says so), or two
 * taps where the link is a wire; single taps, bridges, vxlans, and macvlans,
 * whose parent may be any of these.
 *
 * Up is not yet running: when the second end of a pair comes up, the kernel
 * tells the first one from a worker (net/core/link_watch.c), and until then
 * the first drops what it should send, so that a SYN would be repeated after
 * a second.  So every link that is to carry frames is asked; since Linux 6.8
 * the question itself makes the kernel finish.
 */
#include "lab/net/links.h"

#include "lab/base/clock.h"
#include "lab/base/rng.h"
#include "lab/net/rtnl-qdisc.h"
#include "lab/net/tap.h"

#include <string.h>

#define RUNNING_DEADLINE_NS (5 * NS_PER_S)
#define RUNNING_POLL_NS	    (100 * NS_PER_US) /* for kernels before 6.8 */

/* One interface, by its places in the lists of the file. */
struct end {
	size_t node;
	int interface;
	const struct interface *spec;
};

struct ends {
	struct end *items;
	size_t n;
};

static void ends_done(struct ends *s)
{
	free(s->items);
}
#define own_ends OWN(ends_done)

static const struct topology_node *node_of(const struct build *b, size_t node)
{
	return (const struct topology_node *)b->topology->nodes.items + node;
}

/* Call @fn on every interface; it returns 0 to go on. */
typedef int (*end_fn)(const struct build *b, const struct end *end, void *arg,
		      struct err *e);

static int each_end(const struct build *b, end_fn fn, void *arg, struct err *e)
{
	for (size_t i = 0; i < b->net->n_nodes; i++) {
		const struct spec_list *list = &node_of(b, i)->interfaces;
		const struct interface *specs = list->items;

		for (size_t j = 0; j < list->n; j++) {
			const struct end end = { .node = i,
						 .interface = (int)j,
						 .spec = &specs[j] };
			const int r = fn(b, &end, arg, e);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int index_of(const struct build *b, const struct end *end)
{
	return build_index(b, end->node, end->interface);
}

static struct rtnl_device device_of(const struct build *b,
				    const struct end *end)
{
	return (struct rtnl_device){
		.spec = end->spec,
		.index = index_of(b, end),
		.netns = b->net->nodes[end->node].netns,
	};
}

static int blame(const struct build *b, const struct end *end,
		 struct spec_at at, struct err *e)
{
	return build_blame(b, end->node, at.line ? at : end->spec->name_at, e);
}

static int collect_pair(const struct build *b, const struct end *end, void *arg,
			struct err *e)
{
	struct ends *ends = arg;

	if (end->spec->kind != INTERFACE_VETH)
		return 0;
	if (!end->spec->link) {
		(void)err_set(e, ERR_INPUT, EINVAL,
			      "veth '%s' is an end of no link",
			      end->spec->name);
		return blame(b, end, end->spec->name_at, e);
	}
	ends->items[ends->n++] = *end;
	return 0;
}

/* By link; the ends of one in the order of the file. */
static int by_link(const void *a, const void *b)
{
	const struct end *x = a, *y = b;
	const int order = strcmp(x->spec->link, y->spec->link);

	if (order)
		return order;
	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return (x->interface > y->interface) - (x->interface < y->interface);
}

/* @offloads: as for struct tap_spec */
static int make_tap(const struct build *b, const struct end *end, bool offloads,
		    struct err *e)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	const struct tap_spec spec = {
		.name = end->spec->name,
		.index = index_of(b, end),
		.offloads = offloads,
		.open = topology_tap_is_open(b->net->topology,
					     node_of(b, end->node), end->spec),
	};
	struct net_tap *tap = &b->net->taps[b->net->n_taps];
	int r;

	r = build_visit(b, &visit, end->node, e);
	if (r == 0)
		r = tap_make(&spec, &tap->fd, e);
	if (r < 0)
		return blame(b, end, end->spec->name_at, e);
	tap->node = end->node;
	tap->interface = (size_t)end->interface + 1; /* lo: 0 */
	b->net->n_taps++;
	if (rtnl_set_common(b->rtnl[end->node], spec.index, end->spec, e) == 0)
		return 0;
	(void)err_add(e, "make tap '%s'", end->spec->name);
	return blame(b, end, end->spec->name_at, e);
}

/* Two interfaces, and a process between them that is not there yet. */
static int make_wire(const struct build *b, const struct end *pair,
		     struct err *e)
{
	const int r = make_tap(b, &pair[0], true, e);

	return r < 0 ? r : make_tap(b, &pair[1], true, e);
}

/* What an end sends waits in its queue: at the first end that is `there`. */
static int impair(const struct build *b, const struct end *pair,
		  const struct link *link, struct err *e)
{
	const struct impairment *const ways[] = { &link->there, &link->back };
	/* no other link draws the same */
	struct rng rng = { b->seed + (uint64_t)index_of(b, pair) };
	const struct spec_at at = link->name_at;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(ways); i++)
		r = rtnl_add_netem(b->rtnl[pair[i].node], index_of(b, &pair[i]),
				   ways[i], rng_next(&rng), e);
	if (r == 0)
		return 0;
	if (r == -ENOENT)
		(void)err_set(e, ERR_HOST, ENOENT,
			      "the kernel has no netem: load it with `modprobe "
			      "sch_netem`, or write `kind: wire`");
	(void)err_add(e, "link '%s'", link->name);
	return at.line ? err_add(e, "%s:%u:%u", at.path ?: b->topology->path,
				 at.line, at.column)
		       : r;
}

static int make_pair(const struct build *b, const struct end *pair,
		     struct err *e)
{
	const struct link *link =
		topology_link(b->topology, pair[0].spec->link);
	const struct rtnl_device near = device_of(b, &pair[0]);
	const struct rtnl_device far = device_of(b, &pair[1]);

	if (link && link->kind == LINK_WIRE)
		return make_wire(b, pair, e);
	if (rtnl_make_veth(b->rtnl[pair[0].node], &near, &far, e) < 0)
		return blame(b, &pair[0], pair[0].spec->link_at, e);
	return link && link->kind == LINK_NETEM ? impair(b, pair, link, e) : 0;
}

/* How many of @ends from @i on are of the same link? */
static size_t ends_of_link(const struct ends *ends, size_t i)
{
	size_t n = 1;

	while (i + n < ends->n && !strcmp(ends->items[i].spec->link,
					  ends->items[i + n].spec->link))
		n++;
	return n;
}

static int make_pairs(const struct build *b, size_t n_ends, struct err *e)
{
	own_ends struct ends ends = { .items = calloc(n_ends + 1,
						      sizeof(*ends.items)) };
	int r;

	if (!ends.items)
		return err_no_memory(e);
	r = each_end(b, collect_pair, &ends, e);
	if (r < 0)
		return r;
	qsort(ends.items, ends.n, sizeof(*ends.items), by_link);
	for (size_t i = 0; i < ends.n; i += 2) {
		const struct end *first = &ends.items[i];
		const size_t n = ends_of_link(&ends, i);

		if (n != 2) {
			(void)err_set(e, ERR_INPUT, EINVAL,
				      "link '%s' has %zu end%s, not 2",
				      first->spec->link, n, n == 1 ? "" : "s");
			return blame(b, first, first->spec->link_at, e);
		}
		r = make_pair(b, first, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Index of the parent "node:interface", and its node. */
static int find_parent(const struct build *b, const struct end *end,
		       struct end *ret, struct err *e)
{
	const char *parent = end->spec->parent ? end->spec->parent : "";
	const char *colon = strchr(parent, ':');
	const size_t n = colon ? (size_t)(colon - parent) : 0;

	for (size_t i = 0; colon && i < b->net->n_nodes; i++) {
		const struct topology_node *node = node_of(b, i);
		int at;

		if (strncmp(node->name, parent, n) != 0 || node->name[n])
			continue;
		at = build_interface(node, colon + 1);
		if (at < 0)
			break;
		*ret = (struct end){
			.node = i,
			.interface = at,
			.spec = (const struct interface *)
					node->interfaces.items +
				at,
		};
		return 0;
	}
	(void)err_set(e, ERR_INPUT, ENODEV,
		      "macvlan '%s': there is no interface '%s'",
		      end->spec->name, parent);
	return blame(b, end, end->spec->parent_at, e);
}

static int make_simple(const struct build *b, const struct end *end, void *arg,
		       struct err *e)
{
	const int *kind = arg;
	const struct rtnl_device d = device_of(b, end);

	if (end->spec->kind != *kind)
		return 0;
	if (rtnl_make(b->rtnl[end->node], &d, 0, e) < 0)
		return blame(b, end, end->spec->name_at, e);
	return 0;
}

/* The guest behind a user-mode network: such a network has no offloads, as
 * QEMU's has none. */
static int make_guest_tap(const struct build *b, const struct end *end,
			  void *arg, struct err *e)
{
	(void)arg;
	if (end->spec->kind != INTERFACE_TAP)
		return 0;
	return make_tap(b, end, false, e);
}

static int make_macvlan(const struct build *b, const struct end *end, void *arg,
			struct err *e)
{
	const struct rtnl_device d = device_of(b, end);
	struct end parent = { .spec = NULL };
	int r;

	(void)arg;
	if (end->spec->kind != INTERFACE_MACVLAN)
		return 0;
	r = find_parent(b, end, &parent, e);
	if (r < 0)
		return r;
	if (rtnl_make(b->rtnl[parent.node], &d, index_of(b, &parent), e) < 0)
		return blame(b, end, end->spec->parent_at, e);
	return 0;
}

int links_make(const struct build *b, struct err *e)
{
	int kinds[] = { INTERFACE_BRIDGE, INTERFACE_VXLAN };
	size_t n_ends = 0;
	int r;

	for (size_t i = 0; i < b->net->n_nodes; i++)
		n_ends += node_of(b, i)->interfaces.n;
	b->net->taps = calloc(n_ends + 1, sizeof(*b->net->taps));
	if (!b->net->taps)
		return err_no_memory(e);
	r = make_pairs(b, n_ends, e);
	if (r == 0)
		r = each_end(b, make_guest_tap, NULL, e);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(kinds); i++)
		r = each_end(b, make_simple, &kinds[i], e);
	return r < 0 ? r : each_end(b, make_macvlan, NULL, e);
}

static int join_master(const struct build *b, const struct end *end,
		       struct err *e)
{
	const struct topology_node *node = node_of(b, end->node);
	const struct interface *specs = node->interfaces.items;
	const int master = build_interface(node, end->spec->master);

	if (master < 0)
		return err_set(e, ERR_INPUT, ENODEV,
			       "there is no bridge '%s' in this node",
			       end->spec->master);
	if (specs[master].kind != INTERFACE_BRIDGE)
		return err_set(e, ERR_INPUT, EINVAL, "'%s' is not a bridge",
			       end->spec->master);
	return rtnl_set_master(b->rtnl[end->node], index_of(b, end),
			       build_index(b, end->node, master), e);
}

static int join(const struct build *b, const struct end *end, void *arg,
		struct err *e)
{
	int r;

	(void)arg;
	if (!end->spec->master)
		return 0;
	r = join_master(b, end, e);
	if (r == 0 && end->spec->hairpin)
		r = rtnl_set_hairpin(b->rtnl[end->node], index_of(b, end), e);
	if (r == 0)
		return 0;
	(void)err_add(e, "join '%s' to '%s'", end->spec->name,
		      end->spec->master);
	return blame(b, end, end->spec->master_at, e);
}

int links_join(const struct build *b, struct err *e)
{
	return each_end(b, join, NULL, e);
}

/* A macvlan cannot come up before its parent. */
static int bring_up(const struct build *b, const struct end *end, void *arg,
		    struct err *e)
{
	const bool *macvlans = arg;

	if ((end->spec->kind == INTERFACE_MACVLAN) != *macvlans)
		return 0;
	if (rtnl_set_up(b->rtnl[end->node], index_of(b, end), e) == 0)
		return 0;
	(void)err_add(e, "bring '%s' up", end->spec->name);
	return blame(b, end, end->spec->name_at, e);
}

static bool has_port(const struct topology_node *node, const char *bridge)
{
	const struct interface *specs = node->interfaces.items;

	for (size_t i = 0; i < node->interfaces.n; i++)
		if (specs[i].master && !strcmp(specs[i].master, bridge))
			return true;
	return false;
}

/* Has it somewhere to send to?  A bridge without a port has not. */
static bool should_run(const struct build *b, const struct end *end)
{
	struct end parent;
	struct err ignored;

	switch (end->spec->kind) {
	case INTERFACE_BRIDGE:
		return has_port(node_of(b, end->node), end->spec->name);
	case INTERFACE_MACVLAN:
		return find_parent(b, end, &parent, &ignored) == 0 &&
		       should_run(b, &parent);
	case INTERFACE_TAP: /* when somebody has opened it */
		return !topology_tap_is_open(b->net->topology,
					     node_of(b, end->node), end->spec);
	default:
		return true;
	}
}

static int wait_running(const struct build *b, const struct end *end, void *arg,
			struct err *e)
{
	const struct timespec pause = { .tv_nsec = RUNNING_POLL_NS };
	const int64_t *deadline_ns = arg;
	bool running = !should_run(b, end);

	while (!running) {
		int r = rtnl_is_running(b->rtnl[end->node], index_of(b, end),
					&running, e);

		if (r < 0)
			return blame(b, end, end->spec->name_at, e);
		if (running)
			break;
		if (clock_now_ns() > *deadline_ns) {
			(void)err_set(e, ERR_SYSTEM, ETIMEDOUT,
				      "'%s' is up but does not run after %d s",
				      end->spec->name,
				      (int)(RUNNING_DEADLINE_NS / NS_PER_S));
			return blame(b, end, end->spec->name_at, e);
		}
		(void)nanosleep(&pause, NULL);
	}
	return 0;
}

static int start_stp(const struct build *b, const struct end *end, void *arg,
		     struct err *e)
{
	(void)arg;
	if (end->spec->kind != INTERFACE_BRIDGE || !end->spec->stp)
		return 0;
	if (rtnl_start_stp(b->rtnl[end->node], index_of(b, end), e) == 0)
		return 0;
	(void)err_add(e, "start spanning tree on '%s'", end->spec->name);
	return blame(b, end, end->spec->name_at, e);
}

int links_up(const struct build *b, struct err *e)
{
	int64_t deadline_ns;
	bool macvlans;
	int r = 0;

	for (size_t i = 0; r == 0 && i < b->net->n_nodes; i++)
		r = rtnl_set_up(b->rtnl[i], 1, e); /* lo is always 1 */
	if (r < 0)
		return err_add(e, "bring lo up");
	macvlans = false;
	r = each_end(b, bring_up, &macvlans, e);
	macvlans = true;
	if (r == 0)
		r = each_end(b, bring_up, &macvlans, e);
	deadline_ns = clock_now_ns() + RUNNING_DEADLINE_NS;
	if (r == 0)
		r = each_end(b, wait_running, &deadline_ns, e);
	return r < 0 ? r : each_end(b, start_stp, NULL, e);
}
