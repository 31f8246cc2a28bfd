/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spec-test - files that a test writes, and what reading them says. */
#ifndef TESTS_UNIT_SPEC_TEST_H
#define TESTS_UNIT_SPEC_TEST_H

#include "lab/spec/spec.h"

#include <stddef.h>

/* A bad file, the name of its case, and the whole message it must give. */
struct bad_file {
	const char *what, *yaml, *want;
};

/* Reads @path, and releases what was read. */
typedef int (*read_fn)(const char *path, struct spec_diags *d, struct err *e);

/* Go to an empty directory of the test's own, and leave and remove it. */
int spec_test_enter(void **state);
int spec_test_leave(void **state);

/* Write the file t.yaml there. */
void spec_test_write(const char *yaml);

/* One case per row of @bad.  Returns: the number of cases that failed. */
int spec_test_bad(const char *group, read_fn read, const struct bad_file *bad,
		  size_t n);

#endif
