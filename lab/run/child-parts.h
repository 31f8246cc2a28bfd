/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child-parts - of starting a child, what the lab does before there is one. */
#ifndef LAB_RUN_CHILD_PARTS_H
#define LAB_RUN_CHILD_PARTS_H

#include "lab/run/child.h"

/**
 * child_find_program() - with the eyes of the user who will run it: another
 * program may be meant in PATH
 * @path:	room for its path, for messages and scripts
 * @ret_fd:	O_PATH
 *
 * Errors:	ERR_INPUT: there is none, or it cannot be executed
 */
int child_find_program(const struct child_spec *s, char *path,
		       size_t path_bytes, int *ret_fd, struct err *e);

#endif
