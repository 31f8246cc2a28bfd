/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap - the packets of a running interface. */
#ifndef LAB_IMPORT_TAP_H
#define LAB_IMPORT_TAP_H

#include "lab/capture/reader.h"

/* So long after it was seen a packet is given, at most. */
enum { TAP_LATE_MS = 200 };

struct tap;

/**
 * tap_open() - begin to capture
 * @interface:	its name, or "any"
 * @filter:	pcap-filter(7), or NULL
 *
 * Errors:	ERR_INPUT: no such interface, no such filter; ERR_HOST: it may
 *		not be captured from
 * Needs:	CAP_NET_RAW
 */
int tap_open(struct tap **ret, const char *interface, const char *filter,
	     struct err *e);
void tap_close(struct tap *t);
OWN_DEFINE(tap, struct tap, tap_close)
#define own_tap OWN(own_tap_release)

typedef int (*tap_fn)(const struct reader_packet *p, void *arg, struct err *e);

/* Give all that has come to @fn; wait for @wait_ms when there is nothing.
 * Returns: 0 or a negative errno, also @fn's. */
int tap_drain(struct tap *t, int wait_ms, tap_fn fn, void *arg, struct err *e);

/* Packets that the kernel lost because they were not taken in time. */
uint64_t tap_dropped(struct tap *t);

#endif
