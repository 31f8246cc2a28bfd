/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/help.h"

#include "lab/base/text.h"
#include "lab/cmd/facts.h"
#include "lab/cmd/opt.h"

#include <string.h>

enum { WIDTH = 80, LEFT_MAX = 28 };

/* Fill @s into lines of WIDTH; the cursor stands at @at, later lines start
 * at @indent.  A '\n' in @s ends a line. */
static void fill(FILE *out, const char *s, size_t at, size_t indent)
{
	bool first = true;

	while (*s) {
		const size_t n = strcspn(s, " \n");
		char *word = strndup(s, n);
		const size_t columns = word ? text_columns(word) : n;

		free(word);
		if (!first && at + 1 + columns > WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			at = indent;
			first = true;
		}
		if (n)
			at += (size_t)fprintf(out, "%s%.*s", first ? "" : " ",
					      (int)n, s) -
			      (n - columns);
		first = first && n == 0;
		s += n;
		if (*s == '\n') {
			fprintf(out, "\n%*s", (int)(s[1] == '\n' ? 0 : indent),
				"");
			at = indent;
			first = true;
		}
		s += *s != 0;
	}
	fputc('\n', out);
}

static void row(FILE *out, const char *left, size_t width, const char *right)
{
	const size_t n = text_columns(left);

	fprintf(out, "  %s", left);
	if (n > width)
		fprintf(out, "\n%*s", (int)width + 4, "");
	else
		fprintf(out, "%*s", (int)(width - n) + 2, "");
	fill(out, right, width + 4, width + 4);
}

static void facts(FILE *out, const char *title, const struct fact *f)
{
	size_t width = 0;

	fprintf(out, "\n%s\n", title);
	for (size_t i = 0; f[i].name; i++)
		if (text_columns(f[i].name) > width)
			width = text_columns(f[i].name);
	for (size_t i = 0; f[i].name; i++)
		row(out, f[i].name, width, f[i].meaning);
}

void help_opt_left(struct text *t, const struct opt *o)
{
	if (o->letter)
		text_addf(t, "-%c, ", o->letter);
	text_addf(t, "--%s", o->name);
	if (o->arg)
		text_addf(t, " %s", o->arg);
}

void help_opt_right(struct text *t, const struct opt *o)
{
	text_add(t, o->help);
	if (!o->choices)
		return;
	text_add(t, ": ");
	opt_join_words(t, o->choices());
}

static void opt_row(FILE *out, const struct opt *o)
{
	own_text struct text left = { .s = NULL }, right = { .s = NULL };

	if (!o->letter)
		text_add(&left, "    ");
	help_opt_left(&left, o);
	help_opt_right(&right, o);
	row(out, text_str(&left), LEFT_MAX, text_str(&right));
}

static void examples(FILE *out, const struct example *x)
{
	if (!x || !x->command)
		return;
	fputs("\nExamples\n", out);
	for (; x->command; x++)
		fprintf(out, "  %s\n      %s\n", x->command, x->what);
}

/* The verb that runs when none is named. */
static bool is_default(const struct verb *v)
{
	return v == verbs[0];
}

static void usage(FILE *out, const struct verb *v)
{
	fprintf(out, is_default(v) ? "Usage: rstlab [%s]" : "Usage: rstlab %s",
		v->name);
	fprintf(out, v->opts && v->opts[0].name ? " [OPTION]..." : "");
	fprintf(out, "%s%s\n", *v->operands ? " " : "", v->operands);
}

void help_verb(FILE *out, const struct verb *v, bool full)
{
	fprintf(out, "rstlab %s - %s\n\n", v->name, v->summary);
	usage(out, v);
	if (!full)
		examples(out, v->examples);
	if (full && v->about) {
		fputc('\n', out);
		fill(out, v->about, 0, 0);
	}
	fputs("\nOptions\n", out);
	for (const struct opt *o = v->opts; o && o->name; o++)
		opt_row(out, o);
	for (const struct opt *o = opt_common; o->name; o++)
		opt_row(out, o);
	if (full)
		examples(out, v->examples);
	else
		fprintf(out, "\nMore: rstlab %s --help\n", v->name);
}

const struct example help_first_steps[] = {
	{ "rstlab",
	  "the usual workloads in the usual topologies, 50 trials each" },
	{ "rstlab -t 'docker-*' -w late-data -n 200",
	  "one workload, the topologies whose name begins with docker-" },
	{ "rstlab report latest --format markdown",
	  "the last result again, as Markdown" },
	{ "rstlab list topologies", "what there is to choose from" },
	{ "rstlab doctor", "what this machine can do" },
	{ .command = NULL },
};

void help_program(FILE *out, bool full)
{
	fprintf(out, "rstlab - %s\n\nUsage: rstlab [VERB] [OPTION]...\n",
		fact_summary);
	examples(out, help_first_steps);
	if (full) {
		fputc('\n', out);
		fill(out, fact_about, 0, 0);
	}
	fputs("\nVerbs\n", out);
	for (size_t i = 0; verbs[i]; i++)
		if (!verbs[i]->hidden)
			row(out, verbs[i]->name, 8, verbs[i]->summary);
	if (full) {
		facts(out, "Exit status", fact_exit_statuses);
		facts(out, "Environment", fact_environment);
		facts(out, "Files", fact_files);
	}
	fputs("\nMore: rstlab VERB --help", out);
	fputs(full ? ", man rstlab\n" : ", rstlab --help\n", out);
}
