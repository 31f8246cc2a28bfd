/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verdict - print how a lab compares with the real thing. */
#ifndef LAB_CMD_VERDICT_H
#define LAB_CMD_VERDICT_H

#include "lab/fidelity/verify.h"

#include <stdio.h>

void verdict_print(FILE *out, const struct verify *v, const struct engine *g,
		   const struct verdict *d);

/* One document, rstlab.verify/1.  Returns: 0 or a negative errno. */
int verdict_print_json(FILE *out, const struct verify *v,
		       const struct engine *g, const struct verdict *d,
		       struct err *e);

/* The @i-th thing to be said about the comparison, or NULL when there are no
 * more; in @buf of VERDICT_NOTE_MAX bytes. */
enum { VERDICT_NOTE_MAX = 512 };
const char *verdict_note(const struct verify *v, const struct engine *g,
			 size_t i, char *buf);

#endif
