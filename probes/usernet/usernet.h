/* SPDX-License-Identifier: GPL-2.0-or-later */
/* usernet - libslirp between a tap device and the sockets of a node. */
#ifndef PROBES_USERNET_USERNET_H
#define PROBES_USERNET_USERNET_H

#include "lab/base/err.h"
#include "lab/base/ip.h"

#include <stdbool.h>

enum { USERNET_FORWARDS_MAX = 64 };

struct usernet_forward {
	struct ip_endpoint listen, connect; /* node, guest */
};

struct usernet {
	struct ip_prefix guest, guest6; /* family 0: not over this protocol */
	struct ip_addr gateway, gateway6;
	bool restricted;
	struct usernet_forward forwards[USERNET_FORWARDS_MAX];
	size_t n_forwards;
};

/**
 * usernet_run() - serve the guest until the lab ends it
 *
 * Errors:	ERR_INPUT when a forward cannot be listened at
 */
int usernet_run(const struct usernet *u, struct err *e);

#endif
