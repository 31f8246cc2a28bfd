/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft - packet filter rules for the namespace that the thread is in. */
#ifndef LAB_NET_NFT_H
#define LAB_NET_NFT_H

#include "lab/base/err.h"
#include "lab/spec/topology.h"

struct nft_rules {
	const struct nft_piece *pieces; /* one ruleset, in this order */
	size_t n;
	const char *path; /* where a piece stands that does not say it */
	const char *node;
};

/**
 * nft_load() - load all of the rules, or none
 *
 * Errors:	"path:line:column: node 'NAME': nft: ", nft's own sentence,
 *		the line and the caret; ERR_HOST when the kernel lacks nf_tables
 *		or the right is missing, else ERR_INPUT
 */
int nft_load(const struct nft_rules *rules, struct err *e);

/**
 * nft_load_held() - the same, with the kernel's socket kept open
 * @ret_socket:	the caller closes it, later; -1: none was found
 *
 * Rules that reopen a chain leave the kernel something to free after a grace
 * period, 8 to 16 ms, and closing the socket waits for that.  Held for a
 * while it closes at once.
 *
 * Source: nft_rcv_nl_event(), nf_tables_commit(),
 *	   net/netfilter/nf_tables_api.c, Linux 6.18
 */
int nft_load_held(const struct nft_rules *rules, int *ret_socket,
		  struct err *e);

/**
 * nft_list() - all rules of the namespace that the thread is in, as
 * `nft list ruleset` prints them
 *
 * Without the handles; rules of iptables-nft in nft's words where libnftables
 * can say them so.
 *
 * Needs:	CAP_NET_ADMIN
 */
struct text;
int nft_list(struct text *ret, struct err *e);

#endif
