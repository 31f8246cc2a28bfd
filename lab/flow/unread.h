/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unread - which frames a range of a byte stream belongs to: those that nobody
 * had read when the socket was closed, or that came too late.  Pure.
 */
#ifndef LAB_FLOW_UNREAD_H
#define LAB_FLOW_UNREAD_H

#include "lab/base/text.h"

#include <stddef.h>
#include <stdint.h>

/* Positions in one direction, as lab/flow/stream.h counts; to is behind. */
struct stream_range {
	uint64_t from, to;
};

/* A stretch of that direction that has a name, such as an HTTP/2 frame. */
struct named_range {
	struct stream_range range;
	const char *name; /* "PING(ACK)" */
};

/* Where @r lies among @names, which do not overlap and stand in their order:
 * the first that it touches, and how many.  Returns: 0 when it touches none. */
size_t unread_find(const struct named_range *names, size_t n,
		   struct stream_range r, size_t *ret_first);

/**
 * unread_add_name() - name what @r covers, in the user's words
 *
 * "PING(ACK) 17 bytes"; "HEADERS[1] 40 bytes, 5 of 21 bytes of DATA[1]"; bytes
 * between the names are "9 bytes of no known frame".
 */
void unread_add_name(struct text *t, const struct named_range *names, size_t n,
		     struct stream_range r);

#endif
