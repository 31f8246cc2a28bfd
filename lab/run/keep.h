/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keep - the segments of a batch with what was captured of their payload, for
 * those few connections whose bytes are asked about when it is over.
 *
 * Bounded: beyond KEEP_BYTES_MAX nothing more is kept, and it says so.
 */
#ifndef LAB_RUN_KEEP_H
#define LAB_RUN_KEEP_H

#include "lab/base/err.h"
#include "lab/base/own.h"
#include "lab/flow/flow.h"
#include "lab/flow/transcript.h"

#include <stdbool.h>

enum { KEEP_BYTES_MAX = 32 << 20 };

struct keep;

int keep_new(struct keep **ret, struct err *e);
void keep_free(struct keep *k);
OWN_DEFINE(keep, struct keep, keep_free)
#define own_keep OWN(own_keep_release)

struct kept_at {
	struct flow_point point;
	int64_t time_ns;
};

/* @frame: what @s was decoded from.  Errors: out of memory only. */
int keep_add(struct keep *k, const struct kept_at *at, const struct segment *s,
	     const uint8_t *frame, struct err *e);

/* The batch is over. */
void keep_forget(struct keep *k);

/* Was there more than it holds? */
bool keep_is_full(const struct keep *k);

struct keep_query {
	struct flow_point point;
	const struct ip_endpoint *client, *server; /* as seen there */
	int64_t from_ns, to_ns;
};

/**
 * keep_read() - one connection as one point saw it
 * @ret:	NULL when it is neither HTTP/2 nor encrypted: its first bytes
 *		are those of something else, or were not captured
 *
 * Errors:	out of memory only
 */
int keep_read(const struct keep *k, const struct keep_query *q,
	      struct transcript **ret, struct err *e);

#endif
