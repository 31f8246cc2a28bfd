/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lane - segments on their way from the thread that reads and decodes them to
 * one that follows connections.  Private to lab/import.
 *
 * How it works.  They go in bundles, round a ring.  A thread that fills or
 * empties a bundle has it for itself, so a lock is taken once in thousands of
 * segments; one waits only where the other is a whole ring ahead.  They arrive
 * in the order in which they were sent: nothing depends on who is faster.
 */
#ifndef LAB_IMPORT_LANE_H
#define LAB_IMPORT_LANE_H

#include "lab/base/own.h"
#include "lab/flow/bundle.h"

struct lane;

/**
 * lane_new() - start the other thread, which waits
 *
 * It needs nothing of the kernel any more but futexes and memory, so a filter
 * of system calls may be set after this.
 *
 * Errors:	ERR_SYSTEM: no memory, no thread
 */
int lane_new(struct lane **ret, struct err *e);
void lane_free(struct lane *l);
OWN_DEFINE(lane, struct lane, lane_free)
#define own_lane OWN(own_lane_release)

/* Runs in the other thread. */
typedef int (*lane_fn)(const struct bundle *b, void *arg, struct err *e);

/* Before the first bundle. */
void lane_begin(struct lane *l, lane_fn fn, void *arg);

/* The bundle that is to be filled; lane_send() sends it.
 * Returns: NULL: @fn has failed, lane_end() says how */
struct bundle *lane_next(struct lane *l);
void lane_send(struct lane *l);

/* Wait until all has arrived.  The other thread is gone then.
 * Returns: 0 or what @fn failed with. */
int lane_end(struct lane *l, struct err *e);

#endif
