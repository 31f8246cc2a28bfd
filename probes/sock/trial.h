/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trial - play one side's script once. */
#ifndef PROBES_SOCK_TRIAL_H
#define PROBES_SOCK_TRIAL_H

#include "probes/sock/step.h"

/**
 * trial_play() - run trial @index of @batch, in step with the other side
 * @batch:	of @n, checked: the script is defined and fits this side
 *
 * The result lies in the shared memory afterwards.
 */
void trial_play(struct player *p, const struct probe_trial *batch, size_t n,
		size_t index);

#endif
