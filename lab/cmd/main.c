/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/base/own.h"
#include "lab/base/text.h"
#include "lab/cmd/help.h"
#include "lab/cmd/opt.h"
#include "lab/cmd/selection.h"
#include "lab/report/json-error.h"

#include <locale.h>
#include <string.h>

/* Has the user asked for JSON?  Looked for in the words themselves, because
 * a command line that cannot be parsed owes a document too. */
static bool wants_json(const struct verb *v, char *const *argv)
{
	for (const struct opt *o = v ? v->opts : NULL; o && o->name; o++) {
		if (strcmp(o->name, "json") != 0)
			continue;
		for (; *argv && strcmp(*argv, "--") != 0; argv++)
			if (!strcmp(*argv, "--json"))
				return true;
	}
	return false;
}

static int fail(const struct verb *v, char *const *argv, const struct err *e)
{
	const int status = err_exit_status(e);

	(void)fflush(stdout);
	fprintf(stderr, "rstlab: %s\n", e->text);
	if (wants_json(v, argv))
		report_json_error(stdout, e, selection_mistakes(), status);
	return status;
}

static int wrong_usage(const struct verb *v, char *const *argv,
		       const struct err *e)
{
	const int status = fail(v, argv, e);

	if (e->class != ERR_INPUT)
		return status;
	if (v)
		fprintf(stderr, "Try `rstlab %s --help`.\n", v->name);
	else
		fputs("Try `rstlab --help`.\n", stderr);
	return status;
}

static int unknown_verb(char *const *argv)
{
	const char *names[64] = { NULL };
	struct err e = { .code = 0 };
	const char *near;
	size_t n = 0;

	for (size_t i = 0; verbs[i] && n + 1 < ARRAY_SIZE(names); i++)
		if (!verbs[i]->hidden)
			names[n++] = verbs[i]->name;
	near = text_nearest(argv[1], names);
	if (near)
		(void)err_set(&e, ERR_INPUT, EINVAL,
			      "no command '%s' (did you mean '%s'?)", argv[1],
			      near);
	else
		(void)err_set(&e, ERR_INPUT, EINVAL, "no command '%s'",
			      argv[1]);
	return wrong_usage(NULL, argv, &e);
}

/* Parse the rest of the line as @v's and do it. */
static int run_verb(const struct verb *v, int argc, char **argv,
		    char *const *whole, struct err *e)
{
	own_mem void *options = calloc(1, v->options_size + 1);
	struct call call = { .argv = whole };
	int r;

	if (!options) {
		(void)err_no_memory(e);
		return fail(v, whole, e);
	}
	if (v->defaults)
		memcpy(options, v->defaults, v->options_size);
	r = opt_parse(v, argc, argv, options, &call, e);
	if (r < 0) {
		r = wrong_usage(v, whole, e);
	} else if (r != OPT_PARSED) {
		help_verb(stdout, v, r == OPT_ASKED_HELP);
		r = 0;
	} else {
		r = v->run(&call, e);
		if (r < 0)
			r = fail(v, whole, e);
	}
	opt_done(v, options);
	return r;
}

/* A result that did not reach its file is no success. */
static int close_stdout(int status)
{
	struct err e = { .code = 0 };

	if (!ferror(stdout) && fflush(stdout) == 0)
		return status;
	if (errno == EPIPE) /* the reader had enough */
		return status;
	if (status == 7) /* the report itself has said so */
		return status;
	(void)err_errno(&e, "cannot write to standard output");
	fprintf(stderr, "rstlab: %s\n", e.text);
	return status ? status : err_exit_status(&e);
}

static int dispatch(int argc, char **argv)
{
	const char *first = argc > 1 ? argv[1] : "";
	struct err e = { .code = 0 };
	const struct verb *v;

	if (!strcmp(first, "--help") || !strcmp(first, "-h")) {
		help_program(stdout, first[1] == '-');
		return 0;
	}
	if (!strcmp(first, "--version"))
		return run_verb(verb_named("version"), 1, argv, argv, &e);
	if (!*first || *first == '-')
		return run_verb(verbs[0], argc, argv, argv, &e);
	v = verb_named(first);
	if (!v)
		return unknown_verb(argv);
	return run_verb(v, argc - 1, argv + 1, argv, &e);
}

int main(int argc, char **argv)
{
	(void)setlocale(LC_CTYPE, "");
	return close_stdout(dispatch(argc, argv));
}
