/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft - packet filter rules for the namespace that the thread is in. */
#ifndef LAB_NET_NFT_H
#define LAB_NET_NFT_H

#include "lab/base/err.h"
#include "lab/spec/spec.h"

struct nft_rules {
	const char *text; /* as for `nft -f` */
	const char *path; /* of the file where they stand, for messages */
	const char *node;
	struct spec_at at; /* of their first line in it */
};

/**
 * nft_load() - load all of the rules, or none
 *
 * Errors:	"path:line:column: node 'NAME': nft: ", nft's own sentence,
 *		the line and the caret; ERR_HOST when the kernel lacks nf_tables
 *		or the right is missing, else ERR_INPUT
 */
int nft_load(const struct nft_rules *rules, struct err *e);

#endif
