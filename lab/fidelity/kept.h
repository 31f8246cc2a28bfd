/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kept - do something with an engine, and remove afterwards whatever was made,
 * however it ended.
 *
 * How it works.  Two processes are forked: one does the work, the other waits
 * until everybody else is gone (a pipe closes) and then removes all that
 * carries the id.  The second is in a session of its own, so neither Ctrl-C nor
 * `kill -9` of the first two reaches it.
 */
#ifndef LAB_FIDELITY_KEPT_H
#define LAB_FIDELITY_KEPT_H

#include "lab/fidelity/engine.h"

#include <stdatomic.h>

struct kept {
	enum engine_kind kind;
	char id[ENGINE_ID_MAX];
	_Atomic bool made;  /* set before anything is made */
	struct err trouble; /* .code: removing it failed */
	struct err err;	    /* of the body */
};

/* Returns: an exit status >= 0, or a negative errno with @e set. */
typedef int (*kept_fn)(struct kept *k, void *arg, struct err *e);

/**
 * kept_run() - run @body in a process of its own
 * @ret_trouble:	.code is set when something stayed
 *
 * Returns: what @body returned if that is >= 0, or 128 + the signal that ended
 * it; or a negative errno with the body's own error.
 */
int kept_run(enum engine_kind kind, kept_fn body, void *arg,
	     struct err *ret_trouble, struct err *e);

#endif
