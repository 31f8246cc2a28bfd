/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/explain.h"
#include "lab/cmd/opt-rows.h"
#include "lab/cmd/terminal.h"
#include "lab/cmd/verb.h"
#include "lab/report/format.h"

#include <string.h>

#define AT(member) .offset = offsetof(struct explain_options, member)

static const struct opt explain_opts[] = {
	{ .name = "point",
	  .letter = 'p',
	  .type = OPT_STRING,
	  AT(point),
	  .arg = "NODE:INTERFACE",
	  .help = "the packets as this point saw them, or `all`; where the "
		  "RST was first seen, else" },
	{ .name = "all",
	  .letter = 'a',
	  .type = OPT_FLAG,
	  AT(all),
	  .help = "do not fold what is long" },
	{ .name = "verbose",
	  .letter = 'v',
	  .type = OPT_FLAG,
	  AT(verbose),
	  .help = "HTTP/2 frames with their flags, headers and settings" },
	OPT_ROW_JSON(AT(json),
		     "one document in place of text: rstlab.explain/1"),
	OPT_ROW_COLOR(AT(color)),
	{ .name = NULL },
};

static const struct example explain_examples[] = {
	{ "rstlab explain latest",
	  "the causes and the cells, with a trial of each to look at" },
	{ "rstlab explain latest:host/late-data",
	  "the trials of a cell that saw an RST" },
	{ "rstlab explain latest:host/late-data:1",
	  "why that trial was reset" },
	{ .command = NULL },
};

static void explanation_done(struct explanation *x)
{
	address_done(&x->at);
	text_done(&x->out);
}

static int check_point(const struct explanation *x, struct err *e)
{
	if (x->o->point && !x->at.trial)
		return err_set(e, ERR_INPUT, EINVAL,
			       "--point goes with a trial: RUN:CELL:TRIAL");
	return 0;
}

/* "latest" of "latest:host/late-data:1", to be repeated in hints. */
static char *run_part(const char *word, const struct address *a)
{
	const size_t n = strcspn(word, ":");

	/* a path with a colon in it cannot be cut there */
	return word[n] && strchr(a->dir, ':') ? strdup(a->dir)
					      : strndup(word, n);
}

/* What a terminal without UTF-8 shows in place of it: as wide, to keep the
 * columns. */
static void to_ascii(struct text *t)
{
	static const struct {
		const char *glyph;
		char ascii;
	} table[] = { { "→", '>' }, { "·", '-' }, { "…", '.' } };
	const char *from = t->s;
	char *to = t->s;

	while (from && *from) {
		size_t i = 0;

		while (i < ARRAY_SIZE(table) &&
		       strncmp(from, table[i].glyph, strlen(table[i].glyph)) !=
			       0)
			i++;
		*to++ = i < ARRAY_SIZE(table) ? table[i].ascii : *from;
		from += i < ARRAY_SIZE(table) ? strlen(table[i].glyph) : 1;
	}
	if (to) {
		*to = '\0';
		t->n = (size_t)(to - t->s);
	}
}

/* By how much of RUN:CELL:TRIAL was named. */
static const struct {
	int (*of[3])(struct explanation *x, struct err *e);
} parts[] = {
	{ { explain_run, explain_cell, explain_trial } },
	{ { explain_run_json, explain_cell_json, explain_trial_json } },
};

static int explain_verb(const struct call *c, struct err *e)
{
	OWN(explanation_done)
	struct explanation x = {
		.o = c->options,
		.word = c->operands[0] ? c->operands[0] : "latest",
	};
	own_mem char *run = NULL;
	int r = address_find(x.word, &x.at, e);

	if (r == 0)
		r = check_point(&x, e);
	if (r < 0)
		return r;
	run = run_part(x.word, &x.at);
	if (!run)
		return err_errno(e, "run");
	x.run = run;
	x.columns = terminal_columns(stdout);
	r = parts[x.o->json].of[!!x.at.cell + !!x.at.trial](&x, e);
	if (!x.o->json && !terminal_utf8())
		to_ascii(&x.out);
	return r < 0 ? r : format_write(&x.out, stdout, e);
}

const struct verb verb_explain = {
	.name = "explain",
	.operands = "[RUN[:CELL[:TRIAL]]]",
	.summary = "say why a trial was reset, packet by packet",
	.about =
		"RUN is named as for `rstlab report`. Alone it lists the "
		"causes and the cells, with a trial of each to look at. CELL is "
		"TOPOLOGY/WORKLOAD, with parameters "
		"TOPOLOGY+NAME=VALUE/WORKLOAD, and lists its trials that saw "
		"an RST. With TRIAL, the number of one, it says in a sentence "
		"why each connection was reset. Then it draws the course of "
		"the trial, with a lane for each node and a dot for each call "
		"of the programs, and lists the packets in the form that "
		"tshark has, with what each has to do with the reset: HTTP/2 "
		"frames and gRPC are named, numbers are relative, times count "
		"from the connection's first packet. Below stands what the "
		"answer rests on, what would change it, how the RST looked at "
		"each hop, and a command that plays the trial again.\n\n"
		"Nothing is measured anew, and no rights are needed. What was "
		"not captured is not guessed at: it is said.",
	.examples = explain_examples,
	.opts = explain_opts,
	.options_size = sizeof(struct explain_options),
	.max_operands = 1,
	.words = WORDS_RUNS,
	.run = explain_verb,
};
