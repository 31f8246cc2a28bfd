/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/lab.h"

#include <string.h>

static uint16_t node_number(const struct lab *lab, const char *name)
{
	uint16_t i = 0;

	while (strcmp(lab->net->nodes[i].spec->name, name) != 0)
		i++;
	return i;
}

static int node_open(struct lab_node *node, struct net_node *net, struct err *e)
{
	int r;

	node->net = net;
	r = counters_open(&node->counters, net->netns, e);
	if (r == 0)
		r = counters_read(node->counters, &node->before, e);
	if (r == 0)
		r = sockdiag_open(&node->sockdiag, net->netns, e);
	return r < 0 ? err_add(e, "node '%s'", net->spec->name) : 0;
}

static int build(struct lab *lab, const struct topology *t, struct err *e)
{
	int r;

	lab->topology = t;
	r = net_build(t, &lab->net, e);
	if (r < 0)
		return r;

	lab->nodes = calloc(lab->net->n_nodes, sizeof(*lab->nodes));
	if (!lab->nodes)
		return err_errno(e, "nodes");
	lab->n_nodes = lab->net->n_nodes;
	lab->client_node = node_number(lab, t->client);
	lab->server_node = node_number(lab, t->server);
	for (size_t i = 0; i < lab->n_nodes; i++) {
		r = node_open(&lab->nodes[i], &lab->net->nodes[i], e);
		if (r < 0)
			return r;
	}
	return flow_new(&lab->flow, e);
}

/* Captures of all labs in one list, to be opened and closed side by side:
 * each alone would wait for an RCU grace period of its own. */
struct captures {
	struct live **live;
	int *netns;
	size_t n;
};

static void captures_done(struct captures *c)
{
	free(c->live);
	free(c->netns);
}

static int captures_list(struct captures *ret, struct lab *labs, size_t n,
			 struct err *e)
{
	size_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += labs[i].n_nodes;
	ret->live = calloc(total, sizeof(struct live *));
	ret->netns = calloc(total, sizeof(*ret->netns));
	if (!ret->live || !ret->netns)
		return err_errno(e, "captures");
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < labs[i].n_nodes; j++) {
			ret->live[ret->n] = labs[i].nodes[j].live;
			ret->netns[ret->n++] = labs[i].net->nodes[j].netns;
		}
	return 0;
}

static int open_captures(struct lab *labs, size_t n, struct err *e)
{
	OWN(captures_done) struct captures c = { .n = 0 };
	const struct live_options defaults = { 0 };
	size_t k = 0;
	int r;

	r = captures_list(&c, labs, n, e);
	if (r == 0)
		r = live_open(c.netns, c.n, &defaults, c.live, e);
	for (size_t i = 0; r == 0 && i < n; i++)
		for (size_t j = 0; j < labs[i].n_nodes; j++)
			labs[i].nodes[j].live = c.live[k++];
	return r;
}

static void close_captures(struct lab *labs, size_t n)
{
	OWN(captures_done) struct captures c = { .n = 0 };
	struct err ignored;

	if (captures_list(&c, labs, n, &ignored) == 0)
		live_close_all(c.live, c.n);
}

static int start_probes(struct lab *lab, const struct lab_options *o,
			struct err *e)
{
	int r;

	r = probe_pair_start(&lab->probes, &lab->net->nodes[lab->client_node],
			     &lab->net->nodes[lab->server_node], o->libexec, e);
	for (size_t i = 0; r == 0 && i < o->n_workloads; i++)
		r = probe_pair_define(lab->probes, (uint32_t)i,
				      o->workloads[i].scripts, e);
	return r < 0 ? err_add(e, "topology '%s'", lab->topology->name) : 0;
}

int lab_open(const struct topology *topologies, size_t n,
	     const struct lab_options *o, struct lab **ret, struct err *e)
{
	struct lab *labs = calloc(n, sizeof(*labs));
	int r = 0;

	if (!labs)
		return err_errno(e, "labs");
	for (size_t i = 0; r == 0 && i < n; i++) {
		r = build(&labs[i], &topologies[i], e);
		if (r < 0)
			(void)err_add(e, "topology '%s'", topologies[i].name);
	}
	if (r == 0 && o->capture)
		r = open_captures(labs, n, e);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = start_probes(&labs[i], o, e);
	if (r < 0) {
		lab_close(labs, n);
		return r;
	}
	*ret = labs;
	return 0;
}

static void close_one(struct lab *lab)
{
	probe_pair_stop(lab->probes);
	for (size_t j = 0; j < lab->n_nodes; j++) {
		counters_close(lab->nodes[j].counters);
		sockdiag_close(lab->nodes[j].sockdiag);
	}
	flow_free(lab->flow);
	free(lab->nodes);
	net_free(lab->net);
}

void lab_close(struct lab *labs, size_t n)
{
	if (!labs)
		return;
	close_captures(labs, n);
	for (size_t i = 0; i < n; i++)
		close_one(&labs[i]);
	free(labs);
}
