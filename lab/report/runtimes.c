/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/report/runtimes.h"

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

void runtimes_add(struct text *t, const struct summary *s)
{
	json_t *all = runtimes_json(s);
	const char *workload;
	json_t *version;

	json_object_foreach(all, workload, version)
		text_addf(t, "%s%s: %s", t->n ? "; " : "", workload,
			  json_string_value(version));
	json_decref(all);
}
