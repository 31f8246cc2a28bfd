/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A mapping is walked once; each key is looked up in the
 * table, and the row's type picks a reader from `readers`.  A reader that
 * refuses a value adds to the diags and leaves the slot alone, so that the
 * walk goes on and everything read so far can be released.
 *
 * A mapping is read over what its struct holds already, which is how one file
 * is laid over another (include.c).
 */
#include "lab/spec/spec.h"

#include "lab/base/num.h"
#include "lab/spec/document.h"
#include "lab/spec/read.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

typedef void (*value_fn)(struct reader *rd, const struct spec_field *f,
			 const yaml_node_t *node, void *slot);

/* How much of a word of the file goes into a message. */
enum { WORD_CHARS = 60 };

struct spec_at read_at(const struct reader *rd, const yaml_node_t *node)
{
	struct spec_at at = document_at(rd->d, node);

	at.path = rd->path;
	return at;
}

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
	const struct spec_at at = read_at(rd, node);

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

	if (form) {
		must_be(rd, f, node, form);
		return;
	}
	free(*(char **)slot);
	*(char **)slot = copy(rd, text);
}

static const char *put_count(const struct spec_field *f, const char *text,
			     void *slot, char *form)
{
	int64_t v;

	if (num_parse(text, f->min, f->max, &v)) {
		*(uint32_t *)slot = (uint32_t)v;
		return NULL;
	}
	(void)snprintf(form, SPEC_FORM_MAX,
		       "a whole number from %" PRId64 " to %" PRId64, f->min,
		       f->max);
	return form;
}

static const char *put_duration(const struct spec_field *f, const char *text,
				void *slot, char *form)
{
	char min[32], max[32];
	int64_t v;

	if (!num_parse_duration(text, &v))
		return NUM_DURATION_FORM;
	if (v >= f->min && v <= f->max) {
		*(int64_t *)slot = v;
		return NULL;
	}
	(void)snprintf(form, SPEC_FORM_MAX, "from %s to %s",
		       num_duration_text(f->min, min),
		       num_duration_text(f->max, max));
	return form;
}

const char *spec_put(const struct spec_field *f, const char *text, void *slot,
		     char *form)
{
	switch (f->type) {
	case SPEC_COUNT:
		return put_count(f, text, slot, form);
	case SPEC_DURATION:
		return put_duration(f, text, slot, form);
	default:
		return f->parse(text, slot);
	}
}

static void read_value(struct reader *rd, const struct spec_field *f,
		       const yaml_node_t *node, void *slot)
{
	char form[SPEC_FORM_MAX];
	const char *wanted = spec_put(f, text_of(node), slot, form);

	if (wanted)
		must_be(rd, f, node, wanted);
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
	spec_error_word(rd->d, read_at(rd, node), word, f->choices,
			"unknown %s '%.*s', known are: %s", f->name, WORD_CHARS,
			word, text_str(&all));
}

/* Room for @n more than @out holds; false when it must not or cannot. */
static bool list_reserve(struct reader *rd, const struct spec_field *f,
			 const yaml_node_t *node, size_t n, size_t size,
			 struct spec_list *out)
{
	char *items;

	if (out->n + n > SPEC_ENTRIES_MAX) {
		spec_error(rd->d, read_at(rd, node),
			   "%s has %zu entries; at most %d are allowed",
			   f->name, out->n + n, SPEC_ENTRIES_MAX);
		return false;
	}
	if (!n)
		return false;
	items = reallocarray(out->items, out->n + n, size);
	if (!items) {
		rd->no_memory = true;
		return false;
	}
	memset(items + out->n * size, 0, n * size);
	out->items = items;
	return true;
}

static bool same_path(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

struct spec_pair *spec_pair_of(const struct spec_list *list, const char *key)
{
	struct spec_pair *pairs = list->items;

	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(pairs[i].key, key))
			return &pairs[i];
	return NULL;
}

/* A key that another file gave is replaced where it stands. */
static void put_pair(struct reader *rd, struct spec_list *out, const char *key,
		     const char *value, struct spec_at at)
{
	struct spec_pair *pair = spec_pair_of(out, key);

	if (pair) {
		free(pair->value);
	} else {
		pair = (struct spec_pair *)out->items + out->n++;
		pair->key = copy(rd, key);
	}
	pair->value = copy(rd, value);
	pair->at = at;
}

static void read_pair(struct reader *rd, const struct spec_field *f,
		      const yaml_node_t *key, const yaml_node_t *value,
		      struct spec_list *out)
{
	const struct spec_at at = read_at(rd, key);
	const char *name = text_of(key), *text = text_of(value);
	const struct spec_pair *known;

	if (!name || !*name || !text || !*text) {
		spec_error(rd->d, at, "%s must hold one value per key",
			   f->name);
		return;
	}
	known = spec_pair_of(out, name);
	if (known && same_path(known->at.path, at.path))
		spec_error(rd->d, at,
			   "key '%.*s' a second time in %s (first in line %u)",
			   WORD_CHARS, name, f->name, known->at.line);
	else
		put_pair(rd, out, name, text, at);
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

/* The text under the key "name" of a mapping, or NULL. */
static const char *name_in(const struct reader *rd, const yaml_node_t *node)
{
	const yaml_node_pair_t *pair;

	if (node->type != YAML_MAPPING_NODE)
		return NULL;
	for (pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		const char *key =
			text_of(yaml_document_get_node(rd->doc, pair->key));

		if (key && !strcmp(key, "name"))
			return text_of(
				yaml_document_get_node(rd->doc, pair->value));
	}
	return NULL;
}

/* The item of another file, read before, that has the name of @node. */
static char *earlier_item(const struct reader *rd,
			  const struct spec_table *table,
			  const struct spec_list *list, const yaml_node_t *node)
{
	const struct spec_field *f = &table->fields[0];
	const char *name = name_in(rd, node);

	if (!name || strcmp(f->name, "name") != 0 || !f->at_offset)
		return NULL;
	for (size_t i = 0; i < list->n; i++) {
		char *item = (char *)list->items + i * table->size;
		const char *known = *(char **)(item + f->offset);
		const struct spec_at *at =
			(struct spec_at *)(item + f->at_offset);

		if (known && !strcmp(known, name) &&
		    !same_path(at->path, rd->path))
			return item;
	}
	return NULL;
}

static void read_item(struct reader *rd, const struct spec_table *table,
		      const yaml_node_t *node, struct spec_list *list)
{
	char *item = earlier_item(rd, table, list, node);
	struct seen seen = { .line = { 0 } };

	if (item) {
		read_keys(rd, table, node, item, &seen);
		return;
	}
	item = (char *)list->items + list->n++ * table->size;
	if (table->defaults)
		memcpy(item, table->defaults, table->size);
	read_keys(rd, table, node, item, &seen);
	if (node->type == YAML_MAPPING_NODE)
		read_missing(rd, table, read_at(rd, node), &seen);
}

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

		if (f->type == SPEC_LIST)
			read_item(rd, f->item, child, out);
		else
			read_slot(rd, &f->item->fields[0], child,
				  (char *)out->items +
					  out->n++ * f->item->size);
	}
}

static void read_piece(struct reader *rd, const struct spec_field *f,
		       const yaml_node_t *node, void *slot)
{
	struct spec_list *out = slot;

	if (list_reserve(rd, f, node, 1, f->item->size, out))
		read_slot(rd, &f->item->fields[0], node,
			  (char *)out->items + out->n++ * f->item->size);
}

static void read_struct(struct reader *rd, const struct spec_field *f,
			const yaml_node_t *node, void *slot)
{
	struct seen seen = { .line = { 0 } };

	read_keys(rd, f->item, node, slot, &seen);
}

/* It was looked at before the file was read. */
static void read_nothing(struct reader *rd, const struct spec_field *f,
			 const yaml_node_t *node, void *slot)
{
	(void)rd;
	(void)f;
	(void)node;
	(void)slot;
}

static const struct {
	yaml_node_type_t node;
	const char *form; /* when the node is of another type */
	value_fn read;
} readers[] = {
	[SPEC_STRING] = { YAML_SCALAR_NODE, "one value", read_string },
	[SPEC_COUNT] = { YAML_SCALAR_NODE, "one value", read_value },
	[SPEC_DURATION] = { YAML_SCALAR_NODE, "one value", read_value },
	[SPEC_CHOICE] = { YAML_SCALAR_NODE, "one value", read_choice },
	[SPEC_MAP] = { YAML_MAPPING_NODE, "a mapping of keys to values",
		       read_map },
	[SPEC_LIST] = { YAML_SEQUENCE_NODE, "a list", read_list },
	[SPEC_CUSTOM] = { YAML_SCALAR_NODE, "one value", read_value },
	[SPEC_CUSTOM_LIST] = { YAML_SEQUENCE_NODE, "a list", read_list },
	[SPEC_PIECES] = { YAML_SCALAR_NODE, "one value", read_piece },
	[SPEC_STRUCT] = { YAML_MAPPING_NODE, "a mapping of keys to values",
			  read_struct },
	[SPEC_INCLUDE] = { YAML_SCALAR_NODE, "one value", read_nothing },
};
static_assert(ARRAY_SIZE(readers) == SPEC_TYPES, "a reader for each type");

static void read_slot(struct reader *rd, const struct spec_field *f,
		      const yaml_node_t *node, void *out)
{
	const struct spec_at at = read_at(rd, node);
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

const struct spec_field *spec_field(const struct spec_table *table,
				    const char *name)
{
	return &table->fields[field_named(table, name)];
}

static void refuse_key(struct reader *rd, const struct spec_table *table,
		       const yaml_node_t *key, struct seen *seen)
{
	const struct spec_at at = read_at(rd, key);
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
	const struct spec_at at = read_at(rd, key);
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

void read_keys(struct reader *rd, const struct spec_table *table,
	       const yaml_node_t *node, void *out, struct seen *seen)
{
	const yaml_node_pair_t *pair;

	if (node->type != YAML_MAPPING_NODE) {
		spec_error(rd->d, read_at(rd, node),
			   "%s must be a mapping of keys to values",
			   table->what);
		return;
	}
	for (pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top && !rd->no_memory; pair++)
		read_entry(rd, table, pair, seen, out);
}

void read_missing(struct reader *rd, const struct spec_table *table,
		  struct spec_at at, const struct seen *seen)
{
	for (size_t i = 0; i < table->n_fields; i++)
		if (table->fields[i].required && !seen->line[i] &&
		    !seen->meant[i])
			spec_error(rd->d, at, "%s has no '%s' (%s)",
				   table->what, table->fields[i].name,
				   table->fields[i].help);
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

		if (f->type == SPEC_STRING || f->type == SPEC_INCLUDE) {
			free(*(char **)slot);
			*(char **)slot = NULL;
			continue;
		}
		if (f->type == SPEC_STRUCT) {
			spec_done(f->item, slot);
			continue;
		}
		if (f->type == SPEC_MAP)
			free_pairs(list);
		else if (f->type == SPEC_LIST || f->type == SPEC_CUSTOM_LIST ||
			 f->type == SPEC_PIECES)
			free_items(f->item, list);
		else
			continue;
		free(list->items);
		*list = (struct spec_list){ .items = NULL };
	}
}
