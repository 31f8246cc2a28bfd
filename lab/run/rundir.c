/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/rundir.h"

#include "lab/base/own.h"
#include "lab/base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define RUNS "rstlab-runs"

enum { PATH_BYTES = 4096, SAME_SECOND_MAX = 99 };

static int cannot_make(const char *path, int code, struct err *e)
{
	return err_set(e, ERR_INPUT, code,
		       "cannot make directory '%s': %s: choose another place "
		       "with -o",
		       path, strerror(code));
}

/* "20261121-074512-7341"; the time is that of the second. */
static void id_of(uint64_t seed, char *ret_id)
{
	const time_t now = time(NULL);
	struct tm utc;
	char when[20];

	(void)gmtime_r(&now, &utc);
	(void)strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &utc);
	(void)snprintf(ret_id, RUNDIR_ID_MAX, "%.15s-%" PRIu64, when, seed);
}

/* Is there nothing in directory @path but itself and its parent? */
static int is_empty(const char *path, bool *ret)
{
	own_dir DIR *d = opendir(path);
	const struct dirent *entry;

	if (!d)
		return -errno;
	*ret = true;
	while ((entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			*ret = false;
	return 0;
}

/* What -o said exists already: it must be an empty directory of ours. */
static int check_existing(const char *path, struct err *e)
{
	bool empty = false;
	const int r = is_empty(path, &empty);

	if (r == -ENOTDIR)
		return err_set(e, ERR_INPUT, ENOTDIR,
			       "'%s' is not a directory: choose another place "
			       "with -o",
			       path);
	if (r < 0 || faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) < 0)
		return err_set(e, ERR_INPUT, r < 0 ? -r : errno,
			       "cannot write to directory '%s': %s: choose "
			       "another place with -o",
			       path, strerror(r < 0 ? -r : errno));
	if (!empty)
		return err_set(e, ERR_INPUT, EEXIST,
			       "directory '%s' is not empty: remove it, or "
			       "choose another place with -o",
			       path);
	return 0;
}

static int make_wanted(const char *path, struct err *e)
{
	if (mkdir(path, 0777) == 0)
		return 0;
	if (errno == EEXIST)
		return check_existing(path, e);
	return cannot_make(path, errno, e);
}

/* Make rstlab-runs/@id; add "-2", "-3", ... to @id when it is taken. */
static int make_default(char *id, char *path, struct err *e)
{
	const size_t stem = strlen(id);

	if (mkdir(RUNS, 0777) < 0 && errno != EEXIST)
		return cannot_make(RUNS, errno, e);
	for (int i = 2;; i++) {
		(void)snprintf(path, PATH_BYTES, RUNS "/%s", id);
		if (mkdir(path, 0777) == 0)
			return 0;
		if (errno != EEXIST || i > SAME_SECOND_MAX)
			return cannot_make(path, errno, e);
		(void)snprintf(id + stem, RUNDIR_ID_MAX - stem, "-%d", i);
	}
}

/* Point rstlab-runs/latest at @id.  A reader sees the old or the new one:
 * rename(2) replaces it in one step. */
static int point_latest(const char *id, struct err *e)
{
	static const char link[] = RUNS "/latest";
	char tmp[64];

	(void)snprintf(tmp, sizeof(tmp), RUNS "/.latest.%d", (int)getpid());
	(void)unlink(tmp); /* of a process of that number that was killed */
	if (symlink(id, tmp) == 0) {
		if (rename(tmp, link) == 0)
			return 0;
		const int code = errno;

		(void)unlink(tmp);
		errno = code;
	}
	return err_set(e, ERR_INPUT, errno,
		       "cannot replace '%s': %s: remove it, or choose a place "
		       "with -o",
		       link, strerror(errno));
}

int rundir_create(const char *wanted, uint64_t seed, char *ret_id,
		  char **ret_path, struct err *e)
{
	char id[RUNDIR_ID_MAX], path[PATH_BYTES];
	char *copy;
	int r;

	id_of(seed, id);
	r = wanted ? make_wanted(wanted, e) : make_default(id, path, e);
	if (r == 0 && !wanted) {
		r = point_latest(id, e);
		if (r < 0)
			(void)rmdir(path);
	}
	if (r < 0)
		return r;
	copy = strdup(wanted ? wanted : path);
	if (!copy)
		return err_errno(e, "directory of the run");
	*ret_path = copy;
	(void)memcpy(ret_id, id, sizeof(id));
	return 0;
}

/* --- finding ---------------------------------------------------------------
 */

static bool holds_run(const char *path)
{
	char db[PATH_BYTES + 8];

	(void)snprintf(db, sizeof(db), "%s/run.db", path);
	return access(db, F_OK) == 0;
}

/* What `latest` points at now, so that a new run does not move the answer. */
static void resolve_latest(char *path)
{
	char target[RUNDIR_ID_MAX];
	const ssize_t n = readlink(path, target, sizeof(target));

	if (n > 0 && (size_t)n < sizeof(target) &&
	    !memchr(target, '/', (size_t)n))
		(void)snprintf(path, PATH_BYTES, RUNS "/%.*s", (int)n, target);
}

/* The existing ID nearest to @run, in @nearest, or "". */
static void nearest_id(const char *run, char *nearest)
{
	own_dir DIR *d = opendir(RUNS);
	const struct dirent *entry;

	nearest[0] = '\0';
	while (d && (entry = readdir(d))) {
		const char *known[] = { entry->d_name,
					nearest[0] ? nearest : NULL, NULL };
		const char *best;

		if (entry->d_name[0] == '.' ||
		    strlen(entry->d_name) >= RUNDIR_ID_MAX)
			continue;
		best = text_nearest(run, known);
		if (best == entry->d_name)
			(void)snprintf(nearest, RUNDIR_ID_MAX, "%.*s",
				       RUNDIR_ID_MAX - 1, best);
	}
}

/* Such a directory is what a run killed in its first moment leaves. */
static bool is_below_runs(const char *run)
{
	char path[PATH_BYTES];

	(void)snprintf(path, sizeof(path), RUNS "/%s", run);
	return *run && !strchr(run, '/') && access(path, F_OK) == 0;
}

static int not_found(const char *run, struct err *e)
{
	char nearest[RUNDIR_ID_MAX];

	if (access(run, F_OK) == 0)
		return err_set(e, ERR_INPUT, ENOENT,
			       "'%s' holds no run: there is no run.db in it",
			       run);
	if (access(RUNS, F_OK) < 0)
		return err_set(e, ERR_INPUT, ENOENT,
			       "no run '%s': there is no directory '%s' here",
			       run, RUNS);
	if (is_below_runs(run))
		return err_set(e, ERR_INPUT, ENOENT,
			       "'%s/%s' holds no run: there is no run.db in it",
			       RUNS, run);
	nearest_id(run, nearest);
	if (nearest[0])
		return err_set(e, ERR_INPUT, ENOENT,
			       "no run '%s' in '%s'; did you mean '%s'?", run,
			       RUNS, nearest);
	return err_set(e, ERR_INPUT, ENOENT, "no run '%s' in '%s'", run, RUNS);
}

int rundir_find(const char *run, char **ret_path, struct err *e)
{
	char path[PATH_BYTES];
	char *copy;

	(void)snprintf(path, sizeof(path), "%s", run);
	if (!holds_run(path) && !strchr(run, '/')) {
		(void)snprintf(path, sizeof(path), RUNS "/%s", run);
		resolve_latest(path);
	}
	if (!holds_run(path))
		return not_found(run, e);
	copy = strdup(path);
	if (!copy)
		return err_errno(e, "directory of the run");
	*ret_path = copy;
	return 0;
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strcmp(entry->d_name, "latest") != 0;
}

/* An ID begins with the time, so names sort by it. */
int rundir_newest(bool (*fits)(const char *dir), char **ret_path, struct err *e)
{
	struct dirent **entries = NULL;
	char path[PATH_BYTES], *found = NULL;
	int n = scandir(RUNS, &entries, is_shown, alphasort);
	bool any = false;

	while (n-- > 0) {
		(void)snprintf(path, sizeof(path), RUNS "/%s",
			       entries[n]->d_name);
		if (!any && holds_run(path) && fits(path)) {
			found = strdup(path);
			any = true;
		}
		free(entries[n]);
	}
	free(entries);
	if (any && !found)
		return err_errno(e, "directory of the run");
	*ret_path = found;
	return 0;
}
