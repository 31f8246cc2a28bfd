/* SPDX-License-Identifier: GPL-2.0-or-later */
/* where - in which topologies something was counted, as short as it goes. */
#ifndef LAB_REPORT_WHERE_H
#define LAB_REPORT_WHERE_H

#include "lab/report/matrix.h"

/* Add "all 7 topologies, 50 each", "both variants, 3 each" or
 * "host=50, docker-lo=48".  @counts: by row of @m */
void where_add(struct text *t, const struct summary *s, const struct matrix *m,
	       const uint64_t *counts);

#endif
