/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hosts - what the name localhost is for one program. */
#ifndef LAB_RUN_HOSTS_H
#define LAB_RUN_HOSTS_H

#include "lab/base/err.h"
#include "lab/spec/topology.h"

/**
 * hosts_enter() - lay a hosts file of its own over /etc/hosts
 * @which:	LOCALHOST_NONE: leave it as it is
 *
 * Only localhost stands in it, and nothing else is asked for names.
 *
 * Needs:	a mount namespace of its own, in which nothing is shared, and
 *		the right to mount there
 * Errors:	ERR_HOST where mounting is forbidden
 * Source:	hosts(5), nsswitch.conf(5)
 */
int hosts_enter(enum localhost which, struct err *e);

#endif
