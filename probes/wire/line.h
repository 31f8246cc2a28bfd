/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * line - one direction of a wire: decides about each frame, and holds those
 * that are on their way.
 */
#ifndef PROBES_WIRE_LINE_H
#define PROBES_WIRE_LINE_H

#include "probes/wire/wire.h"

struct frame {
	struct frame *next;
	int64_t departs_ns; /* then its last bit is on the line */
	int64_t due_ns;	    /* then it is at the other end */
	size_t n;
	uint8_t bytes[];
};

struct line {
	int to;	       /* tap device */
	size_t header; /* bytes before the frame: struct virtio_net_hdr */
	struct impair impair;
	bool plain;	/* nothing ever happens to a frame */
	uint32_t queue; /* how many may wait for the rate */

	struct frame *first, **last;
	struct frame *waiting; /* first that has not departed */
	uint32_t n_waiting;
	size_t held;	 /* bytes of all frames */
	int64_t free_ns; /* when the line is free */
	struct wire_counts counts;
};

void line_init(struct line *l, int to, size_t header,
	       const struct impair_settings *settings, uint64_t seed);
void line_done(struct line *l);

/* A frame of @n bytes, header included, came in. */
void line_take(struct line *l, const void *bytes, size_t n);

/* Let out what is due.  Returns: when the next is, or INT64_MAX. */
int64_t line_let_out(struct line *l, int64_t now_ns);

#endif
