/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rehearsal - which topologies this machine can build.
 *
 * How it works.  What a topology needs (tap devices, netem, pasta) is not
 * known from tables: each is built once by itself, as a run builds it, and
 * taken down again.
 */
#ifndef LAB_CMD_REHEARSAL_H
#define LAB_CMD_REHEARSAL_H

#include "lab/cmd/selection.h"

struct rehearsal {
	size_t n_built; /* of the selection's topologies: they come first now */
	char **reasons; /* why each of the others cannot be, in their order */
	size_t n_reasons;
};

/**
 * rehearsal_run() - build them, and put those that can be built first
 * @libexec:	the directory of the probes
 *
 * What the kernel refuses for another reason than that it cannot do it counts
 * as built: a run says what it is.
 *
 * Returns: 0; 128 + the signal that ended it; or a negative errno
 */
int rehearsal_run(struct rehearsal *ret, struct selection *s,
		  const char *libexec, struct err *e);
void rehearsal_done(struct rehearsal *r);

#endif
