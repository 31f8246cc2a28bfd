/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/programs-parts.h"

#include "lab/store/program.h"

#include <string.h>

static void add_status(int status, struct text *app)
{
	const char *name = status > 128 ? sigabbrev_np(status - 128) : NULL;

	if (status == 0)
		text_add(app, "ok");
	else if (name)
		text_addf(app, "SIG%s", name);
	else
		text_addf(app, "exit %d", status);
}

/* It went well, and what is known of the programs now is not of it. */
static bool is_past(const struct programs *p, size_t i)
{
	return i < p->n_past;
}

void programs_tell(const struct play *play, size_t i, int side,
		   int64_t begin_ns, struct text *app, struct text *calls)
{
	const struct programs *p = play->lab->programs;

	(void)begin_ns;
	(void)calls;
	if (is_past(p, i))
		text_add(app, "ok");
	else if (side == SIDE_CLIENT && !p->clients_turn)
		text_add(app, "not started");
	else if (side == SIDE_SERVER && !p->with_server)
		text_add(app, "none");
	else if (side == SIDE_SERVER && p->server_failed)
		text_add(app, "no listener");
	else if (side == SIDE_CLIENT && p->timed_out)
		text_add(app, "timeout");
	else if (p->stopped[side] || !p->sides[side].ended)
		text_add(app, "ok");
	else
		add_status(p->sides[side].status, app);
}

/* How the side ended by itself, when that was no success; else NULL. */
static const char *bad_end(struct programs *p, int side)
{
	const struct program *program = &p->sides[side];
	char status[CHILD_STATUS_MAX];

	if (p->stopped[side] || !program->ended || program->status == 0)
		return NULL;
	p->why.n = 0;
	text_addf(&p->why, "the %s %s%s", side_names[side],
		  program->status > 128 ? "was " : "",
		  child_status_text(program->status, status));
	return text_str(&p->why);
}

/* What went wrong with the programs, or NULL. */
static const char *program_failure(struct programs *p)
{
	const char *why = NULL;

	if (p->timed_out)
		return "the deadline passed";
	for (int side = 0; !why && side < SIDES; side++)
		why = bad_end(p, side);
	return why;
}

/* What went wrong on the wire without any RST, or NULL. */
static const char *wire_failure(struct programs *p, const struct exec *x,
				const struct trial_facts *f)
{
	if (!f->counted && f->dialled < x->connections) {
		p->why.n = 0;
		text_addf(&p->why, "the client made %u of %u connections",
			  f->dialled, x->connections);
		return text_str(&p->why);
	}
	if (f->resets)
		return "the server had not closed a connection when it was "
		       "stopped";
	return f->all_over || f->counted ? NULL : "a connection was left open";
}

/* No connection: say why, if the client says it. */
static const char *nothing_captured(struct programs *p, bool past)
{
	const char *end = past ? NULL : bad_end(p, SIDE_CLIENT);
	char status[CHILD_STATUS_MAX];

	if (p->timed_out && !past)
		return "the client made no connection until the deadline";
	if (!end)
		return "the client made no connection";
	p->why.n = 0;
	text_addf(&p->why, "the client made no connection and %s%s",
		  p->sides[SIDE_CLIENT].status > 128 ? "was " : "",
		  child_status_text(p->sides[SIDE_CLIENT].status, status));
	return text_str(&p->why);
}

/* Did a reset come about before the lab ended a program?  Counters tell of no
 * time, only that there was one: then that of a client which was not ended. */
static bool was_reset(const struct programs *p, bool past,
		      const struct trial_facts *f)
{
	if (!f->resets)
		return false;
	if (f->counted)
		return !p->stopped[SIDE_CLIENT];
	return past || !p->stopped_ns || f->reset_ns < p->stopped_ns;
}

/* The wire decides: what a program says of itself does not make a reset, nor
 * take one away.  But an RST that follows when the lab ends a program is none
 * of the program's. */
enum outcome programs_judge(const struct play *play, size_t i,
			    const struct trial_facts *f, const char **ret_why)
{
	struct programs *p = play->lab->programs;
	const struct workload *w =
		&play->options->workloads[play->trials[i].workload];
	const bool past = is_past(p, i);

	*ret_why = p->server_failed && !past	 ? text_str(&p->why)
		   : !f->captured && !f->counted ? "not captured"
						 : f->broken;
	if (*ret_why)
		return OUTCOME_INVALID;
	if (was_reset(p, past, f))
		return OUTCOME_RESET;
	if (f->connections == 0 && !f->counted)
		*ret_why = nothing_captured(p, past);
	else if (f->unjudged)
		*ret_why = "a connection was captured in part only";
	if (*ret_why)
		return OUTCOME_INVALID;
	*ret_why = past ? NULL : program_failure(p);
	if (!*ret_why)
		*ret_why = wire_failure(p, &w->exec, f);
	return *ret_why ? OUTCOME_OTHER : OUTCOME_CLEAN;
}

/* --- what is kept of them --------------------------------------------------
 */

static int keep_side(const struct programs *p, int side, struct store *store,
		     int64_t trial, struct err *e)
{
	const struct program *program = &p->sides[side];
	char bytes[PROGRAM_STREAMS][PROGRAM_TEXT_MAX];
	struct store_program row = {
		.trial = trial,
		.side = (enum side)side,
		.command = text_str(&p->shown[side]),
		.stopped = p->stopped[side] || !program->ended,
		.status = program->status,
	};

	for (int i = 0; i < PROGRAM_STREAMS; i++) {
		const struct program_output *o = &program->outputs[i];

		row.outputs[i].bytes = bytes[i];
		row.outputs[i].n = program_output_get(o, bytes[i]);
		row.outputs[i].printed = o->bytes;
	}
	return store_put_program(store, &row, e);
}

int programs_keep(const struct play *play, size_t i, struct store *store,
		  int64_t trial, struct err *e)
{
	const struct programs *p = play->lab->programs;
	int r = 0;

	if (is_past(p, i))
		return programs_keep_past(p, i, store, trial, e);
	if (p->with_server)
		r = keep_side(p, SIDE_SERVER, store, trial, e);
	if (r == 0 && p->clients_turn)
		r = keep_side(p, SIDE_CLIENT, store, trial, e);
	return r;
}

/* The last words of the side that is to blame. */
void programs_remark(const struct play *play, size_t i, struct text *out)
{
	const struct programs *p = play->lab->programs;
	const int side = p->clients_turn ? SIDE_CLIENT : SIDE_SERVER;
	own_text struct text line = { .s = NULL };

	if (is_past(p, i))
		return; /* nobody said a word */
	program_last_line(&p->sides[side].outputs[PROGRAM_ERR], &line);
	if (line.n)
		text_addf(out, "; the %s said: %s", side_names[side], line.s);
}
