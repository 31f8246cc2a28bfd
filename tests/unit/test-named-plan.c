/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans read from files, and what is refused. */
#include "lab/spec/named-plan.h"

#include "tests/unit/spec-test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "name: t\nsummary: s\n"
#define BODY "topologies: [host]\nworkloads: [refused]\n"

static int read_plan(const char *path, struct spec_diags *d, struct err *e)
{
	own_named_plan struct named_plan p = { .name = NULL };

	return named_plan_load(&p, path, d, e);
}

/* clang-format off */
static const struct bad_file bad[] = {
	{ "an unknown key",
	  HEAD BODY "trails: 7\n",
	  "t.yaml:5:1: error: unknown key 'trails' in plan (did you mean 'trials'?)\n"
	  "    5 | trails: 7\n"
	  "      | ^\n" },
	{ "a plan without workloads",
	  HEAD "topologies: [host]\n",
	  "t.yaml:1:1: error: plan has no 'workloads' (names and globs)\n"
	  "    1 | name: t\n"
	  "      | ^\n" },
	{ "no topology at all",
	  HEAD "topologies: []\nworkloads: [refused]\n",
	  "t.yaml:3:13: error: a plan needs a topology\n"
	  "    3 | topologies: []\n"
	  "      |             ^\n" },
	{ "no workload at all",
	  HEAD "topologies: [host]\nworkloads: []\n",
	  "t.yaml:4:12: error: a plan needs a workload\n"
	  "    4 | workloads: []\n"
	  "      |            ^\n" },
	{ "no trials",
	  HEAD BODY "trials: 0\n",
	  "t.yaml:5:9: error: trials must be a whole number from 1 to 1000000, not '0'\n"
	  "    5 | trials: 0\n"
	  "      |         ^\n" },
	{ "another name than the file's",
	  "name: u\nsummary: s\n" BODY,
	  "t.yaml:1:7: error: name 'u' must be the file's name without .yaml\n"
	  "    1 | name: u\n"
	  "      |       ^\n" },
	{ "something published by nobody",
	  HEAD BODY "published:\n"
	  "  - {place: p, topology: host, workload: refused, reported: r}\n",
	  "t.yaml:6:3: error: published needs a 'source' in the plan\n"
	  "    6 |   - {place: p, topology: host, workload: refused, reported: r}\n"
	  "      |   ^\n" },
	{ "something published of no workload",
	  HEAD BODY "source: s\npublished:\n"
	  "  - {place: p, topology: host, reported: r}\n",
	  "t.yaml:7:5: error: published has no 'workload' (that mirrors the programs)\n"
	  "    7 |   - {place: p, topology: host, reported: r}\n"
	  "      |     ^\n" },
	{ "more resets than trials",
	  HEAD BODY "source: s\npublished:\n"
	  "  - {place: p, workload: refused, reported: r, trials: 14, resets: 15}\n",
	  "t.yaml:7:68: error: 15 of 14 trials cannot have had an RST\n"
	  "    7 |   - {place: p, workload: refused, reported: r, trials: 14, resets: 15}\n"
	  "      |                                                                    ^\n" },
	{ "resets of trials that nobody counted",
	  HEAD BODY "source: s\npublished:\n"
	  "  - {place: p, workload: refused, reported: r, resets: 1}\n",
	  "t.yaml:7:56: error: 1 of 0 trials cannot have had an RST\n"
	  "    7 |   - {place: p, workload: refused, reported: r, resets: 1}\n"
	  "      |                                                        ^\n" },
};
/* clang-format on */

static void a_plan_is_read_whole(void **state)
{
	own_diags struct spec_diags d = { .path = NULL };
	own_named_plan struct named_plan p = { .name = NULL };
	const struct plan_published *published;
	struct err e;

	(void)state;
	spec_test_write(HEAD "topologies: [host, 'docker-*']\n"
			     "workloads: [refused]\nparams: ['cpus=1,2']\n"
			     "trials: 7\nsource: there\npublished:\n"
			     "  - {place: a desk, topology: host,"
			     " workload: refused, reported: always,"
			     " trials: 14, resets: 3}\n");
	assert_int_equal(named_plan_load(&p, "t.yaml", &d, &e), 0);
	assert_string_equal(p.name, "t");
	assert_int_equal(p.trials, 7);
	assert_string_equal(p.source, "there");
	assert_int_equal(p.topologies.n, 2);
	assert_string_equal(((struct plan_word *)p.topologies.items)[1].text,
			    "docker-*");
	assert_string_equal(((struct plan_word *)p.params.items)[0].text,
			    "cpus=1,2");
	published = p.published.items;
	assert_int_equal(p.published.n, 1);
	assert_string_equal(published->place, "a desk");
	assert_string_equal(published->topology, "host");
	assert_string_equal(published->workload, "refused");
	assert_string_equal(published->reported, "always");
	assert_int_equal(published->trials, 14);
	assert_int_equal(published->resets, 3);
}

static void a_plan_need_not_say_much(void **state)
{
	own_diags struct spec_diags d = { .path = NULL };
	own_named_plan struct named_plan p = { .name = NULL };
	struct err e;

	(void)state;
	spec_test_write(HEAD BODY);
	assert_int_equal(named_plan_load(&p, "t.yaml", &d, &e), 0);
	assert_int_equal(p.trials, 0);
	assert_null(p.source);
	assert_int_equal(p.published.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plan_is_read_whole),
		cmocka_unit_test(a_plan_need_not_say_much),
	};
	int failed =
		spec_test_bad("bad plans", read_plan, bad, ARRAY_SIZE(bad));

	failed += cmocka_run_group_tests_name("plans", tests, spec_test_enter,
					      spec_test_leave);
	return failed;
}
