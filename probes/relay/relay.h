/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relay - accept, dial, copy; see copy.h for what the copying means. */
#ifndef PROBES_RELAY_RELAY_H
#define PROBES_RELAY_RELAY_H

#include "lab/base/err.h"
#include "lab/base/ip.h"

/**
 * relay_run() - listen at @listen and relay to @connect until the lab ends it
 *
 * Errors:	ERR_INPUT when @listen cannot be listened at
 */
int relay_run(const struct ip_endpoint *listen,
	      const struct ip_endpoint *connect, struct err *e);

#endif
