/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sockets - what a run holds of the sockets of one trial. */
#ifndef LAB_STORE_SOCKETS_H
#define LAB_STORE_SOCKETS_H

#include "lab/base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* One socket at one point of the trial; a point at which there was none is
 * told once, with a .role of NULL. */
struct stored_socket {
	const char *point; /* of a hold, or as the reports call it */
	int64_t time_ns;   /* -1: not known */
	const char *role, *node, *state, *timer;
	int64_t receive_queue, send_queue; /* -1: forgotten */
	const char *local, *remote;	   /* with ports, as ss writes them */
};
typedef int (*stored_socket_fn)(const struct stored_socket *s, void *arg,
				struct err *e);

/**
 * stored_sockets_each() - point by point, the client's first
 * @trial:	its row
 *
 * Of a run that has none, @fn is not called.
 */
int stored_sockets_each(const char *dir, int64_t trial, stored_socket_fn fn,
			void *arg, struct err *e);

#endif
