/* SPDX-License-Identifier: GPL-2.0-or-later */
/* checks - where the evidence came from and where it disagrees, in words. */
#ifndef LAB_REPORT_CHECKS_H
#define LAB_REPORT_CHECKS_H

#include "lab/base/text.h"
#include "lab/store/summary.h"

/* Add one sentence: where the evidence came from, and what was not there.
 * Nothing when the run does not say. */
void checks_add_sources(struct text *t, const struct summary *s);

/* Add one sentence: in which blocks sources disagreed; or nothing. */
void checks_add_mismatches(struct text *t, const struct summary *s);

#endif
