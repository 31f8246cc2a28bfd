/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/found.h"

#include "lab/run/lab.h"

#include <assert.h>
#include <string.h>

/* Nine tenths of a connection are room for resets that it does not have. */
void found_copy(struct connection *to, const struct connection *c)
{
	const size_t n =
		c->n_resets < FLOW_RESETS_MAX ? c->n_resets : FLOW_RESETS_MAX;

	static_assert(offsetof(struct connection, resets) + sizeof(c->resets) ==
			      sizeof(*c),
		      "resets stand last");
	memcpy(to, c, offsetof(struct connection, resets));
	memcpy(to->resets, c->resets, n * sizeof(c->resets[0]));
}

/* What a user-mode network sends comes into its guest's node but was made in
 * its own. */
void found_name_emitters(struct connection *c, const struct lab *lab)
{
	for (size_t i = 0; i < c->n_resets && i < FLOW_RESETS_MAX; i++) {
		const struct sighting *s = &c->resets[i].sightings[0];

		for (size_t j = 0; j < lab->n_guests; j++)
			if (s->direction == FLOW_IN &&
			    s->point.node == lab->guests[j].point.node &&
			    s->point.interface ==
				    lab->guests[j].point.interface)
				c->resets[i].emitter_node = lab->guests[j].node;
	}
}
