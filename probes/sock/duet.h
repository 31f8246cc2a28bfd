/* SPDX-License-Identifier: GPL-2.0-or-later */
/* duet - both scripts of a trial in one thread, taking turns. */
#ifndef PROBES_SOCK_DUET_H
#define PROBES_SOCK_DUET_H

#include "probes/sock/step.h"

#include <poll.h>

/**
 * duet_play() - play a trial for both sides
 * @runs:	by side, ready to be played; their .duet is set here
 *
 * The server begins.  When it is ready, the client's turn comes, and so on
 * whenever one has to wait.  Must not be called while it runs.
 *
 * Returns: 0, or the errno of what it needs for itself
 */
int duet_play(struct run *runs[SIDES]);

/* Give the turn away until it may be worth to look again at @p, whose .fd may
 * be -1, or the time is over.  It may also be too early. */
void duet_wait(struct run *r, const struct pollfd *p, int64_t until_ns);

/* Give the turn away; nothing is waited for. */
void duet_pass(struct run *r);

#endif
