/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows end in a newline alone, as text does here; RFC 4180 has CR LF. */
#include "lab/report/causes.h"
#include "lab/report/format.h"
#include "lab/report/report.h"
#include "lab/report/seen.h"
#include "lab/report/states.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const char *const cell_columns[] = {
	"topology",	  "workload",	    "params",
	"trials",	  "connections",    "resets",
	"judged",	  "rate",	    "low",
	"high",		  "clean",	    "reset",
	"other",	  "invalid",	    "emitter_client",
	"emitter_server", "emitter_middle",
};

static void add_number(struct text *row, uint64_t n)
{
	text_addf(row, ",%" PRIu64, n);
}

static void add_real(struct text *row, const struct summary_cell *c, double v)
{
	text_add(row, ",");
	if (c->judged)
		text_addf(row, "%.*g", FORMAT_DIGITS, v);
}

/* Rows are written one by one: a run may have millions of connections. */
static int write_row(struct text *row, FILE *out, struct err *e)
{
	int r = 0;

	text_add(row, "\n");
	errno = 0;
	if (row->failed)
		r = format_write(row, out, e);
	else if (fputs(text_str(row), out) < 0)
		r = err_errno(e, "writing the report");
	return r;
}

static int write_header(const char *const *columns, size_t n, FILE *out,
			struct err *e)
{
	own_text struct text row = { .s = NULL };

	for (size_t i = 0; i < n; i++)
		format_csv_field(&row, columns[i]);
	return write_row(&row, out, e);
}

static int write_cell(const struct summary_cell *c, FILE *out, struct err *e)
{
	own_text struct text row = { .s = NULL };

	format_csv_field(&row, c->topology);
	format_csv_field(&row, c->workload);
	format_csv_field(&row, c->params);
	add_number(&row, c->trials);
	add_number(&row, c->connections);
	add_number(&row, c->resets);
	add_number(&row, c->judged);
	add_real(&row, c, c->rate);
	add_real(&row, c, c->interval.low);
	add_real(&row, c, c->interval.high);
	for (size_t i = 0; i < OUTCOMES; i++)
		add_number(&row, c->outcomes[i]);
	for (size_t i = 0; i < EMITTERS; i++)
		add_number(&row, c->emitters[i]);
	return write_row(&row, out, e);
}

static int write_cells(const struct summary *s, FILE *out, struct err *e)
{
	int r = write_header(cell_columns, ARRAY_SIZE(cell_columns), out, e);

	for (size_t i = 0; r == 0 && i < s->n_cells; i++)
		r = write_cell(&s->cells[i], out, e);
	return r;
}

static int write_connection(const struct connection_row *c, void *arg,
			    struct err *e)
{
	own_text struct text row = { .s = NULL };

	for (size_t i = 0; i < c->n; i++)
		format_csv_field(&row, c->values[i]);
	return write_row(&row, arg, e);
}

static int write_connections(const char *dir, FILE *out, struct err *e)
{
	size_t n = 0;
	int r;

	while (connection_columns[n])
		n++;
	r = write_header(connection_columns, n, out, e);
	if (r < 0)
		return r;
	return summary_each_connection(dir, write_connection, out, e);
}

static int csv_write(const struct summary *s, const struct report_options *o,
		     FILE *out, struct err *e)
{
	const struct text nothing_more = { .s = NULL };
	int r;

	if (o->states)
		return states_csv(s, out, e);
	if (o->app)
		return seen_csv(s, out, e);
	if (o->causes)
		return causes_csv(s, out, e);
	r = o->connections ? write_connections(o->dir, out, e)
			   : write_cells(s, out, e);

	return r < 0 ? r : format_write(&nothing_more, out, e);
}

const struct report report_csv = {
	.name = "csv",
	.summary = "for spreadsheets: a row per cell, or per connection",
	.write = csv_write,
};
