/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/explain.h"

#include "lab/cmd/packet-list.h"
#include "lab/cmd/terminal.h"
#include "lab/flow/ending.h"
#include "lab/run/captured.h"

#include <string.h>

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

int explain_trial(struct explanation *x, struct err *e)
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
