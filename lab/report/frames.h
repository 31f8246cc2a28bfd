/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frames - which HTTP/2 frames the resets were about. */
#ifndef LAB_REPORT_FRAMES_H
#define LAB_REPORT_FRAMES_H

#include "lab/base/text.h"
#include "lab/report/report.h"

/* A line per workload and frame.  Adds nothing when no connection that was
 * reset carried HTTP/2. */
int frames_add(struct text *t, const struct summary *s,
	       const struct report_options *o, struct err *e);

/* The same as a table of GitHub's. */
int frames_add_markdown(struct text *t, const struct summary *s, struct err *e);

#endif
