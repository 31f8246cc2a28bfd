/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/fidelity/verify.h"

#include "lab/base/own.h"
#include "lab/fidelity/scene.h"
#include "lab/fidelity/site.h"
#include "lab/run/process.h"

#include <string.h>

static const struct topology_node *node_at(const struct topology *t, size_t i)
{
	const struct topology_node *nodes = t->nodes.items;

	return &nodes[i];
}

/* --- planning ------------------------------------------------------------- */

static bool is_remote(const struct topology *t, const char *node)
{
	return topology_node(t, node)->kind == NODE_REMOTE;
}

static int stand_in(struct verify *v, struct err *e)
{
	struct topology *t = v->topology;
	const int host = setup_node(t, NODE_HOST);
	const bool reachable = v->setup.host_port ||
			       (v->setup.network && v->setup.network->host);
	char *name;

	if (is_remote(t, t->server) || !reachable)
		return err_set(e, ERR_HOST, EHOSTUNREACH,
			       "'%s' needs a machine beside the host: name its "
			       "network namespace with --remote NAME, PID or "
			       "PATH",
			       t->name);
	name = strdup(node_at(t, (size_t)host)->name);
	if (!name)
		return err_no_memory(e);
	free(t->client);
	t->client = name;
	v->stands_in = true;
	return 0;
}

int verify_plan(struct verify *v, enum engine_kind engine, struct err *e)
{
	const struct topology *t = v->topology;
	int r = setup_of(t, engine, &v->setup, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < v->n_workloads; i++)
		if (scene_changes_network(&v->workloads[i]))
			return err_set(e, ERR_INPUT, EINVAL,
				       "workload '%s' breaks the network on "
				       "purpose, which must not happen to a "
				       "real one",
				       v->workloads[i].name);
	if ((is_remote(t, t->client) || is_remote(t, t->server)) &&
	    v->remote < 0)
		return stand_in(v, e);
	return 0;
}

/* --- staging -------------------------------------------------------------- */

static const char *network_of(const struct verify *v, const struct engine *g)
{
	const struct setup_network *n = v->setup.network;

	if (!n)
		/* podman takes "bridge" for the default network as well */
		return "bridge";
	return n->host ? "host" : g->id;
}

static int start_node(struct verify *v, const struct engine *g, size_t node,
		      struct err *e)
{
	const struct topology_node *n = node_at(v->topology, node);
	const bool is_server = !strcmp(n->name, v->topology->server);
	const bool host = n->kind == NODE_HOST;
	const struct engine_container c = {
		.name = n->name,
		.network = host ? "host" : network_of(v, g),
		.published = is_server ? v->setup.container_port : 0,
	};
	int r = engine_start(g, &c, e);

	if (r == 0)
		r = engine_netns(g, n->name, &v->netns[node], e);
	if (r == 0 && c.published)
		r = engine_port(g, n->name, c.published, &v->port, e);
	return r;
}

/* A container in the host's network is where the host's network is, wherever
 * the engine runs. */
static int start_all(struct verify *v, const struct engine *g, struct err *e)
{
	const struct topology *t = v->topology;
	const int host = setup_node(t, NODE_HOST);
	int r = 0;

	for (size_t i = 0; r == 0 && i < t->nodes.n; i++)
		if ((int)i == host || node_at(t, i)->kind == NODE_CONTAINER)
			r = start_node(v, g, i, e);
		else if (node_at(t, i)->kind == NODE_REMOTE)
			v->netns[i] = v->remote < 0 ? -1 : dup(v->remote);
	return r;
}

int verify_stage(struct verify *v, struct engine *g, struct err *e)
{
	const size_t n = v->topology->nodes.n;
	own_mem char *program = NULL;
	int r;

	v->netns = calloc(n + 1, sizeof(*v->netns));
	if (!v->netns || asprintf(&program, "%s/pause", v->libexec) < 0)
		return err_no_memory(e);
	for (size_t i = 0; i < n; i++)
		v->netns[i] = -1;
	r = engine_make_image(g, program, e);
	if (r == 0 && v->setup.network && !v->setup.network->host)
		r = engine_make_network(g, v->setup.network, e);
	return r < 0 ? r : start_all(v, g, e);
}

void verify_done(struct verify *v)
{
	for (size_t i = 0; v->netns && i < v->topology->nodes.n; i++)
		own_fd_release(&v->netns[i]);
	free(take_ptr(&v->netns));
}

/* --- comparing ------------------------------------------------------------ */

static size_t node_number(const struct topology *t, const char *name)
{
	size_t i = 0;

	while (strcmp(node_at(t, i)->name, name) != 0)
		i++;
	return i;
}

static int play_at(const struct verify *v, const struct site *site,
		   const struct ip_endpoint *addresses, struct behaviour *ret,
		   struct err *e)
{
	const struct topology *t = v->topology;
	const size_t client = node_number(t, t->client);
	const size_t server = node_number(t, t->server);
	const struct scene scene = {
		.nodes = { &site->nodes[client].net, &site->nodes[server].net },
		.addresses = { addresses[SIDE_CLIENT], addresses[SIDE_SERVER] },
		.libexec = v->libexec,
		.workloads = v->workloads,
		.n_workloads = v->n_workloads,
		.trials = v->trials,
	};

	return scene_run(&scene, ret, e);
}

static int play_real(const struct verify *v, const struct site *lab,
		     const struct site *real, struct behaviour *ret,
		     struct err *e)
{
	struct ip_endpoint addresses[SIDES] = { v->topology->connect,
						v->topology->listen };
	int r = 0;

	for (int side = 0; r == 0 && side < SIDES; side++) {
		const struct ip_addr a = addresses[side].addr;

		r = site_real_addr(lab, real, &a, &addresses[side].addr, e);
	}
	if (v->port)
		addresses[SIDE_CLIENT].port = v->port;
	return r < 0 ? r : play_at(v, real, addresses, ret, e);
}

static int play_both(const struct verify *v, const struct site *lab,
		     const struct site *real, struct verdict *ret,
		     struct err *e)
{
	const struct ip_endpoint addresses[SIDES] = { v->topology->connect,
						      v->topology->listen };
	int r;

	ret->lab = calloc(v->n_workloads + 1, sizeof(*ret->lab));
	ret->real = calloc(v->n_workloads + 1, sizeof(*ret->real));
	if (!ret->lab || !ret->real)
		return err_no_memory(e);
	r = play_at(v, lab, addresses, ret->lab, e);
	if (r < 0)
		return err_add(e, "in the lab");
	r = play_real(v, lab, real, ret->real, e);
	if (r < 0)
		return err_add(e, "with %s", engine_names[v->setup.engine]);
	for (size_t i = 0; i < v->n_workloads; i++)
		ret->differing +=
			behaviour_differs(&ret->lab[i], &ret->real[i]);
	return 0;
}

static int look_at_both(const struct verify *v, const struct site *lab,
			const struct site *real, struct verdict *ret,
			struct err *e)
{
	struct site_renames renames;
	int r = site_facts(lab, &ret->lab_facts, e);

	if (r == 0)
		r = site_facts(real, &ret->real_facts, e);
	if (r < 0)
		return r;
	site_renames(lab, real, &v->setup, v->port, &renames);
	facts_rename(&ret->real_facts, renames.items, renames.n);
	if (ret->lab_facts.failed || ret->real_facts.failed ||
	    facts_compare(&ret->lab_facts, &ret->real_facts,
			  &ret->differences) < 0)
		return err_no_memory(e);
	return 0;
}

static int compare(const struct verify *v, const struct net *net,
		   struct verdict *ret, struct err *e)
{
	own_mem int *netns = calloc(net->n_nodes + 1, sizeof(*netns));
	own_site struct site lab = { .n = 0 }, real = { .n = 0 };
	int r;

	if (!netns)
		return err_no_memory(e);
	for (size_t i = 0; i < net->n_nodes; i++)
		netns[i] = net->nodes[i].netns;
	r = site_init(&lab, v->topology, netns, e);
	if (r == 0)
		r = site_init(&real, v->topology, v->netns, e);
	if (r == 0)
		r = look_at_both(v, &lab, &real, ret, e);
	return r < 0 ? r : play_both(v, &lab, &real, ret, e);
}

int verify_compare(const struct verify *v, struct verdict *ret, struct err *e)
{
	own_net struct net *net = NULL;
	struct process_set *processes = NULL;
	int r;

	*ret = (struct verdict){ .differing = 0 };
	r = net_build(v->topology, &net, e);
	if (r == 0)
		r = process_start(&processes, net, v->libexec, 0, e);
	if (r == 0)
		r = compare(v, net, ret, e);
	process_stop(processes);
	return r;
}

void verdict_done(struct verdict *v)
{
	free(v->lab);
	free(v->real);
	facts_done(&v->lab_facts);
	facts_done(&v->real_facts);
	free(v->differences.items);
}
