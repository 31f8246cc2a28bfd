/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/spec.h"

#include "tests/unit/spec-test.h"
#include "tests/unit/spec-tree.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct loaded {
	struct tree tree;
	char *source;
	struct spec_diags d;
	struct err e;
};

static void loaded_done(struct loaded *l)
{
	spec_done(&tree_table, &l->tree);
	free(l->source);
	spec_diags_done(&l->d);
}

static int load(const char *yaml, struct loaded *l)
{
	spec_test_write(yaml);
	return spec_load("t.yaml", &tree_table, &l->tree, &l->d, &l->source,
			 &l->e);
}

static void assert_at(struct spec_at at, unsigned line, unsigned column)
{
	assert_int_equal(at.line, line);
	assert_int_equal(at.column, column);
}

static void every_type_is_read(void **state)
{
	OWN(loaded_done) struct loaded l = { .source = NULL };
	const struct tree *t = &l.tree;
	const struct leaf *leaves;
	const struct spec_pair *map;
	const int *evens;

	(void)state;
	assert_int_equal(load("name: no\n"
			      "count: 100\n"
			      "level: 0\n"
			      "wait: 20ms\n"
			      "colour: red\n"
			      "even: 1.10\n"
			      "map: {b: 0x10, a: yes}\n"
			      "leaves: [{name: x}, {name: y, count: 0}]\n"
			      "evens: [2, 4]\n",
			      &l),
			 0);
	assert_string_equal(t->name, "no");
	assert_int_equal(t->count, 100);
	assert_int_equal(t->level, 0);
	assert_int_equal(t->wait_ns, 20000000);
	assert_int_equal(t->colour, 0);
	assert_int_equal(t->even, '0');
	assert_int_equal(t->map.n, 2);
	map = t->map.items;
	assert_string_equal(map[0].key, "b");
	assert_string_equal(map[0].value, "0x10");
	assert_string_equal(map[1].value, "yes");
	assert_at(map[1].at, 7, 16);
	assert_int_equal(t->leaves.n, 2);
	leaves = t->leaves.items;
	assert_string_equal(leaves[0].name, "x");
	assert_int_equal(leaves[0].count, 7);
	assert_int_equal(leaves[1].count, 0);
	assert_int_equal(t->evens.n, 2);
	evens = t->evens.items;
	assert_int_equal(evens[1], '4');
}

static void what_is_left_out_has_its_default(void **state)
{
	OWN(loaded_done) struct loaded l = { .source = NULL };

	(void)state;
	assert_int_equal(load("name: a\n", &l), 0);
	assert_int_equal(l.tree.level, -1);
	assert_int_equal(l.tree.colour, 2);
	assert_null(l.tree.text);
	assert_int_equal(l.tree.leaves.n, 0);
	assert_at(l.tree.text_at, 0, 0);
}

static void an_empty_list_is_a_list(void **state)
{
	OWN(loaded_done) struct loaded l = { .source = NULL };

	(void)state;
	assert_int_equal(load("name: a\nleaves: []\nmap: {}\n", &l), 0);
	assert_int_equal(l.tree.leaves.n, 0);
	assert_int_equal(l.tree.map.n, 0);
}

/* Where the text of a value begins, however it is written. */
static void a_place_is_where_the_text_begins(void **state)
{
	static const struct {
		const char *yaml;
		unsigned line, column;
	} cases[] = {
		{ "name: a\ntext: plain\n", 2, 7 },
		{ "name: a\ntext: 'quoted'\n", 2, 8 },
		{ "name: a\ntext: |\n  block\n", 3, 3 },
		{ "name: a\ntext: |\n     block\n", 3, 6 },
		{ "name: a\ntext: |2\n     block\n", 3, 3 },
		{ "name: a\ntext: | # why\n\n\n    block\n", 3, 5 },
		{ "name: a\r\ntext: |\r\n\r\n    block\r\n", 3, 5 },
		{ "name: \xc3\xa4\ntext: |\n  block\n", 3, 3 },
		{ "{name: \xc3\xa4\xc3\xa4, text: plain}\n", 1, 18 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		OWN(loaded_done) struct loaded l = { .source = NULL };

		assert_int_equal(load(cases[i].yaml, &l), 0);
		assert_at(l.tree.text_at, cases[i].line, cases[i].column);
	}
}

static void a_block_keeps_its_lines(void **state)
{
	OWN(loaded_done) struct loaded l = { .source = NULL };

	(void)state;
	assert_int_equal(
		load("name: a\ntext: |\n  one\n    two\n\n  three\n", &l), 0);
	assert_string_equal(l.tree.text, "one\n  two\n\nthree\n");
}

static void what_was_read_before_a_mistake_can_be_released(void **state)
{
	OWN(loaded_done) struct loaded l = { .source = NULL };

	(void)state;
	assert_true(load("name: a\nmap: {x: 1, y: {}}\n"
			 "leaves: [{name: b}, {name: c, count: 99}]\n",
			 &l) < 0);
	assert_int_equal(l.d.errors, 2);
	assert_string_equal(l.e.text, "t.yaml: 2 errors");
	assert_string_equal(l.tree.name, "a");
	assert_int_equal(l.tree.leaves.n, 2);
}

static void only_the_first_hundred_errors_are_shown(void **state)
{
	OWN(loaded_done) struct loaded l = { .source = NULL };
	own_text struct text yaml = { .s = NULL };
	const char *last;

	(void)state;
	text_add(&yaml, "name: a\nevens:\n");
	for (int i = 0; i < 500; i++)
		text_add(&yaml, "  - odd\n");
	assert_true(load(text_str(&yaml), &l) < 0);
	assert_int_equal(l.d.errors, 500);
	assert_string_equal(l.e.text, "t.yaml: 500 errors");
	last = strstr(text_str(&l.d.text), "t.yaml: more errors follow\n");
	assert_non_null(last);
	assert_string_equal(last, "t.yaml: more errors follow\n");
}

static void a_list_has_a_limit(void **state)
{
	OWN(loaded_done) struct loaded l = { .source = NULL };
	own_text struct text yaml = { .s = NULL };

	(void)state;
	text_add(&yaml, "name: a\nevens:\n");
	for (int i = 0; i <= SPEC_ENTRIES_MAX; i++)
		text_add(&yaml, "  - 2\n");
	assert_true(load(text_str(&yaml), &l) < 0);
	assert_string_equal(text_str(&l.d.text),
			    "t.yaml:3:3: error: evens has 1025 entries; "
			    "at most 1024 are allowed\n"
			    "    3 |   - 2\n"
			    "      |   ^\n");
}

static void a_file_has_a_limit(void **state)
{
	OWN(loaded_done) struct loaded l = { .source = NULL };
	own_mem char *yaml = malloc((1 << 20) + 2);

	(void)state;
	assert_non_null(yaml);
	memset(yaml, '#', (1 << 20) + 1);
	yaml[(1 << 20) + 1] = '\0';
	assert_true(load(yaml, &l) < 0);
	assert_int_equal(l.e.class, ERR_INPUT);
	assert_string_equal(l.e.text, "read t.yaml: larger than 1 MiB");
}

/* A thousand levels of brackets would be a thousand levels of recursion. */
static void deep_nesting_is_refused_before_it_is_built(void **state)
{
	OWN(loaded_done) struct loaded l = { .source = NULL };
	own_mem char *yaml = malloc(100001);

	(void)state;
	assert_non_null(yaml);
	memset(yaml, '[', 100000);
	yaml[100000] = '\0';
	assert_true(load(yaml, &l) < 0);
	assert_int_equal(l.d.errors, 1);
}

static void a_missing_file_is_the_users_mistake(void **state)
{
	OWN(loaded_done) struct loaded l = { .source = NULL };

	(void)state;
	assert_true(spec_load("none.yaml", &tree_table, &l.tree, &l.d,
			      &l.source, &l.e) < 0);
	assert_int_equal(l.e.class, ERR_INPUT);
	assert_string_equal(l.e.text,
			    "read none.yaml: No such file or directory");
}

static void a_directory_is_no_file(void **state)
{
	OWN(loaded_done) struct loaded l = { .source = NULL };

	(void)state;
	assert_true(spec_load(".", &tree_table, &l.tree, &l.d, &l.source,
			      &l.e) < 0);
	assert_int_equal(l.e.class, ERR_INPUT);
	assert_string_equal(l.e.text, "read .: Is a directory");
}

static void a_loop_of_links_is_the_users_mistake(void **state)
{
	OWN(loaded_done) struct loaded l = { .source = NULL };

	(void)state;
	assert_int_equal(symlink("loop.yaml", "loop.yaml"), 0);
	assert_true(spec_load("loop.yaml", &tree_table, &l.tree, &l.d,
			      &l.source, &l.e) < 0);
	assert_int_equal(unlink("loop.yaml"), 0);
	assert_int_equal(l.e.class, ERR_INPUT);
	assert_string_equal(l.e.text, "read loop.yaml: Too many levels of "
				      "symbolic links");
}

static bool opens(const char *path)
{
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0;
}

/* Root reads what nobody may, but under another fsuid.  Where no other is
 * mapped, nothing is refused. */
static void an_unreadable_file_is_the_users_mistake(void **state)
{
	OWN(loaded_done) struct loaded l = { .source = NULL };

	(void)state;
	spec_test_write("name: a\n");
	assert_int_equal(chmod("t.yaml", 0), 0);
	(void)setfsuid(65534);
	if (!opens("t.yaml")) {
		assert_true(spec_load("t.yaml", &tree_table, &l.tree, &l.d,
				      &l.source, &l.e) < 0);
		assert_int_equal(l.e.class, ERR_INPUT);
		assert_string_equal(l.e.text, "read t.yaml: Permission denied");
	}
	(void)setfsuid(geteuid());
	assert_int_equal(unlink("t.yaml"), 0);
}

static void a_byte_order_mark_is_passed_over(void **state)
{
	OWN(loaded_done) struct loaded l = { .source = NULL };

	(void)state;
	assert_int_equal(load("\xef\xbb\xbfname: a\n", &l), 0);
	assert_string_equal(l.tree.name, "a");
}

static void diags_gather_over_files(void **state)
{
	own_diags struct spec_diags d = { .path = NULL };
	struct err e = { .code = 0 };

	(void)state;
	spec_test_write("name: a\ncount: x\n");
	assert_true(read_tree("t.yaml", &d, &e) < 0);
	spec_test_write("name: a\n");
	assert_int_equal(read_tree("t.yaml", &d, &e), 0);
	spec_test_write("count: 1\n");
	assert_true(read_tree("t.yaml", &d, &e) < 0);
	assert_string_equal(e.text, "t.yaml: 1 error");
	assert_int_equal(d.errors, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_is_read),
		cmocka_unit_test(what_is_left_out_has_its_default),
		cmocka_unit_test(an_empty_list_is_a_list),
		cmocka_unit_test(a_place_is_where_the_text_begins),
		cmocka_unit_test(a_block_keeps_its_lines),
		cmocka_unit_test(
			what_was_read_before_a_mistake_can_be_released),
		cmocka_unit_test(only_the_first_hundred_errors_are_shown),
		cmocka_unit_test(a_list_has_a_limit),
		cmocka_unit_test(a_file_has_a_limit),
		cmocka_unit_test(deep_nesting_is_refused_before_it_is_built),
		cmocka_unit_test(a_missing_file_is_the_users_mistake),
		cmocka_unit_test(a_directory_is_no_file),
		cmocka_unit_test(a_loop_of_links_is_the_users_mistake),
		cmocka_unit_test(an_unreadable_file_is_the_users_mistake),
		cmocka_unit_test(a_byte_order_mark_is_passed_over),
		cmocka_unit_test(diags_gather_over_files),
	};

	return cmocka_run_group_tests_name("spec", tests, spec_test_enter,
					   spec_test_leave) != 0;
}
