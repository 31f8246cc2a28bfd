/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/param.h"

#include <jansson.h>
#include <string.h>

static json_t *noted(const struct topology *t)
{
	return t->params ? json_loads(t->params, 0, NULL) : NULL;
}

int param_note(struct topology *t, const char *name, const char *value,
	       struct err *e)
{
	json_t *params = noted(t) ?: json_object();
	char *text = NULL;

	if (json_object_set_new(params, name, json_string(value)) < 0) {
		json_decref(params);
		return err_set(e, ERR_INPUT, EILSEQ,
			       "'%s=%s' is not UTF-8 text", name, value);
	}
	text = json_dumps(params, JSON_SORT_KEYS);
	json_decref(params);
	if (!text)
		return err_no_memory(e);
	free(t->params);
	t->params = text;
	return 0;
}

char *param_value(const struct topology *t, const char *name)
{
	json_t *params = noted(t);
	const char *value = json_string_value(json_object_get(params, name));
	char *copy = value ? strdup(value) : NULL;

	json_decref(params);
	return copy;
}

void param_label(const struct topology *t, struct text *out)
{
	json_t *params = noted(t);
	const char *key;
	json_t *value;

	text_add(out, t->name);
	json_object_foreach(params, key, value)
		text_addf(out, " %s=%s", key, json_string_value(value));
	json_decref(params);
}
