/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * summary - what a run says, read back from its database: the one model that
 * every report prints.
 */
#ifndef LAB_STORE_SUMMARY_H
#define LAB_STORE_SUMMARY_H

#include "lab/base/err.h"
#include "lab/base/own.h"
#include "lab/flow/flow.h"
#include "lab/stat/wilson.h"
#include "lab/store/checks.h"
#include "lab/store/observer.h"
#include "lab/store/store.h"
#include "lab/store/views.h"

struct count {
	char *name; /* an ending, an application result, a form */
	uint64_t n;
};

struct count_list {
	struct count *items; /* most frequent first, then by name */
	size_t n;
};

struct cause_count {
	char *cause, *confidence;
	uint64_t connections;
};

struct summary_cell {
	uint64_t id;
	char *topology, *workload;
	char *params;	 /* JSON object */
	bool imported;	 /* a trial is a connection that others captured */
	uint64_t trials; /* run: the sum of .outcomes */
	uint64_t connections;
	uint64_t resets; /* connections with a first RST */
	/* trials with outcome reset / (clean + reset); .judged is that sum.
	 * With .judged 0 there is no rate: print it as null or "-" */
	uint64_t judged;
	double rate;
	struct interval interval;
	uint64_t outcomes[OUTCOMES];
	uint64_t emitters[EMITTERS]; /* of first RSTs */
	struct count_list endings;   /* of connections */
	struct cause_count *causes;  /* of reset connections */
	size_t n_causes;
	struct count_list app[SIDES]; /* of trials */
	struct views views;
};

/* First RSTs of one sender, form, phase and cause in one topology with its
 * parameters. */
struct summary_sender {
	char *topology, *params; /* params: JSON object */
	char *emitter, *node, *form, *phase, *ending;
	char *cause, *confidence;
	uint64_t connections;
	uint64_t echoes; /* further RSTs of these connections */
};

struct summary_books {
	char *topology, *params; /* params: JSON object */
	char *node;
	int64_t rst_wire, rst_counted, rst_foreign;
	char *counters; /* JSON object */
};

struct summary {
	char *id, *tool, *kernel, *command, *started, *ended, *stopped;
	char *environment; /* JSON object */
	uint64_t seed;
	bool complete;
	bool balanced; /* every node's rst_wire == rst_counted */
	uint64_t packets, dropped;
	uint64_t trials, invalid; /* over all cells */
	int64_t duration_ns;	  /* first trial's start to last one's end */
	struct summary_cell *cells;
	size_t n_cells;
	struct summary_sender *senders;
	size_t n_senders;
	struct summary_books *books;
	size_t n_books;
	/* names in the order of the plan, each once */
	char **topologies, **workloads;
	size_t n_topologies, n_workloads;
	struct checks checks;
	struct observed observed;
	size_t n_variants; /* topologies with their parameters */
};

/**
 * summary_read() - the summary of the run in @dir (which holds run.db)
 * Errors:	ERR_INPUT: no such run, not a run, or written by a newer
 *		rstlab; each with what to do
 */
int summary_read(const char *dir, struct summary **ret, struct err *e);
void summary_free(struct summary *s);
OWN_DEFINE(summary, struct summary, summary_free)
#define own_summary OWN(own_summary_release)

/* Was the run in @dir measured in a lab, and not imported?  false also when it
 * cannot be read. */
bool summary_is_of_lab(const char *dir);

/* One row of the connection table, in the order of docs/result-format.md. */
struct connection_row {
	const char *const *values; /* texts; NULL where SQL has NULL */
	size_t n;
};
extern const char *const connection_columns[]; /* NULL-terminated */
typedef int (*connection_row_fn)(const struct connection_row *row, void *arg,
				 struct err *e);
int summary_each_connection(const char *dir, connection_row_fn fn, void *arg,
			    struct err *e);

#endif
