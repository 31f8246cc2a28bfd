/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * defrag - segments that came in several IP fragments -> whole ones.
 *
 * How it works.  Only lengths matter: how much payload a segment has is known
 * when the last piece has come, and that nothing is missing when every eight
 * bytes have.  A few datagrams at a time are followed, each for as long as a
 * kernel waits, so that memory is bounded whatever comes.  Pure.
 *
 * Source: RFC 791 3.2, RFC 8200 4.5; ipfrag_time of Linux
 */
#ifndef LAB_FLOW_DEFRAG_H
#define LAB_FLOW_DEFRAG_H

#include "lab/base/err.h"
#include "lab/base/own.h"
#include "lab/flow/packet.h"

struct defrag;

/* Errors: out of memory. */
int defrag_new(struct defrag **ret, struct err *e);
void defrag_free(struct defrag *d);
OWN_DEFINE(defrag, struct defrag, defrag_free)
#define own_defrag OWN(own_defrag_release)

/**
 * defrag_give_up() - before defrag_add(), until there is room and none is old
 * @now_ns:	INT64_MAX: at the end, all of them
 * @ret:	the segment as far as its first piece goes; .fragmented
 * @ret_point:	where that was seen
 *
 * Returns: true: a datagram of which pieces are missing; call again.
 */
bool defrag_give_up(struct defrag *d, int64_t now_ns, struct segment *ret,
		    uint16_t *ret_point);

/* Are there any that it may give up? */
bool defrag_waits(const struct defrag *d);

/**
 * defrag_add() - one piece
 * @first:	the segment that it begins, or NULL: it does not begin one
 * @ret:	.payload_bytes is of all pieces, and it is not .fragmented
 *
 * Returns: true: that was the missing one.
 */
bool defrag_add(struct defrag *d, const struct ip_fragment *f,
		const struct segment *first, int64_t now_ns,
		struct segment *ret);

/* Pieces of datagrams that were given up, but for those that begin a segment.
 */
uint64_t defrag_lost(const struct defrag *d);

#endif
