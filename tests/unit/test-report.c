/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every format, from a summary made by hand, compared whole with the files in
 * tests/golden/report.  RSTLAB_GOLDEN=write writes those files instead: look
 * at the difference before keeping it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/report/format.h"
#include "lab/report/json-error.h"
#include "lab/report/report.h"
#include "tests/unit/report-run.h"

#include <jansson.h>
#include <signal.h>
#include <string.h>

static char *written_by(const char *name, const struct summary *s,
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

static void assert_report(const char *name, const struct summary *s,
			  const struct report_options *o, const char *file)
{
	own_mem char *got = written_by(name, s, o);

	assert_golden(got, file);
}

/* What --format csv --connections reads: two rows, with all that CSV has to
 * quote, and with the gaps of a connection that was not reset. */
int __wrap_summary_each_connection(const char *dir, connection_row_fn fn,
				   void *arg, struct err *e);
int __wrap_summary_each_connection(const char *dir, connection_row_fn fn,
				   void *arg, struct err *e)
{
	static const char *const rows[][24] = {
		{ "1",		"docker-bridge", "a,b",	       "1",
		  "172.17.0.1", "40000",	 "172.17.0.2", "8080",
		  "0",		"812345",	 "9",	       "64",
		  "rstack",	"RSTO",		 "ShADaR",     "47",
		  "1",		"client",	 "rst-ack",    "data",
		  "say \"no\"", "unknown",	 "7",	       "1" },
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
		  NULL,		"1" },
	};
	int r = 0;

	assert_string_equal(dir, "rstlab-runs/latest");
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(rows); i++)
		r = fn(&(struct connection_row){ rows[i], 24 }, arg, e);
	return r;
}

static void table_shows_the_rates_the_senders_and_the_books(void **state)
{
	const struct summary s = a_run();

	(void)state;
	assert_report("table", &s, &(struct report_options){ .columns = 0 },
		      "table.txt");
}

static void narrow_table_is_stacked(void **state)
{
	const struct summary s = a_run();

	(void)state;
	assert_report("table", &s, &(struct report_options){ .columns = 80 },
		      "table-80.txt");
}

static void colour_dims_zeros_and_makes_resets_bold(void **state)
{
	const struct summary s = a_run();

	(void)state;
	assert_report("table", &s, &(struct report_options){ .color = true },
		      "table-color.txt");
}

static void table_names_what_makes_a_run_doubtful(void **state)
{
	const struct summary s = a_bad_run();

	(void)state;
	assert_report("table", &s, &(struct report_options){ .columns = 100 },
		      "unbalanced.txt");
}

static void json_is_the_contract(void **state)
{
	const struct summary s = a_run();

	(void)state;
	assert_report("json", &s, &(struct report_options){ .columns = 0 },
		      "run.json");
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

/* The longest line of @text, and no blank at the end of any. */
static size_t widest_line(const char *text)
{
	size_t most = 0;

	while (*text) {
		own_mem char *line = strndup(text, strcspn(text, "\n"));
		const size_t bytes = strlen(line);
		const size_t wide = text_columns(line);

		assert_true(bytes == 0 || line[bytes - 1] != ' ');
		most = wide > most ? wide : most;
		text += bytes + 1;
	}
	return most;
}

static void table_fits_the_terminal(void **state)
{
	const struct summary s = a_bad_run();

	(void)state;
	for (int columns = 72; columns < 200; columns++) {
		const struct report_options o = { .columns = columns };
		own_mem char *got = written_by("table", &s, &o);

		assert_true(widest_line(got) <= (size_t)columns);
	}
}

static json_t *strictly_parsed(const char *text)
{
	json_error_t error;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (!root)
		fail_msg("line %d: %s", error.line, error.text);
	return root;
}

static json_t *json_of(const struct summary *s)
{
	own_mem char *got =
		written_by("json", s, &(struct report_options){ .columns = 0 });

	assert_true(got[strlen(got) - 1] == '\n');
	return strictly_parsed(got);
}

static void json_has_no_key_twice_and_no_rate_without_trials(void **state)
{
	static const char *const keys[] = { "rate", "low", "high" };
	const struct summary s = a_run();
	json_t *root = json_of(&s);
	const json_t *all = json_object_get(root, "cells");

	(void)state;
	assert_int_equal(json_array_size(all), s.n_cells);
	for (size_t i = 0; i < s.n_cells; i++)
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
			const json_t *cell = json_array_get(all, i);
			const json_t *v = json_object_get(cell, keys[k]);

			assert_true(s.cells[i].judged ? json_is_real(v)
						      : json_is_null(v));
		}
	json_decref(root);
}

static void json_keeps_a_seed_of_64_bits(void **state)
{
	struct summary s = a_run();
	own_mem char *got = NULL;

	(void)state;
	s.seed = UINT64_MAX;
	got = written_by("json", &s, &(struct report_options){ .columns = 0 });
	assert_non_null(strstr(got, "\n  \"seed\": 18446744073709551615,\n"));
}

static void json_of_an_empty_run_is_a_document_too(void **state)
{
	struct summary s = a_run();
	json_t *root;

	(void)state;
	s.n_cells = s.n_senders = s.n_books = 0;
	s.n_topologies = s.n_workloads = 0;
	s.complete = false;
	root = json_of(&s);
	assert_int_equal(json_array_size(json_object_get(root, "cells")), 0);
	assert_true(json_is_false(json_object_get(root, "complete")));
	json_decref(root);
}

static void parameters_that_are_no_object_are_an_input_error(void **state)
{
	struct summary s = a_run();
	struct summary_cell cell = s.cells[0];
	struct err e = { .code = 0 };

	(void)state;
	cell.params = T("[1]");
	s.cells = &cell;
	s.n_cells = 1;
	assert_true(report_named("json")->write(
			    &s, &(struct report_options){ .columns = 0 },
			    stdout, &e) < 0);
	assert_int_equal(e.class, ERR_INPUT);
	assert_string_equal(e.text,
			    "20261121-074512-7341: the parameters of "
			    "host-veth/clean-close-client are not a JSON "
			    "object: '[1]'");
}

static void parameters_make_a_row_of_their_own(void **state)
{
	struct summary s = a_run();
	struct summary_cell two[] = { s.cells[0], s.cells[1] };
	own_mem char *got = NULL;

	(void)state;
	two[1].workload = two[0].workload;
	two[1].params = T("{\"mtu\": 9000, \"bdp\": \"off\"}");
	s.cells = two;
	s.n_cells = ARRAY_SIZE(two);
	s.n_workloads = 1;
	got = written_by("table", &s, &(struct report_options){ .columns = 0 });
	assert_non_null(strstr(
		got,
		"\nhost-veth                     0.0 % [ 0.0- 7.1]  0/50\n"
		"host-veth mtu=9000 bdp=off  100.0 % [92.9- 100] 50/50\n"));
}

static void senders_in_some_topologies_name_them(void **state)
{
	struct summary s = a_run();
	own_mem char *got = NULL;

	(void)state;
	s.n_senders = 2;
	got = written_by("table", &s, &(struct report_options){ .columns = 0 });
	assert_non_null(strstr(
		got, "\n  resets  sender  form     phase  ending  where\n"
		     "     100  client  rst-ack  data   rstack  "
		     "host-veth=50, docker-bridge=50\n"));
}

static void rare_is_not_never(void **state)
{
	char buf[FORMAT_PERCENT_MAX];

	(void)state;
	assert_string_equal(format_rate(0.0, buf), "0.0");
	assert_string_equal(format_rate(1.0 / 3000, buf), "<0.1");
	assert_string_equal(format_rate(0.0005, buf), "0.1");
	assert_string_equal(format_rate(0.335, buf), "33.5");
	assert_string_equal(format_rate(2999.0 / 3000, buf), ">99.9");
	assert_string_equal(format_rate(1.0, buf), "100.0");
	assert_string_equal(format_bound(1.0, buf), "100");
	assert_string_equal(format_bound(0.0713, buf), "7.1");
}

static void run_without_resets_says_so(void **state)
{
	struct summary s = a_run();
	own_mem char *table = NULL, *markdown = NULL;

	(void)state;
	s.n_senders = 0;
	table = written_by("table", &s,
			   &(struct report_options){ .columns = 0 });
	markdown = written_by("markdown", &s,
			      &(struct report_options){ .columns = 0 });
	assert_non_null(strstr(table, "\nWho sent the RSTs\n"
				      "  nobody: no connection was reset\n"));
	assert_non_null(
		strstr(markdown, "\nNobody: no connection was reset.\n"));
}

static void lost_packets_are_not_called_clean(void **state)
{
	own_text struct text t = { .s = NULL };
	struct summary s = a_run();

	(void)state;
	s.dropped = 3;
	format_books(&t, &s);
	assert_string_equal(
		text_str(&t),
		"balanced, but packets were lost: every node's captured RSTs "
		"equal its OutRsts (156 RSTs, 6 nodes, 3921 packets, 3 "
		"dropped); what the dropped packets held is unknown, so no "
		"cell counts as clean");
}

static void run_without_books_does_not_claim_to_balance(void **state)
{
	own_text struct text t = { .s = NULL };
	struct summary s = a_run();

	(void)state;
	s.n_books = 0;
	format_books(&t, &s);
	assert_string_equal(text_str(&t),
			    "none: no node's counters were stored, so nothing "
			    "says whether every RST was captured");
}

static void killed_run_says_how_far_it_came(void **state)
{
	own_text struct text t = { .s = NULL };
	struct summary s = a_run();

	(void)state;
	s.complete = false;
	s.trials = 1;
	format_incomplete(&t, &s);
	assert_string_equal(text_str(&t),
			    "the run ended without saying why (killed?); the "
			    "rates are of the 1 trial that ran");
}

static void markdown_escapes_what_would_break_its_table(void **state)
{
	struct summary s = a_run();
	char *odd[] = { T("a|b*c") };
	own_mem char *got = NULL;

	(void)state;
	s.workloads = odd;
	s.n_workloads = 1;
	got = written_by("markdown", &s,
			 &(struct report_options){ .columns = 0 });
	assert_non_null(strstr(got, "| RST per trial | a\\|b\\*c |\n"));
}

static char *error_document(const struct err *e, int exit_status)
{
	char *got = NULL;
	size_t bytes;
	FILE *f = open_memstream(&got, &bytes);

	assert_non_null(f);
	report_json_error(f, e, exit_status);
	assert_int_equal(fclose(f), 0);
	return got;
}

static void failure_is_a_document_with_its_class_and_status(void **state)
{
	struct err e = { .code = 0 };
	own_mem char *got = NULL;

	(void)state;
	(void)err_set(&e, ERR_INPUT, EINVAL, "no topology \"hots\"");
	got = error_document(&e, 2);
	assert_string_equal(got,
			    "{\n"
			    "  \"schema\": \"rstlab.error/1\",\n"
			    "  \"error\": {\n"
			    "    \"class\": \"input\",\n"
			    "    \"message\": \"no topology \\\"hots\\\"\",\n"
			    "    \"exit\": 2\n"
			    "  }\n"
			    "}\n");
}

static void failure_with_bytes_that_are_no_text_is_valid_json(void **state)
{
	/* A path in Latin-1, and a message cut inside a letter; what is UTF-8
	 * stays. */
	static const struct {
		const char *text, *want;
	} texts[] = {
		{ "caf\xe9.yaml", "caf\xef\xbf\xbd.yaml" },
		{ "cut \xe2\x82", "cut \xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "5 \xe2\x82\xac \xf0\x9f\x99\x82",
		  "5 \xe2\x82\xac \xf0\x9f\x99\x82" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct err e = { .code = 0 };
		own_mem char *got = NULL;
		json_t *root;

		(void)err_set(&e, ERR_SYSTEM, EIO, "%s", texts[i].text);
		got = error_document(&e, 7);
		root = strictly_parsed(got);
		assert_string_equal(
			json_string_value(json_object_get(
				json_object_get(root, "error"), "message")),
			texts[i].want);
		json_decref(root);
	}
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
		cmocka_unit_test(
			table_shows_the_rates_the_senders_and_the_books),
		cmocka_unit_test(narrow_table_is_stacked),
		cmocka_unit_test(colour_dims_zeros_and_makes_resets_bold),
		cmocka_unit_test(table_names_what_makes_a_run_doubtful),
		cmocka_unit_test(table_fits_the_terminal),
		cmocka_unit_test(parameters_make_a_row_of_their_own),
		cmocka_unit_test(senders_in_some_topologies_name_them),
		cmocka_unit_test(rare_is_not_never),
		cmocka_unit_test(run_without_resets_says_so),
		cmocka_unit_test(lost_packets_are_not_called_clean),
		cmocka_unit_test(run_without_books_does_not_claim_to_balance),
		cmocka_unit_test(killed_run_says_how_far_it_came),
		cmocka_unit_test(json_is_the_contract),
		cmocka_unit_test(
			json_has_no_key_twice_and_no_rate_without_trials),
		cmocka_unit_test(json_keeps_a_seed_of_64_bits),
		cmocka_unit_test(json_of_an_empty_run_is_a_document_too),
		cmocka_unit_test(
			parameters_that_are_no_object_are_an_input_error),
		cmocka_unit_test(
			failure_is_a_document_with_its_class_and_status),
		cmocka_unit_test(
			failure_with_bytes_that_are_no_text_is_valid_json),
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
