/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/spec-test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char dir[64];
static read_fn reader;
static size_t n_run;

int spec_test_enter(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/test-spec-XXXXXX");
	return mkdtemp(dir) ? chdir(dir) : -1;
}

int spec_test_leave(void **state)
{
	(void)state;
	(void)unlink("t.yaml");
	(void)chdir("/");
	return rmdir(dir);
}

void spec_test_write(const char *yaml)
{
	FILE *f = fopen("t.yaml", "we");

	assert_non_null(f);
	assert_true(fputs(yaml, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void refuses(void **state)
{
	const struct bad_file *bad = *state;
	own_diags struct spec_diags d = { .path = NULL };
	struct err e = { .code = 0 };

	n_run++;
	spec_test_write(bad->yaml);
	assert_true(reader("t.yaml", &d, &e) < 0);
	assert_string_equal(text_str(&d.text), bad->want);
	assert_int_equal(e.class, ERR_INPUT);
	assert_int_equal(strncmp(e.text, "t.yaml: ", 8), 0);
}

int spec_test_bad(const char *group, read_fn read, const struct bad_file *bad,
		  size_t n)
{
	own_mem struct CMUnitTest *tests = calloc(n, sizeof(*tests));
	int failed;

	if (!tests)
		return 1;
	reader = read;
	for (size_t i = 0; i < n; i++) {
		void *row;

		/* cmocka's state is writable; the rows are not */
		memcpy(&row, &(const struct bad_file *){ &bad[i] },
		       sizeof(row));
		tests[i] = (struct CMUnitTest){ .name = bad[i].what,
						.test_func = refuses,
						.initial_state = row };
	}
	n_run = 0;
	failed = _cmocka_run_group_tests(group, tests, n, spec_test_enter,
					 spec_test_leave);
	return failed + (int)(n - n_run);
}
