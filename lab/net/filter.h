/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filter - what the packet filter of a namespace has answered and dropped, by
 * the counters of its own rules.
 *
 * A rule counts only if it was given a counter.  iptables-nft gives one to
 * every rule; nft does where it is written.
 *
 * Source: include/uapi/linux/netfilter/nf_tables.h, nf_tables_dump_rules(),
 * net/netfilter/nf_tables_api.c, Linux 6.18
 */
#ifndef LAB_NET_FILTER_H
#define LAB_NET_FILTER_H

#include "lab/base/err.h"
#include "lab/base/own.h"

#include <stdbool.h>
#include <stdint.h>

/* Packets since the rules were loaded. */
struct filter_counts {
	uint64_t resets;  /* of rules that answer by a TCP reset */
	uint64_t drops;	  /* of rules that drop */
	bool mute_resets; /* a rule answers so, and has no counter */
};

struct filter; /* one netlink socket, opened inside the netns */

/**
 * filter_open() - be able to read the rules of @netns
 *
 * Errors:	ERR_HOST: this kernel has no nf_tables
 */
int filter_open(struct filter **ret, int netns, struct err *e);
void filter_close(struct filter *f);
OWN_DEFINE(filter, struct filter, filter_close)
#define own_filter OWN(own_filter_release)

/**
 * filter_read() - add up the counters of all rules
 *
 * Errors:	ERR_HOST: they may not be read
 * Needs:	CAP_NET_ADMIN over the namespace, at each call
 */
int filter_read(struct filter *f, struct filter_counts *ret, struct err *e);

#endif
