/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/help.h"

#include "lab/base/own.h"
#include "lab/base/text.h"
#include "lab/cmd/show.h"

struct help_options {
	bool man, causes;
	int completion; /* index into shells(), or -1 */
};

static const struct help_options help_defaults = { .completion = -1 };

static const char *const *shells(void)
{
	static const char *const names[] = { "bash", NULL };

	return names;
}

static const struct opt help_opts[] = {
	{ .name = "man",
	  .type = OPT_FLAG,
	  .offset = offsetof(struct help_options, man),
	  .help = "print the manual page, in troff" },
	{ .name = "causes",
	  .type = OPT_FLAG,
	  .offset = offsetof(struct help_options, causes),
	  .help = "print the pages of all causes, in Markdown" },
	{ .name = "completion",
	  .type = OPT_CHOICE,
	  .offset = offsetof(struct help_options, completion),
	  .arg = "SHELL",
	  .choices = shells,
	  .help = "print the completion script for a shell" },
	{ .name = NULL },
};

static const struct example help_examples[] = {
	{ "rstlab help run", "all that `rstlab run` knows" },
	{ "rstlab help --completion bash >rstlab.bash",
	  "completion for a shell that did not get it installed" },
	{ .command = NULL },
};

static int help_word(const char *word, struct err *e)
{
	const struct verb *v = verb_named(word);
	const char *names[64] = { NULL };
	const char *near;
	size_t n = 0;

	if (v) {
		help_verb(stdout, v, true);
		return 0;
	}
	for (size_t i = 0; verbs[i] && n + 1 < ARRAY_SIZE(names); i++)
		if (!verbs[i]->hidden)
			names[n++] = verbs[i]->name;
	near = text_nearest(word, names);
	if (near)
		return err_set(e, ERR_INPUT, EINVAL,
			       "no help about '%s' (did you mean '%s'?)", word,
			       near);
	return err_set(e, ERR_INPUT, EINVAL,
		       "no help about '%s'; `rstlab help` names all commands",
		       word);
}

static int help_run(const struct call *c, struct err *e)
{
	const struct help_options *o = c->options;

	if (o->man)
		help_man(stdout);
	else if (o->causes)
		show_causes_markdown(stdout);
	else if (o->completion >= 0)
		help_bash(stdout);
	else if (c->n_operands)
		return help_word(c->operands[0], e);
	else
		help_program(stdout, true);
	return 0;
}

const struct verb verb_help = {
	.name = "help",
	.operands = "[VERB]",
	.summary = "explain a command, or all of them",
	.examples = help_examples,
	.opts = help_opts,
	.options_size = sizeof(struct help_options),
	.defaults = &help_defaults,
	.max_operands = 1,
	.words = WORDS_VERBS,
	.run = help_run,
};
