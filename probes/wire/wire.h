/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wire - two tap devices joined, each direction with its own impairment. */
#ifndef PROBES_WIRE_WIRE_H
#define PROBES_WIRE_WIRE_H

#include "lab/base/err.h"
#include "probes/wire/impair.h"

enum { WIRE_THERE, WIRE_BACK, WIRE_DIRECTIONS };

struct wire_settings {
	uint64_t seed;
	struct impair_settings impair[WIRE_DIRECTIONS];
};

/* Frames of one direction so far; a message on the control socket is answered
 * with one of these for each direction. */
struct wire_counts {
	uint64_t taken;	     /* came in */
	uint64_t carried;    /* went out, duplicates too */
	uint64_t lost;	     /* by decision */
	uint64_t duplicated; /* by decision */
	uint64_t reordered;  /* by decision */
	uint64_t overflowed; /* found the queue full */
	uint64_t refused;    /* by the device, as when it is down */
};

/**
 * wire_run() - carry frames until the lab ends it
 *
 * Errors:	ERR_BUG when the descriptors are not two tap devices whose
 *		frames have headers of the same size
 */
int wire_run(const struct wire_settings *settings, struct err *e);

#endif
