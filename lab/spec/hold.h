/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold - the points of a workload at which its sockets are looked at. */
#ifndef LAB_SPEC_HOLD_H
#define LAB_SPEC_HOLD_H

#include "lab/spec/workload.h"

#include <stdbool.h>

/* Are sockets looked at, at a hold or after the end of a trial? */
bool hold_wanted(const struct workload *w);

/**
 * hold_name() - what comes after "hold" in the script
 * @number:	of the step
 *
 * Returns: the name, written into @buf, or "?" when there is no such hold.
 */
enum { HOLD_NAME_MAX = 64 };
const char *hold_name(const struct workload *w, int64_t number,
		      char buf[HOLD_NAME_MAX]);

#endif
