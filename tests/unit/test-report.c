/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every format there is, and the smaller ones: CSV and Markdown. */
#include "tests/unit/report-test.h"

#include <signal.h>
#include <string.h>

/* What --format csv --connections reads: two rows, with all that CSV has to
 * quote, and with the gaps of a connection that was not reset. */
int __wrap_summary_each_connection(const char *dir, connection_row_fn fn,
				   void *arg, struct err *e);
int __wrap_summary_each_connection(const char *dir, connection_row_fn fn,
				   void *arg, struct err *e)
{
	static const char *const rows[][25] = {
		{ "1",
		  "docker-bridge",
		  "a,b",
		  "1",
		  "172.17.0.1",
		  "40000",
		  "172.17.0.2",
		  "8080",
		  "0",
		  "812345",
		  "9",
		  "64",
		  "rstack",
		  "RSTO",
		  "ShADaR",
		  "47",
		  "1",
		  "client",
		  "rst-ack",
		  "data",
		  "say \"no\"",
		  "unknown",
		  "7",
		  "1",
		  "{\"mtu\": \"9000\"}" },
		{ "2",		"docker-bridge",
		  "two\nlines", "2",
		  "fd00::1",	"40001",
		  "fd00::2",	"8080",
		  "0",		"1",
		  "7",		"0",
		  "fin-both",	"SF",
		  "ShAFaf",	"23",
		  "0",		NULL,
		  NULL,		NULL,
		  NULL,		NULL,
		  NULL,		"1",
		  "{}" },
	};
	int r = 0;

	assert_string_equal(dir, "rstlab-runs/latest");
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(rows); i++)
		r = fn(&(struct connection_row){ rows[i], ARRAY_SIZE(rows[i]) },
		       arg, e);
	return r;
}

static void csv_has_a_row_per_cell(void **state)
{
	const struct summary s = a_run();

	(void)state;
	assert_report("csv", &s, &(struct report_options){ .columns = 0 },
		      "cells.csv");
}

static void csv_of_connections_quotes_what_csv_must_quote(void **state)
{
	const struct summary s = a_run();

	(void)state;
	assert_report("csv", &s,
		      &(struct report_options){ .connections = true,
						.dir = "rstlab-runs/latest" },
		      "connections.csv");
}

static void markdown_holds_the_same_as_the_table(void **state)
{
	const struct summary s = a_run();

	(void)state;
	assert_report("markdown", &s, &(struct report_options){ .columns = 0 },
		      "run.md");
}

static void markdown_names_what_makes_a_run_doubtful(void **state)
{
	const struct summary s = a_bad_run();

	(void)state;
	assert_report("markdown", &s, &(struct report_options){ .columns = 0 },
		      "unbalanced.md");
}

static void markdown_escapes_what_would_break_its_table(void **state)
{
	struct summary s = a_run();
	char *odd[] = { T("a|b*c") };
	own_mem char *got = NULL;

	(void)state;
	s.workloads = odd;
	s.n_workloads = 1;
	got = report_written_by("markdown", &s,
				&(struct report_options){ .columns = 0 });
	assert_non_null(strstr(got, "| RST per trial | a\\|b\\*c |\n"));
}

static void assert_write_fails(const struct report *report, FILE *out,
			       const char *want)
{
	const struct summary s = a_run();
	struct err e = { .code = 0 };

	assert_true(report->write(&s, &(struct report_options){ .columns = 0 },
				  out, &e) < 0);
	assert_int_equal(e.class, ERR_SYSTEM);
	assert_string_equal(e.text, want);
}

static void full_disk_is_an_error_of_every_format(void **state)
{
	(void)state;
	for (size_t i = 0; reports[i]; i++) {
		own_file FILE *full = fopen("/dev/full", "we");

		if (!full)
			skip();
		assert_write_fails(reports[i], full,
				   "writing the report: No space left on "
				   "device");
	}
}

static void closed_pipe_is_an_error_of_every_format(void **state)
{
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);

	(void)state;
	for (size_t i = 0; reports[i]; i++) {
		own_file FILE *out = NULL;
		int ends[2];

		assert_int_equal(pipe(ends), 0);
		assert_int_equal(close(ends[0]), 0);
		out = fdopen(ends[1], "w");
		assert_non_null(out);
		assert_write_fails(reports[i], out,
				   "writing the report: Broken pipe");
	}
	(void)signal(SIGPIPE, before);
}

static void formats_are_found_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; reports[i]; i++) {
		assert_ptr_equal(report_named(reports[i]->name), reports[i]);
		assert_true(reports[i]->summary[0] != '\0');
	}
	assert_null(report_named("tabel"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_has_a_row_per_cell),
		cmocka_unit_test(csv_of_connections_quotes_what_csv_must_quote),
		cmocka_unit_test(markdown_holds_the_same_as_the_table),
		cmocka_unit_test(markdown_names_what_makes_a_run_doubtful),
		cmocka_unit_test(markdown_escapes_what_would_break_its_table),
		cmocka_unit_test(full_disk_is_an_error_of_every_format),
		cmocka_unit_test(closed_pipe_is_an_error_of_every_format),
		cmocka_unit_test(formats_are_found_by_name),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
