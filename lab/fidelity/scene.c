/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/fidelity/scene.h"

#include "lab/base/text.h"
#include "lab/run/outcome.h"
#include "lab/run/probe.h"

bool scene_changes_network(const struct workload *w)
{
	for (int side = 0; side < SIDES; side++) {
		const struct script *script = &w->scripts[side];

		for (uint8_t i = 0; i < script->n_steps; i++)
			if (step_infos[script->steps[i].id].argument ==
			    STEP_ARG_FAULT)
				return true;
	}
	return false;
}

static void count(struct behaviour *b, const struct probe_pair *pair,
		  uint32_t number)
{
	for (int side = 0; side < SIDES; side++) {
		const struct probe_result *r =
			probe_pair_result(pair, side, 0, number);
		own_text struct text t = { .s = NULL };

		if (r)
			outcome_app_text(r, &t);
		seen_add(&b->sides[side], r ? text_str(&t) : "probe died");
	}
}

/* One trial a batch: a relay between the two may not be dialling any more for
 * a client that is long in its next. */
static int play_one(const struct scene *s, struct probe_pair *pair,
		    size_t workload, uint32_t number, struct err *e)
{
	const struct probe_trial trial = {
		.number = number,
		.script = (uint16_t)workload,
		.deadline_ns = s->workloads[workload].deadline_ns,
	};
	int r = probe_pair_begin(pair, &trial, 1, s->addresses, e);

	if (r == 0)
		r = probe_pair_wait(pair, NULL, NULL, e);
	return r < 0 && pair->broken < SIDES ? 0 : r;
}

static int play_all(const struct scene *s, struct probe_pair *pair,
		    struct behaviour *ret, struct err *e)
{
	uint32_t number = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->n_workloads; i++)
		r = probe_pair_define(pair, (uint32_t)i,
				      s->workloads[i].scripts, e);
	for (uint32_t trial = 0; r == 0 && trial < s->trials; trial++)
		for (size_t i = 0; r == 0 && i < s->n_workloads; i++) {
			r = play_one(s, pair, i, ++number, e);
			if (r == 0)
				count(&ret[i], pair, number);
			if (r == 0 && pair->broken < SIDES)
				r = probe_pair_restart(pair, e);
		}
	return r;
}

int scene_run(const struct scene *s, struct behaviour *ret, struct err *e)
{
	own_probe_pair struct probe_pair *pair = NULL;
	int r = probe_pair_start(&pair, s->nodes[SIDE_CLIENT],
				 s->nodes[SIDE_SERVER], s->libexec, e);

	return r < 0 ? r : play_all(s, pair, ret, e);
}
