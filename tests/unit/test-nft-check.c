/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of a topology must not make nft read files of the machine. */
#include "lab/spec/topology.h"

#include "tests/unit/spec-test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HEAD                                                      \
	"name: t\nsummary: s\nmirrors: m\nclient: a\nserver: a\n" \
	"connect: 127.0.0.1:8080\nlisten: 127.0.0.1:8080\n"       \
	"nodes:\n  - name: a\n    kind: host\n    nft: |\n"
#define REFUSED                                                           \
	" error: nft's include would read a file of this machine: write " \
	"its rules here, or include a topology\n"

static int read_topology(const char *path, struct spec_diags *d, struct err *e)
{
	own_topology struct topology t = { .name = NULL };

	return topology_load(&t, path, d, e);
}

/* clang-format off */
static const struct bad_file bad[] = {
	{ "an include of nft at the beginning",
	  HEAD
	  "      include \"/etc/shadow\"\n",
	  "t.yaml:12:7:" REFUSED
	  "   12 |       include \"/etc/shadow\"\n"
	  "      |       ^\n" },
	{ "an include of nft inside a table, behind a string and a comment",
	  HEAD
	  "      table ip t { # a \" in a comment\n"
	  "        chain c { comment \"#\"; include\"/etc/shadow\"; }\n"
	  "      }\n",
	  "t.yaml:13:32:" REFUSED
	  "   13 |         chain c { comment \"#\"; include\"/etc/shadow\"; }\n"
	  "      |                                ^\n" },
	{ "an include of nft behind what is no word",
	  HEAD
	  "      1include \"/etc/shadow\"\n",
	  "t.yaml:12:8:" REFUSED
	  "   12 |       1include \"/etc/shadow\"\n"
	  "      |        ^\n" },
	{ "an include of nft behind a string of two lines",
	  HEAD
	  "      table ip t { comment \"a\n"
	  "        b\"; include \"/etc/shadow\"\n"
	  "      }\n",
	  "t.yaml:13:13:" REFUSED
	  "   13 |         b\"; include \"/etc/shadow\"\n"
	  "      |             ^\n" },
	{ "a string that does not end",
	  HEAD
	  "      table ip t { comment \"a; }\n"
	  "      include x\n",
	  "t.yaml:12:28: error: a quotation mark that is not closed\n"
	  "   12 |       table ip t { comment \"a; }\n"
	  "      |                            ^\n" },
};
/* clang-format on */

static void words_that_are_no_include_are_left_to_nft(void **state)
{
	own_topology struct topology t = { .name = NULL };
	own_diags struct spec_diags d = { .path = NULL };
	struct err e = { .code = 0 };

	(void)state;
	spec_test_write(HEAD "      # include \"x\"\n"
			     "      table ip include-not {\n"
			     "        comment \"include 'x'\"\n"
			     "        chain pre_include {\n"
			     "        }\n"
			     "        chain including {\n"
			     "        }\n"
			     "      }\n");
	if (topology_load(&t, "t.yaml", &d, &e) < 0)
		fail_msg("%s", e.text);
}

int main(void)
{
	const struct CMUnitTest good[] = {
		cmocka_unit_test_setup_teardown(
			words_that_are_no_include_are_left_to_nft,
			spec_test_enter, spec_test_leave),
	};
	int failed = spec_test_bad("rules that read files", read_topology, bad,
				   ARRAY_SIZE(bad));

	failed += cmocka_run_group_tests(good, NULL, NULL);
	return failed;
}
