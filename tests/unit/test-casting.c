/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/casting.h"

#include "lab/spec/param.h"
#include "tests/unit/spec-folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char fast[] =
	"name: greet-fast\nsummary: s\nexec:\n  family: greet\n"
	"  client: [f, '{wait}', '{tls}']\n  server: [f, '{tls}']\n"
	"  params: {tls: off|on}\n"
	"  own-params: {wait: TIME, cache: 'big|none'}\n";
static const char slow[] =
	"name: greet-slow\nsummary: s\nexec:\n  family: greet\n"
	"  client: [s]\n  server: [s, '{nap}']\n"
	"  own-params: {nap: TIME, cache: none|small}\n";
static const char mute[] =
	"name: greet-mute\nsummary: s\nexec:\n  family: greet\n"
	"  server-of: slow\n  client: [m]\n";
static const char plain[] = "name: plain\nsummary: s\n"
			    "client: [connect]\nserver: [listen, accept]\n";

static void load(struct workload *w, const char *name, const char *yaml)
{
	own_diags struct spec_diags d = { .path = NULL };
	struct err e = { .code = 0 };
	char path[64];

	(void)snprintf(path, sizeof(path), "%s.yaml", name);
	folder_write(path, yaml);
	if (workload_load(w, path, &d, &e) < 0)
		fail_msg("%s", text_str(&d.text));
}

static void join(struct workload *w, const char *name, const char *yaml)
{
	own_workload struct workload partner = { .name = NULL };
	struct err e = { .code = 0 };

	load(&partner, name, yaml);
	assert_int_equal(workload_join(w, &partner, &e), 0);
}

/* greet-fast, which may play with the other two. */
static void load_family(struct workload *w)
{
	load(w, "greet-fast", fast);
	join(w, "greet-slow", slow);
	join(w, "greet-mute", mute);
}

static void note(struct topology *t, const char *name, const char *value)
{
	struct err e = { .code = 0 };

	assert_int_equal(param_note(t, name, value, &e), 0);
}

static void a_workload_plays_with_its_own_server(void **state)
{
	own_workload struct workload w = { .name = NULL };
	const struct topology t = { .params = NULL };

	(void)state;
	load_family(&w);
	assert_ptr_equal(casting_server(&w, &t), &w);
}

static void the_variant_says_whose_server_plays(void **state)
{
	own_workload struct workload w = { .name = NULL };
	own_topology struct topology t = { .params = NULL };

	(void)state;
	load_family(&w);
	note(&t, "greet-server", "slow");
	assert_string_equal(casting_server(&w, &t)->name, "greet-slow");
	note(&t, "greet-server", "fast");
	assert_ptr_equal(casting_server(&w, &t), &w);
	note(&t, "greet-server", "mute"); /* which has none */
	assert_null(casting_server(&w, &t));
}

static void without_a_server_it_is_the_one_that_the_file_names(void **state)
{
	own_workload struct workload w = { .name = NULL };
	own_topology struct topology t = { .params = NULL };

	(void)state;
	load(&w, "greet-mute", mute);
	assert_null(casting_server(&w, &t));
	join(&w, "greet-slow", slow);
	join(&w, "greet-fast", fast);
	assert_string_equal(casting_server(&w, &t)->name, "greet-slow");
	note(&t, "greet-server", "fast");
	assert_string_equal(casting_server(&w, &t)->name, "greet-fast");
}

static void want_params(const struct workload *of, const struct topology *t,
			const char *want)
{
	struct spec_list list = { .items = NULL };
	own_text struct text said = { .s = NULL };
	struct err e = { .code = 0 };

	assert_int_equal(casting_params(of, t, &list, &e), 0);
	for (size_t i = 0; i < list.n; i++) {
		const struct spec_pair *p = list.items;

		text_addf(&said, "%s=%s ", p[i].key, p[i].value);
	}
	casting_params_done(&list);
	assert_string_equal(text_str(&said), want);
}

static void a_program_gets_what_it_knows_and_else_its_defaults(void **state)
{
	own_workload struct workload w = { .name = NULL };
	own_topology struct topology t = { .params = NULL };

	(void)state;
	load_family(&w);
	want_params(&w, &t, "tls=off wait=0 cache=big ");
	note(&t, "tls", "on");
	note(&t, "wait", "150us");
	note(&t, "nap", "1ms");
	want_params(&w, &t, "tls=on wait=150000 cache=big ");
	want_params(&w.partners[0], &t, "nap=1000000 cache=none ");
}

/* What is said of greet-fast when one parameter has that value; the server is
 * @server. */
static const struct {
	const char *server, *name, *value, *want;
} checks[] = {
	{ "fast", "wait", "1ms", "" },
	{ "fast", "tls", "on", "" },
	{ "slow", "nap", "1ms", "" },
	{ "slow", "cache", "none", "" },
	{ "slow", "wait", "0", "" },
	{ "slow", "greet-server", "slow", "" },
	{ "fast", "tls", "maybe",
	  "workload 'greet-fast' cannot have tls=maybe, only off|on" },
	{ "fast", "wait", "1",
	  "workload 'greet-fast' cannot have wait=1, only TIME" },
	{ "slow", "cache", "big",
	  "workload 'greet-slow' cannot have cache=big, only none|small" },
	{ "slow", "tls", "on",
	  "workload 'greet-slow' has no parameter 'tls'; leave it out of -w, or "
	  "the parameter away" },
	{ "fast", "nap", "1ms",
	  "workload 'greet-fast' has no parameter 'nap'; leave it out of -w, or "
	  "the parameter away" },
	{ "loud", "greet-server", "loud",
	  "workload 'greet-fast' has no server 'loud': there must be a workload "
	  "'greet-loud' with a server" },
};

static void what_cannot_be_played_is_refused_in_one_line(void **state)
{
	own_workload struct workload w = { .name = NULL };

	(void)state;
	load_family(&w);
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		own_topology struct topology t = { .params = NULL };
		struct err e = { .code = 0 };

		note(&t, "greet-server", checks[i].server);
		note(&t, checks[i].name, checks[i].value);
		(void)casting_check(&w, &t, checks[i].name, &e);
		assert_string_equal(e.code ? e.text : "", checks[i].want);
	}
}

static void a_script_has_no_parameters(void **state)
{
	own_workload struct workload w = { .name = NULL };
	own_topology struct topology t = { .params = NULL };
	struct err e = { .code = 0 };

	(void)state;
	load(&w, "plain", plain);
	note(&t, "wait", "1ms");
	assert_false(casting_knows(&w, "wait"));
	assert_int_not_equal(casting_check(&w, &t, "wait", &e), 0);
	assert_string_equal(e.text,
			    "workload 'plain' has no parameter 'wait'; leave "
			    "it out of -w, or the parameter away");
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, folder_enter, folder_leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_workload_plays_with_its_own_server),
		CASE(the_variant_says_whose_server_plays),
		CASE(without_a_server_it_is_the_one_that_the_file_names),
		CASE(a_program_gets_what_it_knows_and_else_its_defaults),
		CASE(what_cannot_be_played_is_refused_in_one_line),
		CASE(a_script_has_no_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
