/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap - an interface whose other side is a descriptor. */
#ifndef LAB_NET_TAP_H
#define LAB_NET_TAP_H

#include "lab/base/err.h"

#include <stdbool.h>

struct tap_spec {
	const char *name;
	int index;     /* the one that it is to get */
	bool offloads; /* may whole super-packets pass, as between virtio
			* guests?  Else the kernel cuts and sums first */
	bool open;     /* somebody else opens it by its name */
};

/**
 * tap_make() - make one in the namespace that the calling thread is in
 * @ret_fd:	does not block; the interface is gone when it is closed.  -1 for
 *		one that is .open: it stays as long as the namespace
 *
 * Frames begin with a struct virtio_net_hdr, but for one that is .open.
 *
 * Errors:	ERR_HOST when the kernel or the right is missing, with the fix
 * Source:	Documentation/networking/tuntap.rst; drivers/net/tun.c,
 *		Linux 6.18; virtio 1.2, 5.1.6
 */
int tap_make(const struct tap_spec *spec, int *ret_fd, struct err *e);

#endif
