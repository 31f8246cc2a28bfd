/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jail - a process that reads what anyone may have made gives up all it does
 * not need: capabilities, new privileges, and every system call but those that
 * read its descriptors, write to one, and manage its own memory.
 */
#ifndef LAB_IMPORT_JAIL_H
#define LAB_IMPORT_JAIL_H

#include "lab/base/err.h"

/* Errors: ERR_SYSTEM. */
int jail_give_up_rights(struct err *e);

/**
 * jail_confine() - to those system calls, for the rest of this process' life
 *
 * Holds for all threads of the process; no more can be started.  Any other
 * system call kills the process (SIGSYS).
 *
 * Needs:	the rights given up before
 * Errors:	ERR_HOST: the kernel has no seccomp filters
 */
int jail_confine(struct err *e);

#endif
