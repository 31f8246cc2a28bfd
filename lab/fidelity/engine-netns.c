/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  An engine tells the pid of a container's first process in its
 * own PID namespace, which need not be ours.  So the process is looked for
 * in /proc by the words of its command line, which nobody else has.
 */
#include "lab/base/clock.h"
#include "lab/base/own.h"
#include "lab/fidelity/engine-parts.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#define PATIENCE_NS                                               \
	(10 * NS_PER_S) /* from "started" to exec, on a busy host \
			 */

/* "/pause", 0, @mark, 0 */
static bool has_mark(int proc, const char *pid, const char *mark)
{
	char path[300], words[300];
	own_fd int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%s/cmdline", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, words, sizeof(words) - 1);
	if (n <= (ssize_t)sizeof("/pause"))
		return false;
	words[n] = '\0';
	return !strcmp(words, "/pause") &&
	       !strcmp(words + sizeof("/pause"), mark);
}

/* Returns: 1 with @ret_fd, 0: not there, or a negative errno. */
static int look(const char *mark, int *ret_fd, struct err *e)
{
	own_dir DIR *proc = opendir("/proc");
	const struct dirent *entry;
	char path[300];

	while (proc && (entry = readdir(proc)) != NULL) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
		    !has_mark(dirfd(proc), entry->d_name, mark))
			continue;
		(void)snprintf(path, sizeof(path), "%s/ns/net", entry->d_name);
		*ret_fd = openat(dirfd(proc), path, O_RDONLY | O_CLOEXEC);
		return *ret_fd < 0 ? err_errno(e, "enter its network") : 1;
	}
	return 0;
}

int engine_netns(const struct engine *g, const char *name, int *ret_fd,
		 struct err *e)
{
	const int64_t limit_ns = clock_now_ns() + PATIENCE_NS;
	const struct timespec pause = { .tv_nsec = 2 * NS_PER_MS };
	char mark[256];
	int r;

	engine_mark(g, name, mark, sizeof(mark));
	while ((r = look(mark, ret_fd, e)) == 0 && clock_now_ns() < limit_ns)
		(void)nanosleep(&pause, NULL);
	if (r == 0)
		return err_set(e, ERR_HOST, ESRCH,
			       "the container of node '%s' is not among the "
			       "processes here: run rstlab on the machine, and "
			       "outside of the containers, where %s runs",
			       name, engine_names[g->kind]);
	return r < 0 ? err_add(e, "container of node '%s'", name) : 0;
}
