/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spec-tree - a table with a field of each type, for the tests of spec. */
#ifndef TESTS_UNIT_SPEC_TREE_H
#define TESTS_UNIT_SPEC_TREE_H

#include "lab/spec/spec.h"

#include <string.h>

static const char *const colours[] = { "red", "green", "blue", NULL };

struct leaf {
	char *name;
	uint32_t count;
};

struct tree {
	char *name;
	struct spec_at name_at;
	uint32_t count;
	int32_t level;
	int64_t wait_ns;
	int colour;
	char *text;
	struct spec_at text_at;
	int even;
	struct spec_list map, leaves, evens;
};

static const char *parse_even(const char *text, void *slot)
{
	const int last = text[strlen(text) - 1];

	*(int *)slot = last;
	return strchr("02468", last) ? NULL : "an even number";
}

static const char *check_short(const char *text, void *slot)
{
	(void)slot;
	return strlen(text) > 8 ? "a short name" : NULL;
}

static const struct spec_field leaf_fields[] = {
	{ "name", SPEC_STRING, .offset = offsetof(struct leaf, name),
	  .required = 1, .help = "what it is called" },
	{ "count", SPEC_COUNT, .offset = offsetof(struct leaf, count),
	  .max = 9 },
};
static const struct leaf leaf_defaults = { .count = 7 };
static const struct spec_table leaf_table = {
	.what = "leaf",
	.size = sizeof(struct leaf),
	.fields = leaf_fields,
	.n_fields = ARRAY_SIZE(leaf_fields),
	.defaults = &leaf_defaults,
};

static const struct spec_field even_fields[] = {
	{ "evens", SPEC_CUSTOM, .parse = parse_even },
};
static const struct spec_table even_table = {
	.what = "even",
	.size = sizeof(int),
	.fields = even_fields,
	.n_fields = ARRAY_SIZE(even_fields),
};

#define AT(member)                               \
	.offset = offsetof(struct tree, member), \
	.at_offset = offsetof(struct tree, member##_at)

static const struct spec_field tree_fields[] = {
	{ "name", SPEC_STRING, AT(name), .required = 1, .parse = check_short,
	  .help = "what it is called" },
	{ "count", SPEC_COUNT, .offset = offsetof(struct tree, count), .min = 1,
	  .max = 100 },
	{ "level", SPEC_COUNT, .offset = offsetof(struct tree, level),
	  .max = INT32_MAX },
	{ "wait", SPEC_DURATION, .offset = offsetof(struct tree, wait_ns),
	  .max = 1000000000 },
	{ "colour", SPEC_CHOICE, .offset = offsetof(struct tree, colour),
	  .choices = colours },
	{ "text", SPEC_STRING, AT(text) },
	{ "even", SPEC_CUSTOM, .offset = offsetof(struct tree, even),
	  .parse = parse_even },
	{ "map", SPEC_MAP, .offset = offsetof(struct tree, map) },
	{ "leaves", SPEC_LIST, .offset = offsetof(struct tree, leaves),
	  .item = &leaf_table },
	{ "evens", SPEC_CUSTOM_LIST, .offset = offsetof(struct tree, evens),
	  .item = &even_table },
};
static const struct tree tree_defaults = { .level = -1, .colour = 2 };
static const struct spec_table tree_table = {
	.what = "tree",
	.size = sizeof(struct tree),
	.fields = tree_fields,
	.n_fields = ARRAY_SIZE(tree_fields),
	.defaults = &tree_defaults,
};

static int read_tree(const char *path, struct spec_diags *d, struct err *e)
{
	struct tree t = { .name = NULL };
	own_mem char *source = NULL;
	const int r = spec_load(path, &tree_table, &t, d, &source, e);

	spec_done(&tree_table, &t);
	return r;
}

#endif
