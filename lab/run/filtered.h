/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filtered - what the packet filters of a lab's nodes have answered and
 * dropped, by their own counters.
 *
 * They are read when a reset is judged that no TCP has counted, and at the end
 * of each block.  A node without rules has nothing to read.
 */
#ifndef LAB_RUN_FILTERED_H
#define LAB_RUN_FILTERED_H

#include "lab/base/err.h"
#include "lab/cause/rule.h"
#include "lab/net/filter.h"

struct lab;
struct lab_node;

/* Errors: ERR_HOST: they cannot be read here */
int filtered_open(struct lab *lab, struct err *e);

/* A batch begins: what was read is of the one before. */
void filtered_forget(struct lab *lab);

/* Can the filter of the sender have made the reset?  Needs .reset and
 * .counters of @of. */
enum evidence_filter filtered_at(struct lab *lab, const struct evidence *of);

/* What the rules of @node counted since this was last asked; zeroes where it
 * is not known. */
struct filter_counts filtered_since(struct lab_node *node);

#endif
