/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/report-test.h"

#include "lab/base/own.h"

#include <stdlib.h>
#include <string.h>

char *report_written_by(const char *name, const struct summary *s,
			const struct report_options *o)
{
	const struct report *report = report_named(name);
	struct err e = { .code = 0 };
	char *got = NULL;
	size_t bytes;
	FILE *f;

	assert_non_null(report);
	f = open_memstream(&got, &bytes);
	assert_non_null(f);
	if (report->write(s, o, f, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(fclose(f), 0);
	return got;
}

static char *golden_path(const char *file)
{
	const char *srcdir = getenv("srcdir");
	char *path = NULL;

	assert_true(asprintf(&path, "%s/tests/golden/report/%s",
			     srcdir ? srcdir : ".", file) > 0);
	return path;
}

static void write_golden(const char *path, const char *got)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(got, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void assert_golden(const char *got, const char *file)
{
	const char *mode = getenv("RSTLAB_GOLDEN");
	own_mem char *path = golden_path(file);
	own_mem char *want = NULL;
	own_file FILE *f = NULL;
	size_t cap = 0;

	if (mode && !strcmp(mode, "write"))
		write_golden(path, got);
	f = fopen(path, "re");
	if (!f)
		fail_msg("%s: cannot be read", path);
	assert_true(getdelim(&want, &cap, '\0', f) > 0);
	assert_string_equal(got, want);
}

void assert_report(const char *name, const struct summary *s,
		   const struct report_options *o, const char *file)
{
	own_mem char *got = report_written_by(name, s, o);

	assert_golden(got, file);
}
