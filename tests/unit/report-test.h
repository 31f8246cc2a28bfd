/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report-test - what the tests of the formats share.
 *
 * A report is compared whole with a file in tests/golden/report.
 * RSTLAB_GOLDEN=write writes those files instead: look at the difference
 * before keeping it.
 */
#ifndef TESTS_UNIT_REPORT_TEST_H
#define TESTS_UNIT_REPORT_TEST_H

/* cmocka wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/report/report.h"
#include "tests/unit/report-run.h"

/* What the format @name prints of @s; the caller frees it. */
char *report_written_by(const char *name, const struct summary *s,
			const struct report_options *o);

/* The format @name prints of @s what tests/golden/report/@file holds. */
void assert_report(const char *name, const struct summary *s,
		   const struct report_options *o, const char *file);

#endif
