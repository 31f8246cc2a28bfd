/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skip - the sentence that says why a workload cannot be played here.  Pure. */
#ifndef LAB_RUN_SKIP_H
#define LAB_RUN_SKIP_H

#include "lab/spec/step.h"

#include <stdbool.h>

/**
 * skip_reason() - of a script that ended for want of something
 * @seen:	how, as the reports have it: "fault EOPNOTSUPP"
 *
 * Returns: a text to free, or NULL: out of memory
 */
char *skip_reason(const struct script *s, int side, const char *seen);

/* Did the step fail because there is no such thing here?  @seen: as above */
bool skip_says_no_room(const char *seen);

#endif
