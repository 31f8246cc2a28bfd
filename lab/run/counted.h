/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counted - what the counters of a node grew by with the resets of a batch.
 *
 * They are read when the first reset of a node is judged: a batch without
 * resets costs nothing, unless nobody listens to the kernel.
 */
#ifndef LAB_RUN_COUNTED_H
#define LAB_RUN_COUNTED_H

#include "lab/cause/rule.h"
#include "lab/run/lab.h"

/* A batch begins, of whose resets nothing else may tell: what others grew the
 * counters by is not its own. */
void counted_begin(struct lab *lab);

/* A batch is over: what was read is of that. */
void counted_forget(struct lab *lab);

/* NULL: @node is FLOW_NOBODY, or they cannot be read.  Owns: @lab */
const struct evidence_counters *counted_at(struct lab *lab, uint16_t node);

#endif
