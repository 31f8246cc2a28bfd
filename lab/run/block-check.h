/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * block-check - do the sources agree on the resets of a block?
 *
 * The kernel's events are its OutRsts, those for unread bytes are
 * TCPAbortOnClose, and what was captured is what was counted and what the
 * packet filter made.  What differs is stored, with the reason if it is known.
 */
#ifndef LAB_RUN_BLOCK_CHECK_H
#define LAB_RUN_BLOCK_CHECK_H

#include "lab/run/evidence.h"
#include "lab/store/checks.h"

/* The block @number is over and analysed.  @evidence: NULL: not listened to */
int block_check(struct lab *lab, const struct evidence_source *evidence,
		uint32_t number, struct store *store, struct err *e);

#endif
