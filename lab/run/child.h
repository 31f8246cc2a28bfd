/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child - start a program inside a node, shut in as the node says. */
#ifndef LAB_RUN_CHILD_H
#define LAB_RUN_CHILD_H

#include "lab/base/err.h"
#include "lab/net/net.h"
#include "lab/run/privilege.h"

#include <stdint.h>
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
	int input_fd;	 /* its standard input, borrowed; 0: /dev/null */
	int output_fd;	 /* its standard output, borrowed; 0: the lab's */
	int error_fd;	 /* its standard error, likewise */
	bool foreground; /* give it the terminal (rstlab shell) */
	/* Run it below an init of its own, see child_start(); borrowed: where
	 * the wait status (an int) of the program itself goes; 0: no init */
	int status_fd;
	int localhost; /* enum localhost, below an init only */
	const struct privilege_user *user; /* as for privilege_drop() */
};

/**
 * child_start() - clone, enter the node, give up rights, exec
 * @ret_pidfd:	the caller closes it; may be NULL
 *
 * The program has: standard input from /dev/null unless .foreground, the
 * lab's standard output and error or .error_fd, .fds, and no other descriptor;
 * the node's network namespace and processors; for a container its own PID,
 * mount, UTS (hostname = the node's name) and IPC namespace.  It dies with the
 * lab.
 *
 * With .status_fd the process that is started is a small init in a PID
 * namespace of its own, and the program its child, in a session of its own:
 * SIGTERM is passed on to the program, or when that is gone to what it left
 * behind; the init ends when nothing is left, and what is left ends with the
 * init.  So no program can run away.  It leaves no core file.
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

/* Wait until it ends by itself, at most until @limit_ns (monotonic), then
 * kill it.  Returns: as child_wait(). */
int child_end(pid_t pid, int pidfd, int64_t limit_ns);

/* Wait until it has nothing to do: it waits for something, or is stopped; at
 * most until @limit_ns (monotonic).  Returns: has it nothing to do? */
bool child_await_rest(pid_t pid, int64_t limit_ns);

/* "ended with status 1", "killed by signal 9 (Killed)".  @buf holds
 * CHILD_STATUS_MAX bytes. */
enum { CHILD_STATUS_MAX = 80 };
const char *child_status_text(int status, char *buf);

#endif
