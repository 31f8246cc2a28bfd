/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run - one execution of a plan: build the labs, run every trial, analyse and
 * store it, balance the books.
 */
#ifndef LAB_RUN_RUN_H
#define LAB_RUN_RUN_H

#include "lab/base/err.h"
#include "lab/run/level.h"
#include "lab/spec/topology.h"
#include "lab/spec/workload.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct run_request {
	/* those of one name, with different .params, stand together */
	const struct topology *topologies;
	size_t n_topologies;
	const struct workload *workloads;
	size_t n_workloads;
	uint32_t trials; /* per cell, > 0 */
	uint64_t seed;
	int64_t max_time_ns; /* 0: none; looked at between blocks */
	const char *dir;     /* of the run; exists and is empty */
	const char *id;
	const char *command; /* as typed, for the record */
	const char *libexec; /* where the probes are */
	/* JSON object, of the versions of programs by workload; or NULL */
	const char *runtimes;
	/* JSON object: .name, .source and .published of a plan; or NULL */
	const char *plan;
	enum evidence_level evidence;
	bool observer_check; /* compare with trials that nothing watches */
	bool no_capture;     /* bench only: endings unknown, trials invalid */
	uint32_t snap_bytes; /* kept of each frame; 0: as the workloads need */
	bool no_files;	     /* analyse, but write no capture file */
	/* by cell, topology by topology: leave it out; NULL: leave out none */
	const bool *left_out;
	/* store for each cell what the counters of each node grew by; every
	 * trial then waits for the segments of the one before */
	bool count_cells;
};

struct run_progress {
	uint64_t done, total; /* trials */
	uint64_t resets;      /* trials with outcome reset */
	int64_t elapsed_ns;
	/* of the last trial; the topology with its parameters */
	const char *topology, *workload;
};

/* Called by run_execute(); both may be NULL. */
struct run_events {
	void (*progress)(const struct run_progress *p, void *arg);
	void (*note)(const char *text, void *arg); /* one line of talk */
	void *arg;
};

struct run_verdict {
	bool complete;	     /* every planned trial ran */
	const char *stopped; /* why not: "interrupted", "--max-time", ... */
	bool balanced;	     /* captured RSTs == counted RSTs, every node */
	uint64_t trials, judged, invalid;
	uint64_t packets, dropped;
	uint64_t undecoded;	 /* TCP frames that were cut or malformed */
	uint32_t cells_unjudged; /* cells without one judged trial */
	uint32_t cells_invalid;	 /* cells with more invalid than judged ones */
};

/**
 * run_execute() - do it
 * @stop:	when it becomes non-zero, the block is finished if that takes
 *		no longer than LIMIT_GRACE_NS, what was measured is stored, and
 *		the verdict says incomplete
 *
 * Must be called inside privilege_run().
 *
 * Errors:	ERR_HOST, ERR_INPUT from building the labs (nothing was
 *		measured); ERR_SYSTEM when storing failed half-way (what was
 *		stored stays valid)
 */
int run_execute(const struct run_request *r, const struct run_events *events,
		const volatile sig_atomic_t *stop, struct run_verdict *ret,
		struct err *e);

#endif
