/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seen - what the programs saw, beside what was on the wire. */
#ifndef LAB_REPORT_SEEN_H
#define LAB_REPORT_SEEN_H

#include "lab/base/text.h"
#include "lab/report/report.h"

/* A line per workload and kind of trial: the whole report of --app. */
int seen_table(const struct summary *s, const struct report_options *o,
	       FILE *out, struct err *e);
int seen_csv(const struct summary *s, FILE *out, struct err *e);

/**
 * seen_add_surprises() - the part of it that the rates do not show
 *
 * RSTs that no program noticed, and trials outside the rate with the reason.
 * Adds nothing when there are none.
 */
int seen_add_surprises(struct text *t, const struct summary *s,
		       const struct report_options *o, struct err *e);

#endif
