/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/lab.h"

#include "lab/base/clock.h"
#include "lab/run/fault.h"
#include "lab/run/programs.h"

#include <string.h>

/* For a process to hear of an event and act, on a busy machine. */
#define TURN_NS NS_PER_MS

/* For what waits in netem. */
#define NETEM_LIMIT_NS (5 * NS_PER_S)

enum { FRAME_MAX_BITS = 8 * (64 << 10) }; /* with segmentation left to it */

static uint16_t node_number(const struct lab *lab, const char *name)
{
	uint16_t i = 0;

	while (strcmp(lab->net->nodes[i].spec->name, name) != 0)
		i++;
	return i;
}

static int node_open(struct lab *lab, size_t i, struct err *e)
{
	struct lab_node *node = &lab->nodes[i];
	struct net_node *net = &lab->net->nodes[i];
	int r;

	node->net = net;
	r = counters_open(&node->counters, net->netns, e);
	if (r == 0)
		r = counters_read(node->counters, &node->before, e);
	node->looked = node->checked.counters = node->before;
	if (r == 0)
		r = sockdiag_open(&node->sockdiag, net->netns, e);
	if (r == 0)
		r = dying_open(&node->dying, net->netns, e);
	if (r == 0)
		r = netem_open(&node->netem, lab->net, i, e);
	return r < 0 ? err_add(e, "node '%s'", net->spec->name) : 0;
}

/* How long a wire or netem may hold a frame back before the next one is
 * seen. */
static int64_t hold_ns(const struct impairment *m)
{
	const int64_t line_ns =
		m->rate_bps ? FRAME_MAX_BITS * NS_PER_S / (int64_t)m->rate_bps
			    : 0;

	return m->delay_ns + m->jitter_ns + line_ns;
}

static int64_t silence_of(const struct topology *t)
{
	const struct link *links = t->links.items;
	int64_t sum_ns = 0;

	for (size_t i = 0; i < t->links.n; i++) {
		const int64_t there_ns = hold_ns(&links[i].there);
		const int64_t back_ns = hold_ns(&links[i].back);

		if (links[i].kind != LINK_VETH)
			sum_ns += TURN_NS +
				  (there_ns > back_ns ? there_ns : back_ns);
	}
	return sum_ns + (t->processes.n ? TURN_NS : 0);
}

/* "node:interface", which is there: topology_load() has seen to that. */
static struct flow_point point_of(const struct lab *lab, const char *place)
{
	char node[256];
	const size_t n = strcspn(place, ":");
	const struct net_node *in;
	size_t i = 0;

	(void)snprintf(node, sizeof(node), "%.*s", (int)n, place);
	in = &lab->net->nodes[node_number(lab, node)];
	while (strcmp(in->interfaces[i].name, place + n + 1) != 0)
		i++;
	return (struct flow_point){ node_number(lab, node),
				    (uint16_t)in->interfaces[i].index };
}

static void expect_process(struct lab *lab, const struct process *p)
{
	const uint16_t node = node_number(lab, p->node);
	const struct forward *forwards = p->forwards.items;

	lab->nodes[node].has_program = true;
	for (size_t i = 0; i < p->forwards.n; i++)
		lab->beyond[lab->n_beyond++] = forwards[i].connect;
	if (p->kind == PROCESS_RELAY)
		lab->beyond[lab->n_beyond++] = p->connect;
	else
		lab->guests[lab->n_guests++] =
			(struct lab_guest){ point_of(lab, p->guest), node };
}

/* What of the processes must be known before they run. */
static int expect_processes(struct lab *lab, const struct topology *t)
{
	const struct process *processes = t->processes.items;
	size_t n = t->processes.n;

	for (size_t i = 0; i < t->processes.n; i++)
		n += processes[i].forwards.n;
	lab->beyond = calloc(n + 1, sizeof(*lab->beyond));
	lab->guests = calloc(t->processes.n + 1, sizeof(*lab->guests));
	if (!lab->beyond || !lab->guests)
		return -ENOMEM;
	lab->silence_ns = silence_of(t);
	lab->nodes[lab->client_node].has_program = true;
	lab->nodes[lab->server_node].has_program = true;
	for (size_t i = 0; i < t->processes.n; i++)
		expect_process(lab, &processes[i]);
	return 0;
}

static int build(struct lab *lab, const struct topology *t, uint64_t seed,
		 struct err *e)
{
	int r;

	lab->topology = t;
	r = net_build_seeded(t, seed, &lab->net, e);
	if (r < 0)
		return r;

	lab->nodes = calloc(lab->net->n_nodes, sizeof(*lab->nodes));
	if (!lab->nodes)
		return err_errno(e, "nodes");
	lab->n_nodes = lab->net->n_nodes;
	lab->client_node = node_number(lab, t->client);
	lab->server_node = node_number(lab, t->server);
	if (expect_processes(lab, t) < 0)
		return err_errno(e, "processes");
	for (size_t i = 0; i < lab->n_nodes; i++) {
		r = node_open(lab, i, e);
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

static int open_captures(struct lab *labs, size_t n, uint32_t snap_bytes,
			 struct err *e)
{
	OWN(captures_done) struct captures c = { .n = 0 };
	const struct live_options options = { .snap_bytes = snap_bytes };
	size_t k = 0;
	int r;

	r = captures_list(&c, labs, n, e);
	if (r == 0)
		r = live_open(c.netns, c.n, &options, c.live, e);
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

static int start_processes(struct lab *lab, const struct lab_options *o,
			   struct err *e)
{
	const int r = process_start(&lab->processes, lab->net, o->libexec,
				    o->seed, e);

	return r < 0 ? err_add(e, "topology '%s'", lab->topology->name) : 0;
}

int lab_restart_processes(struct lab *lab, const struct lab_options *o,
			  struct err *e)
{
	process_stop(take_ptr(&lab->processes));
	return start_processes(lab, o, e);
}

static int start_probes(struct lab *lab, const struct lab_options *o,
			struct err *e)
{
	int r;

	r = probe_pair_start(&lab->probes, &lab->net->nodes[lab->client_node],
			     &lab->net->nodes[lab->server_node], o->libexec, e);
	if (r == 0) {
		lab->probes->on_fault = fault_perform;
		lab->probes->fault_arg = lab;
	}
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
		r = build(&labs[i], &topologies[i], o->seed, e);
		if (r < 0)
			(void)err_add(e, "topology '%s'", topologies[i].name);
	}
	if (r == 0 && o->capture)
		r = open_captures(labs, n, o->snap_bytes, e);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = start_processes(&labs[i], o, e);
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
	programs_free(lab->programs);
	probe_pair_stop(lab->probes);
	process_stop(lab->processes);
	for (size_t j = 0; j < lab->n_nodes; j++) {
		counters_close(lab->nodes[j].counters);
		sockdiag_close(lab->nodes[j].sockdiag);
		dying_close(lab->nodes[j].dying);
		tracking_close(lab->nodes[j].tracking);
		filter_close(lab->nodes[j].filter);
		netem_close(lab->nodes[j].netem);
	}
	flow_free(lab->flow);
	look_list_done(&lab->looks);
	deaths_done(&lab->deaths);
	tracks_done(&lab->tracks);
	free(lab->nodes);
	free(lab->beyond);
	free(lab->guests);
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

static bool is_empty(const struct lab *lab)
{
	uint64_t waiting = 0;

	for (size_t i = 0; i < lab->n_nodes; i++) {
		struct rtnl_qdisc_counts now = { .waiting = 0 };
		struct err ignored;

		(void)netem_read(lab->nodes[i].netem, &now, &ignored);
		waiting += now.waiting;
	}
	return !waiting;
}

/* More than one frame may wait for the rate. */
static void await_netem(const struct lab *lab)
{
	const struct timespec pause = { .tv_nsec = TURN_NS };
	const int64_t limit_ns = clock_now_ns() + NETEM_LIMIT_NS;

	while (!is_empty(lab) && clock_now_ns() < limit_ns)
		(void)nanosleep(&pause, NULL);
}

/* A wire counts its delay from when it read the frame. */
void lab_drain(const struct lab *lab)
{
	const struct timespec most = { .tv_sec = lab->silence_ns / NS_PER_S,
				       .tv_nsec = lab->silence_ns % NS_PER_S };

	if (!lab->silence_ns)
		return;
	(void)process_await_rest(lab->processes);
	await_netem(lab);
	(void)nanosleep(&most, NULL);
	(void)process_await_rest(lab->processes);
	await_netem(lab);
}

bool lab_is_stuck(const struct lab *lab)
{
	return lab->n_guests && !process_await_rest(lab->processes);
}
