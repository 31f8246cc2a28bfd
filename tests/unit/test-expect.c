/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/expect.h"

#include "lab/spec/workload.h"
#include "tests/unit/spec-test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HEAD                         \
	"name: t\n"                  \
	"summary: s\n"               \
	"client: [connect, close]\n" \
	"server: [listen, accept, recv-eof]\n"

static int read_workload(const char *path, struct spec_diags *d, struct err *e)
{
	own_workload struct workload w = { .name = NULL };

	return workload_load(&w, path, d, e);
}

/* clang-format off */
static const struct bad_file bad[] = {
	{ "an ending that there is not",
	  HEAD "expect: {ending: rstak}\n",
	  "t.yaml:5:18: error: ending: there is no 'rstak' (did you mean 'rstack'?)\n"
	  "    5 | expect: {ending: rstak}\n"
	  "      |                  ^\n" },
	{ "a second alternative, with its column",
	  HEAD "expect: {ending: fin-both or rstack + fin-rts}\n",
	  "t.yaml:5:39: error: ending: there is no 'fin-rts' (did you mean 'fin-rst'?)\n"
	  "    5 | expect: {ending: fin-both or rstack + fin-rts}\n"
	  "      |                                       ^\n" },
	{ "somebody who sends no RST",
	  HEAD "expect: {rst: proxy}\n",
	  "t.yaml:5:15: error: rst: there is no 'proxy'\n"
	  "    5 | expect: {rst: proxy}\n"
	  "      |               ^\n" },
	{ "a form that there is not",
	  HEAD "expect: {form: rst-akc}\n",
	  "t.yaml:5:16: error: form: there is no 'rst-akc' (did you mean 'rst-ack'?)\n"
	  "    5 | expect: {form: rst-akc}\n"
	  "      |                ^\n" },
	{ "a cause that there is not",
	  HEAD "expect: {cause: close-unred}\n",
	  "t.yaml:5:17: error: cause: there is no 'close-unred' (did you mean 'close-unread'?)\n"
	  "    5 | expect: {cause: close-unred}\n"
	  "      |                 ^\n" },
	{ "what no program can see",
	  HEAD "expect: {client: oky}\n",
	  "t.yaml:5:18: error: client: 'oky' is nothing that a program can see (did you mean 'ok'?)\n"
	  "    5 | expect: {client: oky}\n"
	  "      |                  ^\n" },
	{ "an error of no step",
	  HEAD "expect: {server: ok or read ECONNRESET}\n",
	  "t.yaml:5:24: error: server: 'read' is no step\n"
	  "    5 | expect: {server: ok or read ECONNRESET}\n"
	  "      |                        ^\n" },
	{ "a step with an error that there is not",
	  HEAD "expect: {server: recv ECONNRST}\n",
	  "t.yaml:5:23: error: server: 'ECONNRST' is neither timeout nor the name of an error, such as ECONNRESET\n"
	  "    5 | expect: {server: recv ECONNRST}\n"
	  "      |                       ^\n" },
	{ "an unknown counter",
	  HEAD "expect: {counters: {client: {TCPAbortOnClos: 1}}}\n",
	  "t.yaml:5:30: error: unknown counter 'TCPAbortOnClos' (did you mean 'TCPAbortOnClose'?)\n"
	  "    5 | expect: {counters: {client: {TCPAbortOnClos: 1}}}\n"
	  "      |                              ^\n" },
	{ "a counter of a side that there is not",
	  HEAD "expect: {counters: {middle: {OutRsts: 1}}}\n",
	  "t.yaml:5:21: error: unknown key 'middle' in counters\n"
	  "    5 | expect: {counters: {middle: {OutRsts: 1}}}\n"
	  "      |                     ^\n" },
	{ "a counter that goes backwards",
	  HEAD "expect: {counters: {client: {OutRsts: -1}}}\n",
	  "t.yaml:5:30: error: OutRsts: how many a trial, such as 1 or '0 or 1', not '-1'\n"
	  "    5 | expect: {counters: {client: {OutRsts: -1}}}\n"
	  "      |                              ^\n" },
	{ "one state only",
	  HEAD "expect: {states: {after: TIME-WAIT}}\n",
	  "t.yaml:5:19: error: after: the states of client and server as ss has them, such as FIN-WAIT-2/CLOSE-WAIT or TIME-WAIT/-, not 'TIME-WAIT'\n"
	  "    5 | expect: {states: {after: TIME-WAIT}}\n"
	  "      |                   ^\n" },
	{ "something between that there is not",
	  HEAD "expect: {through: {really: {rst: nobody}}}\n",
	  "t.yaml:5:20: error: unknown key 'really' in through (did you mean 'relay'?)\n"
	  "    5 | expect: {through: {really: {rst: nobody}}}\n"
	  "      |                    ^\n" },
	{ "a mistake below without",
	  HEAD "expect: {without: {mptcp: {rst: nobdy}}}\n",
	  "t.yaml:5:33: error: rst: there is no 'nobdy' (did you mean 'nobody'?)\n"
	  "    5 | expect: {without: {mptcp: {rst: nobdy}}}\n"
	  "      |                                 ^\n" },
	{ "an unknown key",
	  HEAD "expect: {endings: rstack}\n",
	  "t.yaml:5:10: error: unknown key 'endings' in expect (did you mean 'ending'?)\n"
	  "    5 | expect: {endings: rstack}\n"
	  "      |          ^\n" },
};
/* clang-format on */

static const char example[] = HEAD
	"expect:\n"
	"  ending: rstack or fin-rstack\n"
	"  rst: client\n"
	"  form: rst-ack\n"
	"  client: ok\n"
	"  server: recv-eof ECONNRESET or left alone\n"
	"  cause: close-unread\n"
	"  counters: {client: {TCPAbortOnClose: 1}, server: {OutRsts: 0}}\n"
	"  states: {after: -/- or TIME-WAIT/-}\n"
	"  through:\n"
	"    relay: {ending: rstack + fin-both, server: ok}\n"
	"    masquerade: {server: recv-eof timeout}\n"
	"    drop-invalid: {server: ok}\n"
	"  without:\n"
	"    mptcp: {form: rst, client: close EIO}\n"
	"  probe: closing-with-data\n";

static void load(const char *yaml, struct workload *w)
{
	own_diags struct spec_diags d = { .path = NULL };
	struct err e = { .code = 0 };

	spec_test_write(yaml);
	if (workload_load(w, "t.yaml", &d, &e) < 0)
		fail_msg("%s%s", text_str(&d.text), e.text);
}

static const char *resolved(const struct workload *w, enum expect_text key,
			    uint32_t through, uint32_t lacks)
{
	const struct expect_case c = { .through = through, .lacks = lacks };

	return expects_resolve(&w->expects, &c).texts[key].text;
}

static void a_workload_may_expect_nothing(void **state)
{
	own_workload struct workload w = { .name = NULL };

	(void)state;
	load(HEAD, &w);
	assert_int_equal(w.expects.at.line, 0);
	assert_null(resolved(&w, EXPECT_ENDING, 0, 0));
}

static void every_key_is_read(void **state)
{
	static const char *const want[EXPECT_TEXTS] = {
		"rstack or fin-rstack",
		"client",
		"rst-ack",
		"ok",
		"recv-eof ECONNRESET or left alone",
		"close-unread",
	};
	own_workload struct workload w = { .name = NULL };
	const struct spec_pair *pair;

	(void)state;
	load(example, &w);
	assert_int_equal(w.expects.at.line, 6);
	for (int i = 0; i < EXPECT_TEXTS; i++)
		assert_string_equal(resolved(&w, i, 0, 0), want[i]);
	pair = w.expects.always.counters[SIDE_CLIENT].items;
	assert_string_equal(pair->key, "TCPAbortOnClose");
	assert_string_equal(pair->value, "1");
	pair = w.expects.always.states.items;
	assert_string_equal(pair->key, "after");
	assert_string_equal(w.expects.probe, "closing-with-data");
}

static void what_lies_between_replaces_key_by_key(void **state)
{
	const uint32_t masquerade = 1U << THROUGH_MASQUERADE;
	own_workload struct workload w = { .name = NULL };

	(void)state;
	load(example, &w);
	assert_string_equal(resolved(&w, EXPECT_SERVER, masquerade, 0),
			    "recv-eof timeout");
	assert_string_equal(resolved(&w, EXPECT_CLIENT, masquerade, 0), "ok");
	assert_string_equal(resolved(&w, EXPECT_SERVER,
				     masquerade | 1U << THROUGH_DROP_INVALID,
				     0),
			    "ok");
	assert_string_equal(resolved(&w, EXPECT_SERVER, 1U << THROUGH_DNAT, 0),
			    "recv-eof ECONNRESET or left alone");
}

static void a_kernel_may_lack_a_feature(void **state)
{
	own_workload struct workload w = { .name = NULL };

	(void)state;
	load(example, &w);
	assert_string_equal(resolved(&w, EXPECT_FORM, 0, 1U << FEATURE_MPTCP),
			    "rst");
	assert_string_equal(resolved(&w, EXPECT_CLIENT, 0, 1U << FEATURE_MPTCP),
			    "close EIO");
	assert_string_equal(
		resolved(&w, EXPECT_FORM, 0, 1U << FEATURE_FASTOPEN),
		"rst-ack");
}

static void counters_and_states_end_where_connections_end(void **state)
{
	const struct expect_case relay = { .through = 1U << THROUGH_RELAY };
	const struct expect_case dnat = { .through = 1U << THROUGH_DNAT };
	own_workload struct workload w = { .name = NULL };
	struct expect x;

	(void)state;
	load(example, &w);
	x = expects_resolve(&w.expects, &dnat);
	assert_int_equal(x.counters[SIDE_CLIENT].n, 1);
	assert_int_equal(x.states.n, 1);
	x = expects_resolve(&w.expects, &relay);
	assert_int_equal(x.counters[SIDE_CLIENT].n, 0);
	assert_int_equal(x.counters[SIDE_SERVER].n, 0);
	assert_int_equal(x.states.n, 0);
}

static void form_and_cause_are_those_of_the_rst_that_is_named(void **state)
{
	static const char text[] = HEAD "expect:\n"
					"  rst: client\n"
					"  form: rst-ack\n"
					"  cause: close-unread\n"
					"  through:\n"
					"    relay: {rst: middle}\n"
					"    dnat: {ending: rstack}\n";
	own_workload struct workload w = { .name = NULL };

	(void)state;
	load(text, &w);
	assert_null(resolved(&w, EXPECT_FORM, 1U << THROUGH_RELAY, 0));
	assert_null(resolved(&w, EXPECT_CAUSE, 1U << THROUGH_RELAY, 0));
	assert_string_equal(resolved(&w, EXPECT_CAUSE, 1U << THROUGH_DNAT, 0),
			    "close-unread");
}

static void of_two_that_end_it_the_later_adds_to_the_first(void **state)
{
	static const char text[] =
		HEAD "expect:\n"
		     "  ending: fin-both\n"
		     "  states: {after: -/-}\n"
		     "  through:\n"
		     "    usernet-out: {ending: rstack, states: {after: -/-}}\n"
		     "    pasta-out: {ending: rst}\n";
	const struct expect_case pasta = {
		.through = 1U << THROUGH_USERNET_OUT | 1U << THROUGH_PASTA_OUT
	};
	own_workload struct workload w = { .name = NULL };
	struct expect x;

	(void)state;
	load(text, &w);
	x = expects_resolve(&w.expects, &pasta);
	assert_string_equal(x.texts[EXPECT_ENDING].text, "rst");
	assert_int_equal(x.states.n, 1);
}

static void a_workload_mentions_what_it_speaks_of(void **state)
{
	own_workload struct workload w = { .name = NULL };

	(void)state;
	load(example, &w);
	assert_true(expects_mention(&w.expects, THROUGH_RELAY));
	assert_false(expects_mention(&w.expects, THROUGH_REJECT));
}

static void one_of_the_alternatives_is_enough(void **state)
{
	(void)state;
	assert_true(expect_allows("rstack", "rstack"));
	assert_true(expect_allows("rstack or fin-rst", "rstack"));
	assert_true(expect_allows("rstack or fin-rst", "fin-rst"));
	assert_false(expect_allows("rstack or fin-rst", "rst"));
	assert_false(expect_allows("rstack", "rstack + fin-both"));
	assert_false(expect_allows("rstack + fin-both", "rstack"));
	assert_false(expect_allows("rstack", ""));
	assert_true(expect_allows("any", "rstack + fin-both"));
}

static void a_counter_may_grow_by_either_of_two_numbers(void **state)
{
	int64_t least, most;

	(void)state;
	assert_true(expect_growth("2", &least, &most));
	assert_int_equal(least, 2);
	assert_int_equal(most, 2);
	assert_true(expect_growth("0 or 1", &least, &most));
	assert_int_equal(least, 0);
	assert_int_equal(most, 1);
	assert_false(expect_growth("1 or 0", &least, &most));
	assert_false(expect_growth("some", &least, &most));
	assert_false(expect_growth("1 or", &least, &most));
}

static void what_lies_between_is_read_by_name(void **state)
{
	uint32_t bits = 7;

	(void)state;
	assert_null(through_parse("nothing", &bits));
	assert_int_equal(bits, 0);
	assert_null(through_parse("usernet-out + masquerade", &bits));
	assert_int_equal(bits,
			 1U << THROUGH_USERNET_OUT | 1U << THROUGH_MASQUERADE);
	assert_string_equal(
		through_parse("dnat, relay", &bits),
		"nothing or some of dnat, dnat-local, masquerade, "
		"drop-invalid, random-ports, own-bridge, relay, usernet-out, usernet-in, "
		"pasta-out, pasta-in, drop, reject, "
		"with ' + ' between them");
	assert_non_null(through_parse("", &bits));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_workload_may_expect_nothing),
		cmocka_unit_test(every_key_is_read),
		cmocka_unit_test(what_lies_between_replaces_key_by_key),
		cmocka_unit_test(a_kernel_may_lack_a_feature),
		cmocka_unit_test(counters_and_states_end_where_connections_end),
		cmocka_unit_test(
			form_and_cause_are_those_of_the_rst_that_is_named),
		cmocka_unit_test(
			of_two_that_end_it_the_later_adds_to_the_first),
		cmocka_unit_test(a_workload_mentions_what_it_speaks_of),
		cmocka_unit_test(one_of_the_alternatives_is_enough),
		cmocka_unit_test(a_counter_may_grow_by_either_of_two_numbers),
		cmocka_unit_test(what_lies_between_is_read_by_name),
	};
	int failed = cmocka_run_group_tests_name(
		"expect", tests, spec_test_enter, spec_test_leave);

	failed +=
		spec_test_bad("bad files", read_workload, bad, ARRAY_SIZE(bad));
	return failed != 0;
}
