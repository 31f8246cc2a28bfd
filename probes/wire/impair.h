/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * impair - what happens to the n-th frame of one direction.
 *
 * The same seed and the same settings give the same decision for the n-th
 * frame, whatever the others are and whenever they come.
 */
#ifndef PROBES_WIRE_IMPAIR_H
#define PROBES_WIRE_IMPAIR_H

#include "lab/base/rng.h"
#include "lab/spec/topology.h"

struct impair_settings {
	struct impairment impairment;
	uint32_t queue; /* frames that may wait for the rate */
};

/* A second's worth at 12 Mbit/s; what Linux gives an interface (txqueuelen)
 * and netem has as its limit. */
enum { IMPAIR_QUEUE_DEFAULT = 1000 };
#define IMPAIR_DEFAULT                        \
	{                                     \
		.queue = IMPAIR_QUEUE_DEFAULT \
	}

/* "delay_ns=2000000" into @s.  Returns: false when @text is not of the form. */
bool impair_parse(const char *text, struct impair_settings *s);

struct impair {
	struct impairment settings;
	struct rng rng;
	bool bad; /* the state of Gilbert and Elliott's model */
};

void impair_init(struct impair *i, const struct impairment *settings,
		 uint64_t seed);

/* Does nothing ever happen to a frame? */
bool impair_is_plain(const struct impairment *settings);

struct impair_decision {
	bool lost, duplicate, reorder;
	int64_t delay_ns;
};

/* For the next frame. */
struct impair_decision impair_next(struct impair *i);

/* How long @bytes occupy the line; 0 without a rate. */
int64_t impair_line_ns(const struct impair *i, size_t bytes);

#endif
