/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/address.h"
#include "lab/cmd/packet-list.h"
#include "lab/cmd/terminal.h"
#include "lab/cmd/verb.h"
#include "lab/flow/ending.h"
#include "lab/report/format.h"
#include "lab/report/grid.h"
#include "lab/run/captured.h"

#include <string.h>

struct explain_options {
	const char *point;
	bool verbose;
	int color;
};

#define AT(member) .offset = offsetof(struct explain_options, member)

static const struct opt explain_opts[] = {
	{ .name = "point",
	  .letter = 'p',
	  .type = OPT_STRING,
	  AT(point),
	  .arg = "NODE:INTERFACE",
	  .help = "the packets as this point saw them; all points, else" },
	{ .name = "verbose",
	  .letter = 'v',
	  .type = OPT_FLAG,
	  AT(verbose),
	  .help = "HTTP/2 frames with their flags, headers and settings" },
	{ .name = "color",
	  .type = OPT_CHOICE,
	  AT(color),
	  .arg = "WHEN",
	  .choices = terminal_color_names,
	  .help = "colours" },
	{ .name = NULL },
};

static const struct example explain_examples[] = {
	{ "rstlab explain latest",
	  "the cells, with a trial of each to look at" },
	{ "rstlab explain latest:host/late-data",
	  "the trials of a cell that saw an RST" },
	{ "rstlab explain latest:host/late-data:1",
	  "one trial, packet by packet" },
	{ .command = NULL },
};

/* One call of the verb. */
struct explanation {
	const struct explain_options *o;
	const char *word; /* what was asked for */
	const char *run;  /* the part of it that names the run */
	struct address at;
	struct text out;
};

static void explanation_done(struct explanation *x)
{
	address_done(&x->at);
	text_done(&x->out);
}

/* --- lists -----------------------------------------------------------------
 */

static int print_cells(struct explanation *x, struct err *e)
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
	text_addf(&x->out, "run %s\n\n", cells->run);
	grid_print(&g, &x->out, 0, 0);
	return g.failed ? err_set(e, ERR_SYSTEM, ENOMEM, "cells") : 0;
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

static int print_resets(struct explanation *x, struct err *e)
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
		text_add(&x->out, "No trial of this cell saw an RST.\n");
	else
		grid_print(&g, &x->out, 0, 0);
	if (c->example)
		text_addf(&x->out,
			  "\nrstlab explain %s:%s:%u shows one "
			  "packet by packet\n",
			  x->run, text_str(&name), c->example);
	return g.failed ? err_set(e, ERR_SYSTEM, ENOMEM, "trials") : 0;
}

/* --- one trial -------------------------------------------------------------
 */

static const char *ending_says(const char *name)
{
	for (size_t i = 0; i < ENDINGS; i++)
		if (!strcmp(ending_infos[i].name, name))
			return ending_infos[i].wire;
	return "";
}

static void add_trial_head(struct explanation *x, const struct stored_trial *t)
{
	own_text struct text name = { .s = NULL };

	address_add_cell(&name, x->at.cell);
	text_addf(&x->out, "run %s · %s · trial %u · %s\n", x->at.cells.run,
		  text_str(&name), t->number, t->outcome);
	if (t->why)
		text_addf(&x->out, "%s\n", t->why);
	text_addf(&x->out, "what the programs saw: client %s, server %s\n",
		  t->client_app ? t->client_app : "-",
		  t->server_app ? t->server_app : "-");
	if (!t->n)
		text_add(&x->out, "It made no connection.\n");
}

static void add_connection_head(struct explanation *x,
				const struct stored_connection *c)
{
	char client[IP_TEXT_MAX], server[IP_TEXT_MAX];

	text_addf(&x->out, "\nconnection %s → %s · %s: %s%s\n",
		  ip_endpoint_text(&c->client, client),
		  ip_endpoint_text(&c->server, server), c->ending,
		  ending_says(c->ending),
		  c->judged ? "" : " (not all of it was seen)");
}

static int add_point(struct explanation *x, const struct stored_connection *c,
		     const struct stored_leg *leg, struct err *e)
{
	own_text struct text label = { .s = NULL };
	own_transcript struct transcript *t = NULL;
	own_mem char *cut = NULL;
	struct packet_list list = {
		.connection = c,
		.leg = leg,
		.verbose = x->o->verbose,
		.color = terminal_color(x->o->color, stdout),
	};
	int r;

	address_add_label(&label, x->at.cell);
	r = captured_read(
		&(struct captured_query){
			.dir = x->at.dir,
			.label = text_str(&label),
			.leg = leg,
			.from_ns = c->start_ns,
			.to_ns = c->start_ns + c->duration_ns,
			.clock_ns = x->at.cells.clock_ns,
		},
		&t, &cut, e);
	if (r < 0)
		return r;
	list.t = t;
	text_addf(&x->out, "\n%s:%s\n", leg->node, leg->interface);
	r = packet_list_add(&x->out, &list, e);
	if (r == 0 && cut)
		text_addf(&x->out, "%s\n", cut);
	return r;
}

static bool is_wanted(const struct explanation *x, const struct stored_leg *leg)
{
	const char *point = x->o->point;
	const size_t n = strlen(leg->node);

	return !point || (!strncmp(point, leg->node, n) && point[n] == ':' &&
			  !strcmp(point + n + 1, leg->interface));
}

static int add_connection(struct explanation *x,
			  const struct stored_connection *c, size_t *shown,
			  struct err *e)
{
	int r = 0;

	add_connection_head(x, c);
	for (size_t i = 0; r == 0 && i < c->n_legs; i++) {
		if (!is_wanted(x, &c->legs[i]))
			continue;
		r = add_point(x, c, &c->legs[i], e);
		++*shown;
	}
	return r;
}

/* No connection passed the point that was asked for: say which it did pass. */
static int no_point(const struct explanation *x, const struct stored_trial *t,
		    struct err *e)
{
	own_text struct text points = { .s = NULL };

	for (size_t i = 0; i < t->n; i++) {
		for (size_t j = 0; j < t->connections[i].n_legs; j++) {
			const struct stored_leg *l = &t->connections[i].legs[j];

			text_addf(&points, "%s%s:%s", points.n ? ", " : "",
				  l->node, l->interface);
		}
	}
	return err_set(
		e, ERR_EMPTY, ENOENT,
		"no connection of this trial passed '%s'; they passed %s",
		x->o->point, points.n ? points.s : "nothing");
}

static int print_trial(struct explanation *x, struct err *e)
{
	own_stored_trial struct stored_trial t = { .n = 0 };
	size_t shown = 0;
	int r = stored_trial_read(x->at.dir, x->at.cell->id, x->at.trial, &t,
				  e);

	if (r < 0)
		return err_add(e, "%s", x->word);
	if (!x->at.cells.has_clock)
		return err_set(e, ERR_EMPTY, ENODATA,
			       "run %s has no captures to read packets from: "
			       "it was made with --no-files, or by an older "
			       "rstlab; run it again without",
			       x->at.cells.run);
	add_trial_head(x, &t);
	for (size_t i = 0; r == 0 && i < t.n; i++)
		r = add_connection(x, &t.connections[i], &shown, e);
	if (r == 0 && t.n && !shown)
		r = no_point(x, &t, e);
	return r;
}

/* --- the verb --------------------------------------------------------------
 */

static int check_point(const struct explanation *x, struct err *e)
{
	if (x->o->point && !x->at.trial)
		return err_set(e, ERR_INPUT, EINVAL,
			       "--point goes with a trial: RUN:CELL:TRIAL");
	return 0;
}

/* "latest" of "latest:host/late-data:1", to be repeated in hints. */
static char *run_part(const char *word, const struct address *a)
{
	const size_t n = strcspn(word, ":");

	/* a path with a colon in it cannot be cut there */
	return word[n] && strchr(a->dir, ':') ? strdup(a->dir)
					      : strndup(word, n);
}

static int explain_run(const struct call *c, struct err *e)
{
	OWN(explanation_done)
	struct explanation x = {
		.o = c->options,
		.word = c->operands[0] ? c->operands[0] : "latest",
	};
	own_mem char *run = NULL;
	int r = address_find(x.word, &x.at, e);

	if (r == 0)
		r = check_point(&x, e);
	if (r < 0)
		return r;
	run = run_part(x.word, &x.at);
	if (!run)
		return err_errno(e, "run");
	x.run = run;
	if (!x.at.cell)
		r = print_cells(&x, e);
	else if (!x.at.trial)
		r = print_resets(&x, e);
	else
		r = print_trial(&x, e);
	return r < 0 ? r : format_write(&x.out, stdout, e);
}

const struct verb verb_explain = {
	.name = "explain",
	.operands = "[RUN[:CELL[:TRIAL]]]",
	.summary = "show a trial of a run packet by packet, and who reset it",
	.about = "RUN is named as for `rstlab report`. Alone it lists the "
		 "cells, with a trial of each to look at. CELL is "
		 "TOPOLOGY/WORKLOAD, with parameters "
		 "TOPOLOGY+NAME=VALUE/WORKLOAD, and lists its trials that saw "
		 "an RST. With TRIAL, the number of one, the packets of its "
		 "connections are listed as every point saw them, in the form "
		 "that tshark has: HTTP/2 frames and gRPC are named, numbers "
		 "are relative, times count from the connection's first "
		 "packet. Below each RST stands who sent it, whether it was "
		 "the first or an echo, and the bytes or frames that it "
		 "answers.\n\n"
		 "Nothing is measured anew, and no rights are needed. What was "
		 "not captured is not guessed at: it is said.",
	.examples = explain_examples,
	.opts = explain_opts,
	.options_size = sizeof(struct explain_options),
	.max_operands = 1,
	.words = WORDS_RUNS,
	.run = explain_run,
};
