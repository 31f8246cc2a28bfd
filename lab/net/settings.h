/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings - the sysctls of one node, at the moment each can be written. */
#ifndef LAB_NET_SETTINGS_H
#define LAB_NET_SETTINGS_H

#include "lab/net/build.h"
#include "lab/net/sysctl.h"

/* The baseline; the calling thread is in the node's namespace. */
int settings_baseline(struct build *b, size_t node, struct err *e);

/* The node's own of that stage; recorded in its .sysctls as well. */
int settings_apply(const struct build *b, size_t node, enum sysctl_stage stage,
		   struct err *e);

#endif
