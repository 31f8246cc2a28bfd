/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/partners.h"

#include "lab/cmd/catalog.h"
#include "lab/spec/casting.h"

#include <string.h>

/* The workload FAMILY-@name, unless it is @w or joined already.  One that
 * does not exist is missed later, by who wants its server. */
static int join(struct workload *w, const struct catalog *c, const char *name,
		struct err *e)
{
	own_text struct text full = { .s = NULL };
	own_workload struct workload partner = { .name = NULL };
	const char *path;
	int r;

	text_addf(&full, "%s-%s", w->exec.family, name);
	if (full.failed)
		return err_no_memory(e);
	if (!strcmp(text_str(&full), w->name))
		return 0;
	for (size_t i = 0; i < w->n_partners; i++)
		if (!strcmp(w->partners[i].name, text_str(&full)))
			return 0;
	path = catalog_path(c, text_str(&full));
	if (!path)
		return 0;
	r = selection_read_workload(&partner, path, e);
	return r < 0 ? r : workload_join(w, &partner, e);
}

static int check_server_of(const struct workload *w, struct err *e)
{
	const struct topology plain = { .params = NULL };

	if (casting_server(w, &plain))
		return 0;
	return err_set(e, ERR_INPUT, ENOENT,
		       "workload '%s' takes the server of '%s-%s', and there "
		       "is no such workload with a server",
		       w->name, w->exec.family, w->exec.server_of);
}

static int load_all(struct workload *w, const struct catalog *c,
		    const struct partners_axes *axes, struct err *e)
{
	int r = 0;

	if (w->exec.server_of)
		r = join(w, c, w->exec.server_of, e);
	for (size_t i = 0; r == 0 && i < axes->n; i++) {
		const struct param_axis *a = &axes->items[i];

		for (size_t j = 0; r == 0 && j < a->n; j++)
			if (casting_is_server(w, a->name))
				r = join(w, c, a->values[j], e);
	}
	return r < 0 ? r : check_server_of(w, e);
}

int partners_load(struct selection *s, const struct partners_axes *axes,
		  struct err *e)
{
	own_catalog struct catalog c = { .entries = NULL };
	int r = catalog_open(&c, CATALOG_WORKLOADS, e);

	for (size_t i = 0; r == 0 && i < s->n_workloads; i++)
		if (s->workloads[i].exec.family)
			r = load_all(&s->workloads[i], &c, axes, e);
	return r;
}

bool partners_know(const struct selection *s, const char *name)
{
	for (size_t i = 0; i < s->n_workloads; i++)
		if (casting_knows(&s->workloads[i], name))
			return true;
	return false;
}

static int check_cell(const struct topology *t, const struct workload *w,
		      const struct selection *s,
		      const struct partners_axes *axes, struct err *e)
{
	int r = 0;

	if (t->localhost && !exec_given(&w->exec))
		return err_set(e, ERR_INPUT, EINVAL,
			       "workload '%s' is a script, which dials "
			       "addresses, and not the name localhost; leave "
			       "it out of -w, or the parameter away",
			       w->name);
	for (size_t i = 0; r == 0 && i < axes->n; i++)
		if (partners_know(s, axes->items[i].name))
			r = casting_check(w, t, axes->items[i].name, e);
	return r;
}

int partners_check(const struct selection *s, const struct partners_axes *axes,
		   struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->n_topologies; i++)
		for (size_t j = 0; r == 0 && j < s->n_workloads; j++)
			r = check_cell(&s->topologies[i], &s->workloads[j], s,
				       axes, e);
	return r;
}
