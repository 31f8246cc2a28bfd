/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * books - every RST that a node's kernel counted must have been seen leaving
 * that node, and the other way round.
 */
#ifndef LAB_RUN_BOOKS_H
#define LAB_RUN_BOOKS_H

#include "lab/base/err.h"
#include "lab/run/lab.h"
#include "lab/store/store.h"

/* Enter the resets of @c.  A node's TCP sends under the node's addresses only:
 * an RST under another was made by its packet filter, which no counter of TCP
 * knows. */
void books_count(struct lab *lab, const struct connection *c);

/**
 * books_close() - read the counters of @lab again, compare and store
 * @ret_balanced:	cleared when a node does not balance, else left alone
 */
int books_close(const struct lab *lab, struct store *store, bool *ret_balanced,
		struct err *e);

#endif
