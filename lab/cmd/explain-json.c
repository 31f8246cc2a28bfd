/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document rstlab.explain/1.  It only ever grows. */
#include "lab/cmd/explain.h"

#include "lab/base/side.h"
#include "lab/cmd/answer.h"
#include "lab/cmd/course.h"
#include "lab/cmd/why.h"
#include "lab/report/json-text.h"
#include "lab/store/reasons.h"

#include <string.h>

/* Finish @doc, which is used up. */
static int print(struct explanation *x, json_t *doc, struct err *e)
{
	char *dump = doc ? json_dumps(doc, JSON_INDENT(2)) : NULL;

	json_decref(doc);
	if (!dump)
		return err_no_memory(e);
	text_add(&x->out, dump);
	text_add(&x->out, "\n");
	free(dump);
	return 0;
}

static json_t *document(const struct explanation *x, const char *of)
{
	return json_pack("{s:s, s:o, s:s}", "schema", "rstlab.explain/1", "run",
			 json_text(x->at.cells.run), "of", of);
}

static json_t *text_value(const struct text *t)
{
	return t->n ? json_text(t->s) : json_null();
}

static json_t *command(const struct explanation *x, const struct stored_cell *c,
		       uint32_t trial)
{
	own_text struct text t = { .s = NULL };

	if (!trial)
		return json_null();
	text_addf(&t, "rstlab explain %s:", x->run);
	address_add_cell(&t, c);
	text_addf(&t, ":%u", trial);
	return text_value(&t);
}

static json_t *cell_name(const struct stored_cell *c)
{
	own_text struct text t = { .s = NULL };

	address_add_cell(&t, c);
	return text_value(&t);
}

static json_t *cell(const struct stored_cell *c)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:I, s:I}", "cell", cell_name(c),
			 "topology", json_text(c->topology), "workload",
			 json_text(c->workload), "params",
			 json_loads(c->params, 0, NULL), "trials",
			 (json_int_t)c->trials, "resets",
			 (json_int_t)c->resets);
}

/* What is known of a cause by its name alone. */
static json_t *meaning(const char *name)
{
	const enum cause cause = cause_named(name);

	if (cause == CAUSES)
		return json_null();
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s}", "sentence",
		cause_infos[cause].sentence, "how", cause_infos[cause].help,
		"is_not", cause_infos[cause].is_not, "change",
		cause_infos[cause].change, "source", cause_infos[cause].source);
}

/* --- a run, a cell ---------------------------------------------------------
 */

int explain_run_json(struct explanation *x, struct err *e)
{
	own_stored_reasons struct stored_reasons list = { .n = 0 };
	json_t *causes = json_array(), *cells = json_array();
	json_t *doc = document(x, "run");
	const int r = stored_reasons_read(x->at.dir, &list, e);

	for (size_t i = 0; i < list.n; i++) {
		const struct stored_reason *s = &list.items[i];

		(void)json_array_append_new(
			causes,
			json_pack("{s:o, s:o, s:I, s:o, s:o}", "cause",
				  json_text(s->cause), "confidence",
				  json_text(s->confidence), "connections",
				  (json_int_t)s->connections, "meaning",
				  meaning(s->cause), "example",
				  command(x,
					  stored_cell_of(&x->at.cells, s->cell),
					  s->trial)));
	}
	for (size_t i = 0; i < x->at.cells.n; i++) {
		const struct stored_cell *c = &x->at.cells.cells[i];
		json_t *j = cell(c);

		(void)json_object_set_new(j, "example",
					  command(x, c, c->example));
		(void)json_array_append_new(cells, j);
	}
	(void)json_object_set_new(doc, "causes", causes);
	(void)json_object_set_new(doc, "cells", cells);
	if (r < 0) {
		json_decref(doc);
		return r;
	}
	return print(x, doc, e);
}

static int add_line(const struct stored_line *l, void *arg, struct err *e)
{
	json_t *j = json_pack(
		"{s:I, s:o, s:o, s:o, s:{s:o, s:o}}", "number",
		(json_int_t)l->number, "outcome", json_text(l->outcome),
		"endings", json_text(l->endings), "rst_by",
		json_text(l->senders), "app", "client",
		json_text(l->client_app), "server", json_text(l->server_app));

	return json_array_append_new(arg, j) < 0 ? err_no_memory(e) : 0;
}

int explain_cell_json(struct explanation *x, struct err *e)
{
	json_t *trials = json_array();
	json_t *doc = document(x, "cell");
	const int r = stored_resets_each(x->at.dir, x->at.cell->id, add_line,
					 trials, e);

	(void)json_object_set_new(doc, "cell", cell(x->at.cell));
	(void)json_object_set_new(doc, "trials", trials);
	if (r < 0) {
		json_decref(doc);
		return r;
	}
	return print(x, doc, e);
}

/* --- a trial ---------------------------------------------------------------
 */

static json_t *endpoint(const struct ip_endpoint *ep)
{
	char buf[IP_TEXT_MAX];

	return json_string(ip_endpoint_text(ep, buf));
}

static json_t *sightings(const struct stored_reset *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->n_sightings; i++) {
		const struct stored_sighting *s = &r->sightings[i];

		(void)json_array_append_new(
			array,
			json_pack("{s:o, s:o, s:o, s:I, s:o, s:o}", "node",
				  json_text(s->node), "interface",
				  json_text(s->interface), "direction",
				  json_text(s->direction), "after_ns",
				  (json_int_t)(s->time_ns - r->time_ns), "src",
				  endpoint(&s->src), "dst", endpoint(&s->dst)));
	}
	return array;
}

static json_t *resets(const struct stored_connection *c)
{
	json_t *array = json_array();

	for (size_t i = 0; i < c->n_resets; i++) {
		const struct stored_reset *r = &c->resets[i];

		(void)json_array_append_new(
			array,
			json_pack("{s:I, s:b, s:b, s:I, s:o, s:o, s:o, s:o, "
				  "s:o, s:i, s:o}",
				  "number", (json_int_t)r->number, "first",
				  r->first, "echo", r->echo, "time_ns",
				  (json_int_t)(r->time_ns - c->start_ns),
				  "side", json_text(r->side), "emitter",
				  json_text(r->emitter), "node",
				  json_text(r->node), "form",
				  json_text(r->form), "phase",
				  json_text(r->phase), "ttl", (int)r->ttl,
				  "sightings", sightings(r)));
	}
	return array;
}

static json_t *packet(const struct view_connection *v,
		      const struct view_point *p, size_t i)
{
	const struct transcript_packet *t = &p->t->packets[i];
	own_text struct text info = { .s = NULL }, why = { .s = NULL };

	transcript_add_info(p->t, i, &info);
	why_add(&why, v->c, p, i);
	return json_pack("{s:I, s:I, s:o, s:o, s:s, s:o, s:o}", "number",
			 (json_int_t)i + 1, "time_ns",
			 (json_int_t)(t->time_ns - v->c->start_ns), "src",
			 endpoint(&t->segment.src), "dst",
			 endpoint(&t->segment.dst), "protocol",
			 transcript_protocol(p->t, i), "info",
			 json_text(text_str(&info)), "why", text_value(&why));
}

static json_t *points(const struct explanation *x,
		      const struct view_connection *v, size_t *shown)
{
	json_t *array = json_array();

	for (size_t i = 0; i < v->n; i++) {
		json_t *packets = json_array();

		if (explain_wants(x, v, &v->points[i])) {
			for (size_t j = 0; j < v->points[i].t->n_packets; j++)
				(void)json_array_append_new(
					packets, packet(v, &v->points[i], j));
			++*shown;
		} else {
			json_decref(packets);
			packets = json_null();
		}
		(void)json_array_append_new(
			array, json_pack("{s:o, s:o, s:o}", "node",
					 json_text(v->points[i].leg->node),
					 "interface",
					 json_text(v->points[i].leg->interface),
					 "packets", packets));
	}
	return array;
}

/* null for a connection that was not reset. */
static int add_answer(json_t *to, const struct view_connection *v,
		      const struct calls *calls, struct err *e)
{
	own_answer struct answer a = { .n = 0 };
	const struct stored_connection *c = v->c;
	json_t *evidence;
	int r;

	if (!c->cause)
		return json_object_set_new(to, "answer", json_null()) < 0
			       ? err_no_memory(e)
			       : 0;
	r = answer_make(v, calls, &a, e);
	if (r < 0)
		return r;
	evidence = json_array();
	for (size_t i = 0; i < a.n; i++)
		(void)json_array_append_new(
			evidence, json_text(text_str(&a.evidence[i])));
	r = json_object_set_new(
		to, "answer",
		json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "sentence",
			  text_value(&a.sentence), "cause", json_text(c->cause),
			  "confidence", json_text(c->confidence), "bytes",
			  text_value(&a.bytes), "evidence", evidence,
			  "contrary", json_text(c->contrary), "meaning",
			  meaning(c->cause)));
	return r < 0 ? err_no_memory(e) : 0;
}

static json_t *way(const struct trial_view *v, size_t i)
{
	const struct stored_connection *c = v->connections[i].c;
	const struct stored_connection *next =
		i + 1 < v->n ? v->connections[i + 1].c : NULL;
	const struct stored_connection *before =
		i ? v->connections[i - 1].c : NULL;
	own_text struct text lines = { .s = NULL };
	json_t *array = json_array();

	answer_way(&lines, &v->connections[i],
		   next && course_leads_on(c, next) ? next : NULL,
		   before && course_leads_on(before, c) ? before : NULL);
	for (const char *line = text_str(&lines); *line;) {
		const size_t n = strcspn(line, "\n");

		(void)json_array_append_new(array, json_stringn(line, n));
		line += n + !!line[n];
	}
	return array;
}

static int add_connections(const struct explanation *x, json_t *doc,
			   const struct trial_view *v,
			   const struct calls *calls, struct err *e)
{
	json_t *array = json_array();
	size_t shown = 0;
	int r = 0;

	(void)json_object_set_new(doc, "connections", array);
	for (size_t i = 0; r == 0 && i < v->n; i++) {
		const struct stored_connection *c = v->connections[i].c;
		json_t *j = json_pack(
			"{s:o, s:o, s:o, s:b, s:b, s:b, s:o, s:o, s:o}",
			"client", endpoint(&c->client), "server",
			endpoint(&c->server), "ending", json_text(c->ending),
			"judged", c->judged, "from_client", c->from_client,
			"to_server", c->to_server, "resets", resets(c), "way",
			way(v, i), "points",
			points(x, &v->connections[i], &shown));

		r = add_answer(j, &v->connections[i], calls, e);
		(void)json_array_append_new(array, j);
	}
	if (r == 0 && v->n && !shown)
		r = explain_no_point(x, &v->trial, e);
	return r;
}

static json_t *events(const struct course *c)
{
	json_t *array = json_array();

	for (size_t i = 0; i < c->n; i++) {
		const struct ladder_event *ev = &c->events[i];

		(void)json_array_append_new(
			array,
			json_pack("{s:I, s:i, s:i, s:o, s:b, s:b}", "time_ns",
				  (json_int_t)ev->time_ns, "from",
				  (int)ev->from, "to", (int)ev->to, "text",
				  json_text(ev->text), "lost", ev->lost,
				  "reset", ev->marked));
	}
	return array;
}

static int add_ladders(json_t *doc, const struct trial_view *v, struct err *e)
{
	json_t *ladders = json_array();
	int r = 0;

	(void)json_object_set_new(doc, "ladders", ladders);
	for (size_t i = 0; r == 0 && i < v->n;) {
		own_course struct course c = { .n = 0 };
		json_t *lanes = json_array();

		r = course_make(v, i, i == 0, &c, e);
		for (size_t j = 0; j < c.n_lanes; j++)
			(void)json_array_append_new(
				lanes, json_text(c.lanes[j] ? c.lanes[j] : ""));
		(void)json_array_append_new(
			ladders, json_pack("{s:o, s:o}", "lanes", lanes,
					   "events", events(&c)));
		i += c.connections ? c.connections : 1;
	}
	return r;
}

static json_t *trial(const struct stored_trial *t)
{
	return json_pack("{s:I, s:o, s:o, s:{s:o, s:o}, s:I}", "number",
			 (json_int_t)t->number, "outcome",
			 json_text(t->outcome), "why", json_text(t->why), "app",
			 "client", json_text(t->client_app), "server",
			 json_text(t->server_app), "connections",
			 (json_int_t)t->n);
}

int explain_trial_json(struct explanation *x, struct err *e)
{
	own_trial_view struct trial_view v = { .n = 0 };
	own_calls struct calls calls = { .n = 0 };
	own_text struct text replay = { .s = NULL };
	json_t *doc;
	int r = trial_view_read(&x->at, x->word, x->o->all, &v, e);

	if (r == 0)
		r = calls_read(&v.trial, &calls, e);
	if (r < 0)
		return r;
	explain_add_replay(&replay, &x->at);
	doc = document(x, "trial");
	(void)json_object_set_new(doc, "cell", cell(x->at.cell));
	(void)json_object_set_new(doc, "trial", trial(&v.trial));
	(void)json_object_set_new(doc, "replay", text_value(&replay));
	r = add_connections(x, doc, &v, &calls, e);
	if (r == 0)
		r = add_ladders(doc, &v, e);
	if (r == 0)
		return print(x, doc, e);
	json_decref(doc);
	return r;
}
