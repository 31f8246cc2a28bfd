/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/workload.h"

#include "tests/unit/spec-test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "name: t\nsummary: s\nexec:\n"

static int read_workload(const char *path, struct spec_diags *d, struct err *e)
{
	own_workload struct workload w = { .name = NULL };

	return workload_load(&w, path, d, e);
}

/* clang-format off */
static const struct bad_file bad[] = {
	{ "an unknown word in braces",
	  HEAD "  client: [curl, 'http://{hots}:{port}/']\n",
	  "t.yaml:4:19: error: unknown word {hots}; {{hots}} stands for {hots} itself (did you mean 'host'?)\n"
	  "    4 |   client: [curl, 'http://{hots}:{port}/']\n"
	  "      |                   ^\n" },
	{ "a trial for a server that has none of its own",
	  HEAD "  client: [c]\n  server: [s, '{trial}']\n  server-lifetime: lab\n",
	  "t.yaml:5:16: error: {trial}: a server that lives as long as the lab has no trial of its own\n"
	  "    5 |   server: [s, '{trial}']\n"
	  "      |                ^\n" },
	{ "a number of connections that nobody said",
	  HEAD "  client: [c, '{connections}']\n",
	  "t.yaml:4:16: error: {connections}: say how many, with the key connections\n"
	  "    4 |   client: [c, '{connections}']\n"
	  "      |                ^\n" },
	{ "a server without a client",
	  HEAD "  server: [s]\n",
	  "t.yaml:4:3: error: exec needs a client\n"
	  "    4 |   server: [s]\n"
	  "      |   ^\n" },
	{ "a command without words",
	  HEAD "  client: []\n",
	  "t.yaml:4:11: error: the client has no command\n"
	  "    4 |   client: []\n"
	  "      |           ^\n" },
	{ "a parameter that {words} have already",
	  HEAD "  client: [c]\n  params: {host: on|off}\n",
	  "t.yaml:5:12: error: {host} is something else already\n"
	  "    5 |   params: {host: on|off}\n"
	  "      |            ^\n" },
	{ "a parameter with a value twice",
	  HEAD "  client: [c, '{a}']\n  own-params: {a: on|off|on}\n",
	  "t.yaml:5:16: error: parameter 'a' must be TIME, or values with | between them, each once, not 'on|off|on'\n"
	  "    5 |   own-params: {a: on|off|on}\n"
	  "      |                ^\n" },
	{ "a parameter with an empty value",
	  HEAD "  client: [c]\n  params: {a: on|}\n",
	  "t.yaml:5:12: error: parameter 'a' must be TIME, or values with | between them, each once, not 'on|'\n"
	  "    5 |   params: {a: on|}\n"
	  "      |            ^\n" },
	{ "a parameter in both maps",
	  HEAD "  client: [c]\n  params: {a: TIME}\n  own-params: {a: TIME}\n",
	  "t.yaml:6:16: error: parameter 'a' is one of both programs already\n"
	  "    6 |   own-params: {a: TIME}\n"
	  "      |                ^\n" },
	{ "a parameter that no {word} can name",
	  HEAD "  client: [c]\n  params: {A1: TIME}\n",
	  "t.yaml:5:12: error: a parameter is named by small letters, '_' and '-', not 'A1'\n"
	  "    5 |   params: {A1: TIME}\n"
	  "      |            ^\n" },
	{ "a server and another's server",
	  HEAD "  client: [c]\n  server: [s]\n  family: f\n  server-of: g\n",
	  "t.yaml:7:14: error: the server is that of another workload, or a command, not both\n"
	  "    7 |   server-of: g\n"
	  "      |              ^\n" },
	{ "another's server without a family",
	  HEAD "  client: [c]\n  server-of: g\n",
	  "t.yaml:5:14: error: server-of needs a family\n"
	  "    5 |   server-of: g\n"
	  "      |              ^\n" },
	{ "a check that asks for what only a lab knows",
	  HEAD "  client: [c]\n  check: [c, '{port}']\n",
	  "t.yaml:5:15: error: a check knows {libexec} only\n"
	  "    5 |   check: [c, '{port}']\n"
	  "      |               ^\n" },
	{ "steps beside programs",
	  HEAD "  client: [c]\nserver: [listen]\n",
	  "t.yaml:5:9: error: with exec the server has no steps\n"
	  "    5 | server: [listen]\n"
	  "      |         ^\n" },
	{ "another lifetime",
	  HEAD "  client: [c]\n  server-lifetime: run\n",
	  "t.yaml:5:20: error: unknown server-lifetime 'run', known are: trial, lab\n"
	  "    5 |   server-lifetime: run\n"
	  "      |                    ^\n" },
	{ "no connections at all",
	  HEAD "  client: [c]\n  connections: 0\n",
	  "t.yaml:5:16: error: connections must be a whole number from 1 to 100000, not '0'\n"
	  "    5 |   connections: 0\n"
	  "      |                ^\n" },
	{ "neither steps nor programs",
	  "name: t\nsummary: s\n",
	  "t.yaml:1:1: error: workload has neither client and server (steps of both) nor exec (their commands)\n"
	  "    1 | name: t\n"
	  "      | ^\n" },
};
/* clang-format on */

static void load(const char *yaml, struct workload *w)
{
	own_diags struct spec_diags d = { .path = NULL };
	struct err e = { .code = 0 };

	spec_test_write(yaml);
	if (workload_load(w, "t.yaml", &d, &e) < 0)
		fail_msg("%s", text_str(&d.text));
}

static void every_key_is_read(void **state)
{
	own_workload struct workload w = { .name = NULL };
	const struct exec_word *words;

	(void)state;
	load(HEAD "  server: [s, '{port}']\n"
		  "  client: [c, -x, '{{host}}', '{connections}']\n"
		  "  server-lifetime: lab\n"
		  "  server-grace: 20ms\n"
		  "  connections: 3\n"
		  "  user: nobody\n"
		  "deadline: 5s\n",
	     &w);
	assert_true(exec_given(&w.exec));
	assert_int_equal(w.exec.words[SIDE_SERVER].n, 2);
	assert_int_equal(w.exec.words[SIDE_CLIENT].n, 4);
	words = w.exec.words[SIDE_CLIENT].items;
	assert_string_equal(words[2].text, "{{host}}");
	assert_int_equal(w.exec.server_lifetime, EXEC_PER_LAB);
	assert_int_equal(w.exec.grace_ns, 20000000);
	assert_int_equal(w.exec.connections, 3);
	assert_string_equal(w.exec.user, "nobody");
	assert_int_equal(w.deadline_ns, 5000000000);
}

static void what_is_not_said_has_a_default(void **state)
{
	own_workload struct workload w = { .name = NULL };

	(void)state;
	load(HEAD "  client: [c]\n", &w);
	assert_int_equal(w.exec.words_at[SIDE_SERVER].line, 0);
	assert_int_equal(w.exec.server_lifetime, EXEC_PER_TRIAL);
	assert_int_equal(w.exec.grace_ns, 1000000000);
	assert_int_equal(w.exec.connections, 0);
	assert_null(w.exec.user);
	assert_int_equal(w.deadline_ns, 10000000000);
}

/* --- {words} ---------------------------------------------------------------
 */

static void values_take_the_place_of_words_in_braces(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "plain", "plain" },
		{ "http://{host}:{port}/", "http://10.0.0.1:80/" },
		{ "{host}{host}", "10.0.0.110.0.0.1" },
		{ "%{{http_code}}", "%{http_code}" },
		{ "{{host}}", "{host}" },
		{ "{}", "{}" },
		{ "{\"a\": {\"b\": 1}}", "{\"a\": {\"b\": 1}}" },
		{ "{ host }", "{ host }" },
		{ "{host", "{host" },
		{ "{", "{" },
		{ "{{host}", "{10.0.0.1" },
		{ "${HOST}", "${HOST}" },
	};
	const struct exec_meanings m = {
		.of = { [EXEC_HOST] = "10.0.0.1", [EXEC_PORT] = "80" }
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		own_text struct text out = { .s = NULL };
		size_t n;

		assert_null(exec_expand(rows[i].text, &m, &out, &n));
		assert_string_equal(text_str(&out), rows[i].want);
	}
}

static void an_unknown_word_is_pointed_at(void **state)
{
	static const char text[] = "a {host} {nobody} b";
	const struct exec_meanings m = { .of = { [EXEC_HOST] = "h" } };
	own_text struct text out = { .s = NULL };
	size_t n = 0;

	(void)state;
	assert_ptr_equal(exec_expand(text, &m, &out, &n), text + 10);
	assert_int_equal(n, 6);
}

/* --- a command line --------------------------------------------------------
 */

static void a_command_line_is_split_as_a_shell_does(void **state)
{
	static const struct {
		const char *line, *words[5];
	} rows[] = {
		{ "a", { "a" } },
		{ "  a  b\t c ", { "a", "b", "c" } },
		{ "a 'b c' d", { "a", "b c", "d" } },
		{ "a \"b 'c' d\"", { "a", "b 'c' d" } },
		{ "a'b'\"c\"d", { "abcd" } },
		{ "a '' b", { "a", "", "b" } },
		{ "a\\ b \\'", { "a b", "'" } },
		{ "\"\\\"\\n\"", { "\"\\n" } },
		{ "'\\'", { "\\" } },
		{ "echo $HOME *|cat", { "echo", "$HOME", "*|cat" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct spec_list words = { .items = NULL };
		struct err e = { .code = 0 };
		const struct exec_word *items;
		size_t n = 0;

		assert_int_equal(exec_split(rows[i].line, &words, &e), 0);
		items = words.items;
		while (n < ARRAY_SIZE(rows[i].words) && rows[i].words[n]) {
			assert_true(n < words.n);
			assert_string_equal(items[n].text, rows[i].words[n]);
			n++;
		}
		assert_int_equal(words.n, n);
		exec_words_done(&words);
	}
}

static void a_command_line_that_makes_no_sense_is_refused(void **state)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{ "", "the command is empty" },
		{ "  ", "the command is empty" },
		{ "a 'b c", "the quote ' is not closed in: 'b c" },
		{ "a b\"", "the quote \" is not closed in: b\"" },
		{ "a \\", "a \\ at the end quotes nothing: \\" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct spec_list words = { .items = NULL };
		struct err e = { .code = 0 };

		assert_true(exec_split(rows[i].line, &words, &e) < 0);
		assert_int_equal(e.class, ERR_INPUT);
		assert_string_equal(e.text, rows[i].want);
		assert_int_equal(words.n, 0);
	}
}

int main(void)
{
	const struct CMUnitTest good[] = {
		cmocka_unit_test_setup_teardown(
			every_key_is_read, spec_test_enter, spec_test_leave),
		cmocka_unit_test_setup_teardown(what_is_not_said_has_a_default,
						spec_test_enter,
						spec_test_leave),
		cmocka_unit_test(values_take_the_place_of_words_in_braces),
		cmocka_unit_test(an_unknown_word_is_pointed_at),
		cmocka_unit_test(a_command_line_is_split_as_a_shell_does),
		cmocka_unit_test(a_command_line_that_makes_no_sense_is_refused),
	};
	int failed = spec_test_bad("exec: bad files", read_workload, bad,
				   ARRAY_SIZE(bad));

	failed += cmocka_run_group_tests_name("exec", good, NULL, NULL);
	return failed;
}
