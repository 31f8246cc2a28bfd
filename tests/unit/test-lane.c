/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Segments from one thread to another, and captures that two threads read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/import/scan.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

enum { MANY = 20000 }; /* several times round the ring */

struct taker {
	uint32_t taken;
	bool in_order;
	uint32_t fails_at; /* 0: never */
};

static int take(const struct bundle *b, void *arg, struct err *e)
{
	struct taker *t = arg;

	t->in_order &= b->n == 1 + t->taken % 7 &&
		       b->items[0].time_ns == (int64_t)t->taken * 3;
	t->taken++;
	if (t->taken == t->fails_at)
		return err_set(e, ERR_SYSTEM, ENOMEM, "no room for one more");
	return 0;
}

/* Returns: how many could be sent. */
static uint32_t send_many(struct lane *l, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct bundle *b = lane_next(l);

		if (!b)
			return i;
		b->n = (uint16_t)(1 + i % 7);
		b->items[0].time_ns = (int64_t)i * 3;
		lane_send(l);
	}
	return n;
}

static struct lane *lane_to(struct taker *t)
{
	struct lane *l = NULL;
	struct err e;

	assert_int_equal(lane_new(&l, &e), 0);
	t->in_order = true;
	lane_begin(l, take, t);
	return l;
}

static void what_is_sent_arrives_in_its_order(void **state)
{
	/* around a full ring and the half of it, and far more */
	static const uint32_t counts[] = { 0, 1, 3, 4, 5, 7, 8, 9, 4096, MANY };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		struct taker t = { .taken = 0 };
		own_lane struct lane *l = lane_to(&t);
		struct err e;

		assert_int_equal(send_many(l, counts[i]), counts[i]);
		assert_int_equal(lane_end(l, &e), 0);
		assert_int_equal(t.taken, counts[i]);
		assert_true(t.in_order);
	}
}

static void a_bundle_that_is_not_sent_does_not_arrive(void **state)
{
	struct taker t = { .taken = 0 };
	own_lane struct lane *l = lane_to(&t);
	struct err e;

	(void)state;
	lane_next(l)->n = 99;
	assert_int_equal(send_many(l, 1), 1);
	lane_next(l)->n = 99;
	assert_int_equal(lane_end(l, &e), 0);
	assert_int_equal(t.taken, 1);
	assert_true(t.in_order);
}

static void a_taker_that_fails_stops_the_sender(void **state)
{
	struct taker t = { .fails_at = 1000 };
	own_lane struct lane *l = lane_to(&t);
	struct err e;

	(void)state;
	assert_in_range(send_many(l, MANY), 1000, MANY - 1);
	assert_int_equal(lane_end(l, &e), -ENOMEM);
	assert_string_equal(e.text, "no room for one more");
	assert_int_equal(t.taken, 1000);
}

static void a_lane_that_nobody_used_can_be_freed(void **state)
{
	struct lane *l = NULL;
	struct err e;

	(void)state;
	assert_int_equal(lane_new(&l, &e), 0);
	lane_free(l);
	lane_free(NULL);
}

/* --- captures --------------------------------------------------------------
 */

/* All that was told of the capture at @path, in memory.  Returns: its length */
static size_t scan_told(const char *path, bool shared, char **ret)
{
	static const volatile sig_atomic_t go_on;
	static struct record_writer w;
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	own_fd int told = memfd_create("told", MFD_CLOEXEC);
	const struct source_file file = { .name = path, .fd = fd };
	const struct import_request q = {
		.files = &file,
		.n = 1,
		.stop = &go_on,
	};
	own_lane struct lane *lane = NULL;
	struct err e;
	off_t n;

	assert_true(fd >= 0 && told >= 0);
	if (shared)
		assert_int_equal(lane_new(&lane, &e), 0);
	w = (struct record_writer){ .fd = told };
	scan(&q, NULL, lane, &w);
	n = lseek(told, 0, SEEK_END);
	assert_true(n > 0);
	*ret = malloc((size_t)n);
	assert_non_null(*ret);
	assert_int_equal(pread(told, *ret, (size_t)n, 0), n);
	return (size_t)n;
}

static void two_threads_tell_what_one_tells(void **state)
{
	const char *srcdir = getenv("srcdir");
	own_dir DIR *dir = NULL;
	const struct dirent *entry;
	char path[1024];
	size_t files = 0;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/tests/fuzz/corpus-capture",
		       srcdir ? srcdir : ".");
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		own_mem char *alone = NULL, *shared = NULL;
		size_t n;

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path),
			       "%s/tests/fuzz/corpus-capture/%s",
			       srcdir ? srcdir : ".", entry->d_name);
		n = scan_told(path, false, &alone);
		assert_int_equal(n, scan_told(path, true, &shared));
		assert_memory_equal(alone, shared, n);
		files++;
	}
	assert_true(files >= 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sent_arrives_in_its_order),
		cmocka_unit_test(a_bundle_that_is_not_sent_does_not_arrive),
		cmocka_unit_test(a_taker_that_fails_stops_the_sender),
		cmocka_unit_test(a_lane_that_nobody_used_can_be_freed),
		cmocka_unit_test(two_threads_tell_what_one_tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
