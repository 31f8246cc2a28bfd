/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * drawing - one file per form in which `rstlab show` can show something:
 * lab/cmd/drawings/NAME.c defines drawing_NAME, and one line in
 * lab/cmd/local.mk lists it.  The table of all is generated.
 */
#ifndef LAB_CMD_DRAWING_H
#define LAB_CMD_DRAWING_H

#include "lab/cause/cause.h"
#include "lab/spec/topology.h"
#include "lab/spec/workload.h"

#include <stdio.h>

/* What has neither function shows the file as it is. */
struct drawing {
	const char *name; /* "mermaid" */
	void (*topology)(const struct topology *t, FILE *out);
	void (*workload)(const struct workload *w, FILE *out); /* or NULL */
	void (*cause)(const struct cause_info *c, FILE *out);  /* or NULL */
};

extern const struct drawing *const drawings[]; /* NULL-terminated */
const struct drawing *drawing_named(const char *name);

#endif
