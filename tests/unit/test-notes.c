/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be said of a frame is found by where and when it was seen. */
#include "lab/run/notes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A reset that was seen leaving node @node at @time_ns, and at node 7 later. */
static struct reset reset_at(uint16_t node, int64_t time_ns)
{
	return (struct reset){
		.n_sightings = 2,
		.sightings = { { .point = { node, 2 }, .time_ns = time_ns },
			       { .point = { 7, 3 }, .time_ns = time_ns + 5 } },
	};
}

static void add(struct notes *list, const struct reset *r, const char *text)
{
	struct err e;

	assert_int_equal(notes_add(list, r, strdup(text), strdup("{}"), &e), 0);
}

static const char *said(struct notes *list, uint16_t node, uint16_t interface,
			int64_t time_ns)
{
	const struct note_text *t = notes_find(
		list, (struct flow_point){ node, interface }, time_ns);

	return t ? t->human : "nothing";
}

static void every_sighting_of_a_reset_has_its_note(void **state)
{
	own_notes struct notes list = { .n = 0 };
	const struct reset late = reset_at(1, 100), early = reset_at(2, 90);

	(void)state;
	add(&list, &late, "late");
	add(&list, &early, "early");
	assert_string_equal(said(&list, 1, 2, 100), "late");
	assert_string_equal(said(&list, 7, 3, 105), "late");
	assert_string_equal(said(&list, 2, 2, 90), "early");
	assert_string_equal(said(&list, 7, 3, 95), "early");
}

static void another_point_or_time_has_none(void **state)
{
	own_notes struct notes list = { .n = 0 };
	const struct reset r = reset_at(1, 100);

	(void)state;
	assert_string_equal(said(&list, 1, 2, 100), "nothing");
	add(&list, &r, "it");
	assert_string_equal(said(&list, 2, 2, 100), "nothing");
	assert_string_equal(said(&list, 1, 3, 100), "nothing");
	assert_string_equal(said(&list, 1, 2, 101), "nothing");
}

static void what_is_cleared_is_forgotten(void **state)
{
	own_notes struct notes list = { .n = 0 };
	const struct reset r = reset_at(1, 100);

	(void)state;
	add(&list, &r, "it");
	notes_clear(&list);
	assert_string_equal(said(&list, 1, 2, 100), "nothing");
	add(&list, &r, "again");
	assert_string_equal(said(&list, 1, 2, 100), "again");
}

/* More sightings may be counted than a reset keeps. */
static void sightings_that_are_only_counted_have_none(void **state)
{
	own_notes struct notes list = { .n = 0 };
	struct reset r = reset_at(1, 100);

	(void)state;
	r.n_sightings = 1000;
	add(&list, &r, "it");
	assert_string_equal(said(&list, 1, 2, 100), "it");
	assert_int_equal(list.n, FLOW_SIGHTINGS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sighting_of_a_reset_has_its_note),
		cmocka_unit_test(another_point_or_time_has_none),
		cmocka_unit_test(what_is_cleared_is_forgotten),
		cmocka_unit_test(sightings_that_are_only_counted_have_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
