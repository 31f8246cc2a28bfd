/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/undo.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUNS   "rstlab-runs"
#define LATEST RUNS "/latest"

void undo_note(struct undo *u, const char *wanted)
{
	ssize_t n;

	*u = (struct undo){ .wanted = wanted };
	u->was_there = wanted && access(wanted, F_OK) == 0;
	u->had_runs = access(RUNS, F_OK) == 0;
	n = readlink(LATEST, u->latest, sizeof(u->latest) - 1);
	u->latest[n > 0 ? n : 0] = 0;
}

static bool ends_with(const char *s, const char *end)
{
	const size_t n = strlen(s), m = strlen(end);

	return n > m && !strcmp(s + n - m, end);
}

/* Only what rstlab itself writes is ever removed. */
static void remove_captures(int dir)
{
	const int fd = openat(dir, "captures",
			      O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	for (struct dirent *f; d && (f = readdir(d)) != NULL;)
		if (ends_with(f->d_name, ".pcapng"))
			(void)unlinkat(dirfd(d), f->d_name, 0);
	if (d)
		(void)closedir(d);
	else if (fd >= 0)
		(void)close(fd);
	(void)unlinkat(dir, "captures", AT_REMOVEDIR);
}

static void remove_files(const char *path)
{
	static const char *const files[] = { "run.db", "run.db-wal",
					     "run.db-shm", "run.db-journal" };
	const int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlinkat(dir, files[i], 0);
	remove_captures(dir);
	(void)close(dir);
}

/* Does `latest` name @dir?  Another run may have begun meanwhile. */
static bool latest_is(const char *dir)
{
	const char *id = strrchr(dir, '/');
	char now[256];
	const ssize_t n = readlink(LATEST, now, sizeof(now) - 1);

	if (n <= 0)
		return false;
	now[n] = 0;
	return !strcmp(now, id ? id + 1 : dir);
}

void undo_run(const struct undo *u, const char *dir)
{
	remove_files(dir);
	if (!u->was_there)
		(void)rmdir(dir);
	if (u->wanted)
		return;
	if (latest_is(dir)) {
		(void)unlink(LATEST);
		if (*u->latest)
			(void)!symlink(u->latest, LATEST);
	}
	if (!u->had_runs)
		(void)rmdir(RUNS);
}
