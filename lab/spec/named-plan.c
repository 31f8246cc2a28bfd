/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/named-plan.h"

#include "lab/spec/name.h"

#include <inttypes.h>
#include <string.h>

struct plan_file {
	struct named_plan plan;
	struct spec_at name_at, topologies_at, workloads_at, published_at;
};

enum { PLAN_TRIALS_MAX = 1000000 }; /* as --trials */

static const struct spec_field word_fields[] = {
	{ "word", SPEC_STRING, .offset = offsetof(struct plan_word, text),
	  .parse = name_check_line },
};
static const struct spec_table word_table = {
	.what = "word",
	.size = sizeof(struct plan_word),
	.fields = word_fields,
	.n_fields = ARRAY_SIZE(word_fields),
};

static const struct spec_field published_fields[] = {
	{ "place", SPEC_STRING,
	  .offset = offsetof(struct plan_published, place), .required = 1,
	  .parse = name_check_line,
	  .help = "where it was seen, as its author names it" },
	{ "topology", SPEC_STRING,
	  .offset = offsetof(struct plan_published, topology),
	  .parse = name_check,
	  .help = "that mirrors the place; none: no topology does" },
	{ "workload", SPEC_STRING,
	  .offset = offsetof(struct plan_published, workload), .required = 1,
	  .parse = name_check, .help = "that mirrors the programs" },
	{ "reported", SPEC_STRING,
	  .offset = offsetof(struct plan_published, reported), .required = 1,
	  .parse = name_check_line, .help = "what was published of it" },
	{ "trials", SPEC_COUNT,
	  .offset = offsetof(struct plan_published, trials), .min = 1,
	  .max = PLAN_TRIALS_MAX,
	  .help = "that were counted, where somebody counted" },
	{ "resets", SPEC_COUNT,
	  .offset = offsetof(struct plan_published, resets),
	  .at_offset = offsetof(struct plan_published, resets_at), .min = 0,
	  .max = PLAN_TRIALS_MAX, .help = "of these, how many had an RST" },
};
static const struct spec_table published_table = {
	.what = "published",
	.size = sizeof(struct plan_published),
	.fields = published_fields,
	.n_fields = ARRAY_SIZE(published_fields),
};

static const struct spec_field plan_fields[] = {
	{ "name", SPEC_STRING, .offset = offsetof(struct named_plan, name),
	  .at_offset = offsetof(struct plan_file, name_at), .required = 1,
	  .parse = name_check, .help = "the file's name without .yaml" },
	{ "summary", SPEC_STRING,
	  .offset = offsetof(struct named_plan, summary), .required = 1,
	  .parse = name_check_line, .help = "one line for the list" },
	{ "topologies", SPEC_CUSTOM_LIST,
	  .offset = offsetof(struct named_plan, topologies),
	  .at_offset = offsetof(struct plan_file, topologies_at), .required = 1,
	  .item = &word_table, .help = "names and globs" },
	{ "workloads", SPEC_CUSTOM_LIST,
	  .offset = offsetof(struct named_plan, workloads),
	  .at_offset = offsetof(struct plan_file, workloads_at), .required = 1,
	  .item = &word_table, .help = "names and globs" },
	{ "params", SPEC_CUSTOM_LIST,
	  .offset = offsetof(struct named_plan, params), .item = &word_table,
	  .help = "what --param would say, such as 'cpus=1,2'" },
	{ "trials", SPEC_COUNT, .offset = offsetof(struct named_plan, trials),
	  .min = 1, .max = PLAN_TRIALS_MAX,
	  .help = "of each workload in each topology" },
	{ "source", SPEC_STRING, .offset = offsetof(struct named_plan, source),
	  .parse = name_check_line, .help = "where it was published" },
	{ "published", SPEC_LIST,
	  .offset = offsetof(struct named_plan, published),
	  .at_offset = offsetof(struct plan_file, published_at),
	  .item = &published_table,
	  .help = "what others found, to stand beside what is measured" },
};
static const struct spec_table plan_table = {
	.what = "plan",
	.size = sizeof(struct plan_file),
	.fields = plan_fields,
	.n_fields = ARRAY_SIZE(plan_fields),
};

static void check_published(const struct named_plan *p, struct spec_diags *d)
{
	const struct plan_published *items = p->published.items;

	for (size_t i = 0; i < p->published.n; i++)
		if (items[i].resets > items[i].trials)
			spec_error(d, items[i].resets_at,
				   "%" PRIu32 " of %" PRIu32 " trials cannot "
				   "have had an RST",
				   items[i].resets, items[i].trials);
}

static void check(const struct plan_file *f, struct spec_diags *d)
{
	const struct named_plan *p = &f->plan;

	if (p->name && !name_is_of_file(p->name, d->path))
		spec_error(d, f->name_at,
			   "name '%s' must be the file's name without .yaml",
			   p->name);
	if (f->topologies_at.line && !p->topologies.n)
		spec_error(d, f->topologies_at, "a plan needs a topology");
	if (p->published.n && !p->source)
		spec_error(d, f->published_at,
			   "published needs a 'source' in the plan");
	check_published(p, d);
	if (f->workloads_at.line && !p->workloads.n)
		spec_error(d, f->workloads_at, "a plan needs a workload");
}

int named_plan_load(struct named_plan *p, const char *path,
		    struct spec_diags *d, struct err *e)
{
	struct plan_file f = { .plan = { .name = NULL } };
	const unsigned before = d->errors;
	own_mem char *source = NULL;
	int r = spec_load(path, &plan_table, &f, d, &source, e);

	if (source) {
		check(&f, d);
		d->source = NULL;
		if (d->errors > before)
			r = spec_refuse(path, d->errors - before, e);
	}
	if (r < 0) {
		spec_done(&plan_table, &f);
		memset(&f, 0, sizeof(f));
	}
	*p = f.plan;
	return r;
}

void named_plan_done(struct named_plan *p)
{
	struct plan_file f = { .plan = *p };

	spec_done(&plan_table, &f);
	*p = (struct named_plan){ .name = NULL };
}
