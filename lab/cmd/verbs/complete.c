/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a shell asks while the user types: words, one a line, and never a
 * complaint. */
#include "lab/base/own.h"
#include "lab/cause/cause.h"
#include "lab/cmd/catalog.h"
#include "lab/cmd/selection.h"
#include "lab/cmd/verb.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>

static void words_of_catalog(enum catalog_kind kind)
{
	own_catalog struct catalog c = { .entries = NULL };
	struct err e = { .code = 0 };

	if (catalog_open(&c, kind, &e) < 0)
		return;
	for (size_t i = 0; i < c.n; i++)
		puts(c.entries[i].name);
}

static void topologies(const char *operand)
{
	(void)operand;
	words_of_catalog(CATALOG_TOPOLOGIES);
}

static void workloads(const char *operand)
{
	(void)operand;
	words_of_catalog(CATALOG_WORKLOADS);
}

static void plans(const char *operand)
{
	(void)operand;
	words_of_catalog(CATALOG_PLANS);
}

static void specs(const char *operand)
{
	topologies(operand);
	workloads(operand);
	plans(operand);
	for (size_t i = 0; i < CAUSES; i++)
		puts(cause_infos[i].name);
}

static void runs(const char *operand)
{
	static const char dir[] = "rstlab-runs";
	DIR *d = opendir(dir);

	(void)operand;
	for (struct dirent *f; d && (f = readdir(d)) != NULL;) {
		char db[PATH_MAX];

		(void)snprintf(db, sizeof(db), "%s/%s/run.db", dir, f->d_name);
		if (*f->d_name != '.' && access(db, F_OK) == 0)
			puts(f->d_name);
	}
	if (d)
		(void)closedir(d);
}

static void verb_words(const char *operand)
{
	(void)operand;
	for (size_t i = 0; verbs[i]; i++)
		if (!verbs[i]->hidden)
			puts(verbs[i]->name);
}

static void lists(const char *operand)
{
	(void)operand;
	puts("topologies\nworkloads\nplans\nendings\ncauses\nreports\nfaults\n"
	     "frames\nsegments\nsysctls\nparams");
}

static void nodes(const char *operand)
{
	own_topology struct topology t = { .name = NULL };
	struct err e = { .code = 0 };
	const struct topology_node *n;

	if (!operand || selection_topology(&t, operand, &e) < 0)
		return;
	n = t.nodes.items;
	for (size_t i = 0; i < t.nodes.n; i++)
		puts(n[i].name);
}

static const struct {
	const char *kind;
	void (*print)(const char *operand);
} kinds[] = {
	{ "topologies", topologies },
	{ "workloads", workloads },
	{ "plans", plans },
	{ "specs", specs },
	{ "runs", runs },
	{ "verbs", verb_words },
	{ "lists", lists },
	{ "nodes", nodes },
};

static int complete_run(const struct call *c, struct err *e)
{
	(void)e;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].kind, c->operands[0]))
			kinds[i].print(c->operands[1]);
	return 0;
}

const struct verb verb_complete = {
	.name = "__complete",
	.operands = "KIND [WORD]",
	.summary = "print the words that fit, for the shell",
	.missing = "KIND is missing",
	.min_operands = 1,
	.max_operands = 2,
	.hidden = true,
	.run = complete_run,
};
