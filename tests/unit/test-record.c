/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process that nobody trusts tells is taken only if it can be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/import/record.h"
#include "lab/import/tally.h"

#include <sys/mman.h>

static struct connection plain(void)
{
	struct connection c = {
		.start_ns = 1000,
		.end_ns = 2000,
		.n_legs = 1,
	};

	c.client.addr.family = c.server.addr.family = 4;
	c.legs[0].client = c.client;
	c.legs[0].server = c.server;
	return c;
}

/* Is @c understood by whom it is told? */
static bool arrives(const struct connection *c)
{
	static struct record_writer w;
	static struct record_reader reader;
	static struct connection got;
	own_fd int fd = memfd_create("told", MFD_CLOEXEC);
	struct record r;
	struct err e;

	assert_true(fd >= 0);
	w = (struct record_writer){ .fd = fd };
	record_put_connection(&w, c);
	record_flush(&w);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	reader = (struct record_reader){ .fd = fd };
	assert_int_equal(record_get(&reader, &r, &e), 1);
	assert_int_equal(r.type, RECORD_CONNECTION);
	return record_get_connection(&r, &got);
}

static void a_connection_has_the_times_of_a_capture(void **state)
{
	struct connection c = plain();

	(void)state;
	assert_true(arrives(&c));
	c.start_ns = INT64_MIN;
	assert_false(arrives(&c));
	c = plain();
	c.end_ns = -1;
	assert_false(arrives(&c));
}

static void so_has_a_tally(void **state)
{
	struct tally t = { .first_ns = 1000, .last_ns = 2000 };

	(void)state;
	assert_true(tally_is_sane(&t));
	t.first_ns = INT64_MIN;
	assert_false(tally_is_sane(&t));
	t.first_ns = 1000;
	t.last_ns = -1;
	assert_false(tally_is_sane(&t));
}

static void a_tally_has_no_more_senders_than_there_is_room_for(void **state)
{
	struct tally t = { .n_senders = TALLY_SENDERS_MAX };

	(void)state;
	assert_true(tally_is_sane(&t));
	t.senders[TALLY_SENDERS_MAX - 1].cause = CAUSES;
	assert_false(tally_is_sane(&t));
	t = (struct tally){ .n_senders = TALLY_SENDERS_MAX + 1 };
	assert_false(tally_is_sane(&t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_has_the_times_of_a_capture),
		cmocka_unit_test(so_has_a_tally),
		cmocka_unit_test(
			a_tally_has_no_more_senders_than_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
