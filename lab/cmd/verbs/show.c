/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/show.h"

#include "lab/base/text.h"
#include "lab/cmd/catalog.h"
#include "lab/cmd/kind.h"
#include "lab/cmd/selection.h"
#include "lab/cmd/verb.h"

#include <string.h>

enum { FORMAT_TEXT, FORMAT_YAML };

struct show_options {
	int format;
};

static const char *const *formats(void)
{
	static const char *const names[] = { "text", "yaml", NULL };

	return names;
}

static const struct opt show_opts[] = {
	{ .name = "format",
	  .letter = 'f',
	  .type = OPT_CHOICE,
	  .offset = offsetof(struct show_options, format),
	  .arg = "FORMAT",
	  .choices = formats,
	  .help = "text, which is drawn, unless said otherwise; yaml is the "
		  "file itself" },
	{ .name = NULL },
};

static const struct example show_examples[] = {
	{ "rstlab show docker-publish", "its nodes, addresses and rules" },
	{ "rstlab show late-data", "what client and server do, step by step" },
	{ "rstlab show docker-publish -f yaml >mine.yaml",
	  "a copy to start your own from" },
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

static int draw_workload(const char *path, struct err *e)
{
	own_workload struct workload w = { .name = NULL };
	const int r = selection_read_workload(&w, path, e);

	if (r == 0)
		show_workload(&w, stdout);
	return r;
}

static int draw_topology(const char *path, struct err *e)
{
	own_topology struct topology t = { .name = NULL };
	const int r = selection_read_topology(&t, path, e);

	if (r == 0)
		show_topology(&t, stdout);
	return r;
}

static int show_path(const char *path, int format, struct err *e)
{
	if (format == FORMAT_YAML)
		return show_file(path, e);
	return kind_of(path) == KIND_WORKLOAD ? draw_workload(path, e)
					      : draw_topology(path, e);
}

/* The word that is nearest among the names of both kinds. */
static int unknown(const struct catalog *both, const char *word, struct err *e)
{
	own_mem const char **names =
		calloc(both[0].n + both[1].n + 1, sizeof(*names));
	const char *near = NULL;
	size_t n = 0;

	for (size_t k = 0; names && k < 2; k++)
		for (size_t i = 0; i < both[k].n; i++)
			names[n++] = both[k].entries[i].name;
	if (names)
		near = text_nearest(word, names);
	if (near)
		return err_set(e, ERR_INPUT, ENOENT,
			       "no topology or workload '%s' (did you mean "
			       "'%s'?)",
			       word, near);
	return err_set(e, ERR_INPUT, ENOENT,
		       "no topology or workload '%s'; `rstlab list` shows "
		       "what there is",
		       word);
}

static int show_name(const struct catalog *both, const char *word, int format,
		     struct err *e)
{
	bool found = false;
	int r = 0;

	for (size_t k = 0; r == 0 && k < 2; k++) {
		const char *path = catalog_path(&both[k], word);

		if (!path)
			continue;
		if (found)
			putchar('\n');
		found = true;
		r = show_path(path, format, e);
	}
	if (r < 0 || found)
		return r;
	return unknown(both, word, e);
}

static bool is_path(const char *word)
{
	const size_t n = strlen(word);

	return strchr(word, '/') || (n > 5 && !strcmp(word + n - 5, ".yaml"));
}

static int show_run(const struct call *c, struct err *e)
{
	const struct show_options *o = c->options;
	struct catalog both[2] = { { .entries = NULL }, { .entries = NULL } };
	int r;

	if (is_path(c->operands[0]))
		return show_path(c->operands[0], o->format, e);
	r = catalog_open(&both[0], CATALOG_TOPOLOGIES, e);
	if (r == 0)
		r = catalog_open(&both[1], CATALOG_WORKLOADS, e);
	if (r == 0 && both[1].n == 0)
		r = catalog_check(&both[0], e);
	if (r == 0)
		r = show_name(both, c->operands[0], o->format, e);
	catalog_done(&both[0]);
	catalog_done(&both[1]);
	return r;
}

const struct verb verb_show = {
	.name = "show",
	.operands = "NAME",
	.summary = "draw a topology, or a workload step by step",
	.about = "NAME is a topology, a workload, or the path of a file. A "
		 "topology is drawn with what each node gets: interfaces and "
		 "where they lead, addresses, routes, sysctls, packet filter "
		 "rules. A workload is drawn as two scripts side by side; "
		 "where a line joins them, each side waits for the other.",
	.examples = show_examples,
	.opts = show_opts,
	.options_size = sizeof(struct show_options),
	.min_operands = 1,
	.max_operands = 1,
	.missing = "name a topology or a workload",
	.words = WORDS_SPECS,
	.run = show_run,
};
