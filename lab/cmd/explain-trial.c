/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/explain.h"

#include "lab/base/side.h"
#include "lab/cause/cause.h"
#include "lab/cmd/answer.h"
#include "lab/cmd/course.h"
#include "lab/cmd/packet-list.h"
#include "lab/cmd/socket-list.h"
#include "lab/cmd/terminal.h"
#include "lab/flow/ending.h"
#include "lab/report/format.h"
#include "lab/run/recorder.h"
#include "lab/store/checks.h"

#include <string.h>

enum { PIPE_COLUMNS = 80 };

static size_t columns_of(const struct explanation *x)
{
	return x->columns ? x->columns : PIPE_COLUMNS;
}

static void add_wrapped(struct explanation *x, const char *mark, const char *s)
{
	const size_t at = strlen(mark);

	text_add(&x->out, mark);
	format_wrap(&x->out, s, at, at, columns_of(x));
	format_end_line(&x->out);
}

/* --- the answer ------------------------------------------------------------
 */

static const char *ending_says(const char *name)
{
	for (size_t i = 0; i < ENDINGS; i++)
		if (!strcmp(ending_infos[i].name, name))
			return ending_infos[i].wire;
	return "";
}

static void add_head(struct explanation *x, const struct stored_trial *t)
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
}

static bool is_known(const struct stored_connection *c)
{
	return strcmp(c->cause, cause_infos[CAUSE_UNKNOWN].name) != 0;
}

static int add_answers(struct explanation *x, const struct trial_view *v,
		       const struct calls *calls, struct err *e)
{
	bool any = false;

	text_add(&x->out, "\n");
	for (size_t i = 0; i < v->n; i++) {
		own_answer struct answer a = { .n = 0 };
		own_text struct text sure = { .s = NULL };
		const struct stored_connection *c = v->connections[i].c;
		char client[IP_TEXT_MAX], server[IP_TEXT_MAX];
		int r;

		if (!c->cause)
			continue;
		r = answer_make(&v->connections[i], calls, &a, e);
		if (r < 0)
			return r;
		any = true;
		add_wrapped(x, "", text_str(&a.sentence));
		text_addf(&sure, "%s%s%s: %s", c->cause,
			  is_known(c) ? ", " : "",
			  is_known(c) ? c->confidence : "", a.sure);
		if (v->n > 1)
			text_addf(&sure, "; connection %s → %s",
				  ip_endpoint_text(&c->client, client),
				  ip_endpoint_text(&c->server, server));
		add_wrapped(x, "  ", text_str(&sure));
	}
	if (!v->trial.n)
		text_add(&x->out, "It made no connection.\n");
	else if (!any)
		text_add(&x->out, "No connection of this trial was reset.\n");
	if (v->n < v->trial.n)
		text_addf(&x->out,
			  "%zu of its %zu connections are shown; --all shows "
			  "every one\n",
			  v->n, v->trial.n);
	return 0;
}

/* --- the course ------------------------------------------------------------
 */

static int add_course(struct explanation *x, const struct trial_view *v,
		      size_t first, bool calls, size_t *ret_n, struct err *e)
{
	own_course struct course c = { .n = 0 };
	const int r = course_make(v, first, calls, &c, e);

	if (r < 0)
		return r;
	text_add(&x->out, "\n");
	ladder_add(&x->out,
		   &(struct ladder){
			   .lanes = (const char *const *)c.lanes,
			   .n_lanes = c.n_lanes,
			   .events = c.events,
			   .n_events = c.n,
			   .columns = columns_of(x),
			   .utf8 = terminal_utf8(),
			   .color = terminal_color(x->o->color, stdout),
			   .all = x->o->all,
		   });
	*ret_n = c.connections;
	return 0;
}

/* A ladder for each connection that the client began, with those that lead on
 * from it. */
static int add_courses(struct explanation *x, const struct trial_view *v,
		       struct err *e)
{
	size_t n = 1;

	for (size_t i = 0; i < v->n; i += n) {
		const int r = add_course(x, v, i, i == 0, &n, e);

		if (r < 0)
			return r;
	}
	return 0;
}

/* --- packets ---------------------------------------------------------------
 */

/* How well @leg is where @s was: its point, and its addresses. */
static int likeness(const struct stored_leg *leg,
		    const struct stored_sighting *s)
{
	if (strcmp(s->node, leg->node) != 0 ||
	    strcmp(s->interface, leg->interface) != 0)
		return 0;
	return 1 + (ip_endpoint_equal(&s->src, &leg->client) ||
		    ip_endpoint_equal(&s->src, &leg->server));
}

/* Where the first RST was seen first, or else where the SYN was. */
static bool is_best(const struct view_connection *v, const struct view_point *p)
{
	const struct stored_reset *r = trial_view_first_reset(v->c);
	const struct view_point *best = v->points;

	for (size_t i = 1; r && r->n_sightings && i < v->n; i++)
		if (likeness(v->points[i].leg, &r->sightings[0]) >
		    likeness(best->leg, &r->sightings[0]))
			best = &v->points[i];
	return p == best;
}

bool explain_wants(const struct explanation *x, const struct view_connection *v,
		   const struct view_point *p)
{
	const char *point = x->o->point;
	const size_t n = strlen(p->leg->node);

	if (!point)
		return is_best(v, p);
	return !strcmp(point, "all") ||
	       (!strncmp(point, p->leg->node, n) && point[n] == ':' &&
		!strcmp(point + n + 1, p->leg->interface));
}

static int add_point(struct explanation *x, const struct view_connection *v,
		     const struct view_point *p, struct err *e)
{
	const struct packet_list list = {
		.t = p->t,
		.connection = v->c,
		.leg = p->leg,
		.point = p,
		.verbose = x->o->verbose,
		.all = x->o->all,
		.color = terminal_color(x->o->color, stdout),
	};
	int r;

	text_addf(&x->out, "\n%s:%s\n", p->leg->node, p->leg->interface);
	r = packet_list_add(&x->out, &list, e);
	if (r == 0 && p->cut)
		text_addf(&x->out, "%s\n", p->cut);
	return r;
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

static void add_other_points(struct explanation *x,
			     const struct view_connection *v)
{
	own_text struct text points = { .s = NULL };

	for (size_t i = 0; i < v->n; i++)
		if (!explain_wants(x, v, &v->points[i]))
			text_addf(&points, "%s%s:%s", points.n ? ", " : "",
				  v->points[i].leg->node,
				  v->points[i].leg->interface);
	if (points.n && !x->o->point)
		text_addf(&x->out,
			  "seen at %s too: `--point NODE:INTERFACE` or "
			  "`--point all`\n",
			  points.s);
}

static int add_packets(struct explanation *x, const struct trial_view *v,
		       struct err *e)
{
	size_t shown = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < v->n; i++) {
		const struct view_connection *c = &v->connections[i];

		add_connection_head(x, c->c);
		for (size_t j = 0; r == 0 && j < c->n; j++) {
			if (!explain_wants(x, c, &c->points[j]))
				continue;
			r = add_point(x, c, &c->points[j], e);
			shown++;
		}
		add_other_points(x, c);
	}
	if (r == 0 && v->n && !shown)
		r = explain_no_point(x, &v->trial, e);
	return r;
}

int explain_no_point(const struct explanation *x, const struct stored_trial *t,
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

/* --- what it rests on ------------------------------------------------------
 */

static void add_way(struct explanation *x, const struct trial_view *v, size_t i)
{
	const struct stored_connection *c = v->connections[i].c;
	const struct stored_connection *next =
		i + 1 < v->n ? v->connections[i + 1].c : NULL;
	const struct stored_connection *before =
		i ? v->connections[i - 1].c : NULL;
	own_text struct text way = { .s = NULL };

	answer_way(&way, &v->connections[i],
		   next && course_leads_on(c, next) ? next : NULL,
		   before && course_leads_on(before, c) ? before : NULL);
	text_add(&x->out, "\nThe RST on its way\n");
	for (const char *line = text_str(&way); *line;) {
		const size_t n = strcspn(line, "\n");

		text_addf(&x->out, "  %.*s\n", (int)n, line);
		line += n + !!line[n];
	}
}

static int add_reasons(struct explanation *x, const struct trial_view *v,
		       size_t i, const struct calls *calls, struct err *e)
{
	own_answer struct answer a = { .n = 0 };
	const struct stored_connection *c = v->connections[i].c;
	const int r = answer_make(&v->connections[i], calls, &a, e);

	if (r < 0)
		return r;
	if (is_known(c))
		text_addf(&x->out, "\nEvidence for %s: %s, %s\n", c->cause,
			  c->confidence, a.sure);
	else
		text_add(&x->out, "\nEvidence, which tells no cause\n");
	for (size_t j = 0; j < a.n; j++)
		add_wrapped(x, "  + ", text_str(&a.evidence[j]));
	if (c->contrary)
		add_wrapped(x, "  - ", c->contrary);
	if (a.info) {
		add_wrapped(x, "How it comes about: ", a.info->help);
		add_wrapped(x, "It is not: ", a.info->is_not);
		add_wrapped(x, "Would change it: ", a.info->change);
		add_wrapped(x, "Source: ", a.info->source);
	}
	return 0;
}

/* What might have told more.  Runs of older formats do not say. */
static void add_missing(struct explanation *x)
{
	own_checks struct checks c = { .n_sources = 0 };
	const char *gap = "\n";
	struct err ignored;

	if (checks_read_run(x->at.dir, &c, &ignored) < 0)
		return;
	for (size_t i = 0; i < c.n_sources; i++) {
		own_text struct text line = { .s = NULL };
		const struct check_source *s = &c.sources[i];

		if (strcmp(s->state, "missing") != 0)
			continue;
		text_addf(&line, "%s: %s", s->name,
			  s->why ?: "cannot be had here");
		text_add(&x->out, gap);
		gap = "";
		add_wrapped(x, "Not heard: ", text_str(&line));
	}
}

/* --- to look further -------------------------------------------------------
 */

/* {"cpus": "1", "mtu": "1400"} as `--param cpus=1 --param mtu=1400`; the label
 * has them as "host cpus=1 mtu=1400". */
static void add_params(struct text *out, const struct address *at)
{
	own_text struct text label = { .s = NULL };
	const char *s;

	address_add_label(&label, at->cell);
	s = text_str(&label) + strlen(at->cell->topology);
	while (*s == ' ') {
		const size_t n = 1 + strcspn(s + 1, " ");

		text_addf(out, " --param %.*s", (int)n - 1, s + 1);
		s += n;
	}
}

/* As it was typed, but for where it wrote. */
static void add_command(struct text *out, const struct stored_cells *cells)
{
	const char *s = cells->command;
	const char *o = strstr(s, " -o ");

	text_addf(out, "%.*s", o ? (int)(o - s) : (int)strlen(s), s);
	if (o)
		text_add(out, o + 4 + strcspn(o + 4, " "));
	if (!strstr(s, "--seed"))
		text_addf(out, " --seed %s", cells->seed);
}

void explain_add_replay(struct text *out, const struct address *at)
{
	const struct stored_cells *cells = &at->cells;
	const bool by_file = cells->command && (strstr(cells->command, "/") &&
						strstr(cells->command, ".y"));
	const bool own = !strcmp(at->cell->workload, "own");

	if (cells->command && strstr(cells->command, " import "))
		return; /* what others captured cannot be played again */
	if ((own || by_file) && cells->command) {
		add_command(out, cells);
		return;
	}
	text_addf(out, "rstlab run -t %s -w %s", at->cell->topology,
		  at->cell->workload);
	add_params(out, at);
	text_addf(out, " -n %u --seed %s", at->trial, cells->seed);
}

static void add_captures(struct explanation *x, const struct trial_view *v)
{
	own_text struct text label = { .s = NULL }, last = { .s = NULL };
	const char *word = "capture";

	address_add_label(&label, x->at.cell);
	for (size_t i = 0; i < v->n; i++) {
		const struct view_connection *c = &v->connections[i];

		for (size_t j = 0; j < c->n; j++) {
			own_text struct text file = { .s = NULL };

			if (!explain_wants(x, c, &c->points[j]))
				continue;
			recorder_add_file_name(&file, text_str(&label),
					       c->points[j].leg->node,
					       c->points[j].leg->interface);
			if (!strcmp(text_str(&file), text_str(&last)))
				continue; /* the same as of the one before */
			text_addf(&x->out, "%-8s %s/captures/%s\n", word,
				  x->at.dir, text_str(&file));
			text_done(&last);
			last = file;
			file = (struct text){ .s = NULL };
			word = "";
		}
	}
}

static void add_further(struct explanation *x, const struct trial_view *v)
{
	own_text struct text replay = { .s = NULL };

	explain_add_replay(&replay, &x->at);
	text_add(&x->out, "\n");
	if (replay.n)
		text_addf(&x->out, "replay   %s\n", replay.s);
	add_captures(x, v);
}

static bool has_cause(const struct trial_view *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->connections[i].c->cause)
			return true;
	return false;
}

int explain_trial(struct explanation *x, struct err *e)
{
	own_trial_view struct trial_view v = { .n = 0 };
	own_calls struct calls calls = { .n = 0 };
	int r = trial_view_read(&x->at, x->word, x->o->all, &v, e);

	if (r == 0)
		r = calls_read(&v.trial, &calls, e);
	if (r < 0)
		return r;
	add_head(x, &v.trial);
	r = add_answers(x, &v, &calls, e);
	if (r == 0)
		r = add_courses(x, &v, e);
	if (r == 0)
		r = socket_list_add(&x->out, x->at.dir, &v.trial,
				    v.n ? v.connections[0].c->start_ns
					: v.trial.start_ns,
				    e);
	if (r == 0)
		r = add_packets(x, &v, e);
	for (size_t i = 0; r == 0 && i < v.n; i++) {
		if (!v.connections[i].c->cause)
			continue;
		r = add_reasons(x, &v, i, &calls, e);
		add_way(x, &v, i);
	}
	if (r == 0 && has_cause(&v))
		add_missing(x);
	if (r == 0)
		add_further(x, &v);
	return r;
}
