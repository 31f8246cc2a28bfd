/* SPDX-License-Identifier: GPL-2.0-or-later */
/* published - what others have published, beside what a run of a plan says. */
#ifndef LAB_REPORT_PUBLISHED_H
#define LAB_REPORT_PUBLISHED_H

#include "lab/base/own.h"
#include "lab/base/text.h"
#include "lab/report/report.h"
#include "lab/store/summary.h"

#include <jansson.h>

enum { PUBLISHED_COLUMNS = 5 };
extern const char *const published_heads[PUBLISHED_COLUMNS];

/* A row for each that was published, and for each variant of its topology. */
struct published {
	struct text (*rows)[PUBLISHED_COLUMNS];
	size_t n;
	struct text source;
};

/* Of a run without a plan: no rows. */
int published_init(struct published *p, const struct summary *s, struct err *e);
void published_done(struct published *p);
#define own_published OWN(published_done)

/* Add the table for terminals, or nothing. */
int published_add(struct text *t, const struct summary *s,
		  const struct report_options *o, struct err *e);

/* A new object, or null: .name of the plan, .source, and .published, each with
 * .measured. */
json_t *published_json(const struct summary *s);

#endif
