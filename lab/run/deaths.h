/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deaths - the sockets of a lab that were destroyed while a batch was played,
 * as the kernel told of them.
 */
#ifndef LAB_RUN_DEATHS_H
#define LAB_RUN_DEATHS_H

#include "lab/base/err.h"
#include "lab/net/sockdiag.h"
#include "lab/run/role.h"

#include <stdbool.h>
#include <stdint.h>

struct lab;

struct death {
	uint16_t node;
	enum store_role role; /* STORE_ROLES: not asked, or none of the trial */
	struct sockdiag_socket socket;
};

/* Those of the batch under way; zeroed is empty. */
struct deaths {
	struct death *items;
	size_t n, cap;
	bool on;
};
void deaths_done(struct deaths *d);

/* Listen in every node; a kernel that does not tell is no failure. */
int deaths_begin(struct lab *lab, struct err *e);
int deaths_end(struct lab *lab, struct err *e);

/* Take what was told since.  To be called before the room for it is full. */
int deaths_take(struct lab *lab, struct err *e);

/**
 * deaths_await() - see whose they were, when both programs are through
 *
 * The kernel tells from a queue of its own, so the last ones may come later
 * than what they did to the wire.  Waits, but not for long, for those that a
 * look has shown and that are gone.
 */
int deaths_await(struct lab *lab, const struct role_place *place,
		 struct err *e);

/* Store those of the trial, which is @row there. */
int deaths_store(const struct lab *lab, struct store *store, int64_t row,
		 struct err *e);

/* How often the kernel had more to tell than there was room for. */
uint64_t deaths_lost(const struct lab *lab);

/**
 * deaths_find() - what became of the socket that had these ends
 *
 * Returns: NULL: nothing was told of it, or it cannot be known which it is.
 */
const struct death *deaths_find(const struct lab *lab, uint16_t node,
				const struct ip_endpoint *local,
				const struct ip_endpoint *remote);

#endif
