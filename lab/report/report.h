/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report - one file per format: lab/report/NAME.c defines report_NAME, and
 * one line in lab/report/local.mk lists it.  The table of all is generated.
 */
#ifndef LAB_REPORT_REPORT_H
#define LAB_REPORT_REPORT_H

#include "lab/base/err.h"
#include "lab/store/summary.h"

#include <stdio.h>

struct report_options {
	bool color;	  /* table: ANSI colours */
	bool connections; /* csv: a row per connection instead of per cell */
	bool states;	  /* table, csv: the sockets, not the rates */
	bool app;	 /* table, csv: what the programs saw beside the wire */
	bool causes;	 /* table, csv: the causes by topology alone */
	size_t columns;	 /* of the terminal; 0: unknown, do not wrap */
	const char *dir; /* of the run, as the user named it */
};

struct report {
	const char *name;    /* "markdown" */
	const char *summary; /* one line, for --help */
	int (*write)(const struct summary *s, const struct report_options *o,
		     FILE *out, struct err *e);
};

extern const struct report *const reports[]; /* NULL-terminated */
const struct report *report_named(const char *name);

#endif
