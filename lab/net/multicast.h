/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * multicast - what the kernel tells the groups of a netlink family, unasked
 * (netlink(7)).
 */
#ifndef LAB_NET_MULTICAST_H
#define LAB_NET_MULTICAST_H

#include "lab/base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct mnl_socket;
struct nlmsghdr;

struct multicast_family {
	int protocol;	    /* NETLINK_* */
	const char *doing;  /* "hear of connection tracking", for errors */
	const char *absent; /* said where there is no such family; NULL: the
			     * error number says enough */
};

struct multicast {
	const struct multicast_family *family;
	struct mnl_socket *socket;
	uint64_t lost; /* how often there was more to tell than room for it */
};

/**
 * multicast_open() - a socket of @family in @netns, in no group yet
 * @ret:	end with multicast_close(); not touched by a failure
 *
 * Errors:	ERR_HOST: .absent; ERR_SYSTEM
 */
int multicast_open(struct multicast *ret, int netns,
		   const struct multicast_family *family, struct err *e);
void multicast_close(struct multicast *m);

/* Returns: 0 or a negative errno: it depends on the group what that means. */
int multicast_join(struct multicast *m, int group, bool on);

/* Returns: 0, or what stops multicast_take(). */
typedef int (*multicast_fn)(const struct nlmsghdr *message, void *arg);

/* What was told since the last call; does not wait.  Returns: 0, or what @fn
 * returned. */
int multicast_take(struct multicast *m, multicast_fn fn, void *arg,
		   struct err *e);

#endif
