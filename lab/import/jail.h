/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jail - a process that reads what anyone may have made gives up all it does
 * not need: capabilities, new privileges, and every system call but those that
 * read its descriptors, write to one, and manage its own memory.
 */
#ifndef LAB_IMPORT_JAIL_H
#define LAB_IMPORT_JAIL_H

#include "lab/base/err.h"

/**
 * jail_enter() - for the rest of this process' life
 *
 * Any other system call kills the process (SIGSYS).
 *
 * Errors:	ERR_HOST: the kernel has no seccomp filters
 */
int jail_enter(struct err *e);

#endif
