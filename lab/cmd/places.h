/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * places - the directories that rstlab reads its data and probes from.
 *
 * First each directory of $RSTLAB_PATH, then the tree that the program was
 * built in when it runs from there, else what it was installed with: a build
 * never mixes with an older installation.
 */
#ifndef LAB_CMD_PLACES_H
#define LAB_CMD_PLACES_H

#include "lab/base/err.h"
#include "lab/base/own.h"

struct places {
	char **dirs;
	size_t n;
};

void places_done(struct places *p);
#define own_places OWN(places_done)

/* The directories that hold topologies, or workloads, in order of search. */
int places_topologies(struct places *ret, struct err *e);
int places_workloads(struct places *ret, struct err *e);
int places_plans(struct places *ret, struct err *e);

/* The directory of the probes; the caller frees it. */
int places_libexec(char **ret, struct err *e);

#endif
