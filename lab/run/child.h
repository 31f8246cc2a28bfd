/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child - start a program inside a node, shut in as the node says. */
#ifndef LAB_RUN_CHILD_H
#define LAB_RUN_CHILD_H

#include "lab/base/err.h"
#include "lab/net/net.h"
#include "lab/run/privilege.h"

#include <sys/types.h>

enum { CHILD_FDS_MAX = 4 };

struct child_spec {
	const struct net_node *node;
	enum privilege_set rights;
	const char *path;	/* of the program, or NULL to search PATH */
	char *const *argv;	/* NULL-terminated */
	char *const *envp;	/* or NULL: the lab's */
	int fds[CHILD_FDS_MAX]; /* become 3, 4, ...; borrowed */
	size_t n_fds;
	bool foreground; /* give it the terminal (rstlab shell) */
};

/**
 * child_start() - clone, enter the node, give up rights, exec
 * @ret_pidfd:	the caller closes it; may be NULL
 *
 * The program has: standard input from /dev/null unless .foreground, the
 * lab's standard output and error, .fds, and no other descriptor; the node's
 * network namespace and processors; for a container its own PID, mount, UTS
 * (hostname = the node's name) and IPC namespace.  It dies with the lab.
 *
 * Returns: the pid, or a negative errno.
 * Errors:	what happened before exec, exec included, in the child's words;
 *		ERR_INPUT when it is the program: ENOENT, there is none;
 *		anything else, it cannot be executed
 */
pid_t child_start(const struct child_spec *s, int *ret_pidfd, struct err *e);

/* Wait for it; Ctrl-Z does not stop it.  Returns: its exit status, or 128 +
 * signal. */
int child_wait(pid_t pid);

#endif
