/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/findings.h"

#include "lab/base/text.h"

#include <inttypes.h>
#include <string.h>

static const char *topology_of(const struct selftest_cell *c)
{
	return c->topology->name;
}

static void print_cell(const struct findings *f, size_t number, FILE *out)
{
	const struct selftest_cell *c = &f->selftest->cells[number];

	for (size_t i = 0; i < c->n_differences; i++) {
		const struct selftest_difference *d = &c->differences[i];

		fprintf(out,
			"  %s:%s/%s:%" PRIu32 "  %s: expected %s, seen %s "
			"(%" PRIu32 " of %" PRIu32 " trials)\n",
			f->run, topology_of(c), c->workload->name, d->first,
			d->what, d->expected, d->seen, d->trials, c->trials);
	}
}

static void print_differences(const struct findings *f, FILE *out)
{
	const struct selftest *s = f->selftest;

	if (!s->totals[SELFTEST_DIFFERS])
		return;
	fputs("Differs\n", out);
	for (size_t i = 0; i < s->n_cells; i++)
		print_cell(f, i, out);
	fputc('\n', out);
}

static bool same_reason(const struct selftest_cell *a,
			const struct selftest_cell *b)
{
	return a->topology == b->topology && a->verdict == b->verdict &&
	       !strcmp(a->reason, b->reason);
}

/* One line for the cells from @first on that have its reason, unless an
 * earlier one has it, too. */
static void print_reason(const struct selftest *s, size_t first, FILE *out)
{
	const struct selftest_cell *c = &s->cells[first];
	const char *gap = "";

	for (size_t i = 0; i < first; i++)
		if (same_reason(&s->cells[i], c))
			return;
	fprintf(out, "  %s: %s: ", topology_of(c), c->reason);
	for (size_t i = first; i < s->n_cells; i++)
		if (same_reason(&s->cells[i], c)) {
			fprintf(out, "%s%s", gap, s->cells[i].workload->name);
			gap = ", ";
		}
	fputc('\n', out);
}

/* The cells of one verdict that have a reason. */
static void print_reasons(const struct selftest *s,
			  enum selftest_verdict verdict, const char *title,
			  FILE *out)
{
	if (!s->totals[verdict])
		return;
	fprintf(out, "%s\n", title);
	for (size_t i = 0; i < s->n_cells; i++)
		if (s->cells[i].verdict == verdict)
			print_reason(s, i, out);
	fputc('\n', out);
}

/* What the trials showed: alternatives in the order of the alphabet, so that
 * two runs can be compared. */
static void join_seen(const struct selftest_seen_list *list, struct text *out)
{
	const char *last = NULL;

	for (size_t n = 0; n < list->n; n++) {
		const char *next = NULL;

		for (size_t i = 0; i < list->n; i++) {
			const char *text = list->items[i].text;

			if ((!last || strcmp(text, last) > 0) &&
			    (!next || strcmp(text, next) < 0))
				next = text;
		}
		text_addf(out, "%s%s", last ? " or " : "", next);
		last = next;
	}
}

static void print_features(const struct findings *f, FILE *out)
{
	fputs("  features:", out);
	for (int i = 0; i < FEATURES; i++)
		fprintf(out, "%s %s%s", i ? "," : "",
			f->lacks & 1U << i ? "no " : "", feature_names[i]);
	fputc('\n', out);
}

static void print_probe(const struct selftest_cell *c, FILE *out)
{
	static const struct {
		enum expect_text key;
		const char *before;
	} parts[] = {
		{ EXPECT_ENDING, "" },		{ EXPECT_RST, ", RST by " },
		{ EXPECT_FORM, ", form " },	{ EXPECT_CLIENT, ", client " },
		{ EXPECT_SERVER, ", server " },
	};
	own_text struct text t = { .s = NULL };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		text_add(&t, parts[i].before);
		join_seen(&c->seen[parts[i].key], &t);
	}
	fprintf(out, "  %s: %s\n", c->workload->expects.probe, text_str(&t));
}

/* Was a behaviour measured there that belongs into the vector? */
static bool is_probe(const struct selftest *s, size_t i)
{
	const struct selftest_cell *c = &s->cells[i];

	return c->workload->expects.probe && c->seen[EXPECT_ENDING].n &&
	       c->verdict != SELFTEST_SKIPPED;
}

/* Each behaviour once, in the first topology in which it was measured. */
static bool is_first_probe(const struct selftest *s, size_t i)
{
	const char *name = s->cells[i].workload->expects.probe;

	if (!is_probe(s, i))
		return false;
	for (size_t k = 0; k < i; k++)
		if (is_probe(s, k) &&
		    !strcmp(s->cells[k].workload->expects.probe, name))
			return false;
	return true;
}

static void print_vector(const struct findings *f, FILE *out)
{
	fputs("This kernel\n", out);
	print_features(f, out);
	for (size_t i = 0; i < f->selftest->n_cells; i++)
		if (is_first_probe(f->selftest, i))
			print_probe(&f->selftest->cells[i], out);
	fputc('\n', out);
}

void findings_print(const struct findings *f, FILE *out)
{
	const struct selftest *s = f->selftest;

	fprintf(out, "%s · %s · selftest\n\n", f->tool, f->kernel);
	print_differences(f, out);
	print_reasons(s, SELFTEST_UNJUDGED, "Not judged", out);
	print_reasons(s, SELFTEST_SKIPPED, "Skipped", out);
	print_vector(f, out);
	fprintf(out, "%zu as expected, %zu different, %zu skipped",
		s->totals[SELFTEST_PASSED], s->totals[SELFTEST_DIFFERS],
		s->totals[SELFTEST_SKIPPED]);
	if (s->totals[SELFTEST_UNJUDGED])
		fprintf(out, ", %zu not judged", s->totals[SELFTEST_UNJUDGED]);
	fputc('\n', out);
}

/* ---- the document ---- */

static json_t *text_json(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *seen_json(const struct selftest_seen_list *list)
{
	own_text struct text t = { .s = NULL };

	join_seen(list, &t);
	return list->n ? json_string(text_str(&t)) : json_null();
}

static json_t *wire_json(const struct selftest_cell *c)
{
	json_t *seen = json_object();

	for (int i = 0; i < EXPECT_TEXTS; i++)
		if (i != EXPECT_CAUSE)
			(void)json_object_set_new(seen, expect_text_names[i],
						  seen_json(&c->seen[i]));
	for (size_t i = 0; i < c->n_states; i++) {
		char key[80];

		(void)snprintf(key, sizeof(key), "states %s",
			       c->states[i].point);
		(void)json_object_set_new(seen, key,
					  seen_json(&c->states[i].seen));
	}
	return seen;
}

static json_t *counters_json(const struct selftest_cell *c)
{
	json_t *nodes = json_object();

	for (size_t i = 0; i < c->n_growths; i++) {
		const struct selftest_growth *g = &c->growths[i];
		json_t *node = json_object_get(nodes, g->node);

		if (!node) {
			node = json_object();
			(void)json_object_set_new(nodes, g->node, node);
		}
		(void)json_object_set_new(node, g->counter,
					  json_integer(g->value));
	}
	return nodes;
}

static json_t *differences_json(const struct findings *f, size_t number)
{
	const struct selftest_cell *c = &f->selftest->cells[number];
	json_t *list = json_array();

	for (size_t i = 0; i < c->n_differences; i++) {
		const struct selftest_difference *d = &c->differences[i];
		own_text struct text trial = { .s = NULL };

		text_addf(&trial, "%s:%s/%s:%" PRIu32, f->run, topology_of(c),
			  c->workload->name, d->first);
		(void)json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:s, s:s, s:I}", "what", d->what,
				  "expected", d->expected, "seen", d->seen,
				  "first", text_str(&trial), "trials",
				  (json_int_t)d->trials));
	}
	return list;
}

static json_t *cell_json(const struct findings *f, size_t number)
{
	const struct selftest_cell *c = &f->selftest->cells[number];

	return json_pack(
		"{s:s, s:s, s:s, s:o, s:I, s:I, s:o, s:o, s:o}", "topology",
		topology_of(c), "workload", c->workload->name, "verdict",
		selftest_verdict_names[c->verdict], "reason",
		text_json(c->verdict == SELFTEST_SKIPPED ||
					  c->verdict == SELFTEST_UNJUDGED
				  ? c->reason
				  : NULL),
		"trials", (json_int_t)c->trials, "invalid",
		(json_int_t)c->invalid, "seen", wire_json(c), "counters",
		counters_json(c), "differences", differences_json(f, number));
}

static json_t *features_json(uint32_t lacks)
{
	json_t *features = json_object();

	for (int i = 0; i < FEATURES; i++)
		(void)json_object_set_new(features, feature_names[i],
					  json_boolean(!(lacks & 1U << i)));
	return features;
}

static json_t *totals_json(const struct selftest *s)
{
	json_t *totals = json_object();

	for (int i = 0; i < SELFTEST_VERDICTS; i++)
		(void)json_object_set_new(
			totals, selftest_verdict_names[i],
			json_integer((json_int_t)s->totals[i]));
	return totals;
}

json_t *findings_json(const struct findings *f)
{
	const struct selftest *s = f->selftest;
	json_t *cells = json_array(), *probes = json_object();

	for (size_t i = 0; i < s->n_cells; i++) {
		(void)json_array_append_new(cells, cell_json(f, i));
		if (is_first_probe(s, i))
			(void)json_object_set_new(
				probes, s->cells[i].workload->expects.probe,
				wire_json(&s->cells[i]));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:o, s:o, s:o, s:o}",
			 "schema", "rstlab.selftest/1", "run", f->id, "tool",
			 f->tool, "kernel", f->kernel, "complete", f->complete,
			 "passed", !s->totals[SELFTEST_DIFFERS], "totals",
			 totals_json(s), "features", features_json(f->lacks),
			 "probes", probes, "cells", cells);
}

/* ---- two kernels ---- */

int findings_load(const char *path, json_t **ret, struct err *e)
{
	json_error_t why;
	json_t *doc = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
	const char *schema;

	if (!doc)
		return err_set(e, ERR_INPUT, EINVAL, "cannot read '%s': %s",
			       path, why.text);
	schema = json_string_value(json_object_get(doc, "schema"));
	if (!schema || strcmp(schema, "rstlab.selftest/1") != 0) {
		json_decref(doc);
		return err_set(e, ERR_INPUT, EINVAL,
			       "'%s' is not what `rstlab selftest --json` "
			       "writes",
			       path);
	}
	*ret = doc;
	return 0;
}

struct comparison {
	const char *name; /* of the other one */
	FILE *out;
	size_t n;
};

static void plain(const json_t *value, char *buf, size_t bytes)
{
	if (json_is_string(value))
		(void)snprintf(buf, bytes, "%s", json_string_value(value));
	else
		(void)snprintf(buf, bytes, "%s",
			       json_is_true(value)    ? "yes"
			       : json_is_false(value) ? "no"
						      : "none");
}

/* The values of two objects, key by key; keys of only one do not count. */
static void compare_values(struct comparison *c, const char *what, json_t *here,
			   json_t *there)
{
	const char *key;
	json_t *mine;

	json_object_foreach(here, key, mine)
	{
		json_t *other = json_object_get(there, key);
		char a[256], b[256];

		if (!other || json_equal(mine, other))
			continue;
		plain(mine, a, sizeof(a));
		plain(other, b, sizeof(b));
		fprintf(c->out, "  %s %s: %s here, %s in %s\n", what, key, a, b,
			c->name);
		c->n++;
	}
}

static json_t *same_cell(json_t *cells, const json_t *cell)
{
	size_t i;
	json_t *other;

	json_array_foreach(
		cells, i,
		other) if (json_equal(json_object_get(other, "topology"),
				      json_object_get(cell, "topology")) &&
			   json_equal(json_object_get(other, "workload"),
				      json_object_get(
					      cell, "workload"))) return other;
	return NULL;
}

/* Only what both have run can differ. */
static bool was_run(const json_t *cell)
{
	return json_integer_value(json_object_get(cell, "trials")) >
	       json_integer_value(json_object_get(cell, "invalid"));
}

static void compare_cells(struct comparison *c, json_t *here, json_t *there)
{
	size_t i;
	json_t *mine;

	json_array_foreach(here, i, mine)
	{
		json_t *other = same_cell(there, mine);
		char what[160];

		if (!other || !was_run(mine) || !was_run(other))
			continue;
		(void)snprintf(
			what, sizeof(what), "%s %s",
			json_string_value(json_object_get(mine, "topology")),
			json_string_value(json_object_get(mine, "workload")));
		compare_values(c, what, json_object_get(mine, "seen"),
			       json_object_get(other, "seen"));
	}
}

size_t findings_compare(json_t *here, json_t *there, const char *name,
			FILE *out)
{
	struct comparison c = { .name = name, .out = out };

	compare_values(&c, "feature", json_object_get(here, "features"),
		       json_object_get(there, "features"));
	compare_cells(&c, json_object_get(here, "cells"),
		      json_object_get(there, "cells"));
	return c.n;
}
