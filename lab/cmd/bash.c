/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  The script knows verbs and options from the tables; names
 * of topologies, workloads and runs it asks the program for, through the
 * hidden verb __complete.
 */
#include "lab/base/own.h"
#include "lab/cmd/help.h"
#include "lab/cmd/opt.h"

#include <assert.h>
#include <string.h>

static const char *const words_names[] = {
	[WORDS_NONE] = "none",		 [WORDS_TOPOLOGIES] = "topologies",
	[WORDS_WORKLOADS] = "workloads", [WORDS_PLANS] = "plans",
	[WORDS_SPECS] = "specs",	 [WORDS_RUNS] = "runs",
	[WORDS_VERBS] = "verbs",	 [WORDS_LISTS] = "lists",
	[WORDS_FILES] = "files",	 [WORDS_DIRECTORIES] = "directories",
};
static_assert(ARRAY_SIZE(words_names) == WORDS_DIRECTORIES + 1,
	      "a name for each kind of word");

static const char head[] =
	"# bash completion for rstlab; made by `rstlab help --completion "
	"bash`\n"
	"\n"
	"# Offer the words of kind $1 that begin with $cur; in a list, after "
	"its last comma.\n"
	"_rstlab_words()\n"
	"{\n"
	"\tlocal done='' last=$cur word\n"
	"\tcase $1 in\n"
	"\tnone) return ;;\n"
	"\tfiles) mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return ;;\n"
	"\tdirectories) mapfile -t COMPREPLY < <(compgen -d -- \"$cur\"); "
	"return ;;\n"
	"\tesac\n"
	"\tif [[ $cur == *,* ]]; then\n"
	"\t\tdone=${cur%,*}, last=${cur##*,}\n"
	"\tfi\n"
	"\twhile read -r word; do\n"
	"\t\t[[ $word == \"$last\"* ]] && COMPREPLY+=(\"$done$word\")\n"
	"\tdone < <(\"${COMP_WORDS[0]}\" __complete \"$@\" 2>/dev/null)\n"
	"}\n"
	"\n"
	"_rstlab()\n"
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-"
	"1]}\n"
	"\tlocal verb=${COMP_WORDS[1]} first=2 options=\n"
	"\tCOMPREPLY=()\n"
	"\tcase $verb in\n"
	"\t-*) verb=run first=1 ;;\n"
	"\tesac\n"
	"\tif [[ $COMP_CWORD == 1 && $cur != -* ]]; then\n"
	"\t\t_rstlab_words verbs\n"
	"\t\treturn\n"
	"\tfi\n";

static const char tail[] =
	"\tif [[ $cur == -* ]]; then\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
	"\tfi\n"
	"} &&\n"
	"\tcomplete -o default -F _rstlab rstlab\n";

static void value_case(FILE *out, const struct verb *v, const struct opt *o)
{
	if (!o->arg)
		return;
	fprintf(out, "\t'%s --%s'", v->name, o->name);
	if (o->letter)
		fprintf(out, " | '%s -%c'", v->name, o->letter);
	if (!o->choices) {
		fprintf(out, ") _rstlab_words %s; return ;;\n",
			words_names[o->words]);
		return;
	}
	fputs(") mapfile -t COMPREPLY < <(compgen -W '", out);
	for (const char *const *w = o->choices(); *w; w++)
		fprintf(out, "%s ", *w);
	fputs("' -- \"$cur\"); return ;;\n", out);
}

static void options_case(FILE *out, const struct verb *v)
{
	fprintf(out, "\t%s)\n\t\toptions='--help", v->name);
	for (const struct opt *o = v->opts; o && o->name; o++)
		fprintf(out, " --%s", o->name);
	fputs("'\n", out);
	if (v->words != WORDS_NONE)
		fprintf(out,
			"\t\t[[ $COMP_CWORD -ge $first && $cur != -* ]] && "
			"_rstlab_words %s\n",
			words_names[v->words]);
	fputs("\t\t;;\n", out);
}

/* `rstlab shell TOPOLOGY <TAB>` offers the nodes of that topology. */
static void nodes_case(FILE *out, const struct verb *v)
{
	if (v->words != WORDS_TOPOLOGIES)
		return;
	fprintf(out,
		"\tif [[ $verb == %s && $COMP_CWORD == 3 && $cur != -* ]]; "
		"then\n"
		"\t\t_rstlab_words nodes \"${COMP_WORDS[2]}\"\n"
		"\t\treturn\n"
		"\tfi\n",
		v->name);
}

void help_bash(FILE *out)
{
	fputs(head, out);
	for (size_t i = 0; verbs[i]; i++)
		nodes_case(out, verbs[i]);
	fputs("\tcase \"$verb $prev\" in\n", out);
	for (size_t i = 0; verbs[i]; i++)
		for (const struct opt *o = verbs[i]->opts; o && o->name; o++)
			value_case(out, verbs[i], o);
	fputs("\tesac\n\tcase $verb in\n", out);
	for (size_t i = 0; verbs[i]; i++)
		if (!verbs[i]->hidden)
			options_case(out, verbs[i]);
	fputs("\tesac\n", out);
	fputs(tail, out);
}
