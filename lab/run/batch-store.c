/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A trial's row comes first, for its sockets and connections
 * name it: so the connections wait in .found until their trial is judged, and
 * those that belong to none come last.
 */
#include "lab/run/batch-parts.h"

#include "lab/run/annotate.h"
#include "lab/run/counted.h"
#include "lab/run/reset-frame.h"
#include "lab/spec/param.h"

#include <string.h>

static const char *node_name(const void *arg, uint16_t node)
{
	const struct lab *lab = arg;

	return node == FLOW_NOBODY ? "outside"
				   : lab->nodes[node].net->spec->name;
}

static const char *interface_name(const void *arg, struct flow_point p)
{
	const struct lab *lab = arg;

	return net_interface_name(lab->nodes[p.node].net, p.interface);
}

/* A side that is not the program itself has no node to look for it in. */
static uint16_t node_of(const struct match *m, enum side side, uint16_t node)
{
	return m->program[side] ? node : FLOW_NOBODY;
}

/* Why it was reset.  Returns: false when it was not. */
static bool judge_cause(const struct batch_work *w, const struct batch_found *f,
			const struct store_names *names, struct verdict *ret)
{
	struct evidence_program told[SIDES];
	struct evidence_case c = { .connection = &f->c,
				   .client_node = names->client_node,
				   .server_node = names->server_node };

	for (int side = 0; side < SIDES; side++)
		if (f->match.trial >= 0 && f->match.program[side] &&
		    w->driver->account &&
		    w->driver->account(&w->play, (size_t)f->match.trial, side,
				       &told[side]))
			c.programs[side] = &told[side];
	return evidence_judge(w->ctx->evidence, w->b->lab, &c, ret);
}

static int annotate(const struct batch_work *w, const struct batch_found *f,
		    const struct store_connection *c,
		    const struct store_names *names, struct err *e)
{
	const struct batch_trial *trial =
		f->match.trial < 0 ? NULL : &w->b->trials[f->match.trial];

	return annotate_connection(
		w->ctx->recorder,
		&(struct annotation){
			.connection = c->connection,
			.verdict = c->verdict,
			.frames = c->frame ? c->frame->frames : NULL,
			.names = names,
			.topology = w->b->lab->topology,
			.run = w->ctx->id,
			.workload =
				trial ? w->ctx->labs->workloads[trial->workload]
						.name
				      : NULL,
			.trial = trial ? trial->number : 0,
		},
		e);
}

/* @row: of the trial, or 0 */
static int store_connection(const struct batch_work *w,
			    const struct batch_found *f, int64_t row,
			    uint32_t cell, struct err *e)
{
	const struct lab *lab = w->b->lab;
	const struct store_names names = {
		.node = node_name,
		.interface = interface_name,
		.arg = lab,
		.client_node =
			node_of(&f->match, SIDE_CLIENT, lab->client_node),
		.server_node =
			node_of(&f->match, SIDE_SERVER, lab->server_node),
	};
	own_text struct text frame_name = { .s = NULL };
	struct verdict verdict;
	struct store_frame frame;
	struct store_connection c = {
		.trial = row,
		.cell = cell,
		.connection = &f->c,
		.verdict =
			judge_cause(w, f, &names, &verdict) ? &verdict : NULL,
	};
	int r = reset_frame_find(collector_keep(w->ctx->collector), &f->c,
				 c.verdict, &frame_name, &frame, e);

	if (r < 0)
		return r;
	c.frame = r ? &frame : NULL;
	r = store_put_connection(w->ctx->store, &c, &names, e);
	return r < 0 ? r : annotate(w, f, &c, &names, e);
}

static int store_connections(const struct batch_work *w, int trial, int64_t row,
			     uint32_t cell, struct err *e)
{
	const struct batch_found *found = w->ctx->found;

	for (size_t i = 0; i < w->n_found; i++) {
		int r;

		if (found[i].match.trial != trial)
			continue;
		r = store_connection(w, &found[i], row, cell, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static void count(struct batch_context *ctx, uint32_t cell,
		  enum outcome outcome)
{
	struct batch_cell *c = &ctx->cells[cell];

	ctx->trials++;
	ctx->outcomes[outcome]++;
	c->judged += outcome == OUTCOME_CLEAN || outcome == OUTCOME_RESET;
	c->invalid += outcome == OUTCOME_INVALID;
}

/* Of the first trials of a cell that were no success, by the name that the
 * other commands take. */
static void tell_user(const struct batch_work *w, size_t i,
		      enum outcome outcome, const char *why)
{
	enum { MOST = 3 };
	const struct batch_trial *bt = &w->b->trials[i];
	struct batch_context *ctx = w->ctx;
	own_text struct text t = { .s = NULL };
	uint32_t *told = &ctx->cells[bt->cell].told;

	if (!why || !w->driver->remark || !ctx->events->note ||
	    (*told)++ >= MOST)
		return;
	text_addf(&t, "%s:", ctx->id);
	param_label(w->b->lab->topology, &t);
	text_addf(&t, "/%s:%u: %s: %s", ctx->labs->workloads[bt->workload].name,
		  bt->number, outcome_names[outcome], why);
	w->driver->remark(&w->play, i, &t);
	if (*told == MOST)
		text_add(&t, " (no more of this cell is told; the database "
			     "has all)");
	ctx->events->note(text_str(&t), ctx->events->arg);
}

/* What the counters alone say of a trial, in either arm. */
static int store_observed(struct batch_work *w, size_t i, struct err *e)
{
	const struct batch_trial *bt = &w->b->trials[i];
	struct store_observed o = {
		.cell = bt->cell,
		.block = w->b->block,
		.position = bt->position,
		.arm = w->ctx->silent ? OBSERVER_SILENT : OBSERVER_MEASURED,
	};

	memcpy(w->counted.app, w->facts[i].app, sizeof(w->counted.app));
	w->counted.broken = w->facts[i].broken;
	o.outcome = w->driver->judge(&w->play, i, &w->counted, &o.why);
	return store_put_observed(w->ctx->store, &o, e);
}

/* What both programs saw and called, as texts that live until the next. */
static int tell_programs(struct batch_work *w, size_t i, struct store_trial *t,
			 struct err *e)
{
	for (int side = 0; side < SIDES; side++) {
		struct text *app = &w->ctx->app[side];
		struct text *calls = &w->ctx->calls[side];

		w->facts[i].app[side] = w->told[i].app[side];
		app->n = calls->n = 0;
		w->driver->tell(&w->play, i, side, t->start_ns, app, calls);
		if (app->failed || calls->failed)
			return err_no_memory(e);
		t->app[side] = text_str(app);
		t->calls[side] = calls->n ? text_str(calls) : NULL;
	}
	return 0;
}

/* What belongs to the trial of row @row, besides its connections. */
static int store_around(struct batch_work *w, size_t i, int64_t row,
			struct err *e)
{
	const struct batch_trial *bt = &w->b->trials[i];
	struct batch_context *ctx = w->ctx;
	int r = 0;

	if (w->driver->keep)
		r = w->driver->keep(&w->play, i, ctx->store, row, e);
	if (r >= 0)
		r = look_store(w->b->lab, &ctx->labs->workloads[bt->workload],
			       ctx->store, row, e);
	if (r == 0)
		r = deaths_store(w->b->lab, ctx->store, row, e);
	return r;
}

static int store_trial(struct batch_work *w, size_t i, struct err *e)
{
	const struct batch_trial *bt = &w->b->trials[i];
	struct batch_context *ctx = w->ctx;
	struct trial_facts *facts = &w->facts[i];
	struct store_trial t = { .cell = bt->cell,
				 .number = bt->number,
				 .block = w->b->block,
				 .position = bt->position };
	int64_t row;
	int r;

	match_trial_time(&w->told[i], &t.start_ns, &t.duration_ns);
	r = tell_programs(w, i, &t, e);
	if (r < 0)
		return r;
	facts->captured = ctx->labs->capture;
	t.outcome = w->driver->judge(&w->play, i, facts, &t.why);
	count(ctx, t.cell, t.outcome);
	if (ctx->compared) {
		r = store_observed(w, i, e);
		if (r < 0 || ctx->silent)
			return r;
	}
	tell_user(w, i, t.outcome, t.why);
	row = store_put_trial(ctx->store, &t, e);
	if (row < 0)
		return (int)row;
	r = store_around(w, i, row, e);
	return r < 0 ? r : store_connections(w, (int)i, row, bt->cell, e);
}

/* Left out, because the run was overdue before it began. */
static bool is_left_out(const struct batch_work *w, size_t i)
{
	return !w->play.died && limit_overdue(w->ctx->limit) &&
	       (!w->told[i].app[SIDE_CLIENT] || !w->told[i].app[SIDE_SERVER]);
}

int batch_store(struct batch_work *w, struct err *e)
{
	int r = 0;

	counted_forget(w->b->lab);
	filtered_forget(w->b->lab);
	for (size_t i = 0; r == 0 && i < w->b->n; i++)
		if (!is_left_out(w, i))
			r = store_trial(w, i, e);
	if (r == 0)
		r = store_connections(w, -1, 0, 0, e);
	keep_forget(collector_keep(w->ctx->collector));
	if (r == 0)
		r = recorder_settle(w->ctx->recorder, w->b->lab, e);
	if (w->ctx->evidence)
		evidence_forget(w->ctx->evidence, w->b->lab);
	return r;
}
