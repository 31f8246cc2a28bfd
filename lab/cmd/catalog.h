/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * catalog - topologies and workloads, found by name.
 *
 * The places are looked through in order; the first file of a name wins.
 */
#ifndef LAB_CMD_CATALOG_H
#define LAB_CMD_CATALOG_H

#include "lab/base/err.h"
#include "lab/base/text.h"

enum catalog_kind {
	CATALOG_TOPOLOGIES,
	CATALOG_WORKLOADS,
	CATALOG_PLANS,
	CATALOG_KINDS
};

struct catalog_entry {
	char *name; /* the file's name without .yaml */
	char *path;
};

struct catalog {
	enum catalog_kind kind;
	struct catalog_entry *entries; /* by name, each name once */
	size_t n;
	struct text looked_in; /* "DIR, DIR", for messages */
};

/* All there is of one kind.  Directories that do not exist are skipped. */
int catalog_open(struct catalog *c, enum catalog_kind kind, struct err *e);
void catalog_done(struct catalog *c);
#define own_catalog OWN(catalog_done)

/* Say of a catalog without any entry where its files were looked for, and how
 * to name another place.  Returns: 0 when there are entries. */
int catalog_check(const struct catalog *c, struct err *e);

const char *catalog_path(const struct catalog *c, const char *name);

struct catalog_paths {
	char **items;
	size_t n;
};
void catalog_paths_done(struct catalog_paths *p);
#define own_catalog_paths OWN(catalog_paths_done)

/**
 * catalog_find() - the files that @words mean
 * @words:	names, globs over names, paths (with a '/' or ending in
 *		".yaml") and globs over paths; NULL-terminated
 * @ret:	in the order asked for, what a glob matches by name, each file
 *		once
 *
 * Errors:	ERR_INPUT for an unknown name, with the one that was probably
 *		meant; ERR_EMPTY for a glob that matches nothing
 */
int catalog_find(const struct catalog *c, const char *const *words,
		 struct catalog_paths *ret, struct err *e);

/* The one file that @word means, which the caller frees.  Errors: as
 * catalog_find(); ERR_INPUT for a glob that matches several */
int catalog_find_one(enum catalog_kind kind, const char *word, char **ret,
		     struct err *e);

#endif
