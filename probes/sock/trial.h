/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trial - play a batch of trials. */
#ifndef PROBES_SOCK_TRIAL_H
#define PROBES_SOCK_TRIAL_H

#include "probes/sock/loan.h"
#include "probes/sock/step.h"

struct cast {
	struct player own;
	/* the server's script, when the client's process plays it too */
	struct player other;
	struct loan loan; /* of .other */
};

/**
 * trial_play_batch() - play our side, in step with the other process, or both
 * @batch:	of @n, checked: each script is defined and fits its side, and
 *		where it is not .apart, one process can play both
 *
 * The results lie in the shared memory afterwards.
 */
void trial_play_batch(struct cast *cast, const struct probe_trial *batch,
		      size_t n);

#endif
