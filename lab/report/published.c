/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A run keeps the plan that it followed in its environment, as
 * JSON.  Databases of older versions have none, and anybody may write one:
 * what is of another kind than it should be is taken for absent.
 */
#include "lab/report/published.h"

#include "lab/report/format.h"
#include "lab/report/grid.h"
#include "lab/report/json-text.h"
#include "lab/report/matrix.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

enum { INDENT = 2 };

const char *const published_heads[] = { "published: where", "client", "what",
					"here: topology", "RST per trial" };
static_assert(ARRAY_SIZE(published_heads) == PUBLISHED_COLUMNS, "one each");

static json_t *plan_of(const struct summary *s)
{
	json_t *all =
		s->environment ? json_loads(s->environment, 0, NULL) : NULL;
	json_t *plan = json_incref(json_object_get(all, "plan"));

	json_decref(all);
	return plan;
}

static const char *text_of(const json_t *entry, const char *key)
{
	return json_string_value(json_object_get(entry, key)) ?: "";
}

/* How often it was seen, where somebody counted. */
struct counted {
	uint64_t trials, resets; /* 0: nobody did */
};

static struct counted counted_of(const json_t *entry)
{
	const json_int_t trials =
		json_integer_value(json_object_get(entry, "trials"));
	const json_int_t resets =
		json_integer_value(json_object_get(entry, "resets"));

	if (trials < 1 || resets < 0 || resets > trials)
		return (struct counted){ 0, 0 };
	return (struct counted){ (uint64_t)trials, (uint64_t)resets };
}

static bool is_cell_of(const struct summary_cell *c, const json_t *entry)
{
	return !strcmp(c->topology, text_of(entry, "topology")) &&
	       !strcmp(c->workload, text_of(entry, "workload"));
}

/* --- as rows ---------------------------------------------------------------
 */

/* "60.0 % [31.3-83.2] 6/10" */
static void add_rate(struct text *t, uint64_t k, uint64_t n)
{
	const struct interval i = wilson_95(k, n);
	char rate[FORMAT_PERCENT_MAX], low[FORMAT_PERCENT_MAX];
	char high[FORMAT_PERCENT_MAX];

	text_addf(t, "%s %% [%s-%s] %" PRIu64 "/%" PRIu64,
		  format_rate((double)k / (double)n, rate),
		  format_low(i.low, low), format_high(i.high, high), k, n);
}

static struct text *new_row(struct published *p, const json_t *entry)
{
	struct text(*rows)[PUBLISHED_COLUMNS] =
		reallocarray(p->rows, p->n + 1, sizeof(*rows));
	const struct counted c = counted_of(entry);
	struct text *row;

	if (!rows)
		return NULL;
	p->rows = rows;
	row = rows[p->n++];
	memset(row, 0, sizeof(*rows));
	text_add(&row[0], text_of(entry, "place"));
	text_add(&row[1], text_of(entry, "workload"));
	text_add(&row[2], text_of(entry, "reported"));
	if (c.trials) {
		text_add(&row[2], row[2].n ? ": " : "");
		add_rate(&row[2], c.resets, c.trials);
	}
	return row;
}

static bool add_measured(struct published *p, const json_t *entry,
			 const struct summary_cell *c)
{
	struct text *row = new_row(p, entry);

	if (!row)
		return false;
	matrix_label(&row[3], c->topology, c->params);
	if (c->judged)
		add_rate(&row[4], c->outcomes[OUTCOME_RESET], c->judged);
	else
		text_add(&row[4], "no trial was judged");
	return true;
}

static bool add_unmeasured(struct published *p, const json_t *entry)
{
	const char *topology = text_of(entry, "topology");
	struct text *row = new_row(p, entry);

	if (!row)
		return false;
	text_add(&row[3], *topology ? topology : "no mirror");
	text_add(&row[4], "not run");
	return true;
}

static bool add_entry(struct published *p, const json_t *entry,
		      const struct summary *s)
{
	bool any = false, fits = true;

	for (size_t i = 0; fits && i < s->n_cells; i++)
		if (is_cell_of(&s->cells[i], entry)) {
			fits = add_measured(p, entry, &s->cells[i]);
			any = true;
		}
	return fits && (any || add_unmeasured(p, entry));
}

int published_init(struct published *p, const struct summary *s, struct err *e)
{
	json_t *plan = plan_of(s);
	bool fits = true;
	json_t *entry;
	size_t i;

	*p = (struct published){ .n = 0 };
	text_add(&p->source, text_of(plan, "source"));
	json_array_foreach(json_object_get(plan, "published"), i, entry) fits =
		fits && add_entry(p, entry, s);
	json_decref(plan);
	if (fits)
		return 0;
	published_done(p);
	return err_no_memory(e);
}

void published_done(struct published *p)
{
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < PUBLISHED_COLUMNS; k++)
			text_done(&p->rows[i][k]);
	free(p->rows);
	text_done(&p->source);
	*p = (struct published){ .n = 0 };
}

int published_add(struct text *t, const struct summary *s,
		  const struct report_options *o, struct err *e)
{
	own_grid struct grid g = { .n_columns = PUBLISHED_COLUMNS,
				   .wrap_last = true };
	own_published struct published p = { .n = 0 };
	const int r = published_init(&p, s, e);

	if (r < 0 || !p.n)
		return r;
	for (size_t k = 0; k < PUBLISHED_COLUMNS; k++)
		grid_add(&g, NULL, "%s", published_heads[k]);
	for (size_t i = 0; i < p.n; i++)
		for (size_t k = 0; k < PUBLISHED_COLUMNS; k++)
			grid_add(&g, NULL, "%s", text_str(&p.rows[i][k]));
	text_addf(t, "\n%sBeside what was published%s\n",
		  o->color ? FORMAT_BOLD : "", o->color ? FORMAT_PLAIN : "");
	grid_print(&g, t, INDENT, o->columns);
	text_addf(t, "  source of what was published: %s\n",
		  text_str(&p.source));
	return g.failed ? err_no_memory(e) : 0;
}

/* --- as JSON ---------------------------------------------------------------
 */

static json_t *text_or_null(const json_t *entry, const char *key)
{
	const char *text = text_of(entry, key);

	return *text ? json_text(text) : json_null();
}

/* .trials, .resets, .rate, .low and .high; null where there are none. */
static json_t *rate_json(uint64_t k, uint64_t n)
{
	const struct interval i = wilson_95(k, n);

	return json_pack("{s:I, s:I, s:o, s:o, s:o}", "trials", (json_int_t)n,
			 "resets", (json_int_t)k, "rate",
			 n ? json_real((double)k / (double)n) : json_null(),
			 "low", n ? json_real(i.low) : json_null(), "high",
			 n ? json_real(i.high) : json_null());
}

static json_t *measured_json(const json_t *entry, const struct summary *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->n_cells; i++) {
		const struct summary_cell *c = &s->cells[i];
		json_t *one;

		if (!is_cell_of(c, entry))
			continue;
		one = rate_json(c->outcomes[OUTCOME_RESET], c->judged);
		(void)json_object_set_new(one, "params",
					  json_loads(c->params, 0, NULL));
		(void)json_array_append_new(array, one);
	}
	return array;
}

static json_t *entry_json(const json_t *entry, const struct summary *s)
{
	const struct counted c = counted_of(entry);

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "place",
			 json_text(text_of(entry, "place")), "topology",
			 text_or_null(entry, "topology"), "workload",
			 json_text(text_of(entry, "workload")), "reported",
			 json_text(text_of(entry, "reported")), "counted",
			 c.trials ? rate_json(c.resets, c.trials) : json_null(),
			 "measured", measured_json(entry, s));
}

json_t *published_json(const struct summary *s)
{
	json_t *plan = plan_of(s), *entries = json_array(), *ret, *entry;
	size_t i;

	json_array_foreach(json_object_get(plan, "published"), i, entry)(void)
		json_array_append_new(entries, entry_json(entry, s));
	if (json_is_object(plan))
		ret = json_pack("{s:o, s:o, s:o}", "name",
				json_text(text_of(plan, "name")), "source",
				text_or_null(plan, "source"), "published",
				entries);
	else
		ret = json_null();
	if (!json_is_object(plan))
		json_decref(entries);
	json_decref(plan);
	return ret;
}
