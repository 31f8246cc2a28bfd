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

#endif
