/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The document rstlab.run/1.  It only ever grows: a key that is here stays,
 * with its meaning.
 */
#include "lab/report/causes.h"
#include "lab/report/format.h"
#include "lab/report/json-text.h"
#include "lab/report/observer.h"
#include "lab/report/published.h"
#include "lab/report/report.h"
#include "lab/report/runtimes.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

/* Values come from an integer column of the database, which is signed. */
static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *rate_or_null(const struct summary_cell *c, double rate)
{
	return c->judged ? json_real(rate) : json_null();
}

/* Names and how often: {"clean": 50, "reset": 0}. */
static json_t *named_numbers(const char *const *names, const uint64_t *numbers,
			     size_t n)
{
	json_t *object = json_object();

	for (size_t i = 0; i < n; i++)
		if (json_object_set_new(object, names[i], number(numbers[i])))
			goto fail;
	return object;
fail:
	json_decref(object);
	return NULL;
}

/* The same from a list, whose names may hold any bytes. */
static json_t *counts(const struct count_list *list)
{
	json_t *object = json_object();

	for (size_t i = 0; i < list->n; i++) {
		json_t *name = json_text(list->items[i].name);
		const int r =
			json_object_set_new(object, json_string_value(name),
					    number(list->items[i].n));

		json_decref(name);
		if (r < 0)
			goto fail;
	}
	return object;
fail:
	json_decref(object);
	return NULL;
}

static json_t *causes(const struct summary_cell *c)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < c->n_causes; i++) {
		const struct cause_count *n = &c->causes[i];

		if (json_array_append_new(
			    array,
			    json_pack("{s:o, s:o, s:o}", "cause",
				      json_text(n->cause), "confidence",
				      json_text(n->confidence), "connections",
				      number(n->connections))) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *params_of(const char *params)
{
	return json_loads(params, JSON_REJECT_DUPLICATES, NULL);
}

/* An array of @n, each made by @make; NULL when one could not be made. */
#define ARRAY_OF(items, count, make)                                         \
	({                                                                   \
		json_t *array_ = json_array();                               \
		for (size_t i_ = 0; array_ && i_ < (count); i_++)            \
			if (json_array_append_new(array_,                    \
						  make(&(items)[i_])) < 0) { \
				json_decref(array_);                         \
				array_ = NULL;                               \
			}                                                    \
		array_;                                                      \
	})

static json_t *cell(const struct summary_cell *c)
{
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
		"s:o, s:{s:o, s:o}}",
		"topology", json_text(c->topology), "workload",
		json_text(c->workload), "params", params_of(c->params),
		"trials", number(c->trials), "connections",
		number(c->connections), "resets", number(c->resets), "rate",
		rate_or_null(c, c->rate), "low",
		rate_or_null(c, c->interval.low), "high",
		rate_or_null(c, c->interval.high), "outcomes",
		named_numbers(outcome_names, c->outcomes, OUTCOMES), "emitters",
		named_numbers(emitter_names, c->emitters, EMITTERS), "endings",
		counts(&c->endings), "causes", causes(c), "app", "client",
		counts(&c->app[SIDE_CLIENT]), "server",
		counts(&c->app[SIDE_SERVER]));
}

static json_t *one_socket(const struct view_socket *s)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "end",
			 json_text(s->role), "node", json_text(s->node),
			 "state", json_text(s->state), "recv_q",
			 number(s->receive_queue), "send_q",
			 number(s->send_queue), "timer", json_text(s->timer),
			 "orphan", s->orphan);
}

/* .hold is null after both programs were through. */
static json_t *one_state(const struct summary_cell *c,
			 const struct view_states *v)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "topology",
			 json_text(c->topology), "params", params_of(c->params),
			 "workload", json_text(c->workload), "point",
			 number(v->number), "hold", json_text(v->hold),
			 "trials", number(v->trials), "sockets",
			 ARRAY_OF(v->sockets, v->n, one_socket));
}

static json_t *one_seen(const struct summary_cell *c, const struct view_seen *v)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "topology", json_text(c->topology), "params",
			 params_of(c->params), "workload",
			 json_text(c->workload), "trials", number(v->trials),
			 "wire", json_text(v->wire), "rst_by",
			 json_text(v->rst), "client", json_text(v->app[0]),
			 "server", json_text(v->app[1]), "outcome",
			 json_text(v->outcome), "why", json_text(v->why));
}

static json_t *time_or_null(int64_t ns)
{
	return ns < 0 ? json_null() : json_integer(ns);
}

static json_t *one_frame(const struct summary_cell *c,
			 const struct view_frames *v)
{
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o, s:o}}",
		"topology", json_text(c->topology), "params",
		params_of(c->params), "workload", json_text(c->workload),
		"connections", number(v->connections), "what",
		json_text(v->what), "frames", json_text(v->frames), "why",
		json_text(v->why), "wait_ns", "least",
		time_or_null(v->least_ns), "median", time_or_null(v->median_ns),
		"most", time_or_null(v->most_ns));
}

/* An array of all that the cells have in their .views. */
#define ARRAY_OF_VIEWS(s, list, make)                                        \
	({                                                                   \
		json_t *all_ = json_array();                                 \
		for (size_t i_ = 0; all_ && i_ < (s)->n_cells; i_++) {       \
			const struct summary_cell *c_ = &(s)->cells[i_];     \
			for (size_t j_ = 0; all_ && j_ < c_->views.n_##list; \
			     j_++)                                           \
				if (json_array_append_new(                   \
					    all_,                            \
					    make(c_, &c_->views.list[j_])) < \
				    0) {                                     \
					json_decref(all_);                   \
					all_ = NULL;                         \
				}                                            \
		}                                                            \
		all_;                                                        \
	})

static json_t *sender(const struct summary_sender *s)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
			 "s:o}",
			 "topology", json_text(s->topology), "params",
			 params_of(s->params), "emitter", json_text(s->emitter),
			 "node", json_text(s->node), "form", json_text(s->form),
			 "phase", json_text(s->phase), "ending",
			 json_text(s->ending), "cause", json_text(s->cause),
			 "confidence", json_text(s->confidence), "connections",
			 number(s->connections), "echoes", number(s->echoes));
}

static json_t *node_books(const struct summary_books *b)
{
	return json_pack("{s:o, s:o, s:o, s:I, s:I, s:I}", "topology",
			 json_text(b->topology), "params", params_of(b->params),
			 "node", json_text(b->node), "rst_wire",
			 (json_int_t)b->rst_wire, "rst_counted",
			 (json_int_t)b->rst_counted, "rst_foreign",
			 (json_int_t)b->rst_foreign);
}

static int add_cause(const struct summary_sender *like, uint64_t n,
		     double share, void *arg)
{
	return json_array_append_new(
		arg, json_pack("{s:o, s:o, s:o, s:o, s:o, s:f}", "topology",
			       json_text(like->topology), "params",
			       params_of(like->params), "cause",
			       json_text(like->cause), "confidence",
			       json_text(like->confidence), "connections",
			       number(n), "share", share));
}

/* The causes of each topology, over its workloads. */
static json_t *causes_by_topology(const struct summary *s)
{
	json_t *array = json_array();

	if (array && causes_each(s, add_cause, array) < 0) {
		json_decref(array);
		return NULL;
	}
	return array;
}

static json_t *one_source(const struct check_source *s)
{
	return json_pack("{s:o, s:o, s:o}", "source", json_text(s->name),
			 "state", json_text(s->state), "why",
			 json_text(s->why));
}

static json_t *one_mismatch(const struct check_mismatch *m)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "block",
			 number(m->block), "topology", json_text(m->topology),
			 "params", params_of(m->params), "node",
			 json_text(m->node), "what", json_text(m->what),
			 "expected", json_integer(m->expected), "seen",
			 json_integer(m->seen), "why", json_text(m->why));
}

static json_t *one_arm(const struct observed_cell *c, enum observer_arm arm)
{
	return json_pack("{s:o, s:o, s:o}", "trials", number(c->trials[arm]),
			 "judged", number(c->arms[arm].n), "resets",
			 number(c->arms[arm].k));
}

static json_t *one_observed(const struct observed_cell *c)
{
	struct interval i = { .low = 0 };
	double rate = 0;
	const bool known = observer_difference(c, &rate, &i);

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "topology",
			 json_text(c->topology), "params", params_of(c->params),
			 "workload", json_text(c->workload), "measured",
			 one_arm(c, OBSERVER_MEASURED), "silent",
			 one_arm(c, OBSERVER_SILENT), "difference",
			 known ? json_real(rate) : json_null(), "low",
			 known ? json_real(i.low) : json_null(), "high",
			 known ? json_real(i.high) : json_null());
}

static json_t *document(const struct summary *s)
{
	return json_pack(
		"{s:s, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:{s:b, s:o}, "
		"s:{s:o, s:o}, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o}, s:o, s:o, "
		"s:o}",
		"schema", "rstlab.run/1", "run", json_text(s->id), "tool",
		json_text(s->tool), "kernel", json_text(s->kernel), "seed",
		number(0), "complete", s->complete, "stopped",
		json_text(s->stopped), "cells",
		ARRAY_OF(s->cells, s->n_cells, cell), "senders",
		ARRAY_OF(s->senders, s->n_senders, sender), "books", "balanced",
		s->balanced, "nodes",
		ARRAY_OF(s->books, s->n_books, node_books), "capture",
		"packets", number(s->packets), "dropped", number(s->dropped),
		"states", ARRAY_OF_VIEWS(s, states, one_state), "seen",
		ARRAY_OF_VIEWS(s, seen, one_seen), "frames",
		ARRAY_OF_VIEWS(s, frames, one_frame), "causes",
		causes_by_topology(s), "evidence",
		ARRAY_OF(s->checks.sources, s->checks.n_sources, one_source),
		"consistency", "marked", number(s->checks.n_marked),
		"mismatches",
		ARRAY_OF(s->checks.mismatches, s->checks.n_mismatches,
			 one_mismatch),
		"observer",
		ARRAY_OF(s->observed.cells, s->observed.n, one_observed),
		"runtimes", runtimes_json(s), "plan", published_json(s));
}

/* The one text of the model that has to be JSON already. */
static int check_one(const struct summary *s, const char *topology,
		     const char *params, struct err *e)
{
	json_t *json = params_of(params);
	const bool good = json_is_object(json);

	json_decref(json);
	if (good)
		return 0;
	return err_set(e, ERR_INPUT, EINVAL,
		       "%s: the parameters of %s are not a JSON object: '%s'",
		       s->id, topology, params);
}

static int check_params(const struct summary *s, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->n_cells; i++)
		r = check_one(s, s->cells[i].topology, s->cells[i].params, e);
	for (size_t i = 0; r == 0 && i < s->n_senders; i++)
		r = check_one(s, s->senders[i].topology, s->senders[i].params,
			      e);
	for (size_t i = 0; r == 0 && i < s->n_books; i++)
		r = check_one(s, s->books[i].topology, s->books[i].params, e);
	return r;
}

/* A seed has 64 bits, jansson's integers 63: @dump says 0, at the one place
 * that no string can look like, as strings hold no newline. */
static void add_dump(struct text *t, const char *dump, uint64_t seed)
{
	static const char key[] = "\n  \"seed\": ";
	const char *at = strstr(dump, key) + sizeof(key) - 1;

	text_addf(t, "%.*s%" PRIu64 "%s\n", (int)(at - dump), dump, seed,
		  at + 1);
}

static int json_write(const struct summary *s, const struct report_options *o,
		      FILE *out, struct err *e)
{
	own_text struct text t = { .s = NULL };
	own_mem char *dump = NULL;
	json_t *root;
	int r;

	(void)o;
	r = check_params(s, e);
	if (r < 0)
		return r;
	root = document(s);
	if (root)
		dump = json_dumps(root,
				  JSON_INDENT(2) |
					  JSON_REAL_PRECISION(FORMAT_DIGITS));
	json_decref(root);
	if (dump)
		add_dump(&t, dump, s->seed);
	else
		t.failed = true;
	return format_write(&t, out, e);
}

const struct report report_json = {
	.name = "json",
	.summary = "for programs: one document, rstlab.run/1",
	.write = json_write,
};
