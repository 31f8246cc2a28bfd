/* SPDX-License-Identifier: GPL-2.0-or-later */
/* terminal - what a stream can show, and what the user wants of it. */
#ifndef LAB_CMD_TERMINAL_H
#define LAB_CMD_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

enum terminal_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
const char *const *terminal_color_names(void);

/* --color before NO_COLOR before CLICOLOR_FORCE before what @f is.
 * Source: no-color.org; bixense.com/clicolors */
bool terminal_color(enum terminal_color wanted, FILE *f);

/* A terminal on which the cursor can be moved. */
bool terminal_moves(FILE *f);

/* Its width; 0: not a terminal, or unknown. */
size_t terminal_columns(FILE *f);

/* Can it show more than ASCII? */
bool terminal_utf8(void);

#endif
