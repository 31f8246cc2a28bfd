/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/report/matrix.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

static void add_value(struct text *t, const json_t *value)
{
	char *json;

	if (json_is_string(value)) {
		text_add(t, json_string_value(value));
		return;
	}
	json = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	text_add(t, json ? json : "?");
	free(json);
}

/* {"mtu": 9000} adds " mtu=9000"; what is no object is shown as it is. */
static void add_params(struct text *t, const char *params)
{
	json_t *root = json_loads(params, 0, NULL);
	const char *key;
	json_t *value;

	if (!json_is_object(root))
		text_addf(t, " %s", params);
	json_object_foreach(root, key, value)
	{
		text_addf(t, " %s=", key);
		add_value(t, value);
	}
	json_decref(root);
}

void matrix_label(struct text *t, const char *topology, const char *params)
{
	text_add(t, topology);
	add_params(t, params);
}

static bool has_row(const struct matrix *m, const struct summary_cell *c)
{
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->rows[i].topology, c->topology) &&
		    !strcmp(m->rows[i].params, c->params))
			return true;
	return false;
}

static void add_row(struct matrix *m, const struct summary_cell *c)
{
	struct matrix_row *row = &m->rows[m->n++];

	row->topology = c->topology;
	row->params = c->params;
	matrix_label(&row->label, c->topology, c->params);
}

int matrix_init(struct matrix *m, const struct summary *s, struct err *e)
{
	*m = (struct matrix){ .rows = NULL };
	m->rows = calloc(s->n_cells + 1, sizeof(*m->rows));
	if (!m->rows)
		return err_no_memory(e);
	for (size_t t = 0; t < s->n_topologies; t++)
		for (size_t i = 0; i < s->n_cells; i++)
			if (!strcmp(s->cells[i].topology, s->topologies[t]) &&
			    !has_row(m, &s->cells[i]))
				add_row(m, &s->cells[i]);
	for (size_t i = 0; i < s->n_cells; i++)
		if (s->cells[i].judged > m->judged_most)
			m->judged_most = s->cells[i].judged;
	return 0;
}

void matrix_done(struct matrix *m)
{
	for (size_t i = 0; i < m->n; i++)
		text_done(&m->rows[i].label);
	free(m->rows);
	*m = (struct matrix){ .rows = NULL };
}

const struct summary_cell *matrix_cell(const struct summary *s,
				       const struct matrix_row *row,
				       const char *workload)
{
	for (size_t i = 0; i < s->n_cells; i++) {
		const struct summary_cell *c = &s->cells[i];

		if (!strcmp(c->topology, row->topology) &&
		    !strcmp(c->params, row->params) &&
		    !strcmp(c->workload, workload))
			return c;
	}
	return NULL;
}
