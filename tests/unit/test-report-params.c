/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports of a run whose topologies were varied by parameters. */
#include "lab/base/own.h"
#include "tests/unit/report-run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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

static char big_mtu[] = "{\"mtu\": 9000}";

/* The same topology twice, reset alike. */
static void a_varied_run(struct summary *s, struct summary_cell *two,
			 struct summary_sender *senders)
{
	*s = a_run();
	two[0] = two[1] = s->cells[1];
	two[1].params = big_mtu;
	senders[0] = senders[1] = s->senders[0];
	senders[1].params = two[1].params;
	s->cells = two;
	s->senders = senders;
	s->n_cells = s->n_senders = s->n_variants = 2;
	s->n_topologies = s->n_workloads = 1;
	s->workloads++; /* unread-close */
}

static void variants_are_counted_and_named(void **state)
{
	struct summary s;
	struct summary_cell two[2];
	struct summary_sender senders[2];
	own_mem char *alike = NULL, *apart = NULL;

	(void)state;
	a_varied_run(&s, two, senders);
	alike = written_by("table", &s,
			   &(struct report_options){ .columns = 0 });
	assert_non_null(strstr(alike, " 1 topology in 2 variants x 1 "
				      "workload x 50 trials\n"));
	assert_non_null(strstr(alike, ": both variants, 50 each\n"));
	senders[1].connections = 49;
	apart = written_by("table", &s,
			   &(struct report_options){ .columns = 0 });
	assert_non_null(
		strstr(apart, ": host-veth=50, host-veth (mtu=9000)=49\n"));
}

static void the_json_document_has_the_parameters_everywhere(void **state)
{
	struct summary s;
	struct summary_cell two[2];
	struct summary_sender senders[2];
	struct summary_books books;
	own_mem char *got = NULL;

	(void)state;
	a_varied_run(&s, two, senders);
	books = s.books[0];
	books.params = two[1].params;
	s.books = &books;
	s.n_books = 1;
	got = written_by("json", &s, &(struct report_options){ .columns = 0 });
	assert_non_null(strstr(got, "      \"params\": {\n"
				    "        \"mtu\": 9000\n"
				    "      },\n      \"trials\""));
	assert_non_null(strstr(got, "      \"params\": {\n"
				    "        \"mtu\": 9000\n"
				    "      },\n      \"emitter\""));
	assert_non_null(strstr(got, "        \"params\": {\n"
				    "          \"mtu\": 9000\n"
				    "        },\n        \"node\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_make_a_row_of_their_own),
		cmocka_unit_test(variants_are_counted_and_named),
		cmocka_unit_test(
			the_json_document_has_the_parameters_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
