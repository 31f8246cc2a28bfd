/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tracks - what connection tracking told of the connections of a batch: which
 * it followed at which node, and which it forgot.
 */
#ifndef LAB_RUN_TRACKS_H
#define LAB_RUN_TRACKS_H

#include "lab/base/err.h"
#include "lab/cause/rule.h"
#include "lab/net/tracking.h"

struct lab;

struct track_told {
	uint16_t node;
	int64_t after_ns; /* it was told some time after that */
	struct tracking_entry entry;
};

/* Zeroed is empty. */
struct tracks {
	struct track_told *items;
	size_t n, cap;
	bool on;
	int64_t taken_ns; /* until when all was taken */
	uint64_t lost;	  /* when the batch began */
};
void tracks_done(struct tracks *t);

/* Listen in every node.  Errors: ERR_HOST: it cannot be had here */
int tracks_open(struct lab *lab, struct err *e);

/* A batch begins: drop what was told before. */
int tracks_begin(struct lab *lab, struct err *e);

/* Take what was told since; and before what makes many entries go at once, so
 * that it is not taken for what went earlier. */
int tracks_take(struct lab *lab, struct err *e);

/* How often the kernel had more to tell than there was room for. */
uint64_t tracks_lost(const struct lab *lab);

/* The ends of a reset, or of the segment that it answers. */
struct track_ends {
	struct ip_endpoint src, dst;
	bool of_socket; /* as TCP had them; false: as they left the node */
};

/* Fill .tracked, .entry_gone and .untranslated of @ret, whose .connection and
 * .reset are set. */
void tracks_judge(const struct lab *lab, const struct track_ends *ends,
		  struct evidence *ret);

#endif
