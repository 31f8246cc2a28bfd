/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/batch-parts.h"

#include "lab/base/clock.h"
#include "lab/base/grow.h"
#include "lab/run/books.h"
#include "lab/run/counted.h"
#include "lab/run/silent.h"
#include "lab/spec/hold.h"

#include <string.h>

/* How long to wait for the last segments of a batch.  A connection that is
 * still open then, with sockets that could speak, is retransmitting. */
#define SETTLE_NS (500 * NS_PER_MS)

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

static int play(struct batch_work *w, struct err *e)
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
	w->b->n = w->play.n;
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
static bool note_dead_process(struct batch_work *w)
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

static struct batch_found *next_found(struct batch_work *w)
{
	struct batch_context *ctx = w->ctx;

	return GROW(ctx->found, w->n_found, ctx->found_cap)
		       ? &ctx->found[w->n_found++]
		       : NULL;
}

static void take_connection(const struct connection *c, void *arg)
{
	struct batch_work *w = arg;
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

/* What the rings hold -> connections, in .found. */
static int analyse(struct batch_work *w, struct err *e)
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
		return err_no_memory(e);
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
static bool is_dialling(const struct batch_work *w)
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

/* All of @b have the same driver; .n becomes the number of those that ran. */
static int run_part(struct batch *b, struct batch_context *ctx, struct err *e)
{
	const struct driver *driver = driver_of_trial(ctx, &b->trials[0]);
	struct batch_work w = { .b = b, .ctx = ctx, .driver = driver };
	bool process_died = false;
	int r = 0;

	if (hears_deaths(b, ctx)) {
		counted_begin(b->lab);
		r = deaths_begin(b->lab, e);
	}
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
		r = batch_store(&w, e);
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

/* Can @next be played in one go with @first? */
static bool joins(const struct batch *b, const struct batch_trial *first,
		  const struct batch_trial *next,
		  const struct batch_context *ctx)
{
	const struct driver *driver = driver_of_trial(ctx, first);

	return !looks(ctx, next) && driver_of_trial(ctx, next) == driver &&
	       (!driver->joins ||
		driver->joins(b->lab, ctx->labs, first, next));
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
	       joins(b, &b->trials[first], &b->trials[first + n], ctx))
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
	struct batch none = { .lab = lab };
	struct batch_work w = { .b = &none, .ctx = ctx };
	int r = analyse(&w, e);

	return r < 0 ? r : batch_store(&w, e);
}

void batch_context_done(struct batch_context *ctx)
{
	for (int side = 0; side < SIDES; side++) {
		text_done(&ctx->app[side]);
		text_done(&ctx->calls[side]);
	}
	free(ctx->found);
}
