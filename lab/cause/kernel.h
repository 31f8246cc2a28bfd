/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel - what the kernel itself says of the resets it sends and honours.
 *
 * The strongest evidence there is, and the one that needs real root:
 * CAP_BPF and CAP_PERFMON in the initial user namespace, a kernel with type
 * information (BTF), and a build with libbpf.  Where any of it is missing,
 * kernel_available() says which.
 */
#ifndef LAB_CAUSE_KERNEL_H
#define LAB_CAUSE_KERNEL_H

#include "lab/base/err.h"
#include "lab/base/own.h"
#include "lab/cause/event.h"

#include <stdint.h>

struct kernel;

/* Can it be had here?  Errors: ERR_HOST, with what is missing and the fix. */
int kernel_available(struct err *e);

/**
 * kernel_open() - begin to watch; no namespace is watched yet
 *
 * Errors:	as kernel_available()
 * Needs:	CAP_BPF, CAP_PERFMON; they may be dropped afterwards
 */
int kernel_open(struct kernel **ret, struct err *e);
void kernel_close(struct kernel *k);
OWN_DEFINE(kernel, struct kernel, kernel_close)
#define own_kernel OWN(own_kernel_release)

/* Watch one namespace more.  @netns: a descriptor; borrowed for the call */
int kernel_watch(struct kernel *k, int netns, struct err *e);

/* Its inode number: what .netns of an event holds. */
int kernel_netns(int netns, uint32_t *ret, struct err *e);

typedef void (*kernel_event_fn)(const struct kernel_event *event, void *arg);

/* Hand over what has been told since the last call, in the order of the
 * kernel; never waits.  Returns: how many, or a negative errno. */
int kernel_read(struct kernel *k, kernel_event_fn fn, void *arg, struct err *e);

/* Events that were lost because nobody read in time. */
uint64_t kernel_lost(const struct kernel *k);

/* Name of a reason on this kernel, without its prefix: "TCP_ABORT_ON_CLOSE".
 * The numbers differ between kernels; "?" for one that it does not know. */
const char *kernel_reason(const struct kernel *k, uint32_t reason);

#endif
