/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tally - what the kernel's counters grew by, cell by cell.
 *
 * The books of a lab are kept over the whole run; whose trials moved a counter
 * can be told only when the counters are read between the cells.
 */
#ifndef LAB_RUN_TALLY_H
#define LAB_RUN_TALLY_H

#include "lab/run/batch.h"

/* batch_run() of trials of one cell, and store what the counters of every node
 * of its lab grew by.  Errors: as batch_run(), counters_read() */
int tally_run(const struct batch *b, struct batch_context *ctx, struct err *e);

#endif
