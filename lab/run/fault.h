/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fault - perform what the step "fault NAME" asks for.
 *
 * The names are in lab/spec/faults.def.  A fault lasts until the list of the
 * side that asked is over; then the lab is as it was before.
 */
#ifndef LAB_RUN_FAULT_H
#define LAB_RUN_FAULT_H

#include "lab/base/err.h"

#include <stdint.h>

struct lab;

/**
 * fault_perform() - what a probe asked for; a probe_fault_fn
 * @lab:	struct lab
 * @side:	whose script asks
 * @fault:	enum fault_id; FAULT_COUNT: undo what this side asked for;
 *		PROBE_LOOK and above: a wish, see lab/run/wish.h
 * @connection:	borrowed: the asking side's socket, or -1
 *
 * Returns: 0; an errno for the step, when the topology leaves no room for the
 * fault; or a negative errno, when the run cannot go on.
 * Errors:	ERR_HOST: what the kernel lacks; ERR_SYSTEM
 */
int fault_perform(void *lab, int side, uint32_t fault, int connection,
		  struct err *e);

/* Undo everything: after a probe died in the middle of a trial. */
int fault_undo_all(struct lab *lab, struct err *e);

#endif
