/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/outcome.h"

#include <string.h>

/* The step at which the script stopped, or NULL when it ran to its end. */
static const struct probe_call *failed_call(const struct probe_result *r)
{
	for (uint8_t i = 0; i < r->n_calls; i++)
		if (r->calls[i].error || r->calls[i].timed_out)
			return &r->calls[i];
	return NULL;
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
			  c->timed_out ? "timeout" : error_name(c->error));
	else if (r->n_calls && r->calls[r->n_calls - 1].step == STEP_KILL)
		text_add(out, "killed");
	else if (r->state == PROBE_TRIAL_PEER)
		text_add(out, "left alone");
	else
		text_add(out, "ok");
}

/* No format string: this runs for every step of every trial. */
static void add_call(const struct probe_call *c, int64_t begin_ns,
		     struct text *out)
{
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
	text_add(out, "]");
}

void outcome_calls_json(const struct probe_result *r, int64_t begin_ns,
			struct text *out)
{
	text_add(out, "[");
	for (uint8_t i = 0; i < r->n_calls; i++) {
		if (i)
			text_add(out, ",");
		add_call(&r->calls[i], begin_ns, out);
	}
	text_add(out, "]");
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
	return NULL;
}

/* Endings after which nothing more can come. */
static bool over(enum ending e)
{
	return e == ENDING_FIN_BOTH || e == ENDING_FIN_BOTH_ECHO_RST;
}

enum outcome outcome_judge(const struct trial_facts *f, const char **ret_why)
{
	*ret_why = NULL;
	for (int side = 0; side < SIDES; side++) {
		if (f->app[side] && f->app[side]->state != PROBE_TRIAL_BROKEN)
			continue;
		*ret_why = "a probe died";
		return OUTCOME_INVALID;
	}
	if (!f->captured) {
		*ret_why = "not captured";
		return OUTCOME_INVALID;
	}
	if (f->resets)
		return OUTCOME_RESET;
	*ret_why = failure(f);
	if (*ret_why)
		return OUTCOME_OTHER;
	if (f->connections == 0)
		*ret_why = "no connection of this trial was captured";
	else if (f->unjudged)
		*ret_why = "a connection was captured in part only";
	if (*ret_why)
		return OUTCOME_INVALID;
	if (!over(f->ending)) {
		*ret_why = "the connection was left open";
		return OUTCOME_OTHER;
	}
	return OUTCOME_CLEAN;
}
