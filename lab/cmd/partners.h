/* SPDX-License-Identifier: GPL-2.0-or-later */
/* partners - the workloads of one family whose servers a run may take. */
#ifndef LAB_CMD_PARTNERS_H
#define LAB_CMD_PARTNERS_H

#include "lab/cmd/selection.h"
#include "lab/spec/param.h"

/* What a run varies. */
struct partners_axes {
	const struct param_axis *items;
	size_t n;
};

/**
 * partners_load() - join each workload with those whose servers it may take
 *
 * Errors:	ERR_INPUT: the workload of a `server-of` has no server; a file
 *		is wrong
 */
int partners_load(struct selection *s, const struct partners_axes *axes,
		  struct err *e);

/* Is @name a parameter of the selected workloads? */
bool partners_know(const struct selection *s, const char *name);

/* Can every workload be played in every topology?  Errors: ERR_INPUT: as
 * casting_check() */
int partners_check(const struct selection *s, const struct partners_axes *axes,
		   struct err *e);

#endif
