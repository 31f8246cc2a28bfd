/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/param.h"

#include <string.h>

static int bad_axis(const char *text, const char *why, struct err *e)
{
	return err_set(e, ERR_INPUT, EINVAL,
		       "parameter '%s' %s; write NAME=VALUE[,VALUE...]", text,
		       why);
}

static int split_values(struct param_axis *a, char *values, const char *text,
			struct err *e)
{
	for (char *v; (v = strsep(&values, ",")) != NULL; a->n++) {
		if (!*v)
			return bad_axis(text, "has an empty value", e);
		for (size_t i = 0; i < a->n; i++)
			if (!strcmp(a->values[i], v))
				return err_set(e, ERR_INPUT, EINVAL,
					       "parameter '%s' has the value "
					       "'%s' twice",
					       a->name, v);
		a->values[a->n] = v;
	}
	return 0;
}

int param_axis_parse(const char *text, struct param_axis *ret, struct err *e)
{
	OWN(param_axis_done) struct param_axis a = { .text = strdup(text) };
	char *equals;
	int r;

	a.values = calloc(strlen(text) + 1, sizeof(*a.values));
	if (!a.text || !a.values)
		return err_no_memory(e);
	equals = strchr(a.text, '=');
	if (!equals)
		return bad_axis(text, "has no value", e);
	if (equals == a.text)
		return bad_axis(text, "has no name", e);
	*equals = '\0';
	a.name = a.text;
	r = split_values(&a, equals + 1, text, e);
	if (r < 0)
		return r;
	*ret = a;
	a = (struct param_axis){ .text = NULL };
	return 0;
}

void param_axis_done(struct param_axis *a)
{
	free(a->text);
	free(a->values);
	*a = (struct param_axis){ .text = NULL };
}
