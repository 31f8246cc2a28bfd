/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/listing.h"

#include "lab/base/text.h"

#include <jansson.h>
#include <string.h>

static size_t n_columns(const struct listing *l)
{
	size_t n = 0;

	while (l->columns[n])
		n++;
	return n;
}

int listing_add(struct listing *l, const char *const *values, struct err *e)
{
	char *(*rows)[LISTING_COLUMNS_MAX] =
		realloc(l->rows, (l->n + 1) * sizeof(*rows));

	if (!rows)
		return err_no_memory(e);
	l->rows = rows;
	memset(rows[l->n], 0, sizeof(rows[l->n]));
	for (size_t i = 0; l->columns[i]; i++) {
		rows[l->n][i] = strdup(values[i]);
		if (!rows[l->n][i])
			return err_no_memory(e);
	}
	l->n++;
	return 0;
}

void listing_done(struct listing *l)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t j = 0; j < LISTING_COLUMNS_MAX; j++)
			free(l->rows[i][j]);
	free(l->rows);
	l->rows = NULL;
	l->n = 0;
}

static size_t width(const struct listing *l, size_t column)
{
	size_t most = l->heading ? text_columns(l->columns[column]) : 0;

	for (size_t i = 0; i < l->n; i++)
		if (text_columns(l->rows[i][column]) > most)
			most = text_columns(l->rows[i][column]);
	return most;
}

static void print_row(const struct listing *l, const char *const *values,
		      const size_t *widths, FILE *out)
{
	const size_t n = n_columns(l);

	for (size_t i = 0; i + 1 < n; i++)
		fprintf(out, "%s%*s  ", values[i],
			(int)(widths[i] - text_columns(values[i])), "");
	fprintf(out, "%s\n", values[n - 1]);
}

void listing_print(const struct listing *l, FILE *out)
{
	size_t widths[LISTING_COLUMNS_MAX] = { 0 };

	for (size_t i = 0; l->columns[i]; i++)
		widths[i] = width(l, i);
	if (l->heading)
		print_row(l, l->columns, widths, out);
	for (size_t i = 0; i < l->n; i++)
		print_row(l, (const char *const *)l->rows[i], widths, out);
}

int listing_print_json(const struct listing *l, FILE *out, struct err *e)
{
	json_t *items = json_array(), *doc;
	int bad = 0;

	for (size_t i = 0; i < l->n; i++) {
		json_t *item = json_object();

		for (size_t j = 0; l->columns[j]; j++)
			bad |= json_object_set_new(item, l->columns[j],
						   json_string(l->rows[i][j]));
		bad |= json_array_append_new(items, item);
	}
	doc = json_pack("{s:s, s:s, s:o}", "schema", "rstlab.list/1", "kind",
			l->kind, "items", items);
	if (bad || !doc || json_dumpf(doc, out, JSON_INDENT(2)) < 0) {
		json_decref(doc);
		return err_set(e, ERR_SYSTEM, EIO,
			       "cannot print the list as JSON");
	}
	json_decref(doc);
	fputc('\n', out);
	return 0;
}
