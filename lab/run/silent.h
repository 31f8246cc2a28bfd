/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * silent - trials that nothing watches: the counters of the nodes, read before
 * and after each, say whether anybody sent a reset.
 */
#ifndef LAB_RUN_SILENT_H
#define LAB_RUN_SILENT_H

#include "lab/base/err.h"
#include "lab/run/lab.h"
#include "lab/run/outcome.h"

int silent_begin(struct lab *lab, struct err *e);

/* Wait until no socket can send any more, then fill .counted and .resets. */
int silent_end(struct lab *lab, struct trial_facts *ret, struct err *e);

#endif
