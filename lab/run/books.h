/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * books - every RST that a node's kernel counted must have been seen leaving
 * that node, and the other way round.
 */
#ifndef LAB_RUN_BOOKS_H
#define LAB_RUN_BOOKS_H

#include "lab/base/err.h"
#include "lab/run/evidence.h"
#include "lab/run/lab.h"
#include "lab/store/store.h"

/* The resets of one connection more.  @evidence: NULL: nobody listens to the
 * kernel */
void books_count(struct lab *lab, const struct connection *c,
		 const struct evidence_source *evidence);

/**
 * books_close() - read the counters of @lab again, compare and store
 * @ret_balanced:	cleared when a node does not balance, else left alone
 */
int books_close(const struct lab *lab, struct store *store, bool *ret_balanced,
		struct err *e);

#endif
