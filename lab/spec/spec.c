/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A mapping is walked once; each key is looked up in the
 * table, and the row's type picks a reader from `readers`.  A reader that
 * refuses a value adds to the diags and leaves the slot alone, so that the
 * walk goes on and everything read so far can be released.
 */
#include "lab/spec/spec.h"

#include "lab/base/num.h"
#include "lab/spec/document.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

struct reader {
	struct spec_diags *d;
	yaml_document_t *doc;
	bool no_memory;
};

typedef void (*value_fn)(struct reader *rd, const struct spec_field *f,
			 const yaml_node_t *node, void *slot);

static void read_mapping(struct reader *rd, const struct spec_table *table,
			 const yaml_node_t *node, void *out);

/* How much of a word of the file goes into a message. */
enum { WORD_CHARS = 60 };

static const char *text_of(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE
		       ? (const char *)node->data.scalar.value
		       : NULL;
}

static void must_be(struct reader *rd, const struct spec_field *f,
		    const yaml_node_t *node, const char *form)
{
	const char *text = text_of(node);
	const struct spec_at at = document_at(rd->d, node);

	if (text && *text)
		spec_error(rd->d, at, "%s must be %s, not '%.*s'", f->name,
			   form, WORD_CHARS, text);
	else
		spec_error(rd->d, at, "%s must be %s", f->name, form);
}

static char *copy(struct reader *rd, const char *text)
{
	char *s = strdup(text);

	if (!s)
		rd->no_memory = true;
	return s;
}

static void read_string(struct reader *rd, const struct spec_field *f,
			const yaml_node_t *node, void *slot)
{
	const char *text = text_of(node);
	const char *form = f->parse ? f->parse(text, NULL) : NULL;

	if (form)
		must_be(rd, f, node, form);
	else
		*(char **)slot = copy(rd, text);
}

static void read_count(struct reader *rd, const struct spec_field *f,
		       const yaml_node_t *node, void *slot)
{
	char form[80];
	int64_t v;

	(void)snprintf(form, sizeof(form),
		       "a whole number from %" PRId64 " to %" PRId64, f->min,
		       f->max);
	if (num_parse(text_of(node), f->min, f->max, &v))
		*(uint32_t *)slot = (uint32_t)v;
	else
		must_be(rd, f, node, form);
}

static void read_duration(struct reader *rd, const struct spec_field *f,
			  const yaml_node_t *node, void *slot)
{
	char form[80], min[32], max[32];
	int64_t v;

	if (!num_parse_duration(text_of(node), &v)) {
		must_be(rd, f, node, NUM_DURATION_FORM);
		return;
	}
	if (v >= f->min && v <= f->max) {
		*(int64_t *)slot = v;
		return;
	}
	(void)snprintf(form, sizeof(form), "from %s to %s",
		       num_duration_text(f->min, min),
		       num_duration_text(f->max, max));
	must_be(rd, f, node, form);
}

static void read_choice(struct reader *rd, const struct spec_field *f,
			const yaml_node_t *node, void *slot)
{
	const char *word = text_of(node);
	own_text struct text all = { .s = NULL };

	for (int i = 0; f->choices[i]; i++) {
		if (!strcmp(word, f->choices[i])) {
			*(int *)slot = i;
			return;
		}
		text_addf(&all, "%s%s", i ? ", " : "", f->choices[i]);
	}
	*(int *)slot = -1; /* none: later checks pass over it */
	spec_error_word(rd->d, document_at(rd->d, node), word, f->choices,
			"unknown %s '%.*s', known are: %s", f->name, WORD_CHARS,
			word, text_str(&all));
}

static void read_custom(struct reader *rd, const struct spec_field *f,
			const yaml_node_t *node, void *slot)
{
	const char *form = f->parse(text_of(node), slot);

	if (form)
		must_be(rd, f, node, form);
}

/* Room for what @begin to @end holds; false when it must not or cannot. */
static bool list_reserve(struct reader *rd, const struct spec_field *f,
			 const yaml_node_t *node, size_t n, size_t size,
			 struct spec_list *out)
{
	if (n > SPEC_ENTRIES_MAX) {
		spec_error(rd->d, document_at(rd->d, node),
			   "%s has %zu entries; at most %d are allowed",
			   f->name, n, SPEC_ENTRIES_MAX);
		return false;
	}
	out->items = n ? calloc(n, size) : NULL;
	if (n && !out->items)
		rd->no_memory = true;
	return out->items != NULL;
}

static void read_pair(struct reader *rd, const struct spec_field *f,
		      const yaml_node_t *key, const yaml_node_t *value,
		      struct spec_list *out)
{
	struct spec_pair *pairs = out->items;
	const struct spec_at at = document_at(rd->d, key);
	const char *name = text_of(key), *text = text_of(value);

	if (!name || !*name || !text || !*text) {
		spec_error(rd->d, at, "%s must hold one value per key",
			   f->name);
		return;
	}
	for (size_t i = 0; i < out->n; i++) {
		if (strcmp(pairs[i].key, name) != 0)
			continue;
		spec_error(rd->d, at,
			   "key '%.*s' a second time in %s (first in line %u)",
			   WORD_CHARS, name, f->name, pairs[i].at.line);
		return;
	}
	pairs[out->n].key = copy(rd, name);
	pairs[out->n].value = copy(rd, text);
	pairs[out->n].at = at;
	out->n++;
}

static void read_map(struct reader *rd, const struct spec_field *f,
		     const yaml_node_t *node, void *slot)
{
	const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	const yaml_node_pair_t *end = node->data.mapping.pairs.top;

	if (!list_reserve(rd, f, node, (size_t)(end - pair),
			  sizeof(struct spec_pair), slot))
		return;
	for (; pair < end && !rd->no_memory; pair++)
		read_pair(rd, f, yaml_document_get_node(rd->doc, pair->key),
			  yaml_document_get_node(rd->doc, pair->value), slot);
}

static void read_slot(struct reader *rd, const struct spec_field *f,
		      const yaml_node_t *node, void *out);

static void read_list(struct reader *rd, const struct spec_field *f,
		      const yaml_node_t *node, void *slot)
{
	const yaml_node_item_t *item = node->data.sequence.items.start;
	const yaml_node_item_t *end = node->data.sequence.items.top;
	struct spec_list *out = slot;

	if (!list_reserve(rd, f, node, (size_t)(end - item), f->item->size,
			  out))
		return;
	for (; item < end && !rd->no_memory; item++) {
		const yaml_node_t *child =
			yaml_document_get_node(rd->doc, *item);
		char *to = (char *)out->items + out->n++ * f->item->size;

		if (f->type == SPEC_LIST)
			read_mapping(rd, f->item, child, to);
		else
			read_slot(rd, &f->item->fields[0], child, to);
	}
}

static const struct {
	yaml_node_type_t node;
	const char *form; /* when the node is of another type */
	value_fn read;
} readers[] = {
	[SPEC_STRING] = { YAML_SCALAR_NODE, "one value", read_string },
	[SPEC_COUNT] = { YAML_SCALAR_NODE, "one value", read_count },
	[SPEC_DURATION] = { YAML_SCALAR_NODE, "one value", read_duration },
	[SPEC_CHOICE] = { YAML_SCALAR_NODE, "one value", read_choice },
	[SPEC_MAP] = { YAML_MAPPING_NODE, "a mapping of keys to values",
		       read_map },
	[SPEC_LIST] = { YAML_SEQUENCE_NODE, "a list", read_list },
	[SPEC_CUSTOM] = { YAML_SCALAR_NODE, "one value", read_custom },
	[SPEC_CUSTOM_LIST] = { YAML_SEQUENCE_NODE, "a list", read_list },
};
static_assert(ARRAY_SIZE(readers) == SPEC_TYPES, "a reader for each type");

static void read_slot(struct reader *rd, const struct spec_field *f,
		      const yaml_node_t *node, void *out)
{
	const struct spec_at at = document_at(rd->d, node);
	const char *text = text_of(node);

	if (f->at_offset)
		*(struct spec_at *)((char *)out + f->at_offset) = at;
	if (text && !*text)
		spec_error(rd->d, at, "%s has no value", f->name);
	else if (node->type != readers[f->type].node)
		must_be(rd, f, node, readers[f->type].form);
	else
		readers[f->type].read(rd, f, node, (char *)out + f->offset);
}

static size_t field_named(const struct spec_table *table, const char *name)
{
	size_t i = 0;

	while (i < table->n_fields && strcmp(table->fields[i].name, name) != 0)
		i++;
	return i;
}

/* What became of each field while a mapping is read. */
struct seen {
	unsigned line[SPEC_FIELDS_MAX]; /* of the key; 0: none yet */
	bool meant[SPEC_FIELDS_MAX];	/* an unknown key looks like it */
};

static void refuse_key(struct reader *rd, const struct spec_table *table,
		       const yaml_node_t *key, struct seen *seen)
{
	const struct spec_at at = document_at(rd->d, key);
	const char *names[SPEC_FIELDS_MAX + 1] = { NULL };
	const char *near;

	for (size_t i = 0; i < table->n_fields; i++)
		names[i] = table->fields[i].name;
	spec_error_word(rd->d, at, text_of(key), names,
			"unknown key '%.*s' in %s", WORD_CHARS, text_of(key),
			table->what);
	near = text_nearest(text_of(key), names);
	if (near)
		seen->meant[field_named(table, near)] = true;
}

static void read_entry(struct reader *rd, const struct spec_table *table,
		       const yaml_node_pair_t *pair, struct seen *seen,
		       void *out)
{
	const yaml_node_t *key = yaml_document_get_node(rd->doc, pair->key);
	const struct spec_at at = document_at(rd->d, key);
	size_t i;

	if (!text_of(key)) {
		spec_error(rd->d, at, "a key must be one word");
		return;
	}
	i = field_named(table, text_of(key));
	if (i == table->n_fields) {
		refuse_key(rd, table, key, seen);
	} else if (seen->line[i]) {
		spec_error(rd->d, at,
			   "key '%s' a second time in %s (first in line %u)",
			   table->fields[i].name, table->what, seen->line[i]);
	} else {
		seen->line[i] = at.line;
		read_slot(rd, &table->fields[i],
			  yaml_document_get_node(rd->doc, pair->value), out);
	}
}

static void read_mapping(struct reader *rd, const struct spec_table *table,
			 const yaml_node_t *node, void *out)
{
	const struct spec_at at = document_at(rd->d, node);
	struct seen seen = { .line = { 0 } };
	const yaml_node_pair_t *pair;

	if (table->defaults)
		memcpy(out, table->defaults, table->size);
	if (node->type != YAML_MAPPING_NODE) {
		spec_error(rd->d, at, "%s must be a mapping of keys to values",
			   table->what);
		return;
	}
	for (pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top && !rd->no_memory; pair++)
		read_entry(rd, table, pair, &seen, out);
	for (size_t i = 0; i < table->n_fields; i++)
		if (table->fields[i].required && !seen.line[i] &&
		    !seen.meant[i])
			spec_error(rd->d, at, "%s has no '%s' (%s)",
				   table->what, table->fields[i].name,
				   table->fields[i].help);
}

static int read_source(const struct spec_table *table, void *out,
		       struct spec_diags *d, struct err *e)
{
	OWN(yaml_document_delete) yaml_document_t doc = { 0 };
	struct reader rd = { .d = d, .doc = &doc };
	int r = document_parse(d, &doc, e);

	if (r < 0)
		return r;
	read_mapping(&rd, table, yaml_document_get_root_node(&doc), out);
	if (rd.no_memory)
		return err_set(e, ERR_SYSTEM, ENOMEM, "read %s", d->path);
	return 0;
}

int spec_load(const char *path, const struct spec_table *table, void *out,
	      struct spec_diags *d, char **ret_source, struct err *e)
{
	const unsigned before = d->errors;
	own_mem char *source = NULL;
	int r = document_read(path, &source, e);

	if (table->defaults)
		memcpy(out, table->defaults, table->size);
	if (r < 0)
		return r;
	d->path = path;
	d->source = source;
	r = read_source(table, out, d, e);
	*ret_source = take_ptr(&source);
	if (d->errors > before)
		return spec_refuse(path, d->errors - before, e);
	return r;
}

static void free_pairs(struct spec_list *list)
{
	struct spec_pair *pairs = list->items;

	for (size_t i = 0; i < list->n; i++) {
		free(pairs[i].key);
		free(pairs[i].value);
	}
}

static void free_items(const struct spec_table *item, struct spec_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		spec_done(item, (char *)list->items + i * item->size);
}

void spec_done(const struct spec_table *table, void *out)
{
	for (size_t i = 0; i < table->n_fields; i++) {
		const struct spec_field *f = &table->fields[i];
		void *slot = (char *)out + f->offset;
		struct spec_list *list = slot;

		if (f->type == SPEC_STRING) {
			free(*(char **)slot);
			*(char **)slot = NULL;
			continue;
		}
		if (f->type == SPEC_MAP)
			free_pairs(list);
		else if (f->type == SPEC_LIST || f->type == SPEC_CUSTOM_LIST)
			free_items(f->item, list);
		else
			continue;
		free(list->items);
		*list = (struct spec_list){ .items = NULL };
	}
}
