/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wish - what a probe may ask for that breaks nothing by itself: a look at the
 * sockets, a segment, a setting of its node.
 */
#ifndef LAB_RUN_WISH_H
#define LAB_RUN_WISH_H

#include "lab/base/err.h"
#include "lab/net/sysctl.h"
#include "lab/run/fault-parts.h"

#include <stdbool.h>

struct lab;

/* Of one side, until its list is over. */
struct wish_memory {
	bool noted;
	struct fault_ends ends; /* what was noted */
	bool set[SYSCTL_COUNT];
	char before[SYSCTL_COUNT][SYSCTL_VALUE_MAX]; /* what was set */
};

/**
 * wish_grant() - as fault_perform(), which calls it
 * @wish:	PROBE_LOOK and above, see probes/protocol.h
 *
 * An RST that is sent here is none of TCP's of its node: the books know that.
 *
 * Returns: 0; an errno for the step; or a negative errno.
 */
int wish_grant(struct lab *lab, int side, uint32_t wish, int connection,
	       struct err *e);

/* Set back what @side has set, forget what it noted. */
int wish_undo(struct lab *lab, int side, struct err *e);

#endif
