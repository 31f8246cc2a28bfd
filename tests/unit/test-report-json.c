/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The documents rstlab.run/1 and rstlab.error/1. */
#include "lab/report/json-error.h"
#include "tests/unit/report-test.h"

#include <jansson.h>
#include <string.h>

static void json_is_the_contract(void **state)
{
	const struct summary s = a_run();

	(void)state;
	assert_report("json", &s, &(struct report_options){ .columns = 0 },
		      "run.json");
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
	own_mem char *got = report_written_by(
		"json", s, &(struct report_options){ .columns = 0 });

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
	got = report_written_by("json", &s,
				&(struct report_options){ .columns = 0 });
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
	assert_string_equal(e.text, "20261121-074512-7341: the parameters of "
				    "host-veth are not a JSON "
				    "object: '[1]'");
}

static char *error_document(const struct err *e, const char *details,
			    int exit_status)
{
	char *got = NULL;
	size_t bytes;
	FILE *f = open_memstream(&got, &bytes);

	assert_non_null(f);
	report_json_error(f, e, details, exit_status);
	assert_int_equal(fclose(f), 0);
	return got;
}

static void failure_is_a_document_with_its_class_and_status(void **state)
{
	struct err e = { .code = 0 };
	own_mem char *got = NULL;

	(void)state;
	(void)err_set(&e, ERR_INPUT, EINVAL, "no topology \"hots\"");
	got = error_document(&e, NULL, 2);
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

static void failure_of_a_file_carries_every_mistake_in_it(void **state)
{
	struct err e = { .code = 0 };
	own_mem char *got = NULL;

	(void)state;
	(void)err_set(&e, ERR_INPUT, EINVAL, "a.yaml: 2 errors");
	got = error_document(&e, "a.yaml:1:1: one\na.yaml:2:1: two\n", 2);
	assert_non_null(strstr(got, "\"message\": \"a.yaml: 2 errors\\n"
				    "a.yaml:1:1: one\\na.yaml:2:1: two\","));
}

static void json_says_why_a_run_stopped(void **state)
{
	struct summary s = a_bad_run();
	json_t *root = json_of(&s);

	(void)state;
	assert_string_equal(json_string_value(json_object_get(root, "stopped")),
			    s.stopped);
	json_decref(root);
	s.stopped = NULL;
	root = json_of(&s);
	assert_true(json_is_null(json_object_get(root, "stopped")));
	json_decref(root);
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
		got = error_document(&e, NULL, 7);
		root = strictly_parsed(got);
		assert_string_equal(
			json_string_value(json_object_get(
				json_object_get(root, "error"), "message")),
			texts[i].want);
		json_decref(root);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_the_contract),
		cmocka_unit_test(
			json_has_no_key_twice_and_no_rate_without_trials),
		cmocka_unit_test(json_keeps_a_seed_of_64_bits),
		cmocka_unit_test(json_of_an_empty_run_is_a_document_too),
		cmocka_unit_test(
			parameters_that_are_no_object_are_an_input_error),
		cmocka_unit_test(json_says_why_a_run_stopped),
		cmocka_unit_test(
			failure_is_a_document_with_its_class_and_status),
		cmocka_unit_test(failure_of_a_file_carries_every_mistake_in_it),
		cmocka_unit_test(
			failure_with_bytes_that_are_no_text_is_valid_json),
	};

	return cmocka_run_group_tests_name("report-json", tests, NULL, NULL);
}
