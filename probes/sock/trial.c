/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A side waits until the other is ready for the same trial,
 * plays its script up to the end or the first step that fails, closes what is
 * left, and says that it is done.  A script that kills its process is played
 * in a forked one, which writes into the same shared memory; the process that
 * stays must hold none of its sockets then.
 */
#include "probes/sock/trial.h"

#include "lab/base/clock.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct script *script_of(const struct player *p,
				      const struct probe_trial *t, int side)
{
	return &p->scripts[t->script][side];
}

static uint32_t count_steps(const struct script *s, enum step_id id)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s->n_steps; i++)
		n += s->steps[i].id == id;
	return n;
}

static bool begins_with(const struct script *s, enum step_id id)
{
	return s->n_steps && s->steps[0].id == id;
}

/* Returns: false when the script ends here. */
static bool play_step(struct run *r, const struct step *s)
{
	struct probe_call *call = &r->result->calls[r->result->n_calls];
	int error = ETIMEDOUT;

	*call = (struct probe_call){ .step = s->id,
				     .begin_ns = clock_now_ns() };
	r->result->n_calls++; /* now: kill does not come back */
	r->moved = 0;
	r->timed_out =
		call->begin_ns >= r->deadline_ns && s->id != STEP_WAIT_PEER;
	if (!r->timed_out)
		error = step_rows[s->id].run(r, s->number);
	call->timed_out = r->timed_out;
	call->error = (uint16_t)error;
	call->result = r->moved;
	call->end_ns = clock_now_ns();
	return error == 0 && !r->left_alone;
}

static enum probe_trial_state state_of(const struct run *r)
{
	if (r->timed_out)
		return PROBE_TRIAL_TIMEOUT;
	return r->left_alone ? PROBE_TRIAL_PEER : PROBE_TRIAL_RAN;
}

static void play_script(struct run *r)
{
	struct player *p = r->player;
	const struct script *s = script_of(p, r->trial, p->side);
	const struct script *client = script_of(p, r->trial, SIDE_CLIENT);
	size_t i = 0;
	bool on = true;

	if (begins_with(s, STEP_LISTEN) || begins_with(s, STEP_LISTEN_FULL))
		on = play_step(r, &s->steps[i++]);
	if (!r->was_ready)
		pace_reach(&p->pace, r->trial->number, PROGRESS_READY);
	while (on && i < s->n_steps)
		on = play_step(r, &s->steps[i++]);

	step_close_connections(r);
	/* Nobody waits in its queue, nobody will come: it may stay. */
	if (r->accepted != count_steps(client, STEP_CONNECT))
		step_drop_listener(p);
	r->result->state = state_of(r);
}

/* Was the last thing that the process did its kill step? */
static struct probe_call *kill_call(struct probe_result *result)
{
	const size_t n = result->n_calls;

	if (n == 0 || result->calls[n - 1].step != STEP_KILL)
		return NULL;
	return &result->calls[n - 1];
}

/* What is left to say about a process that is gone. */
static enum probe_trial_state state_of_dead(struct probe_result *result,
					    int status)
{
	struct probe_call *last = kill_call(result);

	if (WIFEXITED(status))
		return result->state; /* the script failed before its kill */
	if (WTERMSIG(status) != SIGKILL || !last)
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
	return count_steps(script_of(p, t, p->side), STEP_KILL) > 0;
}

/* May the listener of the trial before serve @t? */
static bool keeps_listener(const struct player *p, const struct probe_trial *t)
{
	return p->listener >= 0 &&
	       begins_with(script_of(p, t, p->side), STEP_LISTEN) &&
	       !kills(p, t) && ip_endpoint_equal(&p->listening, &t->address);
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
	if (count_steps(script_of(p, r->trial, p->side), STEP_FAULT))
		(void)step_ask_lab(r, FAULT_COUNT);
}

/* The listener is up for the next trial: let the client not wait for us to
 * wake up. */
static void say_done(struct player *p, const struct probe_trial *batch,
		     size_t n, size_t index)
{
	if (index + 1 < n && keeps_listener(p, &batch[index + 1]))
		pace_reach(&p->pace, batch[index + 1].number, PROGRESS_READY);
	else
		pace_reach(&p->pace, batch[index].number, PROGRESS_DONE);
}

void trial_play(struct player *p, const struct probe_trial *batch, size_t n,
		size_t index)
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
