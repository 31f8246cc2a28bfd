/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/base/text.h"
#include "lab/cmd/catalog.h"
#include "lab/cmd/drawing.h"
#include "lab/cmd/kind.h"
#include "lab/cmd/opt-rows.h"
#include "lab/cmd/plans.h"
#include "lab/cmd/selection.h"
#include "lab/cmd/verb.h"
#include "lab/spec/param.h"

#include <string.h>

struct show_options {
	int format; /* index into drawings */
	struct opt_list params;
};

/* How to show what is found. */
struct style {
	const struct drawing *drawing;
	const struct opt_list *params;
};

enum { FORMATS_MAX = 31 };

static const char *const *formats(void)
{
	static const char *names[FORMATS_MAX + 1];

	for (size_t i = 0; i < FORMATS_MAX && drawings[i]; i++)
		names[i] = drawings[i]->name;
	return names;
}

#define AT(member) .offset = offsetof(struct show_options, member)

static const struct opt show_opts[] = {
	OPT_ROW_FORMAT(
		AT(format), formats,
		"text (unless said otherwise); yaml: the file; and for a "
		"topology dot or mermaid: a graph for these programs; "
		"commands: a shell script that builds the network without "
		"rstlab"),
	{ .name = "param",
	  .letter = 'p',
	  .type = OPT_LIST,
	  AT(params),
	  .arg = "KEY=VALUE",
	  .help = "the topology with a parameter changed; may be given "
		  "again; `rstlab list params` names them" },
	{ .name = NULL },
};

static const struct example show_examples[] = {
	{ "rstlab show docker-publish", "its nodes, addresses and rules" },
	{ "rstlab show founding", "what a plan runs, and what was published" },
	{ "rstlab show late-data", "what client and server do, step by step" },
	{ "rstlab show close-unread", "by what a cause is known, what helps" },
	{ "rstlab show docker-publish -f yaml >mine.yaml",
	  "a copy to start your own from" },
	{ "rstlab show docker-publish -f commands >lab.sh",
	  "the same network without rstlab: sudo sh lab.sh" },
	{ .command = NULL },
};

static int show_file(const char *path, struct err *e)
{
	own_file FILE *f = fopen(path, "re");
	char piece[4096];
	size_t n;

	if (!f)
		return err_errno(e, "cannot read '%s'", path);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		(void)fwrite(piece, 1, n, stdout);
	return ferror(f) ? err_errno(e, "cannot read '%s'", path) : 0;
}

/* With --param a topology is not its file any more. */
static bool as_file(const struct style *s)
{
	return !s->drawing->topology;
}

static int draw_workload(const char *path, const struct style *s, struct err *e)
{
	own_workload struct workload w = { .name = NULL };
	int r;

	if (s->params->n)
		return err_set(e, ERR_INPUT, EINVAL,
			       "--param: '%s' is a workload; only topologies "
			       "have parameters",
			       path);
	if (as_file(s))
		return show_file(path, e);
	if (!s->drawing->workload)
		return err_set(e, ERR_INPUT, EINVAL,
			       "--format %s: '%s' is a workload; only "
			       "topologies can be shown so",
			       s->drawing->name, path);
	r = selection_read_workload(&w, path, e);
	if (r == 0)
		s->drawing->workload(&w, stdout);
	return r;
}

static int apply(struct topology *t, const char *word, struct err *e)
{
	struct param_axis axis = { .text = NULL };
	int r = param_axis_parse(word, &axis, e);

	if (r == 0)
		r = param_apply(t, axis.name, axis.values[0], e);
	param_axis_done(&axis);
	return r;
}

static int apply_all(struct topology *t, const struct opt_list *params,
		     struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < params->n; i++) {
		/* the command line was split at commas */
		if (!strchr(params->items[i], '='))
			r = err_set(e, ERR_INPUT, EINVAL,
				    "'%s' is one value too many: one topology "
				    "is shown",
				    params->items[i]);
		else
			r = apply(t, params->items[i], e);
	}
	if (r == 0)
		r = param_check(t, e);
	return r < 0 ? err_add(e, "--param") : 0;
}

static int draw_topology(const char *path, const struct style *s, struct err *e)
{
	own_topology struct topology t = { .name = NULL };
	int r;

	if (as_file(s) && s->params->n)
		return err_set(e, ERR_INPUT, EINVAL,
			       "--param does not go with --format %s: no file "
			       "says it",
			       s->drawing->name);
	if (as_file(s))
		return show_file(path, e);
	r = selection_read_topology(&t, path, e);
	if (r == 0 && s->params->n)
		r = apply_all(&t, s->params, e);
	if (r == 0)
		s->drawing->topology(&t, stdout);
	return r;
}

static int draw_plan(const char *path, const struct style *s, struct err *e)
{
	own_named_plan struct named_plan p = { .name = NULL };
	int r;

	if (s->params->n)
		return err_set(e, ERR_INPUT, EINVAL,
			       "--param: '%s' is a plan; only topologies have "
			       "parameters",
			       path);
	if (as_file(s))
		return show_file(path, e);
	if (!s->drawing->workload)
		return err_set(e, ERR_INPUT, EINVAL,
			       "--format %s: '%s' is a plan, which is shown as "
			       "text or yaml only",
			       s->drawing->name, path);
	r = plans_read(&p, path, e);
	if (r == 0)
		plans_show(&p, stdout);
	return r;
}

static int show_path(const char *path, const struct style *s, struct err *e)
{
	switch (kind_of(path)) {
	case KIND_PLAN:
		return draw_plan(path, s, e);
	case KIND_WORKLOAD:
		return draw_workload(path, s, e);
	case KIND_TOPOLOGY:
	case KIND_UNKNOWN:
	case KIND_BROKEN: /* the reader says what is wrong, and where */
		break;
	}
	return draw_topology(path, s, e);
}

/* Topologies, workloads, plans. */
enum { KINDS = 3 };

/* The word that is nearest among all names. */
static int unknown(const struct catalog *all, const char *word, struct err *e)
{
	own_mem const char **names = calloc(
		all[0].n + all[1].n + all[2].n + CAUSES + 1, sizeof(*names));
	const char *near = NULL;
	size_t n = 0;

	for (size_t k = 0; names && k < KINDS; k++)
		for (size_t i = 0; i < all[k].n; i++)
			names[n++] = all[k].entries[i].name;
	for (size_t i = 0; names && i < CAUSES; i++)
		names[n++] = cause_infos[i].name;
	if (names)
		near = text_nearest(word, names);
	if (near)
		return err_set(
			e, ERR_INPUT, ENOENT,
			"no topology, workload, plan or cause '%s' (did you mean "
			"'%s'?)",
			word, near);
	return err_set(
		e, ERR_INPUT, ENOENT,
		"no topology, workload, plan or cause '%s'; `rstlab list` shows "
		"what there is",
		word);
}

/* A cause is no file: only the forms that can draw it show it.  Returns: was
 * there one? */
static bool draw_cause(const char *word, const struct style *s, bool found)
{
	const enum cause cause = cause_named(word);

	if (cause == CAUSES || !s->drawing->cause || s->params->n)
		return false;
	if (found)
		putchar('\n');
	s->drawing->cause(&cause_infos[cause], stdout);
	return true;
}

/* Why there is nothing to show. */
static int refuse_cause(const char *word, const struct style *s, struct err *e)
{
	if (s->params->n)
		return err_set(e, ERR_INPUT, EINVAL,
			       "--param: '%s' is a cause; only topologies have "
			       "parameters",
			       word);
	return err_set(e, ERR_INPUT, EINVAL,
		       "--format %s: '%s' is a cause, which is shown as text "
		       "only",
		       s->drawing->name, word);
}

static int show_name(const struct catalog *all, const char *word,
		     const struct style *s, struct err *e)
{
	bool found = false;
	int r = 0;

	for (size_t k = 0; r == 0 && k < KINDS; k++) {
		const char *path = catalog_path(&all[k], word);

		if (!path)
			continue;
		if (found)
			putchar('\n');
		found = true;
		r = show_path(path, s, e);
	}
	if (r < 0 || draw_cause(word, s, found) || found)
		return r;
	if (cause_named(word) != CAUSES)
		return refuse_cause(word, s, e);
	return unknown(all, word, e);
}

static bool is_path(const char *word)
{
	const size_t n = strlen(word);

	return strchr(word, '/') || (n > 5 && !strcmp(word + n - 5, ".yaml"));
}

static int show_run(const struct call *c, struct err *e)
{
	const struct show_options *o = c->options;
	const struct style s = { drawings[o->format], &o->params };
	struct catalog all[KINDS] = { { .entries = NULL } };
	int r;

	if (is_path(c->operands[0]))
		return show_path(c->operands[0], &s, e);
	r = catalog_open(&all[0], CATALOG_TOPOLOGIES, e);
	if (r == 0)
		r = catalog_open(&all[1], CATALOG_WORKLOADS, e);
	if (r == 0)
		r = catalog_open(&all[2], CATALOG_PLANS, e);
	if (r == 0 && all[1].n == 0)
		r = catalog_check(&all[0], e);
	if (r == 0)
		r = show_name(all, c->operands[0], &s, e);
	catalog_done(&all[0]);
	catalog_done(&all[1]);
	catalog_done(&all[2]);
	return r;
}

const struct verb verb_show = {
	.name = "show",
	.operands = "NAME",
	.summary = "draw a topology, a workload or a plan, or explain a cause",
	.about = "NAME is a topology, a workload, a plan, a cause, or the path "
		 "of a file. A topology is drawn with what lies between client "
		 "and server, and what each node gets: interfaces and where "
		 "they lead, addresses, routes, sysctls, packet filter rules. "
		 "A workload is drawn as two scripts side by side; where a "
		 "line joins them, each side waits for the other. Of a plan, "
		 "what it runs and what was published is printed, of a cause "
		 "its help page; where two have the same name, one after the "
		 "other.\n\n"
		 "The script of --format commands names what ip, nft and "
		 "sysctl cannot do in comments: relays and user-mode networks, "
		 "processors, isolation. A wire becomes a veth pair in it.",
	.examples = show_examples,
	.opts = show_opts,
	.options_size = sizeof(struct show_options),
	.min_operands = 1,
	.max_operands = 1,
	.missing = "name a topology, a workload, a plan or a cause",
	.words = WORDS_SPECS,
	.run = show_run,
};
