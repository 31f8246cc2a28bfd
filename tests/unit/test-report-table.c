/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table, and the sentences that it shares with Markdown. */
#include "lab/report/format.h"
#include "lab/report/runtimes.h"
#include "tests/unit/report-test.h"

#include <string.h>

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

static void the_causes_stand_alone_too(void **state)
{
	const struct summary s = a_run();

	(void)state;
	assert_report("table", &s, &(struct report_options){ .causes = true },
		      "causes.txt");
	assert_report("csv", &s, &(struct report_options){ .causes = true },
		      "causes.csv");
}

static void one_topology_has_no_causes_to_compare(void **state)
{
	struct summary s = a_run();
	own_mem char *got = NULL;

	(void)state;
	s.n_topologies = 1;
	got = report_written_by("table", &s, &(struct report_options){ 0 });
	assert_null(strstr(got, "resets, by cause"));
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
	for (size_t columns = 72; columns < 200; columns++) {
		const struct report_options o = { .columns = columns };
		own_mem char *got = report_written_by("table", &s, &o);

		assert_true(widest_line(got) <= columns);
	}
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
	got = report_written_by("table", &s,
				&(struct report_options){ .columns = 0 });
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
	got = report_written_by("table", &s,
				&(struct report_options){ .columns = 0 });
	assert_non_null(
		strstr(got, "\n  resets  sender  ending  why, and where\n"
			    "     100  client  rstack  close-unread (certain): "
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
}

static void interval_near_an_end_is_rounded_outwards(void **state)
{
	char buf[FORMAT_PERCENT_MAX];

	(void)state;
	assert_string_equal(format_low(0.0, buf), "0.0");
	assert_string_equal(format_low(0.0004, buf), "0.0");
	assert_string_equal(format_low(0.929, buf), "92.9");
	assert_string_equal(format_low(0.9998, buf), "99.9");
	assert_string_equal(format_low(1.0, buf), "100");
	assert_string_equal(format_high(0.0, buf), "0.0");
	assert_string_equal(format_high(0.00019, buf), "<0.1");
	assert_string_equal(format_high(0.0713, buf), "7.1");
	assert_string_equal(format_high(0.9998, buf), "100");
	assert_string_equal(format_high(1.0, buf), "100");
}

/* 0 of 20000 and 20000 of 20000: 95 % Wilson [0, 0.00019], [0.99981, 1]. */
static void many_trials_keep_the_columns_aligned(void **state)
{
	struct summary s = a_run();
	struct summary_cell two[] = { s.cells[0], s.cells[0] };
	own_mem char *got = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(two); i++) {
		two[i].judged = two[i].trials = 20000;
		two[i].rate = (double)i;
		two[i].outcomes[OUTCOME_CLEAN] = i ? 0 : 20000;
		two[i].outcomes[OUTCOME_RESET] = i ? 20000 : 0;
		two[i].interval.low = i ? 0.99981 : 0.0;
		two[i].interval.high = i ? 1.0 : 0.00019;
	}
	two[1].params = T("{\"mtu\": 9000}");
	s.cells = two;
	s.n_cells = ARRAY_SIZE(two);
	s.n_workloads = 1;
	got = report_written_by("table", &s,
				&(struct report_options){ .columns = 0 });
	assert_non_null(strstr(
		got, "\nhost-veth             0.0 % [ 0.0-<0.1]     0/20000\n"
		     "host-veth mtu=9000  100.0 % [99.9- 100] 20000/20000\n"));
}

static void two_topologies_are_both(void **state)
{
	struct summary s = a_run();
	struct summary_sender senders[] = { s.senders[0], s.senders[0] };
	own_mem char *got = NULL;

	(void)state;
	senders[1].topology = s.topologies[1];
	s.n_topologies = 2;
	s.senders = senders;
	s.n_senders = ARRAY_SIZE(senders);
	got = report_written_by("table", &s,
				&(struct report_options){ .columns = 0 });
	assert_non_null(strstr(got, ": both topologies, 50 each\n"));
}

/* The last column needs fewer characters here than it is given to wrap in. */
static void last_column_stays_where_it_fits(void **state)
{
	struct summary s = a_run();
	own_mem char *got = NULL;

	(void)state;
	s.n_senders = 1;
	got = report_written_by("table", &s,
				&(struct report_options){ .columns = 66 });
	assert_non_null(
		strstr(got, "  close-unread (certain): host-veth=50\n"));
}

static void run_without_resets_says_so(void **state)
{
	struct summary s = a_run();
	own_mem struct summary_cell *cells = calloc(s.n_cells, sizeof(*cells));
	own_mem char *table = NULL, *markdown = NULL;

	(void)state;
	assert_non_null(cells);
	memcpy(cells, s.cells, s.n_cells * sizeof(*cells));
	for (size_t i = 0; i < s.n_cells; i++)
		cells[i].outcomes[OUTCOME_RESET] = 0;
	s.cells = cells;
	s.n_senders = 0;
	table = report_written_by("table", &s,
				  &(struct report_options){ .columns = 0 });
	markdown = report_written_by("markdown", &s,
				     &(struct report_options){ .columns = 0 });
	assert_non_null(strstr(table, "\nWho sent the RSTs, and why\n"
				      "  nobody: no connection was reset\n"));
	assert_non_null(
		strstr(markdown, "\nNobody: no connection was reset.\n"));
}

/* As of a run that captures nothing, whose rates the counters tell. */
static void resets_that_nothing_captured_have_no_sender(void **state)
{
	struct summary s = a_run();
	own_mem char *table = NULL, *markdown = NULL;

	(void)state;
	s.n_senders = 0;
	table = report_written_by("table", &s,
				  &(struct report_options){ .columns = 0 });
	markdown = report_written_by("markdown", &s,
				     &(struct report_options){ .columns = 0 });
	assert_non_null(strstr(table,
			       "\n  not known: the kernel's counters tell of "
			       "resets, but nothing was captured\n"));
	assert_non_null(strstr(markdown,
			       "\nNot known: the kernel's counters tell of "
			       "resets, but nothing was captured.\n"));
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
			    "the run ended without saying why (killed, or the "
			    "disk was full); the rates are of the 1 trial that "
			    "ran");
}

static void reports_name_the_versions_of_runtimes(void **state)
{
	struct summary s = a_run();
	own_mem char *table = NULL, *markdown = NULL, *json = NULL;

	(void)state;
	s.environment = T("{\"cpus\": 2, \"runtimes\": {\"odd\": 7, "
			  "\"grpc-c\": \"gRPC core 29.0.0\", "
			  "\"grpc-python\": \"grpcio 1.51.1\"}}");
	table = written_by("table", &s, &(struct report_options){ .dir = "" });
	markdown = written_by("markdown", &s,
			      &(struct report_options){ .dir = "" });
	json = written_by("json", &s, &(struct report_options){ .dir = "" });
	assert_non_null(strstr(table, "\nRuntimes\n  grpc-c: gRPC core "
				      "29.0.0; grpc-python: grpcio 1.51.1\n"));
	assert_non_null(strstr(markdown, "\n**Runtimes** grpc-c: "));
	assert_non_null(strstr(json, "\n  \"runtimes\": {\n"
				     "    \"grpc-c\": \"gRPC core 29.0.0\",\n"
				     "    \"grpc-python\": "
				     "\"grpcio 1.51.1\"\n  },\n"));
}

static void an_environment_without_runtimes_has_no_section(void **state)
{
	char *const environments[] = { T("{\"cpus\": 2}"), T("7"),
				       T("{\"runtimes\": []}") };
	struct summary s = a_run();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(environments); i++) {
		own_mem char *table = NULL;

		s.environment = environments[i];
		table = written_by("table", &s,
				   &(struct report_options){ .dir = "" });
		assert_null(strstr(table, "Runtimes"));
	}
}

/* The workload of two cells in a run of its own. */
static void expect_lifetimes(const char *first, const char *second,
			     const char *want)
{
	struct summary_cell cells[] = {
		{ .topology = T("host"), .workload = T("grpc-c") },
		{ .topology = T("vm-lo"), .workload = T("grpc-c") },
		{ .topology = T("vm-lo"), .workload = T("late-data") },
	};
	const struct summary s = {
		.cells = cells,
		.n_cells = ARRAY_SIZE(cells),
		.environment = T("{\"runtimes\": {\"grpc-c\": \"29.0.0\"}}"),
	};
	own_text struct text t = { .s = NULL };

	cells[0].params = strdup(first);
	cells[1].params = strdup(second);
	cells[2].params = T("{}");
	runtimes_add(&t, &s);
	assert_string_equal(text_str(&t), want);
	free(cells[0].params);
	free(cells[1].params);
}

static void reports_say_how_long_a_client_lives(void **state)
{
	static const char lab[] = "{\"client-lifetime\": \"lab\"}";

	(void)state;
	expect_lifetimes("{}", "{\"client-lifetime\": \"trial\"}",
			 "grpc-c: 29.0.0; a client process for each trial");
	expect_lifetimes(lab, lab,
			 "grpc-c: 29.0.0; one client process for all trials, "
			 "with a channel for each");
	expect_lifetimes(lab, "{}",
			 "grpc-c: 29.0.0; a client process for each trial, and "
			 "where a row says client-lifetime=lab one for all");
}

/* host-veth/unread-close is in it, vm-lo is not; nothing mirrors the third. */
static char a_plan[] =
	"{\"plan\": {\"name\": \"mine\", \"source\": \"a *page*\","
	" \"published\": [{\"place\": \"a desk\","
	" \"topology\": \"host-veth\", \"workload\": \"unread-close\","
	" \"reported\": \"sometimes\", \"trials\": 14, \"resets\": 3},"
	" {\"place\": \"a cloud\", \"topology\": \"vm-lo\","
	" \"workload\": \"unread-close\", \"reported\": \"never\"},"
	" {\"place\": \"macOS\", \"workload\": \"unread-close\","
	" \"reported\": \"never\", \"trials\": -1, \"resets\": 7}]}}";

static void what_was_published_stands_beside_what_was_measured(void **state)
{
	const struct report_options o = { .dir = "" };
	struct summary s = a_run();
	own_mem char *table = NULL, *markdown = NULL, *json = NULL;

	(void)state;
	s.environment = a_plan;
	table = written_by("table", &s, &o);
	assert_non_null(strstr(
		table,
		"\nBeside what was published\n"
		"  published: where  client        what                      "
		"         here: topology  RST per trial\n"
		"  a desk            unread-close  sometimes: 21.4 % "
		"[7.6-47.6] 3/14  host-veth       100.0 % [92.9-100] 50/50\n"
		"  a cloud           unread-close  never                     "
		"         vm-lo           not run\n"
		"  macOS             unread-close  never                     "
		"         no mirror       not run\n"
		"  source of what was published: a *page*\n"));
	markdown = written_by("markdown", &s, &o);
	assert_non_null(strstr(
		markdown,
		"\n### Beside what was published\n\n"
		"| published: where | client | what | here: topology | RST per "
		"trial |\n"
		"| --- | --- | --- | --- | --- |\n"
		"| a desk | unread-close | sometimes: 21.4 % \\[7.6-47.6\\] "
		"3/14 | host-veth | 100.0 % \\[92.9-100\\] 50/50 |\n"
		"| a cloud | unread-close | never | vm-lo | not run |\n"
		"| macOS | unread-close | never | no mirror | not run |\n"
		"\nSource of what was published: a \\*page\\*\n"));
	json = written_by("json", &s, &o);
	assert_non_null(strstr(json, "\n  \"plan\": {\n"
				     "    \"name\": \"mine\",\n"
				     "    \"source\": \"a *page*\",\n"));
	assert_non_null(strstr(json, "\"counted\": {\n"
				     "          \"trials\": 14,\n"
				     "          \"resets\": 3,\n"
				     "          \"rate\": 0.21428"));
}

static void a_plan_of_another_kind_says_nothing(void **state)
{
	char *const plans[] = { T("{\"plan\": 7}"), T("{\"plan\": {}}") };
	const struct report_options o = { .dir = "" };
	struct summary s = a_run();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(plans); i++) {
		own_mem char *table = NULL, *json = NULL, *markdown = NULL;

		s.environment = plans[i];
		table = written_by("table", &s, &o);
		markdown = written_by("markdown", &s, &o);
		json = written_by("json", &s, &o);
		assert_null(strstr(table, "published"));
		assert_null(strstr(markdown, "published"));
		assert_non_null(strstr(json, "\n  \"plan\": "));
	}
}

static void what_is_no_entry_of_a_plan_leaves_its_columns_empty(void **state)
{
	const struct report_options o = { .dir = "" };
	struct summary s = a_run();
	own_mem char *table = NULL;

	(void)state;
	s.environment = T("{\"plan\": {\"published\": [7, \"x\", null, []]}}");
	table = written_by("table", &s, &o);
	assert_non_null(strstr(
		table,
		"\n  published: where  client  what  here: topology  RST "
		"per trial\n"
		"                                  no mirror       not "
		"run\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			table_shows_the_rates_the_senders_and_the_books),
		cmocka_unit_test(narrow_table_is_stacked),
		cmocka_unit_test(the_causes_stand_alone_too),
		cmocka_unit_test(one_topology_has_no_causes_to_compare),
		cmocka_unit_test(colour_dims_zeros_and_makes_resets_bold),
		cmocka_unit_test(table_names_what_makes_a_run_doubtful),
		cmocka_unit_test(table_fits_the_terminal),
		cmocka_unit_test(parameters_make_a_row_of_their_own),
		cmocka_unit_test(senders_in_some_topologies_name_them),
		cmocka_unit_test(rare_is_not_never),
		cmocka_unit_test(interval_near_an_end_is_rounded_outwards),
		cmocka_unit_test(many_trials_keep_the_columns_aligned),
		cmocka_unit_test(two_topologies_are_both),
		cmocka_unit_test(last_column_stays_where_it_fits),
		cmocka_unit_test(run_without_resets_says_so),
		cmocka_unit_test(resets_that_nothing_captured_have_no_sender),
		cmocka_unit_test(lost_packets_are_not_called_clean),
		cmocka_unit_test(run_without_books_does_not_claim_to_balance),
		cmocka_unit_test(killed_run_says_how_far_it_came),
		cmocka_unit_test(reports_name_the_versions_of_runtimes),
		cmocka_unit_test(
			an_environment_without_runtimes_has_no_section),
		cmocka_unit_test(reports_say_how_long_a_client_lives),
		cmocka_unit_test(
			what_was_published_stands_beside_what_was_measured),
		cmocka_unit_test(a_plan_of_another_kind_says_nothing),
		cmocka_unit_test(
			what_is_no_entry_of_a_plan_leaves_its_columns_empty),
	};

	return cmocka_run_group_tests_name("report-table", tests, NULL, NULL);
}
