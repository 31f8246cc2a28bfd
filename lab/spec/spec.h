/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spec - read a YAML mapping into a struct, driven by a table of fields.
 *
 * Every scalar is text until its field says what it is, so `no`, `1.10` and
 * `0x10` hold no surprise.  Every mistake of a file is reported, with line,
 * column, the source line and a caret, not only the first.
 */
#ifndef LAB_SPEC_SPEC_H
#define LAB_SPEC_SPEC_H

#include "lab/base/err.h"
#include "lab/base/text.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Where the text of a value begins, from 1; 0: not in a file.  After the
 * quote of a quoted one; the first line of a literal block, so that a line
 * and column inside the block can be added to it.
 */
struct spec_at {
	unsigned line, column;
	/* Of the file; borrowed from what was read, such as topology.files.
	 * NULL: not in a file, or in the only one, whose name is known */
	const char *path;
};

/* A file that was read. */
struct spec_file {
	char *path, *source;
};

struct spec_list {
	void *items;
	size_t n;
};

struct spec_pair { /* one "key: value" of a free mapping */
	char *key, *value;
	struct spec_at at;
};

/* The mistakes found so far, as text ready to print. */
struct spec_diags {
	const char *path; /* borrowed: of the file being read */
	const char
		*source; /* borrowed: its text, for the quoted line; or NULL */
	/* borrowed, or NULL: of struct spec_file, for places in other files */
	const struct spec_list *files;
	struct text text;
	unsigned errors, warnings;
};
/* Errors beyond this many are counted, not shown. */
enum { SPEC_ERRORS_SHOWN = 100 };

void spec_diags_done(struct spec_diags *d);
#define own_diags OWN(spec_diags_done)

/**
 * spec_error() - add "path:line:column: error: ..." with the source line and
 * a caret
 * @at:		all zero: "path: error: ..." without the source line; a .path
 *		of NULL is that of @d
 *
 * Control characters that the file holds are shown as '?'.
 */
void spec_error(struct spec_diags *d, struct spec_at at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, with " (did you mean '...'?)" when @known, NULL-terminated, has
 * an entry near @word. */
void spec_error_word(struct spec_diags *d, struct spec_at at, const char *word,
		     const char *const *known, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* The same for what is allowed but probably not meant. */
void spec_warn(struct spec_diags *d, struct spec_at at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* "@path: 3 errors", as an ERR_INPUT. */
int spec_refuse(const char *path, unsigned errors, struct err *e);

enum spec_type {
	SPEC_STRING,   /* char *; never empty; .parse, if any, only checks it */
	SPEC_COUNT,    /* uint32_t, [min, max] */
	SPEC_DURATION, /* int64_t nanoseconds, [min, max] */
	SPEC_CHOICE,   /* int, index into .choices; -1 when refused */
	SPEC_MAP,      /* struct spec_list of struct spec_pair */
	SPEC_LIST,     /* struct spec_list of .item structs */
	SPEC_CUSTOM,   /* whatever .parse makes of one scalar */
	SPEC_CUSTOM_LIST, /* struct spec_list of .item structs, each read from
			   * one scalar by the item's only field */
	SPEC_PIECES,	  /* the same from one scalar per file */
	SPEC_STRUCT,	  /* a mapping with keys of its own: an .item struct;
			   * its defaults and required keys are not looked at */
	SPEC_INCLUDE,	  /* char *; see spec_load_files() */
	SPEC_TYPES
};

struct spec_table;

struct spec_field {
	const char *name;
	enum spec_type type;
	size_t offset;	  /* of the value in the struct */
	size_t at_offset; /* of its struct spec_at, or 0 */
	int required;
	int own; /* SPEC_STRING: not taken over from an included file */
	int64_t min, max;	    /* SPEC_COUNT and SPEC_DURATION */
	const char *const *choices; /* NULL-terminated */
	const struct spec_table *item;
	/* SPEC_CUSTOM: fill @slot from @text; NULL, or what it must be.
	 * SPEC_STRING: the same with a @slot of NULL */
	const char *(*parse)(const char *text, void *slot);
	const char *help; /* one line, for the docs */
};

struct spec_table {
	const char *what; /* "interface", for messages */
	size_t size;	  /* of the struct */
	const struct spec_field *fields;
	size_t n_fields;
	const void *defaults; /* a whole struct to start from, or NULL: 0 */
};

/* Lists and free mappings hold no more entries, tables no more fields. */
enum { SPEC_ENTRIES_MAX = 1024, SPEC_FIELDS_MAX = 32 };

/**
 * spec_load() - read the YAML file @path into @out as @table says
 * @out:	filled with the defaults first; safe for spec_done() also when
 *		it failed half-way
 * @d:		gathers the mistakes
 * @ret_source:	the file's text, for later spec_error() calls; caller frees
 *
 * Refused: duplicate keys, unknown keys ("did you mean"), missing required
 * ones, anchors and aliases (a YAML bomb needs them), tags, a second document,
 * files over 1 MiB, nesting over 16.
 *
 * Errors:	ERR_INPUT when @d got an error or there is no such file;
 *		ERR_HOST, ERR_SYSTEM when it cannot be read
 * Source:	YAML 1.1 as libyaml reads it
 */
int spec_load(const char *path, const struct spec_table *table, void *out,
	      struct spec_diags *d, char **ret_source, struct err *e);

/* Release what spec_load() put into @out. */
void spec_done(const struct spec_table *table, void *out);

/* Files that include one another in a row. */
enum { SPEC_INCLUDES_MAX = 8 };

/**
 * spec_load_files() - the same for a file that may include another
 * @files:	of struct spec_file; grows by the file and by those it includes,
 *		and every struct spec_at in @out then points to their paths
 *
 * A key of type SPEC_INCLUDE names a file, beside the one that includes it.
 * That is read first, and the other over it: a value replaces the older one;
 * an item of a list with the same `name` is read over the older item, others
 * are added at the end; a key of a free mapping replaces the same key, others
 * are added; SPEC_PIECES are added.  Required keys of the outermost table may
 * stand in any of the files, those of an item must all stand where the item
 * is named first.
 *
 * Errors:	as spec_load(); a cycle, and files that include one another
 *		more than SPEC_INCLUDES_MAX deep, with the chain
 */
int spec_load_files(const char *path, const struct spec_table *table, void *out,
		    struct spec_diags *d, struct spec_list *files,
		    struct err *e);
void spec_files_done(struct spec_list *files);

enum { SPEC_FORM_MAX = 160 };

/**
 * spec_put() - fill one slot from @text, as a file would
 * @f:		SPEC_COUNT, SPEC_DURATION or SPEC_CUSTOM
 * @form:	SPEC_FORM_MAX bytes
 *
 * Returns: NULL, or what the value must be, perhaps in @form.
 */
const char *spec_put(const struct spec_field *f, const char *text, void *slot,
		     char *form);

/* The entry of a free mapping, or NULL. */
struct spec_pair *spec_pair_of(const struct spec_list *list, const char *key);

/* The field of that name; it exists. */
const struct spec_field *spec_field(const struct spec_table *table,
				    const char *name);

#endif
