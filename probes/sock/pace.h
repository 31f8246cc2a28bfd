/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pace - keep in step with the probe of the other side. */
#ifndef PROBES_SOCK_PACE_H
#define PROBES_SOCK_PACE_H

#include "probes/protocol.h"

struct pace {
	struct probe_shared *shared;
	int side;
};

/* Map @shared_fd.  Returns: 0 or a negative errno. */
int pace_init(struct pace *p, int shared_fd, int side);

/* Say that our side has reached @point of trial @number. */
void pace_reach(struct pace *p, uint32_t number, uint32_t point);

/* Wait until the other side has.  Returns: false when the deadline passed. */
bool pace_wait(struct pace *p, uint32_t number, uint32_t point,
	       int64_t deadline_ns);

/* Is the other side there? */
bool pace_reached(const struct pace *p, uint32_t number, uint32_t point);

/* Is the other side through with trial @number? */
bool pace_peer_done(const struct pace *p, uint32_t number);

#endif
