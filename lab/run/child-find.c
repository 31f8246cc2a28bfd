/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/child-parts.h"

#include "lab/base/own.h"

#include <fcntl.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

/* Open @path if it can be executed.  Returns: a descriptor, or -errno. */
static int open_program(const char *path)
{
	own_fd int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		return -errno;
	return take_fd(&fd);
}

/* Try each directory of PATH, as execvp(3) does. */
static int search_program(const char *name, char *path, size_t path_bytes)
{
	const char *dir = getenv("PATH");
	int r = -ENOENT;

	if (!dir)
		dir = "/usr/local/bin:/usr/bin:/bin";
	for (;;) {
		const size_t n = strcspn(dir, ":");
		const int written = snprintf(path, path_bytes, "%.*s%s%s",
					     (int)n, dir, n ? "/" : "./", name);

		if (written > 0 && (size_t)written < path_bytes) {
			const int fd = open_program(path);

			if (fd >= 0)
				return fd;
			if (access(path, F_OK) == 0)
				r = fd;
		}
		if (!dir[n])
			return r;
		dir += n + 1;
	}
}

static int find_program(const struct child_spec *s, char *path,
			size_t path_bytes, int *ret_fd, struct err *e)
{
	const char *wanted = s->path ? s->path : s->argv[0];
	int fd;

	if (s->path || strchr(wanted, '/')) {
		(void)snprintf(path, path_bytes, "%s", wanted);
		fd = open_program(path);
	} else {
		fd = search_program(wanted, path, path_bytes);
		if (fd == -ENOENT)
			return err_set(e, ERR_INPUT, ENOENT,
				       "no program '%s' in PATH", wanted);
	}
	if (fd < 0)
		return err_set(e, ERR_INPUT, -fd, "program '%s': %s%s", wanted,
			       strerror(-fd),
			       s->user && fd == -EACCES ? " for its user" : "");
	*ret_fd = fd;
	return 0;
}

/* Away from uid 0 there are no rights over files (capabilities(7)). */
int child_find_program(const struct child_spec *s, char *path,
		       size_t path_bytes, int *ret_fd, struct err *e)
{
	const bool other = s->user && geteuid() == 0;
	int r;

	if (other) {
		(void)setfsgid(s->user->gid);
		(void)setfsuid(s->user->uid);
	}
	r = find_program(s, path, path_bytes, ret_fd, e);
	if (other) {
		(void)setfsuid(0);
		(void)setfsgid(getegid());
	}
	return r;
}
