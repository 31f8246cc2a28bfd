/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A file is parsed; what it includes is loaded first, in the
 * same way, into the same struct; then its own keys are read over that.  The
 * files in the making form a chain, in which a cycle is a file twice.
 */
#include "lab/spec/document.h"
#include "lab/spec/read.h"

#include <string.h>
#include <sys/stat.h>

struct loader {
	const struct spec_table *table;
	void *out;
	struct spec_diags *d;
	struct spec_list *files; /* NULL: places have no path */
	struct seen seen;	 /* over all files */
	size_t outermost;	 /* of the chain, in .files */
};

static const struct spec_field *include_field(const struct spec_table *table)
{
	for (size_t i = 0; i < table->n_fields; i++)
		if (table->fields[i].type == SPEC_INCLUDE)
			return &table->fields[i];
	return NULL;
}

/* The value of the key that includes, or NULL. */
static const yaml_node_t *include_node(const struct spec_table *table,
				       yaml_document_t *doc)
{
	const yaml_node_t *root = yaml_document_get_root_node(doc);
	const struct spec_field *f = include_field(table);
	const yaml_node_pair_t *p;

	if (!f || root->type != YAML_MAPPING_NODE)
		return NULL;
	for (p = root->data.mapping.pairs.start;
	     p < root->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = yaml_document_get_node(doc, p->key);
		const yaml_node_t *value =
			yaml_document_get_node(doc, p->value);

		if (key->type == YAML_SCALAR_NODE &&
		    value->type == YAML_SCALAR_NODE &&
		    !strcmp((const char *)key->data.scalar.value, f->name))
			return value->data.scalar.length ? value : NULL;
	}
	return NULL;
}

/* @name beside the file @path. */
static char *beside(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');
	const int n = slash && *name != '/' ? (int)(slash + 1 - path) : 0;
	char *s = NULL;

	return asprintf(&s, "%.*s%s", n, path, name) < 0 ? NULL : s;
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* "a.yaml -> base/b.yaml -> a.yaml" */
static void add_chain(struct text *t, const struct loader *l, const char *last)
{
	const struct spec_file *files = l->files->items;

	for (size_t i = l->outermost; i < l->files->n; i++)
		text_addf(t, "%s -> ", files[i].path);
	text_add(t, last);
}

/* Is @path one too many, or one a second time?  Then it is reported. */
static bool refuse_chain(struct loader *l, struct spec_at at, const char *path)
{
	const struct spec_file *files = l->files->items;
	own_text struct text chain = { .s = NULL };

	add_chain(&chain, l, path);
	for (size_t i = l->outermost; i < l->files->n; i++) {
		if (!same_file(files[i].path, path))
			continue;
		spec_error(l->d, at, "a cycle of includes: %s",
			   text_str(&chain));
		return true;
	}
	if (l->files->n - l->outermost <= SPEC_INCLUDES_MAX)
		return false;
	spec_error(l->d, at, "includes more than %d deep: %s",
		   SPEC_INCLUDES_MAX, text_str(&chain));
	return true;
}

/* Returns: the path as kept in the list, or NULL without memory. */
static const char *keep_file(struct spec_list *list, const char *path,
			     char *source)
{
	struct spec_file *files = reallocarray(list->items, list->n + 1,
					       sizeof(struct spec_file));
	char *copy = strdup(path);

	if (files)
		list->items = files;
	if (!files || !copy) {
		free(copy);
		return NULL;
	}
	files[list->n++] = (struct spec_file){ copy, source };
	return copy;
}

static int load_file(struct loader *l, const char *path, char *source,
		     struct err *e);

/* Read the file that @node names, and come back to the one at hand.  Without
 * it the rest would look wrong too: nothing more is read. */
static int load_included(struct loader *l, const struct reader *rd,
			 const yaml_node_t *node, struct err *e)
{
	const struct spec_at at = read_at(rd, node);
	const char *const path = l->d->path, *const source = l->d->source;
	own_mem char *other =
		beside(path, (const char *)node->data.scalar.value);
	own_mem char *text = NULL;
	int r;

	if (!other)
		return err_set(e, ERR_SYSTEM, ENOMEM, "read %s: out of memory",
			       path);
	if (refuse_chain(l, at, other))
		return err_set(e, ERR_INPUT, ELOOP, "%s", "");
	r = document_read(other, &text, e);
	if (r < 0) {
		spec_error(l->d, at, "include: %s", e->text);
		return r;
	}
	r = load_file(l, other, take_ptr(&text), e);
	l->d->path = path;
	l->d->source = source;
	return r;
}

/* What an outer file must say itself is forgotten: a string or a choice. */
static void drop_own(struct loader *l)
{
	for (size_t i = 0; i < l->table->n_fields; i++) {
		const struct spec_field *f = &l->table->fields[i];
		void *slot = (char *)l->out + f->offset;

		if (!f->own)
			continue;
		if (f->type == SPEC_CHOICE) {
			*(int *)slot = 0;
		} else {
			free(*(char **)slot);
			*(char **)slot = NULL;
		}
		l->seen.line[i] = 0;
		l->seen.meant[i] = false;
	}
}

static void add_seen(struct seen *all, const struct seen *one)
{
	for (size_t i = 0; i < SPEC_FIELDS_MAX; i++) {
		if (one->line[i])
			all->line[i] = one->line[i];
		all->meant[i] |= one->meant[i];
	}
}

static int read_document(struct loader *l, struct reader *rd, struct err *e)
{
	const yaml_node_t *root = yaml_document_get_root_node(rd->doc);
	const yaml_node_t *include = include_node(l->table, rd->doc);
	const bool outermost = !l->files || l->files->n - l->outermost == 1;
	struct seen seen = { .line = { 0 } };

	if (include && l->files) {
		const int r = load_included(l, rd, include, e);

		if (r < 0)
			return r;
		drop_own(l);
	}
	read_keys(rd, l->table, root, l->out, &seen);
	add_seen(&l->seen, &seen);
	if (outermost && root->type == YAML_MAPPING_NODE)
		read_missing(rd, l->table, read_at(rd, root), &l->seen);
	if (rd->no_memory)
		return err_set(e, ERR_SYSTEM, ENOMEM, "read %s: out of memory",
			       l->d->path);
	return 0;
}

/* @source: becomes the list's, also after a failure */
static int load_file(struct loader *l, const char *path, char *source,
		     struct err *e)
{
	OWN(yaml_document_delete) yaml_document_t doc = { 0 };
	struct reader rd = { .d = l->d, .doc = &doc };
	int r;

	if (l->files) {
		rd.path = keep_file(l->files, path, source);
		if (!rd.path) {
			free(source);
			return err_set(e, ERR_SYSTEM, ENOMEM,
				       "read %s: out of memory", path);
		}
	}
	l->d->path = rd.path ?: path;
	l->d->source = source;
	r = document_parse(l->d, &doc, e);
	return r < 0 ? r : read_document(l, &rd, e);
}

/* @source is the caller's without .files, else the list's. */
static int load(struct loader *l, const char *path, char *source, struct err *e)
{
	const unsigned before = l->d->errors;
	int r = load_file(l, path, source, e);

	l->d->path = path;
	if (l->d->errors > before)
		return spec_refuse(path, l->d->errors - before, e);
	return r;
}

static int read_first(const struct spec_table *table, void *out,
		      const char *path, char **ret_source, struct err *e)
{
	if (table->defaults)
		memcpy(out, table->defaults, table->size);
	return document_read(path, ret_source, e);
}

int spec_load(const char *path, const struct spec_table *table, void *out,
	      struct spec_diags *d, char **ret_source, struct err *e)
{
	struct loader l = { .table = table, .out = out, .d = d };
	own_mem char *source = NULL;
	int r = read_first(table, out, path, &source, e);

	if (r < 0)
		return r;
	r = load(&l, path, source, e);
	*ret_source = take_ptr(&source);
	return r;
}

int spec_load_files(const char *path, const struct spec_table *table, void *out,
		    struct spec_diags *d, struct spec_list *files,
		    struct err *e)
{
	struct loader l = {
		.table = table,
		.out = out,
		.d = d,
		.files = files,
		.outermost = files->n,
	};
	own_mem char *source = NULL;
	int r = read_first(table, out, path, &source, e);

	if (r < 0)
		return r;
	d->files = files;
	return load(&l, path, take_ptr(&source), e);
}

void spec_files_done(struct spec_list *list)
{
	struct spec_file *files = list->items;

	for (size_t i = 0; i < list->n; i++) {
		free(files[i].path);
		free(files[i].source);
	}
	free(files);
	*list = (struct spec_list){ .items = NULL };
}
