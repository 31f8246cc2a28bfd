/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/sock/play.h"

#include "lab/base/clock.h"
#include "probes/sock/duet.h"

#include <errno.h>

const struct script *play_script_of(const struct player *p,
				    const struct probe_trial *t, int side)
{
	return &p->scripts[t->script][side];
}

uint32_t play_count(const struct script *s, enum step_id id)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s->n_steps; i++)
		n += s->steps[i].id == id;
	return n;
}

static uint32_t count_doing(const struct script *s, enum step_does does)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s->n_steps; i++)
		n += step_infos[s->steps[i].id].does == does;
	return n;
}

/* What the client's list makes that a server may have to accept. */
static uint32_t connects(const struct script *client)
{
	return count_doing(client, STEP_CONNECTS) +
	       count_doing(client, STEP_REDIALS);
}

bool play_begins_with(const struct script *s, enum step_id id)
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

void play_script(struct run *r)
{
	struct player *p = r->player;
	const struct script *s = play_script_of(p, r->trial, p->side);
	const struct script *client = play_script_of(p, r->trial, SIDE_CLIENT);
	size_t i = 0;
	bool on = true;

	if (s->n_steps && step_infos[s->steps[0].id].does == STEP_LISTENS)
		on = play_step(r, &s->steps[i++]);
	if (!r->was_ready)
		pace_reach(&p->pace, r->trial->number, PROGRESS_READY);
	r->ready = true;
	if (r->duet && p->side == SIDE_SERVER)
		duet_pass(r);
	while (on && i < s->n_steps)
		on = play_step(r, &s->steps[i++]);

	step_close_connections(r);
	/* Nobody waits in its queue, nobody will come: it may stay. */
	if (r->accepted != connects(client))
		step_drop_listener(p);
	r->result->state = state_of(r);
	r->result->end_ns = clock_now_ns();
	if (r->duet)
		pace_reach(&p->pace, r->trial->number, PROGRESS_DONE);
}
