/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counters - the kernel's own count of resets in one namespace.
 *
 * Source: RFC 4022 (tcpOutRsts, tcpEstabResets, tcpAttemptFails);
 * net/ipv4/proc.c, Linux 6.18 (TcpExt)
 */
#ifndef LAB_NET_COUNTERS_H
#define LAB_NET_COUNTERS_H

#include "lab/base/err.h"

#include <stdint.h>

/* One row each in counters.c: /proc file, group, name. */
enum counter {
	COUNTER_OUT_RSTS,
	COUNTER_ESTAB_RESETS,
	COUNTER_ATTEMPT_FAILS,
	COUNTER_ABORT_ON_DATA,
	COUNTER_ABORT_ON_CLOSE,
	COUNTER_ABORT_ON_MEMORY,
	COUNTER_ABORT_ON_TIMEOUT,
	COUNTER_ABORT_ON_LINGER,
	COUNTER_ABORT_FAILED,
	COUNTER_EMBRYONIC_RSTS,
	COUNTER_LISTEN_OVERFLOWS,
	COUNTER_TIMEOUTS,
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
