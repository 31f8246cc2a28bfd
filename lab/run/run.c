/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  All labs are up at once.  The plan gives a block of trials
 * in random order; neighbours of the same lab run as one batch, because a
 * batch needs one word to each probe, not one per trial.  A block is one
 * transaction.
 */
#include "lab/run/run.h"

#include "lab/base/clock.h"
#include "lab/run/batch.h"
#include "lab/run/block-check.h"
#include "lab/run/books.h"
#include "lab/run/collect.h"
#include "lab/run/environment.h"
#include "lab/run/observer.h"
#include "lab/run/plan.h"
#include "lab/run/recorder.h"
#include "lab/run/sources.h"
#include "lab/run/tally.h"
#include "lab/spec/param.h"

#include <string.h>

struct run {
	const struct run_request *request;
	const struct run_events *events;
	struct lab_options options;
	struct lab *labs;
	struct text *labels; /* of the topologies, for progress */
	struct store *store;
	struct recorder *recorder;
	struct collector *collector;
	struct evidence_source *evidence;
	struct sources sources;
	struct plan plan;
	struct batch_context context;
	struct observer observer; /* .labs NULL: there is none */
	uint32_t *done;		  /* trials given out, by place in the plan */
	struct limit limit;
	int64_t started_ns;
};

/* Cells are numbered topology by topology. */
static size_t cell_topology(const struct run_request *r, uint32_t cell)
{
	return cell / r->n_workloads;
}

static uint16_t cell_workload(const struct run_request *r, uint32_t cell)
{
	return (uint16_t)(cell % r->n_workloads);
}

static uint32_t n_cells(const struct run_request *r)
{
	return (uint32_t)(r->n_topologies * r->n_workloads);
}

/* The plan has the cells of the silent arm behind the others. */
static bool is_of_observer(const struct run_request *r, uint32_t place)
{
	return place >= n_cells(r);
}

static bool is_silent(const struct run_request *q)
{
	return q->no_capture || q->evidence == EVIDENCE_SILENT;
}

static void run_done(struct run *run)
{
	evidence_close(run->evidence);
	observer_done(&run->observer);
	lab_close(run->labs, run->request->n_topologies);
	for (size_t i = 0; run->labels && i < run->request->n_topologies; i++)
		text_done(&run->labels[i]);
	free(run->labels);
	batch_context_done(&run->context);
	collector_free(run->collector);
	recorder_free(run->recorder);
	store_close(run->store);
	plan_done(&run->plan);
	free(run->done);
	free(run->context.cells);
}
#define own_run OWN(run_done)

static bool is_left_out(const struct run_request *q, uint32_t cell)
{
	return q->left_out && q->left_out[cell];
}

static int put_workload(struct run *run, const struct workload *w,
			struct err *e)
{
	return store_put_workload(run->store, w->name, w->yaml, e);
}

/* As it was read, with what it includes.  Its other combinations of
 * parameters stand next to it and have the same text. */
static int put_topology(struct run *run, size_t i, struct err *e)
{
	const struct topology *t = &run->request->topologies[i];
	own_text struct text yaml = { .s = NULL };

	if (i > 0 && !strcmp(t[-1].name, t->name))
		return 0;
	topology_source(t, &yaml);
	if (yaml.failed)
		return err_set(e, ERR_SYSTEM, ENOMEM, "%s: out of memory",
			       t->path);
	return store_put_topology(run->store, t->name, text_str(&yaml), e);
}

static int put_inputs(struct run *run, struct err *e)
{
	const struct run_request *q = run->request;
	int r = 0;

	for (size_t i = 0; r == 0 && i < q->n_topologies; i++)
		r = put_topology(run, i, e);
	for (size_t i = 0; r == 0 && i < q->n_workloads; i++)
		r = put_workload(run, &q->workloads[i], e);
	for (uint32_t c = 0; r == 0 && c < n_cells(q); c++) {
		const struct topology *t = &q->topologies[cell_topology(q, c)];

		if (is_left_out(q, c))
			continue;
		r = store_put_cell(run->store, c, t->name,
				   q->workloads[cell_workload(q, c)].name,
				   t->params, e);
	}
	return r;
}

static int put_sysctls(struct run *run, const struct lab *lab, struct err *e)
{
	for (size_t i = 0; i < lab->n_nodes; i++) {
		const struct net_node *node = lab->nodes[i].net;
		const struct store_place place = { lab->topology->name,
						   lab->topology->params,
						   node->spec->name };

		for (size_t j = 0; j < node->n_sysctls; j++) {
			int r = store_put_sysctl(run->store, &place,
						 node->sysctls[j].key,
						 node->sysctls[j].value, e);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* Everything that was known before the first trial, in one transaction. */
static int put_head(struct run *run, struct err *e)
{
	own_text struct text kernel = { .s = NULL }, json = { .s = NULL };
	char now[32];
	int r;

	r = environment_kernel(&kernel, e);
	if (r == 0)
		r = environment_json(recorder_clock_ns(run->recorder),
				     run->request->runtimes, run->request->plan,
				     &json, e);
	if (r == 0)
		r = store_begin_block(run->store, e);
	if (r == 0)
		r = store_put_run(
			run->store,
			&(struct store_run){
				.id = run->request->id,
				.tool = PACKAGE_STRING,
				.kernel = text_str(&kernel),
				.command = run->request->command,
				.started = environment_now(now),
				.environment = text_str(&json),
				.seed = run->request->seed,
				.trials_per_cell = run->request->trials,
				.blocks = run->plan.n_blocks,
			},
			e);
	if (r == 0)
		r = put_inputs(run, e);
	for (size_t i = 0; r == 0 && i < run->request->n_topologies; i++)
		r = put_sysctls(run, &run->labs[i], e);
	return r < 0 ? r : store_commit_block(run->store, e);
}

/* Programs of the user say more than our scripts do, and HTTP/2 can be read
 * only as far as it was captured. */
static uint32_t snap_bytes(const struct run_request *q)
{
	enum { PROGRAM_SNAP_BYTES = 2048 };

	if (q->snap_bytes)
		return q->snap_bytes;
	for (size_t i = 0; i < q->n_workloads; i++)
		if (exec_given(&q->workloads[i].exec))
			return PROGRAM_SNAP_BYTES;
	return LIVE_SNAP_BYTES;
}

static int open_outputs(struct run *run, struct err *e)
{
	const struct run_request *q = run->request;
	own_text struct text path = { .s = NULL };
	int r;

	text_addf(&path, "%s/run.db", q->dir);
	if (path.failed)
		return err_no_memory(e);
	r = store_create(&run->store, path.s, e);
	if (r == 0 && !q->no_files && !is_silent(q))
		r = recorder_new(&run->recorder,
				 &(struct recorder_options){
					 .dir = q->dir,
					 .id = q->id,
					 .command = q->command,
					 .seed = q->seed,
					 .snap_bytes = snap_bytes(q) },
				 e);
	if (r == 0)
		r = collector_new(&run->collector, run->recorder, e);
	return r;
}

static int make_labels(struct run *run, struct err *e)
{
	const struct run_request *q = run->request;

	run->labels = calloc(q->n_topologies, sizeof(*run->labels));
	if (!run->labels)
		return err_errno(e, "topologies");
	for (size_t i = 0; i < q->n_topologies; i++)
		param_label(&q->topologies[i], &run->labels[i]);
	return 0;
}

static int make_plan(struct run *run, struct err *e)
{
	const struct run_request *q = run->request;
	const uint32_t cells = n_cells(q) << q->observer_check;
	const int r = plan_init(&run->plan, cells, q->trials, q->seed, e);

	if (r < 0)
		return r;
	run->done = calloc(cells, sizeof(*run->done));
	run->context.cells = calloc(cells, sizeof(*run->context.cells));
	if (!run->done || !run->context.cells)
		return err_errno(e, "cells");
	return make_labels(run, e);
}

static int open_labs(struct run *run, struct err *e)
{
	const struct run_request *q = run->request;
	int r;

	run->options = (struct lab_options){
		.libexec = q->libexec,
		.workloads = q->workloads,
		.n_workloads = q->n_workloads,
		.seed = q->seed,
		.capture = !is_silent(q),
		.snap_bytes = snap_bytes(q),
	};
	r = lab_open(q->topologies, q->n_topologies, &run->options, &run->labs,
		     e);
	if (r == 0 && q->observer_check)
		r = observer_open(&run->observer, q, &run->options, e);
	return r;
}

static int open_sources(struct run *run, struct err *e)
{
	const struct run_request *q = run->request;

	run->sources = (struct sources){ .labs = run->labs,
					 .n_labs = q->n_topologies,
					 .options = &run->options,
					 .level = q->evidence };
	return q->no_capture ? 0
			     : sources_open(&run->sources, &run->evidence, e);
}

/* What every batch works with, borrowed from the run. */
static void fill_context(struct run *run)
{
	const struct run_request *q = run->request;
	struct batch_context *c = &run->context;

	c->silent = q->evidence == EVIDENCE_SILENT;
	c->light = q->evidence == EVIDENCE_LIGHT;
	c->compared = q->observer_check;
	c->labs = &run->options;
	c->events = run->events;
	c->id = q->id;
	c->limit = &run->limit;
	c->collector = run->collector;
	c->recorder = run->recorder;
	c->evidence = run->evidence;
	c->store = run->store;
	observer_share(&run->observer, c);
}

static int prepare(struct run *run, struct err *e)
{
	static int (*const steps[])(struct run * run, struct err * e) = {
		make_plan, open_labs, open_outputs, put_head, open_sources
	};

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		const int r = steps[i](run, e);

		if (r < 0)
			return r;
	}
	fill_context(run);
	run->started_ns = clock_now_ns();
	if (run->request->max_time_ns)
		run->limit.until_ns =
			run->started_ns + run->request->max_time_ns;
	return 0;
}

static uint64_t planned_trials(const struct run *run)
{
	uint64_t cells = 0;

	for (uint32_t i = 0; i < n_cells(run->request); i++)
		cells += !is_left_out(run->request, i);
	return cells * run->request->trials << run->request->observer_check;
}

static uint64_t done_trials(const struct run *run)
{
	return run->context.trials + run->observer.context.trials;
}

static void tell(const struct run *run, uint32_t cell)
{
	const struct run_request *q = run->request;

	if (!run->events->progress)
		return;
	run->events->progress(
		&(struct run_progress){
			.done = done_trials(run),
			.total = planned_trials(run),
			.resets = run->context.outcomes[OUTCOME_RESET],
			.elapsed_ns = clock_now_ns() - run->started_ns,
			.topology =
				text_str(&run->labels[cell_topology(q, cell)]),
			.workload = q->workloads[cell_workload(q, cell)].name,
		},
		run->events->arg);
}

/* The longest stretch from @first on that is one lab's: one batch. */
static size_t fill_batch(struct run *run, const struct plan_block *block,
			 size_t first, struct batch *b)
{
	const struct run_request *q = run->request;
	const uint32_t cells = n_cells(q), first_cell = block->cells[first];
	const bool silent = is_of_observer(q, first_cell);
	const size_t topology = cell_topology(q, first_cell % cells);
	size_t i = first;

	b->lab = silent ? &run->observer.labs[topology] : &run->labs[topology];
	b->block = block->number;
	b->n = 0;
	for (; i < block->n_trials && b->n < PROBE_BATCH_MAX; i++) {
		const uint32_t place = block->cells[i], cell = place % cells;

		if (cell_topology(q, cell) != topology ||
		    is_of_observer(q, place) != silent ||
		    (q->count_cells && cell != first_cell))
			break;
		if (is_left_out(q, cell))
			continue;
		b->trials[b->n++] = (struct batch_trial){
			.cell = cell,
			.number = ++run->done[place],
			.position = (uint32_t)i,
			.workload = cell_workload(q, cell),
		};
	}
	return i;
}

/* Not of what was never captured. */
static int check_block(struct run *run, uint32_t number, struct err *e)
{
	int r = 0;

	if (is_silent(run->request))
		return 0;
	for (size_t i = 0; r == 0 && i < run->request->n_topologies; i++)
		r = block_check(&run->labs[i], run->evidence, number,
				run->store, e);
	return r;
}

static int run_block(struct run *run, const struct plan_block *block,
		     struct err *e)
{
	struct batch batch;
	int r;

	r = store_begin_block(run->store, e);
	for (size_t i = 0;
	     r == 0 && i < block->n_trials && !limit_overdue(&run->limit);) {
		const uint32_t place = block->cells[i];
		struct batch_context *context =
			is_of_observer(run->request, place)
				? &run->observer.context
				: &run->context;

		i = fill_batch(run, block, i, &batch);
		if (!batch.n)
			continue;
		r = run->request->count_cells ? tally_run(&batch, context, e)
					      : batch_run(&batch, context, e);
		if (r == 0)
			tell(run, place % n_cells(run->request));
	}
	if (r == 0)
		r = check_block(run, block->number, e);
	return r < 0 ? r : store_commit_block(run->store, e);
}

static int run_blocks(struct run *run, struct run_verdict *ret, struct err *e)
{
	const uint64_t planned = planned_trials(run);
	struct plan_block block;
	int r = 0;

	while (r == 0 && !limit_reached(&run->limit) &&
	       plan_next(&run->plan, &block))
		r = run_block(run, &block, e);
	ret->complete = done_trials(run) == planned;
	if (!ret->complete)
		ret->stopped = limit_reached(&run->limit);
	return r;
}

/* The captures of the whole run: frames seen and frames lost. */
static int count_frames(const struct run *run, struct run_verdict *ret,
			struct err *e)
{
	for (size_t i = 0; i < run->request->n_topologies; i++) {
		const struct lab *lab = &run->labs[i];

		for (size_t j = 0; j < lab->n_nodes; j++) {
			uint64_t seen, dropped;
			int r;

			if (!lab->nodes[j].live)
				continue;
			r = live_stats(lab->nodes[j].live, &seen, &dropped, e);
			if (r < 0)
				return r;
			ret->packets += seen;
			ret->dropped += dropped;
		}
	}
	return 0;
}

static void count_cells(const struct run *run, struct run_verdict *ret)
{
	for (uint32_t i = 0; i < n_cells(run->request); i++) {
		const struct batch_cell *c = &run->context.cells[i];

		ret->cells_unjudged += run->done[i] && !c->judged;
		ret->cells_invalid += c->invalid > c->judged;
	}
}

static int finish(struct run *run, struct run_verdict *ret, struct err *e)
{
	char now[32];
	int r = 0;

	ret->balanced = true;
	r = store_begin_block(run->store, e);
	for (size_t i = 0; r == 0 && i < run->request->n_topologies; i++) {
		r = batch_finish(&run->labs[i], &run->context, e);
		if (r == 0 && !is_silent(run->request))
			r = books_close(&run->labs[i], run->store,
					&ret->balanced, e);
	}
	if (r == 0)
		r = sources_store(&run->sources, run->evidence, run->store, e);
	if (r == 0)
		r = count_frames(run, ret, e);
	if (r == 0)
		r = store_commit_block(run->store, e);
	if (r == 0 && run->recorder)
		r = recorder_finish(run->recorder, e);
	if (r < 0)
		return r;
	ret->trials = run->context.trials;
	ret->judged = run->context.outcomes[OUTCOME_CLEAN] +
		      run->context.outcomes[OUTCOME_RESET];
	ret->invalid = run->context.outcomes[OUTCOME_INVALID];
	ret->undecoded = collector_undecoded(run->collector);
	count_cells(run, ret);
	return store_finish(run->store,
			    &(struct store_end){
				    .complete = ret->complete,
				    .ended = environment_now(now),
				    .stopped = ret->stopped,
				    .packets = ret->packets,
				    .dropped = ret->dropped,
			    },
			    e);
}

int run_execute(const struct run_request *r, const struct run_events *events,
		const volatile sig_atomic_t *stop, struct run_verdict *ret,
		struct err *e)
{
	own_run struct run run = { .request = r,
				   .events = events,
				   .limit = { .stop = stop } };
	int result;

	*ret = (struct run_verdict){ .complete = false };
	result = prepare(&run, e);
	if (result == 0)
		result = run_blocks(&run, ret, e);
	if (result == 0)
		result = finish(&run, ret, e);
	return result;
}
