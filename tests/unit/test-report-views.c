/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reports on sockets, and on what programs saw. */
#include "lab/base/own.h"
#include "tests/unit/report-test.h"

#include <string.h>

#define ESTAB(role, node)                                           \
	{                                                           \
		T(role), T(node), T("ESTAB"), T("off"), 0, 0, false \
	}

static struct view_socket open_direct[] = {
	ESTAB("client", "host"),
	ESTAB("server", "host"),
};
static struct view_socket waiting[] = {
	{ T("client"), T("host"), T("CLOSE-WAIT"), T("keepalive"), 18, 0,
	  false },
	{ T("server"), T("host"), T("FIN-WAIT-2"), T("timewait"), 0, 0, true },
};
static struct view_socket waiting_elsewhere[] = {
	{ T("client"), T("app"), T("CLOSE-WAIT"), T("keepalive"), 18, 0,
	  false },
	{ T("server"), T("web"), T("FIN-WAIT-2"), T("timewait"), 0, 0, true },
};
static struct view_socket through_a_relay[] = {
	ESTAB("client", "app"),
	ESTAB("server", "web"),
	ESTAB("middle", "host"),
	{ T("middle"), T("host"), T("FIN-WAIT-1"), T("on"), 0, 12, true },
};
static struct view_socket kept[] = {
	{ T("server"), T("web"), T("TIME-WAIT"), T("timewait"), 0, 0, true },
};

static struct view_states on_host[] = {
	{ 1, T("half-way"), waiting, ARRAY_SIZE(waiting), 50 },
	{ 2, NULL, kept, ARRAY_SIZE(kept), 50 },
};
static struct view_states on_bridge[] = {
	{ 1, T("half-way"), waiting_elsewhere, ARRAY_SIZE(waiting_elsewhere),
	  48 },
	{ 1, T("half-way"), through_a_relay, ARRAY_SIZE(through_a_relay), 2 },
	{ 2, NULL, NULL, 0, 50 },
};
static struct view_states once[] = {
	{ 1, T("a, \"b\""), open_direct, ARRAY_SIZE(open_direct), 50 },
};

static struct view_seen clean[] = {
	{ T("fin-both"), NULL, { T("ok"), T("ok") }, T("clean"), NULL, 50 },
};
static struct view_seen reset[] = {
	{ T("rstack"),
	  T("client"),
	  { T("ok"), T("recv ECONNRESET") },
	  T("reset"),
	  NULL,
	  50 },
};
static struct view_seen mixed[] = {
	{ T("fin-both"), NULL, { T("ok"), T("ok") }, T("clean"), NULL, 43 },
	{ T("rst-after-peer-fin"),
	  T("middle"),
	  { T("ok"), T("recv timeout") },
	  T("reset"),
	  NULL,
	  3 },
	{ T("rst-after-peer-fin"),
	  T("server"),
	  { T("send EPIPE"), T("recv ECONNRESET") },
	  T("reset"),
	  NULL,
	  1 },
	{ T("syn-only"),
	  NULL,
	  { T("connect ETIMEDOUT"), T("accept timeout") },
	  T("other"),
	  T("the deadline passed"),
	  2 },
	{ NULL,
	  NULL,
	  { NULL, T("probe died") },
	  T("invalid"),
	  T("a probe died"),
	  1 },
};

#define VIEWS(s, k)                                                \
	{                                                          \
		.states = s, .n_states = ARRAY_SIZE(s), .seen = k, \
		.n_seen = ARRAY_SIZE(k)                            \
	}

static struct view_frames framed[] = {
	{ T("unread"), T("PING(ACK) 17 bytes"), NULL, 40, 12600, 25300,
	  2140000 },
	{ T("late"), T("PING(ACK) 17 bytes"), NULL, 6, 870, 870, 870 },
	{ T("late"), T("GOAWAY 17 bytes, PING 17 bytes"), NULL, 3, -1, -1, -1 },
	{ T("unknown"), NULL, T("the connection is encrypted (TLS)"), 1, -1, -1,
	  -1 },
};

static struct summary_cell cells[16];

/* As a_run(), host's and docker-bridge's cells with views. */
static struct summary viewed(void)
{
	static const struct views of[] = {
		VIEWS(on_host, clean),
		VIEWS(once, reset),
		{ .seen = clean, .n_seen = 1 },
		VIEWS(on_bridge, clean),
		{ .seen = reset, .n_seen = 1 },
		{ .seen = mixed, .n_seen = ARRAY_SIZE(mixed) },
	};
	struct summary s = a_run();

	assert_true(s.n_cells <= ARRAY_SIZE(cells));
	memcpy(cells, s.cells, s.n_cells * sizeof(*cells));
	for (size_t i = 0; i < ARRAY_SIZE(of); i++)
		cells[i].views = of[i];
	cells[2].views.frames = framed;
	cells[2].views.n_frames = 1;
	cells[5].views.frames = framed;
	cells[5].views.n_frames = ARRAY_SIZE(framed);
	s.cells = cells;
	return s;
}

static void states_are_a_group_of_lines_for_each_point(void **state)
{
	const struct summary s = viewed();

	(void)state;
	assert_report("table", &s, &(struct report_options){ .states = true },
		      "states.txt");
}

static void states_fit_a_terminal(void **state)
{
	const struct summary s = viewed();

	(void)state;
	assert_report("table", &s,
		      &(struct report_options){ .states = true, .columns = 80 },
		      "states-80.txt");
}

static void states_are_a_row_per_socket_for_a_spreadsheet(void **state)
{
	const struct summary s = viewed();

	(void)state;
	assert_report("csv", &s, &(struct report_options){ .states = true },
		      "states.csv");
}

static void a_run_without_states_says_how_to_get_them(void **state)
{
	static const char *const formats[] = { "table", "csv" };
	const struct summary s = a_run();
	const struct report_options o = { .states = true };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct err e = { .code = 0 };
		own_file FILE *out = fopen("/dev/null", "we");

		assert_true(report_named(formats[i])->write(&s, &o, out, &e) <
			    0);
		assert_int_equal(e.class, ERR_EMPTY);
		assert_string_equal(
			e.text,
			"run 20261121-074512-7341 has no socket states: no "
			"workload of it has a `hold` step or says `states: "
			"yes`");
	}
}

static void programs_stand_beside_the_wire(void **state)
{
	const struct summary s = viewed();

	(void)state;
	assert_report("table", &s, &(struct report_options){ .app = true },
		      "app.txt");
}

static void programs_are_a_row_per_kind_of_trial(void **state)
{
	const struct summary s = viewed();

	(void)state;
	assert_report("csv", &s, &(struct report_options){ .app = true },
		      "app.csv");
}

static void the_table_names_what_its_rates_do_not_show(void **state)
{
	const struct summary s = viewed();

	(void)state;
	assert_report("table", &s, &(struct report_options){ .columns = 0 },
		      "surprises.txt");
}

static void the_document_has_both(void **state)
{
	const struct summary s = viewed();

	(void)state;
	assert_report("json", &s, &(struct report_options){ .columns = 0 },
		      "views.json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_are_a_group_of_lines_for_each_point),
		cmocka_unit_test(states_fit_a_terminal),
		cmocka_unit_test(states_are_a_row_per_socket_for_a_spreadsheet),
		cmocka_unit_test(a_run_without_states_says_how_to_get_them),
		cmocka_unit_test(programs_stand_beside_the_wire),
		cmocka_unit_test(programs_are_a_row_per_kind_of_trial),
		cmocka_unit_test(the_table_names_what_its_rates_do_not_show),
		cmocka_unit_test(the_document_has_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
