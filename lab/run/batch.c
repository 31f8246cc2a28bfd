/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/batch.h"

#include "lab/base/clock.h"
#include "lab/run/annotate.h"
#include "lab/run/books.h"
#include "lab/run/counted.h"
#include "lab/run/found.h"
#include "lab/run/reset-frame.h"
#include "lab/run/silent.h"
#include "lab/spec/hold.h"
#include "lab/spec/param.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* How long to wait for the last segments of a batch.  A connection that is
 * still open then, with sockets that could speak, is retransmitting. */
#define SETTLE_NS (500 * NS_PER_MS)

/* A connection waits here for its trial's row, which it names. */
struct work {
	const struct batch *b;
	struct batch_context *ctx;
	const struct driver *driver;
	struct play play;
	struct match_trial told[PROBE_BATCH_MAX];
	struct trial_facts facts[PROBE_BATCH_MAX];
	struct trial_facts counted; /* of a trial that stands alone */
	size_t n_found;
	bool failed; /* out of memory */
};

struct drain {
	struct batch_context *ctx;
	struct lab *lab;
	struct err err;
	int failed;
};

/* Keep the rings from filling up.  Returns: is it late? */
static bool drain_rings(void *arg)
{
	struct drain *d = arg;
	int r;

	if (d->failed)
		return true;
	r = collector_take(d->ctx->collector, d->lab, &d->err);
	if (r >= 0)
		r = deaths_take(d->lab, &d->err);
	if (r < 0)
		d->failed = r;
	return limit_overdue(d->ctx->limit);
}

static int play(struct work *w, struct err *e)
{
	struct drain d = { .ctx = w->ctx, .lab = w->b->lab };
	int r;

	w->play = (struct play){ .lab = w->b->lab,
				 .options = w->ctx->labs,
				 .trials = w->b->trials,
				 .n = w->b->n,
				 .idle = drain_rings,
				 .idle_arg = &d,
				 .told = w->told };
	r = w->driver->play(&w->play, e);
	if (d.failed) {
		*e = d.err;
		return d.failed;
	}
	if (r == 0 && w->play.why.code && w->ctx->events->note)
		w->ctx->events->note(w->play.why.text, w->ctx->events->arg);
	return r;
}

/* A process that died has taken part of the network with it.  Returns: did
 * one? */
static bool note_dead_process(struct work *w)
{
	const struct lab *lab = w->b->lab;
	const char *why = process_check(lab->processes);
	char text[512];

	if (!why)
		return false;
	(void)snprintf(text, sizeof(text), "topology '%s': %s",
		       lab->topology->name, why);
	if (w->ctx->events->note)
		w->ctx->events->note(text, w->ctx->events->arg);
	for (size_t i = 0; i < w->b->n; i++)
		w->facts[i].broken = "a process of the topology died";
	return true;
}

static struct batch_found *next_found(struct work *w)
{
	struct batch_context *ctx = w->ctx;

	if (w->n_found == ctx->found_cap) {
		const size_t cap = ctx->found_cap ? 2 * ctx->found_cap : 64;
		struct batch_found *found =
			realloc(ctx->found, cap * sizeof(*found));

		if (!found)
			return NULL;
		ctx->found = found;
		ctx->found_cap = cap;
	}
	return &ctx->found[w->n_found++];
}

static void take_connection(const struct connection *c, void *arg)
{
	struct work *w = arg;
	struct lab *lab = w->b->lab;
	struct batch_found *found = next_found(w);
	const struct match_place place = {
		.client_node = lab->client_node,
		.server_node = lab->server_node,
		.connect = lab->topology->connect,
		.by_name = lab->topology->localhost != LOCALHOST_NONE,
		.listen = lab->topology->listen,
		.beyond = lab->beyond,
		.n_beyond = lab->n_beyond,
	};

	if (!found) {
		w->failed = true;
		return;
	}
	found->match = match_connection(&place, w->told, w->b->n, c);
	found_copy(&found->c, c);
	found_name_emitters(&found->c, lab);
	books_count(lab, c, w->ctx->evidence);
	if (found->match.trial < 0)
		return;
	trial_facts_add(&w->facts[found->match.trial], c);
	w->facts[found->match.trial].dialled +=
		found->match.program[SIDE_CLIENT];
	if (!found->match.program[SIDE_CLIENT])
		lab->relayed = true;
}

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
static bool judge_cause(const struct work *w, const struct batch_found *f,
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

static int annotate(const struct work *w, const struct batch_found *f,
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
static int store_connection(const struct work *w, const struct batch_found *f,
			    int64_t row, uint32_t cell, struct err *e)
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

static int store_connections(const struct work *w, int trial, int64_t row,
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
static void tell_user(const struct work *w, size_t i, enum outcome outcome,
		      const char *why)
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
static int store_observed(struct work *w, size_t i, struct err *e)
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

static int store_trial(struct work *w, size_t i, struct err *e)
{
	const struct batch_trial *bt = &w->b->trials[i];
	struct batch_context *ctx = w->ctx;
	const struct match_trial *told = &w->told[i];
	struct trial_facts *facts = &w->facts[i];
	struct store_trial t = { .cell = bt->cell,
				 .number = bt->number,
				 .block = w->b->block,
				 .position = bt->position };
	int64_t row;
	int r;

	match_trial_time(told, &t.start_ns, &t.duration_ns);
	for (int side = 0; side < SIDES; side++) {
		struct text *app = &ctx->app[side], *calls = &ctx->calls[side];

		facts->app[side] = told->app[side];
		app->n = calls->n = 0;
		w->driver->tell(&w->play, i, side, t.start_ns, app, calls);
		if (app->failed || calls->failed)
			return err_set(e, ERR_SYSTEM, ENOMEM, "trial");
		t.app[side] = text_str(app);
		t.calls[side] = calls->n ? text_str(calls) : NULL;
	}
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
	if (w->driver->keep) {
		r = w->driver->keep(&w->play, i, ctx->store, row, e);
		if (r < 0)
			return r;
	}
	r = look_store(w->b->lab, &ctx->labs->workloads[bt->workload],
		       ctx->store, row, e);
	if (r == 0)
		r = deaths_store(w->b->lab, ctx->store, row, e);
	return r < 0 ? r : store_connections(w, (int)i, row, bt->cell, e);
}

/* Left out, because the run was overdue before it began. */
static bool is_left_out(const struct work *w, size_t i)
{
	return !w->play.died && limit_overdue(w->ctx->limit) &&
	       (!w->told[i].app[SIDE_CLIENT] || !w->told[i].app[SIDE_SERVER]);
}

static int store_all(struct work *w, struct err *e)
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

/* What the rings hold -> connections, in .found. */
static int analyse(struct work *w, struct err *e)
{
	struct lab *lab = w->b->lab;
	int r;

	if (!w->ctx->labs->capture)
		return 0;
	r = collector_settle(w->ctx->collector, lab,
			     SETTLE_NS + 2 * lab->silence_ns, e);
	if (r == 0 && w->ctx->evidence)
		r = evidence_take(w->ctx->evidence, e);
	if (r == 0)
		r = deaths_take(lab, e);
	if (r == 0)
		r = tracks_take(lab, e);
	if (r < 0)
		return r;
	flow_flush(lab->flow, take_connection, w);
	if (w->failed)
		return err_set(e, ERR_SYSTEM, ENOMEM, "connections of a batch");
	return 0;
}

static const struct driver *driver_of_trial(const struct batch_context *ctx,
					    const struct batch_trial *t)
{
	return driver_of(&ctx->labs->workloads[t->workload]);
}

static bool looks(const struct batch_context *ctx, const struct batch_trial *t)
{
	return hold_wanted(&ctx->labs->workloads[t->workload]);
}

/* What is left of the sockets when both programs are through. */
static int look_after(const struct batch *b, const struct batch_context *ctx,
		      struct err *e)
{
	return looks(ctx, &b->trials[0]) ? look_at(b->lab, LOOK_AFTER, e) : 0;
}

/*
 * What stands between the programs and got no answer to its SYN sends it again
 * after a second (RFC 6298 2), long after the trial: the server of the next
 * would accept it.
 */
static bool is_dialling(const struct work *w)
{
	for (size_t i = 0; w->b->lab->topology->processes.n && i < w->n_found;
	     i++)
		if (w->ctx->found[i].c.ending == ENDING_SYN_ONLY &&
		    !w->ctx->found[i].match.program[SIDE_CLIENT])
			return true;
	return false;
}

/*
 * Sockets that are destroyed say what the kernel's events say, and cost more:
 * they are heard where those cannot be had, and of trials whose sockets are
 * looked at.  A run without captures disturbs nothing.
 */
static bool hears_deaths(const struct batch *b, const struct batch_context *ctx)
{
	return looks(ctx, &b->trials[0]) ||
	       (ctx->labs->capture && !ctx->evidence && !ctx->light);
}

/* Trial by trial: it has to stand alone for that. */
static bool is_counted(const struct batch_context *ctx)
{
	return ctx->silent || ctx->compared;
}

/* All of @b have the same driver. */
static int run_part(const struct batch *b, struct batch_context *ctx,
		    struct err *e)
{
	const struct driver *driver = driver_of_trial(ctx, &b->trials[0]);
	struct work w = { .b = b, .ctx = ctx, .driver = driver };
	bool process_died = false;
	int r = 0;

	if (hears_deaths(b, ctx))
		r = deaths_begin(b->lab, e);
	if (r == 0)
		r = tracks_begin(b->lab, e);
	if (r == 0 && is_counted(ctx))
		r = silent_begin(b->lab, e);
	if (r == 0)
		r = play(&w, e);
	if (r == 0 && is_counted(ctx))
		r = silent_end(b->lab, &w.counted, e);
	if (ctx->silent)
		w.facts[0] = w.counted;
	if (r == 0)
		r = analyse(&w, e);
	if (r == 0)
		r = look_after(b, ctx, e);
	if (r == 0) {
		process_died = note_dead_process(&w);
		r = store_all(&w, e);
	}
	look_list_done(&b->lab->looks);
	if (r == 0)
		r = deaths_end(b->lab, e);
	if (r == 0 && w.play.died)
		r = driver->mend(&w.play, e);
	if (r == 0 && (process_died || is_dialling(&w) || lab_is_stuck(b->lab)))
		r = lab_restart_processes(b->lab, ctx->labs, e);
	return r;
}

/*
 * A relay may still be dialling for a client that is long in its next trial,
 * and would be given that one's server.  So where one is in the way, nothing
 * of a trial may be left when the next begins.  Whether one is cannot be told
 * from the topology: rules may lead around it.
 */
static bool is_relayed(const struct lab *lab)
{
	return lab->topology->processes.n && (!lab->surveyed || lab->relayed);
}

/* How many of @b, from @first on, can be played before they are analysed: one
 * alone, when its sockets are to be looked at. */
static size_t part_of(const struct batch *b, size_t first, bool relayed,
		      const struct batch_context *ctx)
{
	const struct driver *driver = driver_of_trial(ctx, &b->trials[first]);
	const bool alone =
		is_counted(ctx) || relayed || looks(ctx, &b->trials[first]);
	const size_t most = alone ? 1 : driver->most;
	size_t n = 1;

	while (n < most && first + n < b->n &&
	       !looks(ctx, &b->trials[first + n]) &&
	       driver_of_trial(ctx, &b->trials[first + n]) == driver)
		n++;
	return n;
}

int batch_run(const struct batch *b, struct batch_context *ctx, struct err *e)
{
	const bool relayed = is_relayed(b->lab);
	struct batch part = { .lab = b->lab, .block = b->block };
	size_t i = 0;
	int r = 0;

	while (r == 0 && i < b->n && !limit_overdue(ctx->limit)) {
		part.n = part_of(b, i, relayed, ctx);
		memcpy(part.trials, &b->trials[i],
		       part.n * sizeof(part.trials[0]));
		r = run_part(&part, ctx, e);
		i += part.n;
	}
	b->lab->surveyed = true;
	return r;
}

int batch_finish(struct lab *lab, struct batch_context *ctx, struct err *e)
{
	const struct batch none = { .lab = lab };
	struct work w = { .b = &none, .ctx = ctx };
	int r = analyse(&w, e);

	return r < 0 ? r : store_all(&w, e);
}

void batch_context_done(struct batch_context *ctx)
{
	for (int side = 0; side < SIDES; side++) {
		text_done(&ctx->app[side]);
		text_done(&ctx->calls[side]);
	}
	free(ctx->found);
}
