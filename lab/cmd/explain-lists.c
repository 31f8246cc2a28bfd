/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/explain.h"

#include "lab/cause/cause.h"
#include "lab/report/format.h"
#include "lab/report/grid.h"
#include "lab/store/reasons.h"

#include <string.h>

static int add_cells(struct explanation *x, struct err *e)
{
	own_grid struct grid g = { .n_columns = 4, .right = 6 };
	const struct stored_cells *cells = &x->at.cells;

	(void)e;
	grid_add(&g, NULL, "cell");
	grid_add(&g, NULL, "trials");
	grid_add(&g, NULL, "reset");
	grid_add(&g, NULL, "for example");
	for (size_t i = 0; i < cells->n; i++) {
		const struct stored_cell *c = &cells->cells[i];
		own_text struct text name = { .s = NULL };

		address_add_cell(&name, c);
		grid_add(&g, NULL, "%s", text_str(&name));
		grid_add(&g, NULL, "%llu", (unsigned long long)c->trials);
		grid_add(&g, NULL, "%llu", (unsigned long long)c->resets);
		if (c->example)
			grid_add(&g, NULL, "rstlab explain %s:%s:%u", x->run,
				 text_str(&name), c->example);
		else
			grid_add(&g, NULL, "not run");
	}
	grid_print(&g, &x->out, 0, 0);
	return g.failed ? err_no_memory(e) : 0;
}

static int add_reasons(struct explanation *x, const struct stored_reasons *list,
		       struct err *e)
{
	static const char *const heads[] = { "resets", "cause", "how sure",
					     "for example" };
	own_grid struct grid g = { .n_columns = ARRAY_SIZE(heads), .right = 1 };

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		grid_add(&g, NULL, "%s", heads[i]);
	for (size_t i = 0; i < list->n; i++) {
		const struct stored_reason *r = &list->items[i];
		own_text struct text name = { .s = NULL };

		address_add_cell(&name, stored_cell_of(&x->at.cells, r->cell));
		grid_add(&g, NULL, "%llu", (unsigned long long)r->connections);
		grid_add(&g, NULL, "%s", r->cause);
		grid_add(&g, NULL, "%s", r->confidence);
		grid_add(&g, NULL, "rstlab explain %s:%s:%u", x->run,
			 text_str(&name), r->trial);
	}
	grid_print(&g, &x->out, 0, 0);
	return g.failed ? err_no_memory(e) : 0;
}

static bool is_in(const struct stored_reasons *list, const char *cause)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->items[i].cause, cause))
			return true;
	return false;
}

/* The words of the table above. */
static int add_meanings(struct explanation *x,
			const struct stored_reasons *list, struct err *e)
{
	own_grid struct grid g = { .n_columns = 2, .wrap_last = true };

	for (size_t i = 0; i < CAUSES; i++) {
		if (!is_in(list, cause_infos[i].name))
			continue;
		grid_add(&g, NULL, "%s", cause_infos[i].name);
		grid_add(&g, NULL, "%s", cause_infos[i].sentence);
	}
	text_add(&x->out, "\n");
	grid_print(&g, &x->out, 2, x->columns);
	return g.failed ? err_no_memory(e) : 0;
}

/* Of a run that only the counters judged. */
static const char no_capture[] =
	"Nothing was captured: the kernel's counters tell of resets, but not "
	"why.\n";

static bool any_reset(const struct stored_cells *cells)
{
	for (size_t i = 0; i < cells->n; i++)
		if (cells->cells[i].resets)
			return true;
	return false;
}

int explain_run(struct explanation *x, struct err *e)
{
	own_stored_reasons struct stored_reasons list = { .n = 0 };
	int r = stored_reasons_read(x->at.dir, &list, e);

	if (r < 0)
		return r;
	text_addf(&x->out, "run %s\n\n", x->at.cells.run);
	if (list.n) {
		r = add_reasons(x, &list, e);
		if (r == 0)
			r = add_meanings(x, &list, e);
	} else {
		text_add(&x->out, any_reset(&x->at.cells)
					  ? no_capture
					  : "No connection was reset.\n");
	}
	text_add(&x->out, "\n");
	return r < 0 ? r : add_cells(x, e);
}

static int add_line(const struct stored_line *l, void *arg, struct err *e)
{
	struct grid *g = arg;

	(void)e;
	grid_add(g, NULL, "%u", l->number);
	grid_add(g, NULL, "%s", l->outcome);
	grid_add(g, NULL, "%s", l->endings ? l->endings : "-");
	grid_add(g, NULL, "%s", l->senders ? l->senders : "-");
	grid_add(g, NULL, "%s", l->client_app ? l->client_app : "-");
	grid_add(g, NULL, "%s", l->server_app ? l->server_app : "-");
	return 0;
}

int explain_cell(struct explanation *x, struct err *e)
{
	static const char *const heads[] = {
		"trial", "outcome", "ending", "RST sent by", "client", "server"
	};
	own_grid struct grid g = { .n_columns = ARRAY_SIZE(heads), .right = 1 };
	const struct stored_cell *c = x->at.cell;
	own_text struct text name = { .s = NULL };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		grid_add(&g, NULL, "%s", heads[i]);
	r = stored_resets_each(x->at.dir, c->id, add_line, &g, e);
	if (r < 0)
		return r;
	address_add_cell(&name, c);
	text_addf(&x->out, "run %s · %s · %llu of %llu trials reset\n\n",
		  x->at.cells.run, text_str(&name),
		  (unsigned long long)c->resets, (unsigned long long)c->trials);
	if (g.n == ARRAY_SIZE(heads))
		text_add(&x->out,
			 c->resets ? no_capture
				   : "No trial of this cell saw an RST.\n");
	else
		grid_print(&g, &x->out, 0, 0);
	if (c->example)
		text_addf(&x->out,
			  "\nrstlab explain %s:%s:%u shows one "
			  "packet by packet\n",
			  x->run, text_str(&name), c->example);
	return g.failed ? err_no_memory(e) : 0;
}
