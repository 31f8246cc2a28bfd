/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A hold is two syncs with a look in between: when both sides
 * have come to the first, the client asks the lab to look at the sockets of
 * this trial; only when it has, the second lets both go on.  A probe cannot
 * look itself: it sees its own node only, and from there it would have to
 * open a socket of its own each time.
 */
#include "probes/sock/step.h"
#include "probes/sock/steps.h"

int step_hold(struct run *r, int64_t number)
{
	int error = step_sync(r, number);

	if (!error && !r->left_alone && r->player->side == SIDE_CLIENT)
		error = step_ask_lab(r, PROBE_LOOK + (uint32_t)number);
	if (!error && !r->left_alone)
		error = step_sync(r, number);
	return error;
}
