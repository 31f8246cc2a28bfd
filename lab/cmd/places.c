/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/places.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

void places_done(struct places *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->dirs[i]);
	free(p->dirs);
	*p = (struct places){ .dirs = NULL };
}

/* Add "@dir/@below"; the first @n bytes of @dir count. */
static int add(struct places *p, const char *dir, size_t n, const char *below,
	       struct err *e)
{
	char **dirs = realloc(p->dirs, (p->n + 1) * sizeof(*dirs));

	if (!dirs)
		return err_no_memory(e);
	p->dirs = dirs;
	if (asprintf(&dirs[p->n], "%.*s/%s", (int)n, dir, below) < 0)
		return err_no_memory(e);
	p->n++;
	return 0;
}

/* The tree the program was built in, when it runs from there.  @buf holds
 * PATH_MAX bytes. */
static bool build_tree(char *buf)
{
	char mark[PATH_MAX + 32];
	const ssize_t n = readlink("/proc/self/exe", buf, PATH_MAX - 1);
	char *slash;

	if (n <= 0)
		return false;
	buf[n] = 0;
	slash = strrchr(buf, '/');
	if (!slash)
		return false;
	*slash = 0;
	(void)snprintf(mark, sizeof(mark), "%s/config.status", buf);
	if (access(mark, F_OK) < 0)
		return false;
	(void)snprintf(mark, sizeof(mark), "%s/probes/workloads", buf);
	return access(mark, F_OK) == 0;
}

/* @in_path: below a directory of $RSTLAB_PATH and the installed one;
 * @in_tree: below the tree. */
static int places(struct places *ret, const char *in_path, const char *in_tree,
		  struct err *e)
{
	const char *list = getenv("RSTLAB_PATH");
	char tree[PATH_MAX];
	int r = 0;

	*ret = (struct places){ .dirs = NULL };
	while (r == 0 && list && *list) {
		const size_t n = strcspn(list, ":");

		if (n)
			r = add(ret, list, n, in_path, e);
		list += n + (list[n] == ':');
	}
	if (r == 0 && build_tree(tree))
		r = add(ret, tree, strlen(tree), in_tree, e);
	else if (r == 0)
		r = add(ret, RSTLAB_DATADIR, strlen(RSTLAB_DATADIR), in_path,
			e);
	if (r < 0)
		places_done(ret);
	return r;
}

int places_topologies(struct places *ret, struct err *e)
{
	return places(ret, "topologies", "topologies", e);
}

int places_workloads(struct places *ret, struct err *e)
{
	return places(ret, "workloads", "probes/workloads", e);
}

int places_plans(struct places *ret, struct err *e)
{
	return places(ret, "plans", "topologies/plans", e);
}

int places_libexec(char **ret, struct err *e)
{
	const char *told = getenv("RSTLAB_LIBEXEC");
	char tree[PATH_MAX];
	char *dir = NULL;

	if (told && *told)
		dir = strdup(told);
	else if (!build_tree(tree))
		dir = strdup(RSTLAB_LIBEXECDIR);
	else if (asprintf(&dir, "%s/probes/bin", tree) < 0)
		dir = NULL;
	if (!dir)
		return err_no_memory(e);
	*ret = dir;
	return 0;
}
