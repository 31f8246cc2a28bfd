/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netns - network namespaces that live as long as a descriptor does.
 *
 * No name in /run/netns and no bind mount: when the process dies, however it
 * dies, the kernel removes the namespace and everything in it.
 */
#ifndef LAB_NET_NETNS_H
#define LAB_NET_NETNS_H

#include "lab/base/err.h"
#include "lab/base/own.h"

#include <stdbool.h>

/**
 * netns_new() - make an empty network namespace
 * @ret_fd:	a descriptor that keeps it alive; the caller closes it
 *
 * The calling thread is in its old namespace again on return.
 *
 * Needs:	CAP_SYS_ADMIN in the current user namespace
 * Errors:	ERR_HOST where namespaces or the right are missing
 * Source:	network_namespaces(7), setns(2)
 */
int netns_new(int *ret_fd, struct err *e);

/* The way back.  Declare it `own_netns_visit`, then call netns_enter(). */
struct netns_visit {
	int home; /* -1 while not away */
	bool borrowed;
};
#define NETNS_VISIT_NONE   \
	{                  \
		.home = -1 \
	}

/* Move the calling thread into @fd until @v goes out of scope. */
int netns_enter(struct netns_visit *v, int fd, struct err *e);

/*
 * For one who goes many times: the way back is looked for once.
 *
 * netns_home() gives the thread's own namespace; the caller closes it, after
 * the last visit.  netns_visit() is netns_enter() from there, and
 * netns_visit_new() is netns_new() that stays inside.
 */
int netns_home(int *ret_home, struct err *e);
int netns_visit(struct netns_visit *v, int home, int fd, struct err *e);
int netns_visit_new(struct netns_visit *v, int home, int *ret_fd,
		    struct err *e);

void netns_visit_end(struct netns_visit *v);
#define own_netns_visit OWN(netns_visit_end)

#endif
