/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A combination of parameters is a number: its digits, each in
 * the base of its axis, are the places of the values.  A topology cannot be
 * copied, so its file is read again for each.
 */
#include "lab/base/text.h"
#include "lab/cmd/partners.h"
#include "lab/cmd/selection.h"
#include "lab/spec/param.h"

#include <string.h>

enum { AXES_MAX = 16, TOPOLOGIES_MAX = 1024 };

struct axes {
	struct param_axis items[AXES_MAX];
	bool of_workloads[AXES_MAX]; /* noted, not applied to the topology */
	size_t n, combinations;
};

static void axes_done(struct axes *a)
{
	for (size_t i = 0; i < a->n; i++)
		param_axis_done(&a->items[i]);
}

static int add_axis(struct axes *a, const char *word, struct err *e)
{
	struct param_axis *new = &a->items[a->n];
	int r;

	if (a->n == AXES_MAX)
		return err_set(e, ERR_INPUT, E2BIG,
			       "more than %d parameters in one run", AXES_MAX);
	r = param_axis_parse(word, new, e);
	if (r < 0)
		return r;
	a->n++;
	for (size_t i = 0; i + 1 < a->n; i++)
		if (!strcmp(a->items[i].name, new->name))
			return err_set(e, ERR_INPUT, EEXIST,
				       "parameter '%s' is given twice; write "
				       "%s=VALUE,VALUE",
				       new->name, new->name);
	a->combinations *= new->n;
	return 0;
}

/* "mtu=1400", "9000", "cpus=1" -> "mtu=1400,9000" and "cpus=1". */
static int read_axes(struct axes *a, const char *const *words, size_t n,
		     struct err *e)
{
	int r = 0;

	a->combinations = 1;
	for (size_t i = 0; r == 0 && i < n;) {
		own_text struct text word = { .s = NULL };

		text_add(&word, words[i++]);
		while (i < n && !strchr(words[i], '='))
			text_addf(&word, ",%s", words[i++]);
		r = word.failed ? err_no_memory(e)
				: add_axis(a, text_str(&word), e);
		if (r == 0 && a->combinations > TOPOLOGIES_MAX)
			r = err_set(e, ERR_INPUT, E2BIG,
				    "more than %d combinations of parameters",
				    TOPOLOGIES_MAX);
	}
	return r;
}

static int apply(struct topology *t, const struct axes *a, size_t combination,
		 struct err *e)
{
	/* the last axis changes fastest */
	size_t step = a->combinations;
	int r = 0;

	for (size_t i = 0; r == 0 && i < a->n; i++) {
		const struct param_axis *axis = &a->items[i];

		step /= axis->n;
		r = (a->of_workloads[i] ? param_note : param_apply)(
			t, axis->name,
			axis->values[combination / step % axis->n], e);
	}
	return r < 0 ? r : param_check(t, e);
}

static int make(struct topology *t, const char *path, const struct axes *a,
		size_t combination, struct err *e)
{
	own_diags struct spec_diags d = { .path = NULL };
	int r = topology_load(t, path, &d, e); /* its warnings were shown */

	return r < 0 ? r : apply(t, a, combination, e);
}

/* Which are of the workloads? */
static int share_out(struct axes *a, struct selection *s, struct err *e)
{
	const struct partners_axes axes = { a->items, a->n };
	const int r = partners_load(s, &axes, e);

	for (size_t i = 0; i < a->n; i++)
		a->of_workloads[i] = partners_know(s, a->items[i].name);
	return r;
}

int selection_vary(struct selection *s, const char *const *params, size_t n,
		   struct err *e)
{
	OWN(axes_done) struct axes a = { .n = 0 };
	own_selection struct selection varied = { .n_names = s->n_names };
	const size_t names = s->n_topologies;
	int r = read_axes(&a, params, n, e);

	if (r == 0)
		r = share_out(&a, s, e);
	if (r < 0 || !a.n)
		return r;
	if (names * a.combinations > TOPOLOGIES_MAX)
		return err_set(e, ERR_INPUT, E2BIG,
			       "%zu topologies in %zu combinations of "
			       "parameters are more than %d labs",
			       names, a.combinations, TOPOLOGIES_MAX);
	varied.topologies =
		calloc(names * a.combinations, sizeof(*varied.topologies));
	if (!varied.topologies)
		return err_no_memory(e);
	for (size_t i = 0; r == 0 && i < names * a.combinations; i++)
		r = make(&varied.topologies[varied.n_topologies++],
			 s->topologies[i / a.combinations].path, &a,
			 i % a.combinations, e);
	if (r < 0)
		return err_add(e, "--param");
	for (size_t i = 0; i < names; i++)
		topology_done(&s->topologies[i]);
	free(s->topologies);
	s->topologies = take_ptr(&varied.topologies);
	s->n_topologies = varied.n_topologies;
	varied.n_topologies = 0;
	r = partners_check(s, &(struct partners_axes){ a.items, a.n }, e);
	return r < 0 ? err_add(e, "--param") : 0;
}
