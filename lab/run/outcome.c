/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/outcome.h"

#include <errno.h>
#include <string.h>

/* The step at which the script stopped, or NULL when it ran to its end. */
static const struct probe_call *failed_call(const struct probe_result *r)
{
	for (uint8_t i = 0; i < r->n_calls; i++)
		if (r->calls[i].error || r->calls[i].timed_out)
			return &r->calls[i];
	return NULL;
}

/* A signal ended the process where it would have seen EPIPE. */
static bool by_sigpipe(const struct probe_result *r, const struct probe_call *c)
{
	for (const struct probe_call *p = r->calls; p < c; p++)
		if (p->step == STEP_SIGPIPE)
			return c->error == EPIPE;
	return false;
}

static const char *error_name(uint16_t error)
{
	const char *name = strerrorname_np(error);

	return name ? name : "error";
}

void outcome_app_text(const struct probe_result *r, struct text *out)
{
	const struct probe_call *c = failed_call(r);

	if (c)
		text_addf(out, "%s %s", step_infos[c->step].name,
			  c->timed_out	     ? "timeout"
			  : by_sigpipe(r, c) ? "SIGPIPE"
					     : error_name(c->error));
	else if (r->n_calls && r->calls[r->n_calls - 1].step == STEP_KILL)
		text_add(out, "killed");
	else if (r->state == PROBE_TRIAL_PEER)
		text_add(out, "left alone");
	else
		text_add(out, "ok");
}

/* No format string: this runs for every step of every trial. */
static void add_call(const struct probe_call *c, const struct step *step,
		     int64_t begin_ns, struct text *out)
{
	const char *named = step_named(step);
	const char *error = c->timed_out ? "timeout"
			    : c->error	 ? error_name(c->error)
					 : NULL;

	text_add(out, "[\"");
	text_add(out, step_infos[c->step].name);
	text_add(out, "\",");
	text_add_int(out, c->result);
	text_add(out, error ? ",\"" : ",");
	text_add(out, error ? error : "null");
	text_add(out, error ? "\"," : ",");
	text_add_int(out, c->begin_ns - begin_ns);
	text_add(out, ",");
	text_add_int(out, c->end_ns - c->begin_ns);
	if (named) {
		text_add(out, ",\"");
		text_add(out, named);
		text_add(out, "\"");
	}
	text_add(out, "]");
}

void outcome_calls_json(const struct probe_result *r, const struct script *s,
			int64_t begin_ns, struct text *out)
{
	text_add(out, "[");
	for (uint8_t i = 0; i < r->n_calls; i++) {
		if (i)
			text_add(out, ",");
		add_call(&r->calls[i], &s->steps[i], begin_ns, out);
	}
	text_add(out, "]");
}

/* Did @c fail for want of something of this machine, not of the network? */
static bool is_local(const struct probe_call *c)
{
	static const uint16_t local[] = { EADDRINUSE, EADDRNOTAVAIL, EACCES,
					  EPERM,      EMFILE,	     ENFILE,
					  ENOBUFS,    ENOMEM };

	if (step_infos[c->step].does != STEP_CONNECTS)
		return step_infos[c->step].does == STEP_LISTENS && c->error;
	for (size_t i = 0; i < ARRAY_SIZE(local); i++)
		if (c->error == local[i])
			return true;
	return false;
}

/* No SYN leaves a node that has no way to the address. */
static bool has_no_way(const struct probe_result *client)
{
	const struct probe_call *c = failed_call(client);

	return c && step_infos[c->step].does == STEP_CONNECTS &&
	       (c->error == ENETUNREACH || c->error == EHOSTUNREACH ||
		c->error == ENETDOWN);
}

/* What kept the trial from being one, or NULL. */
static const char *broken(const struct trial_facts *f)
{
	for (int side = 0; side < SIDES; side++) {
		const struct probe_result *r = f->app[side];
		const struct probe_call *c;

		if (!r || r->state == PROBE_TRIAL_BROKEN)
			return "a probe died";
		c = failed_call(r);
		if (c && is_local(c))
			return step_infos[c->step].does == STEP_LISTENS
				       ? "the server could not listen"
				       : "the client could not begin to "
					 "connect";
		if (r->state == PROBE_TRIAL_TIMEOUT && r->n_calls == 0)
			return "a probe could not begin in time";
	}
	if (f->met_older)
		return "its port was that of a connection which an earlier "
		       "trial left behind";
	return f->captured || f->counted ? f->broken : "not captured";
}

/* What the capture must have missed, or NULL. */
static const char *missed(const struct trial_facts *f)
{
	if (f->connections == 0 && !has_no_way(f->app[SIDE_CLIENT]))
		return "no connection of this trial was captured";
	if (f->unjudged)
		return "a connection was captured in part only";
	for (int side = 0; side < SIDES; side++) {
		const struct probe_call *c = failed_call(f->app[side]);

		if (c && c->error == ECONNRESET)
			return "a program saw a reset that was not captured";
	}
	return NULL;
}

/* Neither side could do what its script says, and no RST explains it. */
static const char *failure(const struct trial_facts *f)
{
	for (int side = 0; side < SIDES; side++)
		if (f->app[side]->state == PROBE_TRIAL_TIMEOUT)
			return "the deadline passed";
	for (int side = 0; side < SIDES; side++)
		if (failed_call(f->app[side]))
			return "a step failed without any RST";
	for (int side = 0; side < SIDES; side++)
		if (f->app[side]->state == PROBE_TRIAL_PEER)
			return "one side ended before the other's sync";
	return f->all_over || f->counted ? NULL : "a connection was left open";
}

/* Behind a translated address another client may have had the port: that is of
 * the network, and no trial's fault. */
static bool is_translated(const struct connection *c)
{
	const size_t n = c->n_legs < FLOW_LEGS_MAX ? c->n_legs : FLOW_LEGS_MAX;

	for (size_t i = 1; i < n; i++)
		if (!ip_endpoint_equal(&c->legs[i].client, &c->legs[0].client))
			return true;
	return false;
}

void trial_facts_add(struct trial_facts *f, const struct connection *c)
{
	const bool over = c->ending == ENDING_FIN_BOTH ||
			  c->ending == ENDING_FIN_BOTH_ECHO_RST;

	const struct reset *first = connection_first_reset(c);

	f->met_older |= !f->connections &&
			c->ending == ENDING_SYN_CHALLENGE_RST &&
			!is_translated(c);
	f->all_over = (f->all_over || !f->connections) && over;
	f->connections++;
	f->resets += connection_was_reset(c);
	if (first && (!f->reset_ns || first->time_ns < f->reset_ns))
		f->reset_ns = first->time_ns;
	f->unjudged += !c->judged;
}

enum outcome outcome_judge(const struct trial_facts *f, const char **ret_why)
{
	*ret_why = broken(f);
	if (*ret_why)
		return OUTCOME_INVALID;
	if (f->resets)
		return OUTCOME_RESET;
	*ret_why = f->counted ? NULL : missed(f);
	if (*ret_why)
		return OUTCOME_INVALID;
	*ret_why = failure(f);
	return *ret_why ? OUTCOME_OTHER : OUTCOME_CLEAN;
}
