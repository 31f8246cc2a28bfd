/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysctl - settings of the namespace that the calling thread is in.
 *
 * Keys as in sysctl(8): "net.ipv4.tcp_sack", or with slashes where an
 * interface has a dot in its name: "net/ipv4/conf/eth0.5/rp_filter".  Only
 * net.* is accepted: everything else belongs to the machine.
 */
#ifndef LAB_NET_SYSCTL_H
#define LAB_NET_SYSCTL_H

#include "lab/base/err.h"

#include <stdbool.h>

enum { SYSCTL_VALUE_MAX = 256 }; /* bytes, with the 0 */

/* Has this kernel, and this namespace, the key? */
bool sysctl_is_present(const char *key);

/* @ret_value:	SYSCTL_VALUE_MAX bytes; one space between words */
int sysctl_get(const char *key, char *ret_value, struct err *e);

/**
 * sysctl_set() - write, read back and compare
 * @ret_value:	SYSCTL_VALUE_MAX bytes: what is in force
 *
 * Errors:	ERR_HOST when the kernel lacks the key or forbids to set it;
 *		ERR_INPUT when it refuses the value or makes another of it
 */
int sysctl_set(const char *key, const char *value, char *ret_value,
	       struct err *e);

/* The same; a key that the kernel, or this namespace, lacks is no error.
 * Returns: 0; 1 when it is not there; or a negative errno. */
int sysctl_set_if_present(const char *key, const char *value, char *ret_value,
			  struct err *e);

/**
 * sysctl_interface() - the interface that a key is about
 * @buf:	SYSCTL_VALUE_MAX bytes
 *
 * Returns: false for a key that is about none, about "all", "default" or
 * about "lo", which are always there.
 */
bool sysctl_interface(const char *key, char *buf);

#endif
