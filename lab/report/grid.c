/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/report/grid.h"

#include "lab/base/grow.h"
#include "lab/report/format.h"

#include <stdarg.h>

enum {
	GAP = 2,       /* characters between two columns */
	LAST_MIN = 30, /* characters that wrapped text should have */
};

void grid_add(struct grid *g, const char *style, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	if (g->failed)
		return;
	va_start(ap, fmt);
	if (!GROW(g->cells, g->n, g->cap) || vasprintf(&text, fmt, ap) < 0)
		g->failed = true;
	else
		g->cells[g->n++] = (struct grid_cell){ text, style };
	va_end(ap);
}

static size_t width_of(const struct grid *g, size_t column)
{
	size_t most = 0;

	for (size_t i = column; i < g->n; i += g->n_columns) {
		const size_t wide = text_columns(g->cells[i].text);

		most = wide > most ? wide : most;
	}
	return most;
}

static void print_cell(const struct grid *g, struct text *out,
		       const struct grid_cell *c, size_t column, size_t width)
{
	const int pad = (int)(width - text_columns(c->text));
	const bool right = column < 32 && g->right >> column & 1;

	text_addf(out, "%*s%s%s%s%*s", right ? pad : 0, "",
		  c->style ? c->style : "", c->text, c->style ? "\033[0m" : "",
		  right ? 0 : pad, "");
}

/* The first column, then those from @from to before @to. */
static void print_stack(const struct grid *g, struct text *out, size_t indent,
			size_t from, size_t to)
{
	for (size_t row = 0; row + g->n_columns <= g->n; row += g->n_columns) {
		text_addf(out, "%*s", (int)indent, "");
		print_cell(g, out, &g->cells[row], 0, width_of(g, 0));
		for (size_t i = from; i < to; i++) {
			text_addf(out, "%*s", GAP, "");
			print_cell(g, out, &g->cells[row + i], i,
				   width_of(g, i));
		}
		format_end_line(out);
	}
}

/* The first column after @from that does not fit beside it any more. */
static size_t fitting(const struct grid *g, size_t indent, size_t from,
		      size_t columns)
{
	size_t at = indent + width_of(g, 0), to = from;

	if (!columns)
		return g->n_columns;
	while (to < g->n_columns) {
		at += GAP + width_of(g, to);
		if (at > columns && to > from)
			break;
		to++;
	}
	return to;
}

static void print_stacks(const struct grid *g, struct text *out, size_t indent,
			 size_t columns)
{
	for (size_t to, from = 1; from < g->n_columns; from = to) {
		to = fitting(g, indent, from, columns);
		if (from > 1)
			text_add(out, "\n");
		print_stack(g, out, indent, from, to);
	}
}

/* The last column begins beside the others or, where too little is left for
 * it there, below the second. */
static size_t last_begins(const struct grid *g, size_t indent, size_t columns,
			  bool *ret_below)
{
	size_t at = indent;

	for (size_t i = 0; i + 1 < g->n_columns; i++)
		at += width_of(g, i) + GAP;
	*ret_below = columns && at + LAST_MIN > columns &&
		     at + width_of(g, g->n_columns - 1) > columns;
	return *ret_below ? indent + width_of(g, 0) + GAP : at;
}

static void print_wrapped(const struct grid *g, struct text *out, size_t indent,
			  size_t columns)
{
	const size_t last = g->n_columns - 1;
	bool below;
	const size_t at = last_begins(g, indent, columns, &below);

	for (size_t row = 0; row + g->n_columns <= g->n; row += g->n_columns) {
		text_addf(out, "%*s", (int)indent, "");
		for (size_t i = 0; i < last; i++) {
			print_cell(g, out, &g->cells[row + i], i,
				   width_of(g, i));
			text_addf(out, "%*s", GAP, "");
		}
		if (below && *g->cells[row + last].text) {
			format_end_line(out);
			text_addf(out, "%*s", (int)at, "");
		}
		format_wrap(out, g->cells[row + last].text, at, at, columns);
		format_end_line(out);
	}
}

void grid_print(const struct grid *g, struct text *out, size_t indent,
		size_t columns)
{
	if (g->failed)
		out->failed = true;
	else if (g->wrap_last)
		print_wrapped(g, out, indent, columns);
	else
		print_stacks(g, out, indent, columns);
}

void grid_done(struct grid *g)
{
	for (size_t i = 0; i < g->n; i++)
		free(g->cells[i].text);
	free(g->cells);
	*g = (struct grid){ .n_columns = 1 };
}
