/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/base/text.h"
#include "lab/cause/cause.h"
#include "lab/cmd/catalog.h"
#include "lab/cmd/listing.h"
#include "lab/cmd/opt-rows.h"
#include "lab/cmd/param-list.h"
#include "lab/cmd/verb.h"
#include "lab/flow/ending.h"
#include "lab/report/report.h"
#include "lab/spec/named-plan.h"
#include "lab/spec/topology.h"
#include "lab/spec/workload.h"

#include <string.h>

struct list_options {
	bool json;
};

#define AT(member) .offset = offsetof(struct list_options, member)

static const struct opt list_opts[] = {
	OPT_ROW_JSON(AT(json), "print one JSON document (rstlab.list/1)"),
	{ .name = NULL },
};

static const struct example list_examples[] = {
	{ "rstlab list topologies", "the networks there are, one a line" },
	{ "rstlab list endings",
	  "the ways a connection can end, with Zeek's and Wireshark's names" },
	{ "rstlab list causes", "why a connection can be reset" },
	{ "rstlab list faults", "what the step \"fault NAME\" can break" },
	{ "rstlab list frames", "the HTTP/2 frames that a script can send" },
	{ "rstlab list segments", "what the step \"inject NAME\" can send" },
	{ "rstlab list sysctls",
	  "what the step \"sysctl NAME=VALUE\" can set" },
	{ "rstlab list params", "what `rstlab run --param` can vary" },
	{ .command = NULL },
};

/* A file with mistakes is listed too, with the way to see them. */
static int add_file(struct listing *l, const struct catalog_entry *f,
		    const char *summary, const struct spec_diags *d,
		    struct err *e)
{
	own_text struct text line = { .s = NULL };

	if (d->errors || !summary)
		text_addf(&line, "(has mistakes: rstlab check %s)", f->path);
	else
		text_add(&line, summary);
	return listing_add(
		l, (const char *[]){ f->name, text_str(&line), f->path }, e);
}

static int add_topology(struct listing *l, const struct catalog_entry *f,
			struct err *e)
{
	own_diags struct spec_diags d = { .path = NULL };
	own_topology struct topology t = { .name = NULL };
	struct err ignored = { .code = 0 };

	if (topology_load(&t, f->path, &d, &ignored) < 0)
		return add_file(l, f, NULL, &d, e);
	return add_file(l, f, t.summary, &d, e);
}

static int add_workload(struct listing *l, const struct catalog_entry *f,
			struct err *e)
{
	own_diags struct spec_diags d = { .path = NULL };
	own_workload struct workload w = { .name = NULL };
	struct err ignored = { .code = 0 };

	if (workload_load(&w, f->path, &d, &ignored) < 0)
		return add_file(l, f, NULL, &d, e);
	return add_file(l, f, w.summary, &d, e);
}

static int add_catalog(struct listing *l, enum catalog_kind kind,
		       int (*add)(struct listing *l,
				  const struct catalog_entry *f, struct err *e),
		       struct err *e)
{
	own_catalog struct catalog c = { .entries = NULL };
	int r = catalog_open(&c, kind, e);

	if (r == 0)
		r = catalog_check(&c, e);
	for (size_t i = 0; r == 0 && i < c.n; i++)
		r = add(l, &c.entries[i], e);
	return r;
}

static int list_topologies(struct listing *l, struct err *e)
{
	return add_catalog(l, CATALOG_TOPOLOGIES, add_topology, e);
}

static int list_workloads(struct listing *l, struct err *e)
{
	return add_catalog(l, CATALOG_WORKLOADS, add_workload, e);
}

static int add_plan(struct listing *l, const struct catalog_entry *f,
		    struct err *e)
{
	own_diags struct spec_diags d = { .path = NULL };
	own_named_plan struct named_plan p = { .name = NULL };
	struct err ignored = { .code = 0 };

	if (named_plan_load(&p, f->path, &d, &ignored) < 0)
		return add_file(l, f, NULL, &d, e);
	return add_file(l, f, p.summary, &d, e);
}

static int list_plans(struct listing *l, struct err *e)
{
	return add_catalog(l, CATALOG_PLANS, add_plan, e);
}

static int list_endings(struct listing *l, struct err *e)
{
	for (size_t i = 0; i < ENDINGS; i++) {
		const struct ending_info *x = &ending_infos[i];
		const int r =
			listing_add(l,
				    (const char *[]){ x->name, x->wire, x->zeek,
						      x->completeness },
				    e);

		if (r < 0)
			return r;
	}
	return 0;
}

static int list_causes(struct listing *l, struct err *e)
{
	for (size_t i = 0; i < CAUSES; i++) {
		const struct cause_info *c = &cause_infos[i];
		const int r = listing_add(
			l,
			(const char *[]){ c->name, c->sentence, c->help,
					  c->change, c->shows, c->is_not,
					  c->reasons, c->counters, c->source },
			e);

		if (r < 0)
			return r;
	}
	return 0;
}

static int add_pair(struct listing *l, const char *name, const char *what,
		    struct err *e)
{
	return listing_add(l, (const char *[]){ name, what }, e);
}

static int list_faults(struct listing *l, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < FAULT_COUNT; i++)
		r = add_pair(l, fault_infos[i].name, fault_infos[i].help, e);
	return r;
}

static int list_frames(struct listing *l, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < FRAME_COUNT; i++)
		r = add_pair(l, frame_infos[i].name, frame_infos[i].help, e);
	return r;
}

static int list_segments(struct listing *l, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < SEGMENT_COUNT; i++)
		r = add_pair(l, segment_infos[i].name, segment_infos[i].help,
			     e);
	return r;
}

static int list_sysctls(struct listing *l, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < SYSCTL_COUNT; i++)
		r = add_pair(l, sysctl_infos[i].name, sysctl_infos[i].help, e);
	return r;
}

static int list_reports(struct listing *l, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && reports[i]; i++)
		r = add_pair(l, reports[i]->name, reports[i]->summary, e);
	return r;
}

static const struct list {
	const char *kind, *title;
	const char *columns[LISTING_COLUMNS_MAX + 1];
	bool heading;
	size_t shown; /* columns on a terminal; the rest is for JSON */
	int (*fill)(struct listing *l, struct err *e);
} lists[] = {
	{ "topologies",
	  "Topologies",
	  { "name", "summary", "path" },
	  false,
	  2,
	  list_topologies },
	{ "workloads",
	  "Workloads",
	  { "name", "summary", "path" },
	  false,
	  2,
	  list_workloads },
	{ "plans",
	  "Plans",
	  { "name", "summary", "path" },
	  false,
	  2,
	  list_plans },
	{ "endings",
	  "Endings",
	  { "name", "wire", "zeek", "completeness" },
	  true,
	  4,
	  list_endings },
	{ "causes",
	  "Causes",
	  { "name", "what", "how", "change", "shows", "is_not", "reasons",
	    "counters", "source" },
	  false,
	  2,
	  list_causes },
	{ "reports", "Reports", { "name", "summary" }, false, 2, list_reports },
	{ "faults", "Faults", { "name", "summary" }, false, 2, list_faults },
	{ "frames", "Frames", { "name", "summary" }, false, 2, list_frames },
	{ "segments",
	  "Segments",
	  { "name", "summary" },
	  false,
	  2,
	  list_segments },
	{ "sysctls",
	  "Sysctls of a step",
	  { "name", "summary" },
	  false,
	  2,
	  list_sysctls },
	{ "params",
	  "Parameters",
	  { "param", "what", "per_node", "workloads" },
	  false,
	  2,
	  param_list },
};

static int print_list(const struct list *what, bool json, struct err *e)
{
	const char *columns[LISTING_COLUMNS_MAX + 1];
	own_listing struct listing l = { .kind = what->kind,
					 .columns = columns,
					 .heading = what->heading };
	int r;

	memcpy(columns, what->columns, sizeof(columns));
	r = what->fill(&l, e);
	if (r < 0)
		return r;
	if (json)
		return listing_print_json(&l, stdout, e);
	columns[what->shown] = NULL;
	listing_print(&l, stdout);
	return 0;
}

static int print_all(struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(lists); i++) {
		printf("%s%s\n", i ? "\n" : "", lists[i].title);
		r = print_list(&lists[i], false, e);
	}
	return r;
}

/* "topologies, workloads and params" */
static void add_kinds(struct text *t)
{
	const size_t n = ARRAY_SIZE(lists);

	for (size_t i = 0; i < n; i++)
		text_addf(t, "%s%s",
			  i == 0      ? ""
			  : i + 1 < n ? ", "
				      : " and ",
			  lists[i].kind);
}

static int unknown_list(const char *word, struct err *e)
{
	const char *kinds[ARRAY_SIZE(lists) + 1] = { NULL };
	own_text struct text all = { .s = NULL };
	const char *near;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		kinds[i] = lists[i].kind;
	near = text_nearest(word, kinds);
	if (near)
		return err_set(e, ERR_INPUT, EINVAL,
			       "no list of '%s' (did you mean '%s'?)", word,
			       near);
	add_kinds(&all);
	return err_set(e, ERR_INPUT, EINVAL, "no list of '%s'; there are %s",
		       word, text_str(&all));
}

static int list_run(const struct call *c, struct err *e)
{
	const struct list_options *o = c->options;

	if (!c->n_operands && o->json)
		return err_set(e, ERR_INPUT, EINVAL,
			       "--json prints one list: name it, as in "
			       "`rstlab list topologies --json`");
	if (!c->n_operands)
		return print_all(e);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (!strcmp(lists[i].kind, c->operands[0]))
			return print_list(&lists[i], o->json, e);
	return unknown_list(c->operands[0], e);
}

const struct verb verb_list = {
	.name = "list",
	.operands = "[LIST]",
	.summary = "name what there is, one a line",
	.about =
		"The lists are topologies, workloads, plans, endings, reports, "
		"causes, faults, frames, segments, sysctls and params; without "
		"a word it prints them all.",
	.examples = list_examples,
	.opts = list_opts,
	.options_size = sizeof(struct list_options),
	.max_operands = 1,
	.words = WORDS_LISTS,
	.run = list_run,
};
