/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report-run - a run made by hand, with all that a report has to tell. */
#ifndef TESTS_UNIT_REPORT_RUN_H
#define TESTS_UNIT_REPORT_RUN_H

#include "lab/report/report.h"
#include "lab/store/summary.h"

/* A writable string, as the model has them; only for values that live as long
 * as the block that it stands in. */
#define T(s)      \
	(char[])  \
	{         \
		s \
	}

/* Complete and balanced; three topologies, three workloads. */
struct summary a_run(void);

/* The same, interrupted, with books that do not balance and packets lost. */
struct summary a_bad_run(void);

/* What the report of that name makes of @s; the caller frees it. */
char *written_by(const char *name, const struct summary *s,
		 const struct report_options *o);

#endif
