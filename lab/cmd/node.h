/* SPDX-License-Identifier: GPL-2.0-or-later */
/* node - bring a lab up and run one program of the user's in a node of it. */
#ifndef LAB_CMD_NODE_H
#define LAB_CMD_NODE_H

#include "lab/base/err.h"

/**
 * node_program() - build @topology and run a program in it
 * @topology:	name or path
 * @node:	name, or NULL: where the client runs
 * @argv:	NULL-terminated; or NULL: an interactive shell
 *
 * Everything is gone when it returns.
 *
 * Returns: the program's exit status, or 128 + the signal that ended it; 127
 * when there is no such program and 126 when it cannot be executed, which is
 * told on standard error; or a negative errno.
 */
int node_program(const char *topology, const char *node, char *const *argv,
		 struct err *e);

#endif
