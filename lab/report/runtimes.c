/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/report/runtimes.h"

#include <string.h>

/* Databases of older versions have none, and anybody may write one: what is
 * no text is passed over. */
json_t *runtimes_json(const struct summary *s)
{
	json_t *all =
		s->environment ? json_loads(s->environment, 0, NULL) : NULL;
	json_t *ret = json_object();
	const char *workload;
	json_t *version;

	json_object_foreach(json_object_get(all, "runtimes"), workload,
			    version) if (json_is_string(version))(void)
		json_object_set(ret, workload, version);
	json_decref(all);
	return ret;
}

/* How many cells of these workloads have a client for all of their trials, and
 * how many one for each? */
static void count_lifetimes(const struct summary *s, const json_t *all,
			    size_t ret[2])
{
	for (size_t i = 0; i < s->n_cells; i++) {
		const struct summary_cell *c = &s->cells[i];
		json_t *params = json_loads(c->params, 0, NULL);
		const char *value = json_string_value(
			json_object_get(params, "client-lifetime"));

		if (json_object_get(all, c->workload))
			ret[value && !strcmp(value, "lab")]++;
		json_decref(params);
	}
}

/* Starting anew for each trial, and having run before, are not the same. */
static const char *lifetimes(const struct summary *s, const json_t *all)
{
	size_t n[2] = { 0, 0 };

	count_lifetimes(s, all, n);
	if (!n[0] && !n[1])
		return "";
	if (!n[1])
		return "; a client process for each trial";
	return n[0] ? "; a client process for each trial, and where a row says "
		      "client-lifetime=lab one for all"
		    : "; one client process for all trials, with a channel for "
		      "each";
}

void runtimes_add(struct text *t, const struct summary *s)
{
	json_t *all = runtimes_json(s);
	const char *workload;
	json_t *version;

	json_object_foreach(all, workload, version)
		text_addf(t, "%s%s: %s", t->n ? "; " : "", workload,
			  json_string_value(version));
	text_add(t, lifetimes(s, all));
	json_decref(all);
}
