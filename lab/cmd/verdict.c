/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/verdict.h"

#include "lab/base/text.h"
#include "lab/report/json-text.h"

#include <string.h>

/* --- notes ---------------------------------------------------------------- */

enum { NOTE_MAX = 512 };

static bool note_version(const struct verify *v, const struct engine *g,
			 char *buf)
{
	if (setup_covers(&v->setup, g->version))
		return false;
	(void)snprintf(buf, NOTE_MAX,
		       "this is %s %s, which is not what the topology mirrors: "
		       "%s",
		       engine_titles[g->kind], g->version,
		       v->topology->mirrors);
	return true;
}

static bool note_option(const struct verify *v, const struct engine *g,
			char *buf)
{
	(void)g;
	if (!v->setup.daemon_option)
		return false;
	(void)snprintf(buf, NOTE_MAX,
		       "the topology mirrors a daemon with %s: one without it "
		       "behaves otherwise",
		       v->setup.daemon_option);
	return true;
}

static bool note_stand_in(const struct verify *v, const struct engine *g,
			  char *buf)
{
	(void)g;
	if (!v->stands_in)
		return false;
	(void)snprintf(buf, NOTE_MAX,
		       "the host dials its own address in the place of a "
		       "remote client, in both networks; --remote names a "
		       "namespace to dial from");
	return true;
}

static bool (*const notes[])(const struct verify *v, const struct engine *g,
			     char *buf) = {
	note_version,
	note_option,
	note_stand_in,
};

/* The @i-th thing to be said about the comparison, or NULL when there are no
 * more; in @buf of NOTE_MAX bytes. */
static const char *note_at(const struct verify *v, const struct engine *g,
			   size_t i, char *buf)
{
	for (size_t k = 0; k < ARRAY_SIZE(notes); k++)
		if (notes[k](v, g, buf) && i-- == 0)
			return buf;
	return NULL;
}

/* --- text ----------------------------------------------------------------- */

static void print_side(FILE *out, const struct verify *v,
		       const struct verdict *d, size_t i, int side)
{
	const struct seen *lab = &d->lab[i].sides[side];
	const struct seen *real = &d->real[i].sides[side];
	own_text struct text a = { .s = NULL }, b = { .s = NULL };

	seen_text(lab, &a);
	seen_text(real, &b);
	fprintf(out, "%c %-20s %-7s %-28s %s\n",
		seen_differ(lab, real) ? '!' : ' ',
		side == SIDE_CLIENT ? v->workloads[i].name : "",
		side_names[side], text_str(&a), text_str(&b));
}

static void print_behaviour(FILE *out, const struct verify *v,
			    const struct verdict *d)
{
	fprintf(out, "\nBehaviour: %zu workload%s, %u trial%s each; ",
		v->n_workloads, v->n_workloads == 1 ? "" : "s", v->trials,
		v->trials == 1 ? "" : "s");
	if (d->differing)
		fprintf(out, "%zu differ%s\n", d->differing,
			d->differing == 1 ? "s" : "");
	else
		fputs("no difference\n", out);
	fprintf(out, "  %-20s %-7s %-28s %s\n", "workload", "side", "lab",
		engine_names[v->setup.engine]);
	for (size_t i = 0; i < v->n_workloads; i++)
		for (int side = 0; side < SIDES; side++)
			print_side(out, v, d, i, side);
}

static const char *or_none(const char *value)
{
	return value ? value : "not there";
}

static void print_difference(FILE *out, const struct verify *v,
			     const struct difference *x)
{
	const char *real = engine_names[v->setup.engine];

	if (x->order)
		fprintf(out,
			"  %s %s: at another place: lab after \"%s\", %s after "
			"\"%s\"\n",
			x->node, x->key, x->lab, real, x->real);
	else if (x->group == FACT_RULES)
		fprintf(out, "  only in %s: %s %s\n", x->lab ? "the lab" : real,
			x->node, x->key);
	else
		fprintf(out, "  %s %s: lab %s, %s %s\n", x->node, x->key,
			or_none(x->lab), real, or_none(x->real));
}

static size_t count_group(const struct verdict *d, enum fact_group group)
{
	size_t n = 0;

	for (size_t i = 0; i < d->differences.n; i++)
		n += d->differences.items[i].group == group;
	return n;
}

static void print_facts(FILE *out, const struct verify *v,
			const struct verdict *d)
{
	for (int g = 0; g < FACT_GROUPS; g++) {
		const size_t n = count_group(d, (enum fact_group)g);

		fprintf(out, "\n%c%s: %zu compared, ",
			fact_group_names[g][0] - 'a' + 'A',
			fact_group_names[g] + 1, d->differences.compared[g]);
		if (n)
			fprintf(out, "%zu differ%s\n", n, n == 1 ? "s" : "");
		else
			fputs("no difference\n", out);
		for (size_t i = 0; i < d->differences.n; i++)
			if ((int)d->differences.items[i].group == g)
				print_difference(out, v,
						 &d->differences.items[i]);
	}
}

void verdict_print(FILE *out, const struct verify *v, const struct engine *g,
		   const struct verdict *d)
{
	char note[NOTE_MAX];

	fprintf(out, "%s against %s %s\n", v->topology->name,
		engine_titles[g->kind], g->version);
	for (size_t i = 0; note_at(v, g, i, note); i++)
		fprintf(out, "note: %s\n", note);
	print_behaviour(out, v, d);
	print_facts(out, v, d);
	if (d->differing)
		fprintf(out, "\n%s does not behave as %s does\n",
			v->topology->name, engine_names[g->kind]);
	else
		fprintf(out, "\nno behavioural difference%s\n",
			d->differences.n ? "; facts that differ are notes"
					 : "");
}

/* --- JSON ----------------------------------------------------------------- */

static json_t *seen_json(const struct seen *s)
{
	json_t *o = json_object();

	for (uint32_t i = 0; i < s->kinds; i++)
		(void)json_object_set_new(o, s->counts[i].text,
					  json_integer(s->counts[i].n));
	return o;
}

static json_t *behaviour_json(const struct verify *v, const struct verdict *d)
{
	json_t *all = json_array();

	for (size_t i = 0; i < v->n_workloads; i++)
		for (int side = 0; side < SIDES; side++) {
			const struct seen *lab = &d->lab[i].sides[side];
			const struct seen *real = &d->real[i].sides[side];

			(void)json_array_append_new(
				all, json_pack("{s:s, s:s, s:o, s:o, s:b}",
					       "workload", v->workloads[i].name,
					       "side", side_names[side], "lab",
					       seen_json(lab), "real",
					       seen_json(real), "differs",
					       seen_differ(lab, real)));
		}
	return all;
}

static json_t *facts_json(const struct verdict *d)
{
	json_t *all = json_object();

	for (int g = 0; g < FACT_GROUPS; g++) {
		json_t *list = json_array();

		for (size_t i = 0; i < d->differences.n; i++) {
			const struct difference *x = &d->differences.items[i];

			if ((int)x->group == g)
				(void)json_array_append_new(
					list,
					json_pack("{s:o, s:o, s:o, s:o, s:b}",
						  "node", json_text(x->node),
						  "key", json_text(x->key),
						  "lab", json_text(x->lab),
						  "real", json_text(x->real),
						  "order", x->order));
		}
		(void)json_object_set_new(
			all, fact_group_names[g],
			json_pack("{s:I, s:o}", "compared",
				  (json_int_t)d->differences.compared[g],
				  "differences", list));
	}
	return all;
}

static json_t *notes_json(const struct verify *v, const struct engine *g)
{
	json_t *all = json_array();
	char note[NOTE_MAX];

	for (size_t i = 0; note_at(v, g, i, note); i++)
		(void)json_array_append_new(all, json_text(note));
	return all;
}

int verdict_print_json(FILE *out, const struct verify *v,
		       const struct engine *g, const struct verdict *d,
		       struct err *e)
{
	json_t *document = json_pack(
		"{s:s, s:o, s:o, s:s, s:o, s:i, s:b, s:o, s:o, s:o}", "schema",
		"rstlab.verify/1", "topology", json_text(v->topology->name),
		"mirrors", json_text(v->topology->mirrors), "against",
		engine_names[g->kind], "version", json_text(g->version),
		"trials", (int)v->trials, "agrees", !d->differing, "behaviour",
		behaviour_json(v, d), "facts", facts_json(d), "notes",
		notes_json(v, g));
	int r = document ? json_dumpf(document, out, JSON_INDENT(2)) : -1;

	json_decref(document);
	if (r < 0)
		return err_no_memory(e);
	fputc('\n', out);
	return 0;
}
