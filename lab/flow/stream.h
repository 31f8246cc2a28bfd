/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stream - the segments of one direction -> its bytes in order.  Pure.
 *
 * How it works.  A position counts the bytes from the first one after the SYN.
 * Bytes at the next position are handed over at once, without a copy.  What
 * lies beyond a hole is held, a bounded amount of it, until the hole is filled
 * or given up; then the hole is handed over as a gap.  Of bytes that come twice
 * the first ones count, but a segment that fills a hole wins over what was
 * beyond it, as in the kernel (tcp_ofo_queue(), net/ipv4/tcp_input.c, 6.18).
 */
#ifndef LAB_FLOW_STREAM_H
#define LAB_FLOW_STREAM_H

#include "lab/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Held beyond a hole, in one direction: several windows of loopback. */
enum { STREAM_HELD_BYTES_MAX = 1 << 20, STREAM_HELD_MAX = 256 };

enum stream_gap {
	STREAM_CUT,  /* captured without its last bytes: the snap length */
	STREAM_LOST, /* not captured */
};

struct stream_data {
	uint64_t at;
	const uint8_t *data;
	size_t n;
	uint32_t tag; /* of the segment they came in */
};

/* Called in the order of positions; nothing is called twice or left out. */
struct stream_events {
	void (*data)(const struct stream_data *d, void *arg);
	void (*gap)(uint64_t at, uint64_t n, enum stream_gap why, void *arg);
};

struct stream_held {
	uint64_t at;
	uint32_t captured, bytes, tag;
	uint8_t *data; /* .captured bytes, owned */
};

struct stream {
	const struct stream_events *events;
	void *arg;
	bool begun;
	bool midstream;	 /* the SYN was not seen: positions count from what
			  * came first */
	uint32_t base;	 /* sequence number of position 0 */
	uint64_t next;	 /* position: all before was handed over */
	uint64_t strays; /* segments that no window could have allowed */
	struct stream_held *held; /* by .at; they may overlap */
	size_t n_held, cap_held;
	size_t held_bytes;
};

/* @events and @arg are borrowed. */
void stream_init(struct stream *s, const struct stream_events *events,
		 void *arg);
void stream_done(struct stream *s);

/* The SYN was seen: position 0 is behind @isn.  Once; later ones are ignored.
 */
void stream_begin(struct stream *s, uint32_t isn);

struct stream_segment {
	uint32_t seq; /* of its first byte: behind a SYN's own number */
	uint32_t bytes;
	uint32_t captured; /* <= bytes */
	const uint8_t *data;
	uint32_t tag; /* the caller's */
};

/* Errors: out of memory only. */
int stream_add(struct stream *s, const struct stream_segment *g, struct err *e);

/* Nothing more will come: hand over what is held. */
void stream_finish(struct stream *s);

/* The position of @seq, as a number near to what is next; < 0: before 0. */
int64_t stream_position(const struct stream *s, uint32_t seq);

#endif
