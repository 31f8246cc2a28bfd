/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * selftest - what a run should have shown, by the `expect:` of its workloads,
 * against what it did show.  Pure.
 */
#ifndef LAB_RUN_SELFTEST_H
#define LAB_RUN_SELFTEST_H

#include "lab/base/err.h"
#include "lab/base/own.h"
#include "lab/spec/topology.h"
#include "lab/spec/workload.h"
#include "lab/store/facts.h"

enum selftest_verdict {
	SELFTEST_PASSED,
	SELFTEST_DIFFERS,
	SELFTEST_SKIPPED,  /* it cannot be done here; .reason says why */
	SELFTEST_UNJUDGED, /* the measurement broke; .reason says how */
	SELFTEST_VERDICTS
};
extern const char *const selftest_verdict_names[SELFTEST_VERDICTS];

/* One text that trials showed. */
struct selftest_seen {
	char *text;
	uint32_t trials, first; /* how many, and the number of the first */
};

struct selftest_seen_list {
	struct selftest_seen *items; /* in the order of .first */
	size_t n;
};

/* The states of both sockets at one point: "FIN-WAIT-2/CLOSE-WAIT". */
struct selftest_states {
	char *point; /* name of a hold, or "after" */
	struct selftest_seen_list seen;
};

struct selftest_growth {
	char *node, *counter;
	int64_t value; /* over all trials of the cell */
};

struct selftest_difference {
	char *what; /* "rst", "TCPAbortOnClose of the client" */
	char *expected, *seen;
	uint32_t trials, first;
};

struct selftest_cell {
	const struct topology *topology; /* borrowed */
	const struct workload *workload; /* borrowed */
	struct expect expect;
	enum selftest_verdict verdict;
	char *reason;
	uint32_t trials, invalid;
	bool more_may_grow; /* counters, by what other cells left behind */
	struct selftest_seen_list seen[EXPECT_TEXTS];
	struct selftest_states *states;
	size_t n_states;
	struct selftest_growth *growths;
	size_t n_growths;
	struct selftest_difference *differences;
	size_t n_differences;
};

struct selftest {
	struct selftest_cell *cells; /* topology by topology, as in a run */
	size_t n_cells;
	bool *left_out; /* by cell: nothing can come of it */
	size_t totals[SELFTEST_VERDICTS];
};

/**
 * selftest_init() - the cells of a run, and those that need not be run
 * @lacks:	bits 1 << enum feature: what this kernel has not
 *
 * Topologies and workloads are borrowed until selftest_done().
 */
int selftest_init(struct selftest *s, const struct topology *topologies,
		  size_t n_topologies, const struct workload *workloads,
		  size_t n_workloads, uint32_t lacks);
void selftest_done(struct selftest *s);

/* Nothing can come of the cells of @t, one of the topologies: @why. */
int selftest_leave_out(struct selftest *s, const struct topology *t,
		       const char *why);
#define own_selftest OWN(selftest_done)

/* What the run showed; trials of a cell in the order of their numbers. */
int selftest_add_trial(struct selftest *s, const struct fact_trial *t,
		       struct err *e);
int selftest_add_states(struct selftest *s, const struct fact_states *f,
			struct err *e);
int selftest_add_growth(struct selftest *s, const struct store_growth *g,
			struct err *e);

/* All was added: judge every cell. */
int selftest_judge(struct selftest *s, struct err *e);

#endif
