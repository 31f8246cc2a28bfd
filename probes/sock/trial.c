/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  Trials that need no process for each side are played, a row of
 * them at a time, by the process of the client (duet.c), with sockets that the
 * one of the server makes (loan.c).  In all others a side waits until the other
 * is ready for the same trial, plays its script up to the end or the first step
 * that fails, closes what is left, and says that it is done.  A script that
 * kills its process is played in a forked one, which writes into the same
 * shared memory; the process that stays must hold none of its sockets then.
 */
#include "probes/sock/trial.h"

#include "lab/base/clock.h"
#include "probes/sock/duet.h"
#include "probes/sock/play.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Was the last thing that the process did one that @signal ends it by? */
static struct probe_call *last_call(struct probe_result *result, int signal)
{
	const size_t n = result->n_calls;
	struct probe_call *last = n ? &result->calls[n - 1] : NULL;

	if (last && signal == SIGKILL && last->step == STEP_KILL)
		return last;
	if (last && signal == SIGPIPE &&
	    (last->step == STEP_SEND || last->step == STEP_FRAME ||
	     last->step == STEP_SEND_UNTIL_ERROR)) {
		last->error = EPIPE;
		return last;
	}
	return NULL;
}

/* What is left to say about a process that is gone. */
static enum probe_trial_state state_of_dead(struct probe_result *result,
					    int status)
{
	struct probe_call *last;

	if (WIFEXITED(status))
		return result->state; /* the script failed before its kill */
	last = last_call(result, WTERMSIG(status));
	if (!last)
		return PROBE_TRIAL_BROKEN;
	last->end_ns = clock_now_ns();
	return PROBE_TRIAL_RAN;
}

static void play_in_child(struct run *r)
{
	int status = 0;
	pid_t child;

	step_drop_listener(r->player);
	child = fork();
	if (child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		play_script(r);
		_exit(0);
	}
	if (child < 0) {
		r->result->state = PROBE_TRIAL_BROKEN;
		return;
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	r->result->state = (uint8_t)state_of_dead(r->result, status);
}

static bool kills(const struct player *p, const struct probe_trial *t)
{
	const struct script *s = play_script_of(p, t, p->side);

	return play_count(s, STEP_KILL) || play_count(s, STEP_SIGPIPE);
}

/* Is there something that the lab has to undo at the end of the list? */
static bool changes(const struct player *p, const struct probe_trial *t)
{
	const struct script *s = play_script_of(p, t, p->side);

	return play_count(s, STEP_FAULT) || play_count(s, STEP_SYSCTL) ||
	       play_count(s, STEP_NOTE);
}

/* May the listener of the trial before serve @t? */
static bool keeps_listener(const struct player *p, const struct probe_trial *t)
{
	return p->listener >= 0 &&
	       play_begins_with(play_script_of(p, t, p->side), STEP_LISTEN) &&
	       !kills(p, t) &&
	       ip_endpoint_equal(&p->listening, &t->addresses[p->side]);
}

/*
 * The client waits for the server to be ready, the server for the client to
 * be done with the trial before; the lab waits for both between batches.  A
 * side may be at most as late as the trial before and this one may take.
 */
static bool wait_for_peer(struct player *p, const struct probe_trial *batch,
			  size_t index)
{
	const struct probe_trial *t = &batch[index];
	int64_t until = clock_now_ns() + t->deadline_ns;

	if (index > 0)
		until += batch[index - 1].deadline_ns;
	if (p->side == SIDE_CLIENT)
		return pace_wait(&p->pace, t->number, PROGRESS_READY, until);
	return index == 0 || pace_wait(&p->pace, batch[index - 1].number,
				       PROGRESS_DONE, until);
}

static void play(struct run *r)
{
	struct player *p = r->player;

	r->was_ready = keeps_listener(p, r->trial) && !r->first;
	if (!keeps_listener(p, r->trial))
		step_drop_listener(p);
	if (kills(p, r->trial))
		play_in_child(r);
	else
		play_script(r);
	if (changes(p, r->trial))
		(void)step_ask_lab(r, FAULT_COUNT);
}

/* The listener is up for the next trial: let the client not wait for us to
 * wake up. */
static void say_done(struct player *p, const struct probe_trial *batch,
		     size_t n, size_t index)
{
	if (index + 1 < n && batch[index + 1].apart &&
	    keeps_listener(p, &batch[index + 1]))
		pace_reach(&p->pace, batch[index + 1].number, PROGRESS_READY);
	else
		pace_reach(&p->pace, batch[index].number, PROGRESS_DONE);
}

static void play_own(struct player *p, const struct probe_trial *batch,
		     size_t n, size_t index)
{
	const struct probe_trial *t = &batch[index];
	struct probe_result *result = &p->pace.shared->results[p->side][index];
	struct run r = {
		.player = p,
		.trial = t,
		.first = index == 0,
		.result = result,
		.peer = &p->pace.shared->results[!p->side][index],
	};
	bool on;

	/* What was not begun leaves no result; a peer that did begin waits
	 * for its deadline. */
	if (atomic_load(&p->pace.shared->cancelled)) {
		pace_reach(&p->pace, t->number, PROGRESS_DONE);
		return;
	}
	on = wait_for_peer(p, batch, index);
	*result = (struct probe_result){ .number = t->number,
					 .begin_ns = clock_now_ns() };
	r.deadline_ns = result->begin_ns + t->deadline_ns;
	if (on) {
		play(&r);
	} else {
		step_drop_listener(p); /* the late client may be in its queue */
		result->state = PROBE_TRIAL_TIMEOUT;
	}
	result->end_ns = clock_now_ns();
	say_done(p, batch, n, index);
}

/* --- trials that one process plays -----------------------------------------
 */

static struct run run_of(struct player *p, const struct probe_trial *t,
			 size_t index)
{
	struct probe_result *result = &p->pace.shared->results[p->side][index];

	*result = (struct probe_result){ .number = t->number,
					 .begin_ns = clock_now_ns() };
	return (struct run){
		.player = p,
		.trial = t,
		.result = result,
		.peer = &p->pace.shared->results[!p->side][index],
		.deadline_ns = result->begin_ns + t->deadline_ns,
	};
}

static void play_both(struct cast *cast, const struct probe_trial *t,
		      size_t index)
{
	struct run client = run_of(&cast->own, t, index);
	struct run server = run_of(&cast->other, t, index);
	struct run *runs[SIDES] = {
		[SIDE_CLIENT] = &client, [SIDE_SERVER] = &server
	};

	if (!keeps_listener(&cast->other, t))
		step_drop_listener(&cast->other);
	if (duet_play(runs) == 0)
		return;
	for (int side = 0; side < SIDES; side++)
		runs[side]->result->state = PROBE_TRIAL_BROKEN;
}

/* The server's process did not come in time. */
static void play_alone(struct player *p, const struct probe_trial *t,
		       size_t index)
{
	struct run r = run_of(p, t, index);

	r.result->state = PROBE_TRIAL_TIMEOUT;
	r.result->end_ns = r.result->begin_ns;
}

/* The client's process: play both sides of [@first, @end). */
static void play_row(struct cast *cast, const struct probe_trial *batch,
		     size_t first, size_t end)
{
	struct player *p = &cast->own;
	bool lent = false;

	for (size_t i = first; i < end; i++) {
		if (!atomic_load(&p->pace.shared->cancelled)) {
			lent = lent || wait_for_peer(p, batch, first);
			if (lent)
				play_both(cast, &batch[i], i);
			else
				play_alone(p, &batch[i], i);
		}
		pace_reach(&p->pace, batch[i].number, PROGRESS_DONE);
	}
	step_drop_listener(&cast->other);
	loan_end(batch[end - 1].number);
}

/* The server's process meanwhile: make the sockets, hold none. */
static void lend_row(struct cast *cast, const struct probe_trial *batch,
		     size_t first, size_t end)
{
	struct player *p = &cast->own;
	int64_t until_ns = clock_now_ns();

	(void)wait_for_peer(p, batch, first);
	step_drop_listener(p);
	pace_reach(&p->pace, batch[first].number, PROGRESS_READY);
	/* a side waits for its deadline, and for the other's after it */
	for (size_t i = first; i < end; i++)
		until_ns += 3 * batch[i].deadline_ns;
	(void)loan_serve(batch[end - 1].number, until_ns);
}

void trial_play_batch(struct cast *cast, const struct probe_trial *batch,
		      size_t n)
{
	size_t i = 0, end;

	while (i < n) {
		for (end = i; end < n && !batch[end].apart; end++)
			;
		if (end == i)
			play_own(&cast->own, batch, n, end++);
		else if (cast->own.side == SIDE_CLIENT)
			play_row(cast, batch, i, end);
		else
			lend_row(cast, batch, i, end);
		i = end;
	}
}
