/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * collect - frames of all nodes of a lab -> segments in one order -> flow.
 *
 * How it works.  Each node has a ring of its own, so frames come node by
 * node.  They are decoded at once, since their bytes belong to the ring, kept
 * as facts until the batch is over, put in the order of their timestamps
 * (one clock, the kernel's), and given to the lab's flow.  On the way each
 * frame goes to its capture file.
 */
#ifndef LAB_RUN_COLLECT_H
#define LAB_RUN_COLLECT_H

#include "lab/base/err.h"
#include "lab/run/keep.h"
#include "lab/run/lab.h"
#include "lab/run/recorder.h"

struct collector;

/* @recorder: borrowed; NULL: keep no capture files */
int collector_new(struct collector **ret, struct recorder *recorder,
		  struct err *e);
void collector_free(struct collector *c);
OWN_DEFINE(collector, struct collector, collector_free)
#define own_collector OWN(own_collector_release)

/* Take what the rings of @lab hold; never waits.  Returns: the number of
 * frames, or a negative errno. */
int collector_take(struct collector *c, struct lab *lab, struct err *e);

/**
 * collector_settle() - take and analyse until nothing more can come
 *
 * Returns when every connection of @lab's flow has ended and the rings are
 * empty; or when the kernel has no socket left in the lab that could still
 * speak; or after @limit_ns.  Waits for frames, not for time; but what a wire
 * holds back is in no socket and at no point, so there the lab must also have
 * been silent for longer than that takes.
 */
int collector_settle(struct collector *c, struct lab *lab, int64_t limit_ns,
		     struct err *e);

/* What was taken since it was last told to forget. */
struct keep *collector_keep(const struct collector *c);

/* TCP frames that could not be decoded so far: cut or malformed. */
uint64_t collector_undecoded(const struct collector *c);

#endif
