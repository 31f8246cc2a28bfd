/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * privilege - rights are taken once, inside private namespaces, and given up
 * by stage.
 */
#ifndef LAB_RUN_PRIVILEGE_H
#define LAB_RUN_PRIVILEGE_H

#include "lab/base/err.h"

#include <stdbool.h>
#include <stdint.h>

/**
 * privilege_run() - run @body as PID 1 of private namespaces
 *
 * Makes a user namespace where the caller lacks the rights, a mount and a PID
 * namespace, and a network namespace without any interface as the home from
 * which no packet can leave.  The child does all the work; the parent waits,
 * passes on signals that were sent to it alone, and each dies with the other.
 * The child may open as many files as the hard limit allows.
 *
 * Returns: the exit status of @body, or 128 + the signal that ended it; or a
 * negative errno when the namespaces could not be made.
 * Errors:	ERR_HOST with the sysctl or profile that forbids it and the fix
 */
int privilege_run(int (*body)(void *arg), void *arg, struct err *e);

/* Has the caller the rights itself, or did it take a user namespace? */
bool privilege_has_rights(void);

/* What a program in a node may keep. */
enum privilege_set {
	PRIVILEGE_NONE,	  /* no capability at all */
	PRIVILEGE_DOCKER, /* Docker's default set, as the bounding set too */
	PRIVILEGE_LAB,	  /* all that the lab has: rstlab shell on a host */
};

struct privilege_user {
	uint32_t uid, gid;
};

/**
 * privilege_drop() - in a child before exec: keep @set and nothing else
 *
 * @user:	whom PRIVILEGE_NONE becomes as real root, with no other group;
 *		NULL: nobody (65534)
 *
 * Also sets no_new_privs (except for PRIVILEGE_LAB).  The limit of open files
 *becomes again what it was for the caller of privilege_run().
 *
 * Source: capabilities(7); moby oci/caps/defaults.go (v20.10-v29)
 */
int privilege_drop(enum privilege_set set, const struct privilege_user *user,
		   struct err *e);

#endif
