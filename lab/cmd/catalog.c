/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/catalog.h"

#include "lab/base/text.h"
#include "lab/cmd/kind.h"
#include "lab/cmd/places.h"

#include <assert.h>
#include <dirent.h>
#include <fnmatch.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
	const char *one, *many, *option;
	int (*places)(struct places *ret, struct err *e);
} kinds[] = {
	[CATALOG_TOPOLOGIES] = { "topology", "topologies", "-t ",
				 places_topologies },
	[CATALOG_WORKLOADS] = { "workload", "workloads", "-w ",
				places_workloads },
	[CATALOG_PLANS] = { "plan", "plans", "", places_plans },
};
static_assert(ARRAY_SIZE(kinds) == CATALOG_KINDS, "words for each");

static int by_name(const void *a, const void *b)
{
	const struct catalog_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

const char *catalog_path(const struct catalog *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->entries[i].name, name))
			return c->entries[i].path;
	return NULL;
}

/* The length of @file without ".yaml", or 0 for any other file. */
static size_t stem(const char *file)
{
	const size_t n = strlen(file);

	if (*file == '.' || n <= 5 || strcmp(file + n - 5, ".yaml") != 0)
		return 0;
	return n - 5;
}

static int add_entry(struct catalog *c, const char *dir, const char *file,
		     struct err *e)
{
	own_mem char *name = strndup(file, stem(file));
	own_mem char *path = NULL;
	struct catalog_entry *entries;

	if (!name)
		return err_no_memory(e);
	if (catalog_path(c, name))
		return 0;
	if (asprintf(&path, "%s/%s", dir, file) < 0) {
		path = NULL;
		return err_no_memory(e);
	}
	entries = realloc(c->entries, (c->n + 1) * sizeof(*entries));
	if (!entries)
		return err_no_memory(e);
	c->entries = entries;
	entries[c->n].name = take_ptr(&name);
	entries[c->n++].path = take_ptr(&path);
	return 0;
}

static int add_dir(struct catalog *c, const char *dir, struct err *e)
{
	own_dir DIR *d = opendir(dir);
	int r = 0;

	if (!d && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (!d)
		return err_errno(e, "cannot look into '%s'", dir);
	for (struct dirent *f; r == 0 && (f = readdir(d)) != NULL;)
		if (stem(f->d_name))
			r = add_entry(c, dir, f->d_name, e);
	return r;
}

int catalog_open(struct catalog *c, enum catalog_kind kind, struct err *e)
{
	own_places struct places where = { .dirs = NULL };
	int r;

	*c = (struct catalog){ .kind = kind };
	r = kinds[kind].places(&where, e);
	for (size_t i = 0; r == 0 && i < where.n; i++) {
		text_addf(&c->looked_in, "%s%s", i ? ", " : "", where.dirs[i]);
		r = add_dir(c, where.dirs[i], e);
	}
	if (r < 0) {
		catalog_done(c);
		return r;
	}
	if (c->n)
		qsort(c->entries, c->n, sizeof(*c->entries), by_name);
	return 0;
}

void catalog_done(struct catalog *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->entries[i].name);
		free(c->entries[i].path);
	}
	free(c->entries);
	text_done(&c->looked_in);
	c->entries = NULL;
	c->n = 0;
}

int catalog_check(const struct catalog *c, struct err *e)
{
	if (c->n)
		return 0;
	return err_set(
		e, ERR_HOST, ENOENT,
		"no %s at all in %s; `make install`, or name a directory "
		"that holds %s/ in RSTLAB_PATH",
		kinds[c->kind].one, text_str(&c->looked_in),
		kinds[c->kind].many);
}

void catalog_paths_done(struct catalog_paths *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->items[i]);
	free(p->items);
	*p = (struct catalog_paths){ .items = NULL };
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return !strcmp(a, b) || (stat(a, &x) == 0 && stat(b, &y) == 0 &&
				 x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

/* Unless it is there already. */
static int add_path(struct catalog_paths *p, const char *path, struct err *e)
{
	own_mem char *copy = NULL;
	char **items;

	for (size_t i = 0; i < p->n; i++)
		if (same_file(p->items[i], path))
			return 0;
	copy = strdup(path);
	items = realloc(p->items, (p->n + 1) * sizeof(*items));
	if (items)
		p->items = items;
	if (!copy || !items)
		return err_no_memory(e);
	items[p->n++] = take_ptr(&copy);
	return 0;
}

static bool is_glob(const char *word)
{
	return strpbrk(word, "*?[") != NULL;
}

static int nothing_matches(const struct catalog *c, const char *word,
			   struct err *e)
{
	return err_set(e, ERR_EMPTY, ENOENT,
		       "no %s matches '%s'; `rstlab list %s` shows what there "
		       "is",
		       kinds[c->kind].one, word, kinds[c->kind].many);
}

static int find_path_glob(const struct catalog *c, const char *word,
			  struct catalog_paths *ret, struct err *e)
{
	OWN(globfree) glob_t g = { .gl_pathc = 0 };
	int r = 0;

	if (glob(word, 0, NULL, &g) != 0)
		return nothing_matches(c, word, e);
	for (size_t i = 0; r == 0 && i < g.gl_pathc; i++)
		r = add_path(ret, g.gl_pathv[i], e);
	return r;
}

/* The content tells; a file that is none of them is left to its reader. */
static bool holds_other_kind(const struct catalog *c, const char *path,
			     enum catalog_kind *ret)
{
	static const enum file_kind files[] = {
		[CATALOG_TOPOLOGIES] = KIND_TOPOLOGY,
		[CATALOG_WORKLOADS] = KIND_WORKLOAD,
		[CATALOG_PLANS] = KIND_PLAN,
	};
	static_assert(ARRAY_SIZE(files) == CATALOG_KINDS, "one for each");
	const enum file_kind found = kind_of(path);

	for (enum catalog_kind k = 0; k < CATALOG_KINDS; k++)
		if (k != c->kind && files[k] == found) {
			*ret = k;
			return true;
		}
	return false;
}

static int add_file(const struct catalog *c, const char *path,
		    struct catalog_paths *ret, struct err *e)
{
	enum catalog_kind kind;

	if (!holds_other_kind(c, path, &kind))
		return add_path(ret, path, e);
	return err_set(e, ERR_INPUT, EINVAL,
		       "'%s' is no %s, but a %s: `rstlab run %s%s`", path,
		       kinds[c->kind].one, kinds[kind].one, kinds[kind].option,
		       path);
}

static int find_path(const struct catalog *c, const char *word,
		     struct catalog_paths *ret, struct err *e)
{
	if (access(word, F_OK) == 0)
		return add_file(c, word, ret, e);
	if (is_glob(word))
		return find_path_glob(c, word, ret, e);
	return err_set(e, ERR_INPUT, ENOENT, "no %s file '%s'",
		       kinds[c->kind].one, word);
}

static int find_name_glob(const struct catalog *c, const char *word,
			  struct catalog_paths *ret, struct err *e)
{
	bool any = false;
	int r = catalog_check(c, e);

	for (size_t i = 0; r == 0 && i < c->n; i++) {
		if (fnmatch(word, c->entries[i].name, 0) != 0)
			continue;
		any = true;
		r = add_path(ret, c->entries[i].path, e);
	}
	if (r < 0)
		return r;
	return any ? 0 : nothing_matches(c, word, e);
}

static bool is_of_kind(enum catalog_kind kind, const char *word)
{
	own_catalog struct catalog c = { .entries = NULL };
	struct err ignored = { .code = 0 };

	return catalog_open(&c, kind, &ignored) == 0 && catalog_path(&c, word);
}

/* A word of another kind: `run host` for `run -t host`. */
static bool other_kind(const struct catalog *c, const char *word,
		       enum catalog_kind *ret)
{
	for (enum catalog_kind k = 0; k < CATALOG_KINDS; k++)
		if (k != c->kind && is_of_kind(k, word)) {
			*ret = k;
			return true;
		}
	return false;
}

/* Whole, with how `rstlab run` is told of such a one. */
static int wrong_kind(const struct catalog *c, const char *word,
		      enum catalog_kind kind, struct err *e)
{
	return err_set(e, ERR_INPUT, ENOENT,
		       "no %s '%s', but a %s has that name: `rstlab run %s%s`",
		       kinds[c->kind].one, word, kinds[kind].one,
		       kinds[kind].option, word);
}

static int unknown_name(const struct catalog *c, const char *word,
			struct err *e)
{
	enum catalog_kind kind;
	own_mem const char **names = calloc(c->n + 1, sizeof(*names));
	const char *near;
	const int r = catalog_check(c, e);

	if (r < 0)
		return r;
	if (other_kind(c, word, &kind))
		return wrong_kind(c, word, kind, e);
	if (!names)
		return err_no_memory(e);
	for (size_t i = 0; i < c->n; i++)
		names[i] = c->entries[i].name;
	near = text_nearest(word, names);
	if (near)
		return err_set(e, ERR_INPUT, ENOENT,
			       "no %s '%s' (did you mean '%s'?)",
			       kinds[c->kind].one, word, near);
	return err_set(e, ERR_INPUT, ENOENT,
		       "no %s '%s'; `rstlab list %s` shows what there is",
		       kinds[c->kind].one, word, kinds[c->kind].many);
}

static int find_word(const struct catalog *c, const char *word,
		     struct catalog_paths *ret, struct err *e)
{
	const char *path;

	if (strchr(word, '/') || stem(word))
		return find_path(c, word, ret, e);
	if (is_glob(word))
		return find_name_glob(c, word, ret, e);
	path = catalog_path(c, word);
	return path ? add_path(ret, path, e) : unknown_name(c, word, e);
}

int catalog_find(const struct catalog *c, const char *const *words,
		 struct catalog_paths *ret, struct err *e)
{
	own_catalog_paths struct catalog_paths found = { .items = NULL };
	int r = 0;

	for (; r == 0 && *words; words++)
		r = find_word(c, *words, &found, e);
	if (r < 0)
		return r;
	*ret = found;
	found = (struct catalog_paths){ .items = NULL };
	return 0;
}

int catalog_find_one(enum catalog_kind kind, const char *word, char **ret,
		     struct err *e)
{
	own_catalog struct catalog c = { .entries = NULL };
	own_catalog_paths struct catalog_paths paths = { .items = NULL };
	int r = catalog_open(&c, kind, e);

	if (r == 0)
		r = catalog_find(&c, (const char *[]){ word, NULL }, &paths, e);
	if (r < 0)
		return r;
	if (paths.n != 1)
		return err_set(e, ERR_INPUT, EINVAL,
			       "'%s' matches %zu %s; name one", word, paths.n,
			       kinds[kind].many);
	*ret = take_ptr(&paths.items[0]);
	return 0;
}
