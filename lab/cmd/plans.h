/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plans - named plans: found, shown, and as a run takes them. */
#ifndef LAB_CMD_PLANS_H
#define LAB_CMD_PLANS_H

#include "lab/base/text.h"
#include "lab/cmd/verb.h"
#include "lab/spec/named-plan.h"

/* One file, already found; the mistakes go to standard error. */
int plans_read(struct named_plan *p, const char *path, struct err *e);

/* By name, or the path of a file.  Errors: ERR_INPUT: there is none, with the
 * one that was probably meant */
int plans_find(struct named_plan *p, const char *word, struct err *e);

/* A plan's list of plan_word, as the command line would have given it: cut at
 * commas where @cut.  Freed by plans_words_done(). */
int plans_words(const struct spec_list *words, bool cut, struct opt_list *ret,
		struct err *e);
void plans_words_done(struct opt_list *l);

/* Add what a run keeps of its plan, as a JSON object: see run_request. */
int plans_json(const struct named_plan *p, struct text *out, struct err *e);

/* The plan for a reader. */
void plans_show(const struct named_plan *p, FILE *out);

#endif
