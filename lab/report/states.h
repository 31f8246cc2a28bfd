/* SPDX-License-Identifier: GPL-2.0-or-later */
/* states - what ss would have shown of the trials, point by point. */
#ifndef LAB_REPORT_STATES_H
#define LAB_REPORT_STATES_H

#include "lab/report/report.h"

/* What the look after both programs were through is called. */
#define STATES_AFTER "after exit"

/* Errors: ERR_EMPTY: no workload asked for states; else as format_write() */
int states_table(const struct summary *s, const struct report_options *o,
		 FILE *out, struct err *e);
int states_csv(const struct summary *s, FILE *out, struct err *e);

#endif
