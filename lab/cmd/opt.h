/* SPDX-License-Identifier: GPL-2.0-or-later */
/* opt - a verb's option table applied to a command line. */
#ifndef LAB_CMD_OPT_H
#define LAB_CMD_OPT_H

#include "lab/cmd/verb.h"

/* Every verb has these besides its own. */
extern const struct opt opt_common[];

enum opt_parsed {
	OPT_PARSED,
	OPT_ASKED_SHORT_HELP, /* -h */
	OPT_ASKED_HELP,	      /* --help */
};

/**
 * opt_parse() - fill the options of @v from a command line
 * @argv:	argv[0] is skipped; reordered so that operands come last
 * @options:	@v->options_size bytes that hold the defaults; release them
 *		with opt_done() also after a failure
 * @ret:	.options, .operands and .n_operands
 *
 * Long options must be written out: an abbreviation that works today would
 * break with tomorrow's option.
 *
 * Returns: an enum opt_parsed, or a negative errno.
 * Errors:	ERR_INPUT, with the option that was probably meant
 */
int opt_parse(const struct verb *v, int argc, char **argv, void *options,
	      struct call *ret, struct err *e);

/* Release what opt_parse() put into @options. */
void opt_done(const struct verb *v, void *options);

/* "must be auto, always or never": the entries of @words, joined. */
struct text;
void opt_join_words(struct text *t, const char *const *words);

#endif
