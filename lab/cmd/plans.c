/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/plans.h"

#include "lab/cmd/catalog.h"
#include "lab/report/grid.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

enum { INDENT = 2 };

int plans_read(struct named_plan *p, const char *path, struct err *e)
{
	own_diags struct spec_diags d = { .path = NULL };
	const int r = named_plan_load(p, path, &d, e);

	fputs(text_str(&d.text), stderr);
	return r;
}

int plans_find(struct named_plan *p, const char *word, struct err *e)
{
	own_mem char *path = NULL;
	const int r = catalog_find_one(CATALOG_PLANS, word, &path, e);

	return r < 0 ? r : plans_read(p, path, e);
}

/* --- as options ------------------------------------------------------------
 */

static bool add_word(struct opt_list *l, const char *word, size_t n)
{
	char **items = reallocarray(l->items, l->n + 1, sizeof(*items));

	if (!items)
		return false;
	l->items = items;
	items[l->n] = strndup(word, n);
	return items[l->n++];
}

int plans_words(const struct spec_list *words, bool cut, struct opt_list *ret,
		struct err *e)
{
	const struct plan_word *items = words->items;

	for (size_t i = 0; i < words->n; i++) {
		const char *word = items[i].text;

		while (*word) {
			const size_t n = strcspn(word, cut ? "," : "");

			if (!add_word(ret, word, n))
				return err_no_memory(e);
			word += n + !!word[n];
		}
	}
	return 0;
}

void plans_words_done(struct opt_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->items[i]);
	free(l->items);
	*l = (struct opt_list){ .items = NULL };
}

/* --- as JSON ---------------------------------------------------------------
 */

static json_t *entry_json(const struct plan_published *p)
{
	json_t *one =
		json_pack("{s:s, s:s, s:s}", "place", p->place, "workload",
			  p->workload, "reported", p->reported);

	if (p->topology)
		(void)json_object_set_new(one, "topology",
					  json_string(p->topology));
	if (p->trials)
		(void)json_object_update_new(
			one,
			json_pack("{s:I, s:I}", "trials", (json_int_t)p->trials,
				  "resets", (json_int_t)p->resets));
	return one;
}

int plans_json(const struct named_plan *p, struct text *out, struct err *e)
{
	const struct plan_published *items = p->published.items;
	json_t *entries = json_array(), *all;
	own_mem char *dump = NULL;

	for (size_t i = 0; i < p->published.n; i++)
		(void)json_array_append_new(entries, entry_json(&items[i]));
	all = json_pack("{s:s, s:o}", "name", p->name, "published", entries);
	if (p->source)
		(void)json_object_set_new(all, "source",
					  json_string(p->source));
	dump = json_dumps(all, JSON_SORT_KEYS);
	json_decref(all);
	text_add(out, dump ?: "");
	return dump && !out->failed ? 0 : err_no_memory(e);
}

/* --- shown -----------------------------------------------------------------
 */

static void show_words(const char *name, const struct spec_list *words,
		       FILE *out)
{
	const struct plan_word *items = words->items;

	if (!words->n)
		return;
	fprintf(out, "  %-10s ", name);
	for (size_t i = 0; i < words->n; i++)
		fprintf(out, "%s%s", i ? ", " : "", items[i].text);
	fputc('\n', out);
}

static void show_published(const struct named_plan *p, FILE *out)
{
	const struct plan_published *items = p->published.items;
	own_grid struct grid g = { .n_columns = 4, .wrap_last = true };
	own_text struct text t = { .s = NULL };

	for (size_t i = 0; i < p->published.n; i++) {
		grid_add(&g, NULL, "%s", items[i].place);
		grid_add(&g, NULL, "%s", items[i].topology ?: "-");
		grid_add(&g, NULL, "%s", items[i].workload);
		if (items[i].trials)
			grid_add(&g, NULL, "%s: %" PRIu32 " of %" PRIu32,
				 items[i].reported, items[i].resets,
				 items[i].trials);
		else
			grid_add(&g, NULL, "%s", items[i].reported);
	}
	grid_print(&g, &t, 4, 0);
	fprintf(out, "\n  published, in %s\n%s", p->source, text_str(&t));
}

void plans_show(const struct named_plan *p, FILE *out)
{
	fprintf(out, "%s: %s\n\n", p->name, p->summary);
	show_words("topologies", &p->topologies, out);
	show_words("workloads", &p->workloads, out);
	show_words("params", &p->params, out);
	if (p->trials)
		fprintf(out, "  %-10s %" PRIu32 "\n", "trials", p->trials);
	if (p->published.n)
		show_published(p, out);
}
