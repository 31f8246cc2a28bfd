/* SPDX-License-Identifier: GPL-2.0-or-later */
/* observer - did measuring change the rates?  In words and numbers. */
#ifndef LAB_REPORT_OBSERVER_H
#define LAB_REPORT_OBSERVER_H

#include "lab/base/text.h"
#include "lab/report/report.h"
#include "lab/store/summary.h"

/* Measured minus silent; false: one of the arms has no judged trial. */
bool observer_difference(const struct observed_cell *c, double *ret_rate,
			 struct interval *ret);

/* Add one sentence that sums it up, or nothing when there was no check. */
void observer_add_sentence(struct text *t, const struct observed *o);

/* Add a row for each cell, @indent from the left. */
void observer_add_rows(struct text *t, const struct observed *o, size_t indent,
		       size_t columns);

#endif
