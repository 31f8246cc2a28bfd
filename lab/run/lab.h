/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lab - a topology, alive: its network, its captures, its two probes and the
 * programs between them.
 */
#ifndef LAB_RUN_LAB_H
#define LAB_RUN_LAB_H

#include "lab/base/err.h"
#include "lab/base/own.h"
#include "lab/capture/live.h"
#include "lab/cause/rule.h"
#include "lab/flow/flow.h"
#include "lab/net/counters.h"
#include "lab/net/dying.h"
#include "lab/net/net.h"
#include "lab/net/netem.h"
#include "lab/net/sockdiag.h"
#include "lab/run/deaths.h"
#include "lab/run/filtered.h"
#include "lab/run/look.h"
#include "lab/run/probe.h"
#include "lab/run/process.h"
#include "lab/run/tracks.h"
#include "lab/run/wish.h"
#include "lab/spec/workload.h"

/* What was compared when the last block was over. */
struct lab_checked {
	struct counters counters;
	uint64_t rst_wire, sent, on_close;
};

struct lab_node {
	struct net_node *net; /* borrowed */
	struct live *live;    /* NULL: not captured */
	struct counter_source *counters;
	struct sockdiag *sockdiag;
	struct dying *dying;
	struct tracking *tracking; /* NULL: not heard */
	struct filter *filter;	   /* NULL: no rules, or not read */
	struct netem *netem;	   /* NULL: no interface has it */
	uint32_t netem_checked;	   /* what it had lost at the last check */
	struct filter_counts filter_looked, filter_checked;
	uint64_t filter_resets; /* since a reset was judged in the last batch */
	enum evidence_filter filter_says;
	bool filter_read;	/* .filter_says is of the batch under way */
	struct counters before; /* when the lab was opened */
	struct counters looked; /* when a reset was last judged */
	struct evidence_counters growth;
	struct lab_checked checked;
	bool counted; /* .growth is of the batch under way */
	/* since .looked; all that were captured, and the decisions of them */
	uint64_t rst_seen, rst_decided;
	int64_t rst_ahead;    /* counted then, and not captured */
	uint64_t rst_wire;    /* resets born here, as captured so far */
	uint64_t rst_foreign; /* and not made by its TCP */
	uint64_t rst_denied;  /* of these what the kernel did not tell of,
			       * since the last check */
	uint64_t rst_forged;  /* of these what a wish sent, not yet captured */
	uint64_t rst_lost;    /* counted, and lost by netem uncaptured */
	bool has_program;     /* with sockets: a probe, a relay, a usernet */
};

/* Frames that come in here were sent by a user-mode network, which is a
 * program of another node. */
struct lab_guest {
	struct flow_point point;
	uint16_t node; /* of the program */
};

struct lab {
	const struct topology *topology; /* borrowed */
	struct net *net;
	struct lab_node *nodes; /* as in net->nodes */
	size_t n_nodes;
	uint16_t client_node, server_node; /* numbers of the nodes */
	struct process_set *processes;
	struct probe_pair *probes;
	bool probes_used; /* since they were started: they may listen */
	struct programs *programs; /* of the user; NULL until there are any */
	uint32_t last_trial; /* number of the last trial given to the probes */
	uint32_t faults[SIDES]; /* in force, by who asked: bits 1 << fault_id */
	struct wish_memory wishes[SIDES]; /* by who asked */
	/* how long it may be silent while something is under way: in a wire,
	 * or in a process that has not got its turn */
	int64_t silence_ns;
	/* where relays and user-mode networks lead */
	struct ip_endpoint *beyond;
	size_t n_beyond;
	struct lab_guest *guests;
	size_t n_guests;
	/* does anybody but the client dial?  Known after a first batch */
	bool surveyed, relayed;
	bool filtered;		/* the counters of packet filters are read */
	struct look_list looks; /* of the trial under way */
	struct deaths deaths;	/* of the batch under way */
	int64_t rst_before;   /* OutRsts of all nodes, before a silent trial */
	struct tracks tracks; /* of the batch under way */
	struct flow *flow;
};

struct lab_options {
	const char *libexec;		  /* directory of the probes */
	const struct workload *workloads; /* become scripts 0, 1, ... */
	size_t n_workloads;
	uint64_t seed;	     /* for the links, and told to programs */
	uint32_t snap_bytes; /* of the captures; 0: LIVE_SNAP_BYTES */
	bool capture;
};

/**
 * lab_open() - bring up one lab per topology
 * @topologies:	borrowed until lab_close()
 * @ret:	array of @n, ended with lab_close()
 *
 * All captures are opened side by side, and before any program runs, so that
 * they are complete from the first SYN on.
 *
 * Errors:	as net_build(), live_open(), process_start(),
 *		probe_pair_start(); nothing stays
 */
int lab_open(const struct topology *topologies, size_t n,
	     const struct lab_options *o, struct lab **ret, struct err *e);
void lab_close(struct lab *labs, size_t n);

/* Wait until what was sent before is through: for as long as a wire holds
 * frames back, and until no process in between has anything to do.  Where there
 * is none, nothing is held back. */
void lab_drain(const struct lab *lab);

/* Is a user-mode network busy although no trial is under way?  It turns round
 * a connection that it should have given up, and serves no other in time. */
bool lab_is_stuck(const struct lab *lab);

/* End what runs between the probes, and start it anew. */
int lab_restart_processes(struct lab *lab, const struct lab_options *o,
			  struct err *e);

#endif
