/* SPDX-License-Identifier: GPL-2.0-or-later */
/* help - what -h, --help and `rstlab help` print, made from the tables. */
#ifndef LAB_CMD_HELP_H
#define LAB_CMD_HELP_H

#include "lab/cmd/verb.h"

#include <stdio.h>

/* What the help of the program begins with; ends with .command == NULL. */
extern const struct example help_first_steps[];

/* @full: with the explanations, otherwise one screen. */
void help_program(FILE *out, bool full);
void help_verb(FILE *out, const struct verb *v, bool full);

/* "--seed N, "-t, --topology LIST": the left column of an option's row. */
struct text;
void help_opt_left(struct text *t, const struct opt *o);
/* The right one; where words can be chosen from, it ends with them. */
void help_opt_right(struct text *t, const struct opt *o);

/* The whole manual page rstlab(1), in man(7) macros. */
void help_man(FILE *out);

/* The bash completion script. */
void help_bash(FILE *out);

#endif
