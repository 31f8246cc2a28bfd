/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bundler - segments as they come -> bundles, one after the other. */
#ifndef LAB_FLOW_BUNDLER_H
#define LAB_FLOW_BUNDLER_H

#include "lab/flow/bundle.h"

struct bundler;

/* For bundles that go to @f, whose limits are set.  Errors: out of memory. */
int bundler_new(struct bundler **ret, const struct flow *f, struct err *e);
void bundler_free(struct bundler *m);
OWN_DEFINE(bundler, struct bundler, bundler_free)
#define own_bundler OWN(own_bundler_release)

/* A sighting at node 0, whose direction is not known.
 * Returns: is there room for another? */
bool bundler_add(struct bundler *m, const struct segment *s, int64_t time_ns,
		 uint16_t interface);

/* A frame of Ethernet, as packet_decode() takes it. */
struct bundle_frame {
	const uint8_t *data;
	size_t captured, wire_bytes;
	uint64_t number;
	int64_t time_ns;
	uint16_t interface;
};

enum bundle_room { BUNDLE_NOT_PLAIN, BUNDLE_ROOM, BUNDLE_FULL };

/* The same for what packet_decode() would find in @frame, if that is what most
 * frames are.  BUNDLE_NOT_PLAIN: it is not, and was not added. */
enum bundle_room bundler_add_frame(struct bundler *m,
				   const struct bundle_frame *frame);

/* What was added since the last time; its .n may be 0.
 * Returns: lent until the next bundler_add() */
const struct bundle *bundler_take(struct bundler *m);

#endif
