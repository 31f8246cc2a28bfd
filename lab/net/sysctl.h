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

/* How a key came to its value. */
enum sysctl_outcome {
	SYSCTL_WAS,	/* it had the value already */
	SYSCTL_WRITTEN, /* and read back */
	SYSCTL_ABSENT,	/* the kernel, or this namespace, lacks the key */
};

/**
 * sysctl_set() - see to a value: read, write if it is another, read back
 * @ret_value:	SYSCTL_VALUE_MAX bytes: what is in force
 *
 * Returns:	an enum sysctl_outcome, or a negative errno
 * Errors:	ERR_HOST when the kernel lacks the key or forbids to set it;
 *		ERR_INPUT when it refuses the value or makes another of it
 */
int sysctl_set(const char *key, const char *value, char *ret_value,
	       struct err *e);

/* The same; a key that is not there is SYSCTL_ABSENT, and no error. */
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

/* When a key of a node can be written, and what would undo it. */
enum sysctl_stage {
	SYSCTL_STAGE_EMPTY, /* before there are links: "default" counts */
	SYSCTL_STAGE_LINKS, /* those about an interface, while it is down */
	SYSCTL_STAGE_RULES, /* connection tracking, which rules may load */
};
enum sysctl_stage sysctl_stage_of(const char *key);

#endif
