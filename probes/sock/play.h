/* SPDX-License-Identifier: GPL-2.0-or-later */
/* play - play one script from its first step to its end. */
#ifndef PROBES_SOCK_PLAY_H
#define PROBES_SOCK_PLAY_H

#include "probes/sock/step.h"

/* Play it, close what is left, say in the result how it ended.  What a killed
 * process cannot do any more is not done. */
void play_script(struct run *r);

const struct script *play_script_of(const struct player *p,
				    const struct probe_trial *t, int side);
uint32_t play_count(const struct script *s, enum step_id id);
bool play_begins_with(const struct script *s, enum step_id id);

#endif
