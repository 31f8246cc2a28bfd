/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/sample-run.h"

#include "lab/report/observer.h"

static struct summary *finished(struct sample *s)
{
	struct summary *sum = NULL;

	sample_finish(s, true);
	SAMPLE_OK(s, summary_read(s->dir, &sum, &s->e));
	return sum;
}

/* @resets of @n trials of both judged outcomes, and one that was invalid. */
static void put(struct sample *s, uint32_t cell, enum observer_arm arm,
		unsigned resets, unsigned n)
{
	static uint32_t position;
	struct store_observed o = { .cell = cell, .arm = arm };

	for (unsigned i = 0; i < n; i++) {
		o.position = position++;
		o.outcome = i < resets ? OUTCOME_RESET : OUTCOME_CLEAN;
		SAMPLE_OK(s, store_put_observed(s->store, &o, &s->e));
	}
	o.position = position++;
	o.outcome = OUTCOME_INVALID;
	o.why = "a probe died";
	SAMPLE_OK(s, store_put_observed(s->store, &o, &s->e));
}

static void a_rate_that_measuring_changed_is_found(void **state)
{
	struct sample *s = *state;
	own_summary struct summary *sum = NULL;
	own_text struct text t = { .s = NULL };

	sample_begin(s);
	put(s, 0, OBSERVER_MEASURED, 56, 70);
	put(s, 0, OBSERVER_SILENT, 48, 80);
	put(s, 1, OBSERVER_MEASURED, 0, 10);
	put(s, 1, OBSERVER_SILENT, 0, 20);
	put(s, 3, OBSERVER_MEASURED, 1, 2);
	put(s, 3, OBSERVER_SILENT, 0, 0);
	sum = finished(s);
	assert_int_equal(sum->observed.n, 3);
	assert_int_equal(sum->observed.cells[0].trials[OBSERVER_SILENT], 81);
	observer_add_sentence(&t, &sum->observed);
	assert_string_equal(
		text_str(&t),
		"measured minus silent, in percentage points with a 95 % "
		"Newcombe interval, both arms by OutRsts alone: in 1 of 2 "
		"cells the interval leaves out 0 (by chance it would in about "
		"1 of 20); 1 could not be compared");
	t.n = 0;
	observer_add_rows(&t, &sum->observed, 0, 0);
	assert_string_equal(
		text_str(&t),
		"topology      workload      measured  silent  difference\n"
		"wire          unread-close     56/70   48/80  "
		"+20.0 [+5.2, +33.4] differs\n"
		"wire          linger0           0/10    0/20  "
		"+0.0 [-16.1, +27.8]\n"
		"nat mtu=1400  linger0            1/2     0/0  -\n");
}

static void a_run_without_the_check_says_nothing(void **state)
{
	struct sample *s = *state;
	own_summary struct summary *sum = NULL;
	own_text struct text t = { .s = NULL };

	sample_begin(s);
	sum = finished(s);
	observer_add_sentence(&t, &sum->observed);
	assert_int_equal(t.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SAMPLE_CASE(a_rate_that_measuring_changed_is_found),
		SAMPLE_CASE(a_run_without_the_check_says_nothing),
	};

	return cmocka_run_group_tests_name("observer", tests, NULL, NULL);
}
