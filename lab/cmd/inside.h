/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inside - run a function inside private namespaces and hear what it says. */
#ifndef LAB_CMD_INSIDE_H
#define LAB_CMD_INSIDE_H

#include "lab/base/err.h"

#include <stddef.h>

/**
 * inside_run() - privilege_run() for a body that can fail with an err
 * @body:	runs in another process; what it leaves in @arg reaches the
 *		caller only where @arg came from inside_alloc()
 *
 * Returns: what @body returned if that is >= 0, or 128 + the signal that
 * ended it; or a negative errno with the body's own error.
 */
int inside_run(int (*body)(void *arg, struct err *e), void *arg, struct err *e);

/* Zeroed memory that both processes see; or NULL with @e set. */
void *inside_alloc(size_t bytes, struct err *e);
void inside_free(void *p, size_t bytes);

#endif
