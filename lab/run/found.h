/* SPDX-License-Identifier: GPL-2.0-or-later */
/* found - the connections that a batch of trials turned out to have. */
#ifndef LAB_RUN_FOUND_H
#define LAB_RUN_FOUND_H

#include "lab/flow/flow.h"
#include "lab/run/match.h"

struct lab;

struct batch_found {
	struct match match;
	struct connection c;
};

/* As much of @c as it has: most have no resets. */
void found_copy(struct connection *to, const struct connection *c);

/* What a user-mode network sends was made in its own node. */
void found_name_emitters(struct connection *c, const struct lab *lab);

#endif
