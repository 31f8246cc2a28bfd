/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gather - the facts of one namespace. */
#ifndef LAB_FIDELITY_GATHER_H
#define LAB_FIDELITY_GATHER_H

#include "lab/base/err.h"
#include "lab/fidelity/facts.h"
#include "lab/fidelity/view.h"

/* An interface worth looking at, and what it is called in the facts: names of
 * veth pairs are drawn at random. */
struct gather_name {
	char actual[VIEW_NAME_MAX], normal[VIEW_NAME_MAX];
};

struct gather {
	const char *node;
	int netns;		 /* borrowed */
	const struct view *view; /* of it */
	const struct gather_name *names;
	size_t n_names;
};

/**
 * gather_facts() - links, addresses, routes, offloads, sysctls and rules
 *
 * Of what is said of an interface, only that of .names.
 *
 * Needs:	CAP_SYS_ADMIN over the namespace
 */
int gather_facts(const struct gather *g, struct facts *f, struct err *e);

/* The parts; they look at the namespace that the thread is in. */
int gather_offloads(const struct gather *g, struct facts *f, struct err *e);
int gather_sysctls(const struct gather *g, struct facts *f, struct err *e);

#endif
