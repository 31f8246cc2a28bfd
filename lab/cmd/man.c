/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/base/text.h"
#include "lab/cmd/facts.h"
#include "lab/cmd/help.h"
#include "lab/cmd/opt.h"

#include <string.h>

/*
 * Text for troff: '-' would become a hyphen that cannot be pasted, '\' starts
 * an escape, and a line must not begin with a control character.  An empty
 * line becomes a paragraph, `word` is set in bold.
 */
static void put(FILE *out, const char *s)
{
	bool bold = false;

	if (*s == '.' || *s == '\'')
		fputs("\\&", out);
	for (; *s; s++) {
		if (s[0] == '\n' && s[1] == '\n') {
			fputs("\n.PP\n", out);
			s++;
		} else if (*s == '`') {
			bold = !bold;
			fputs(bold ? "\\fB" : "\\fR", out);
		} else if (*s == '\\') {
			fputs("\\e", out);
		} else if (*s == '\'') {
			fputs("\\(aq", out);
		} else {
			fputs(*s == '-' ? "\\-" : (char[]){ *s, 0 }, out);
		}
	}
}

static void line(FILE *out, const char *s)
{
	put(out, s);
	fputc('\n', out);
}

static void tagged(FILE *out, const char *tag, const char *body)
{
	fputs(".TP\n\\fB", out);
	put(out, tag);
	fputs("\\fR\n", out);
	line(out, body);
}

static void facts(FILE *out, const char *title, const struct fact *f)
{
	fprintf(out, ".SH %s\n", title);
	for (; f->name; f++)
		tagged(out, f->name, f->meaning);
}

static void opt(FILE *out, const struct opt *o)
{
	own_text struct text left = { .s = NULL }, right = { .s = NULL };

	help_opt_left(&left, o);
	help_opt_right(&right, o);
	tagged(out, text_str(&left), text_str(&right));
}

static void examples(FILE *out, const struct example *x)
{
	for (; x && x->command; x++) {
		fputs(".PP\nExample: ", out);
		put(out, x->what);
		fputs("\n.PP\n.RS 4\n.EX\n", out);
		line(out, x->command);
		fputs(".EE\n.RE\n", out);
	}
}

static void verb(FILE *out, const struct verb *v)
{
	fputs(".SS \"rstlab ", out);
	put(out, v->name);
	fprintf(out, "%s", *v->operands ? " " : "");
	put(out, v->operands);
	fputs("\"\n", out);
	put(out, v->summary);
	fputs(".\n", out);
	if (v->about) {
		fputs(".PP\n", out);
		line(out, v->about);
	}
	for (const struct opt *o = v->opts; o && o->name; o++)
		opt(out, o);
	examples(out, v->examples);
}

void help_man(FILE *out)
{
	fputs(".TH RSTLAB 1 \"\" \"rstlab " PACKAGE_VERSION
	      "\" \"User Commands\"\n.SH NAME\nrstlab \\- ",
	      out);
	line(out, fact_summary);
	fputs(".SH SYNOPSIS\n.nf\n", out);
	for (size_t i = 0; verbs[i]; i++) {
		if (verbs[i]->hidden)
			continue;
		fprintf(out, i ? "\\fBrstlab %s\\fR " : "\\fBrstlab\\fR [%s] ",
			verbs[i]->name);
		fputs("[\\fIOPTION\\fR]... ", out);
		line(out, verbs[i]->operands);
	}
	fputs(".fi\n.SH DESCRIPTION\n", out);
	line(out, fact_about);
	fputs(".SH COMMANDS\nEvery command also knows \\fB\\-h\\fR and "
	      "\\fB\\-\\-help\\fR.\n",
	      out);
	for (size_t i = 0; verbs[i]; i++)
		if (!verbs[i]->hidden)
			verb(out, verbs[i]);
	facts(out, "EXIT STATUS", fact_exit_statuses);
	facts(out, "ENVIRONMENT", fact_environment);
	facts(out, "FILES", fact_files);
	fputs(".SH SEE ALSO\n.BR namespaces (7),\n.BR tcpdump (8),\n"
	      ".BR tshark (1)\n",
	      out);
}
