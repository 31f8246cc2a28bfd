/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live - every frame of every interface of one namespace, through libpcap.
 *
 * How it works.  One handle on "any" per node, linktype LINUX_SLL2, which
 * carries interface and direction per frame and shows each frame on lo once.
 * The handle is in immediate mode and is read by the thread that runs the
 * trials, without waiting: nothing sleeps on the ring, so a frame costs no
 * wake-up, and once both ends of a trial are done its frames are there.
 * A namespace that has only lo must get no other interface while it lasts: what
 * leaves there would not be seen.
 * Opening and closing wait for RCU grace periods (8-16 ms each), so a handle
 * lives as long as its lab, and many are opened and closed side by side.
 */
#ifndef LAB_CAPTURE_LIVE_H
#define LAB_CAPTURE_LIVE_H

#include "lab/base/err.h"

#include <stddef.h>
#include <stdint.h>

struct frame {
	int64_t time_ns; /* monotonic */
	const uint8_t *data;
	uint32_t captured, length; /* bytes kept, bytes on the wire */
	uint32_t linktype;	   /* LINKTYPE_ value, not DLT_ */
	int interface;		   /* index; from the SLL2 header */
	uint8_t outgoing;	   /* 1: left the node */
};

typedef void (*frame_fn)(const struct frame *f, void *arg);

/* SLL2 20 + IPv6 40 + TCP 60 bytes of headers, and some payload. */
enum { LIVE_SNAP_BYTES = 256, LIVE_SNAP_BYTES_MAX = 65536 };

struct live_options {
	uint32_t snap_bytes;   /* 0: LIVE_SNAP_BYTES */
	uint32_t buffer_bytes; /* 0: 8 MiB, more with a larger snap length */
};

struct live;

/**
 * live_open() - start capturing in each of @n namespaces
 * @netns:	@n borrowed descriptors
 * @ret:	@n handles on success; none on failure
 *
 * Capturing has begun when it returns.
 *
 * Needs:	CAP_NET_RAW over the namespaces, CAP_SYS_ADMIN to enter them
 */
int live_open(const int *netns, size_t n, const struct live_options *o,
	      struct live **ret, struct err *e);

/**
 * live_drain() - hand over every frame that has arrived; never waits
 * Returns: the number of frames, or a negative errno
 */
int live_drain(struct live *l, frame_fn fn, void *arg, struct err *e);

/* A descriptor for poll(), readable when frames have arrived.  Borrowed. */
int live_fd(struct live *l);

/* Since live_open(): frames handed over by live_drain(), and frames the kernel
 * lost because the buffer was full. */
int live_stats(struct live *l, uint64_t *ret_seen, uint64_t *ret_dropped,
	       struct err *e);

/* Takes two RCU grace periods (32 ms).  NULL is allowed. */
void live_close(struct live *l);

/* Close many side by side, in about the time of one.  At process exit the
 * kernel closes them one after the other, and whoever waits for the process
 * waits for that: half a second for eighteen. */
void live_close_all(struct live *const *l, size_t n);

#endif
