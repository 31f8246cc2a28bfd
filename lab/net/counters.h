/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counters - the kernel's own count of resets in one namespace.
 */
#ifndef LAB_NET_COUNTERS_H
#define LAB_NET_COUNTERS_H

#include "lab/base/err.h"

#include <stdint.h>

/* Rows of counters.def. */
enum counter {
#define COUNTER(id, file, name) COUNTER_##id,
#include "lab/spec/counters.def"
#undef COUNTER
	COUNTERS
};

struct counters {
	int64_t value[COUNTERS];
};

/* The kernel's name: "OutRsts", "TCPAbortOnClose". */
const char *counter_name(enum counter c);

struct counter_source; /* keeps its two /proc files open: no setns to read */

/**
 * counters_open() - open the counters of namespace @netns
 * @netns:	borrowed; may be closed after the call
 */
int counters_open(struct counter_source **ret, int netns, struct err *e);
int counters_read(struct counter_source *s, struct counters *ret,
		  struct err *e);
void counters_close(struct counter_source *s);

#endif
