/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a pipe that gives nothing, until it is to end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/capture/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/time.h>

/* pcap in nanoseconds of Ethernet: the header, then a packet of 4 bytes at 1 s
 */
static const uint32_t capture[] = {
	0xa1b23c4d, 0x00040002, 0, 0, 262144, 1, 1, 0, 4, 4, 0x20656e6f,
};
enum { HEAD_BYTES = 24, RECORD_BYTES = 16 };

static volatile sig_atomic_t stopped;

static void on_alarm(int number)
{
	(void)number;
	stopped = 1;
}

/* A signal comes when it has begun to wait, or before. */
static void stop_soon(void)
{
	const struct itimerval soon = { .it_value.tv_usec = 1000 };
	const struct sigaction sa = { .sa_handler = on_alarm,
				      .sa_flags = SA_RESTART };

	assert_int_equal(sigaction(SIGALRM, &sa, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
}

/* With the first @n bytes of the capture.  It stays open. */
static void fill_pipe(int *ret_from, int *ret_to, size_t n)
{
	int ends[2];

	stopped = 0;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	*ret_from = ends[0];
	*ret_to = ends[1];
	assert_int_equal(write(ends[1], capture, n), (ssize_t)n);
}

static void expect_packets_then_end(size_t bytes, size_t packets)
{
	own_reader struct reader *r = NULL;
	own_fd int from = -1, to = -1;
	struct reader_packet p;
	struct err e;

	fill_pipe(&from, &to, bytes);
	assert_int_equal(reader_open(&r, from, "a pipe", &stopped, &e), 0);
	for (size_t i = 0; i < packets; i++)
		assert_int_equal(reader_next(r, &p, &e), 1);
	stop_soon();
	assert_int_equal(reader_next(r, &p, &e), 0);
	assert_true(stopped);
}

static void a_capture_ends_where_it_was_read_to(void **state)
{
	(void)state;
	expect_packets_then_end(sizeof(capture), 1);
	expect_packets_then_end(HEAD_BYTES + RECORD_BYTES, 0);
	expect_packets_then_end(HEAD_BYTES, 0);
}

static void nothing_was_read_of_one_that_never_began(void **state)
{
	own_reader struct reader *r = NULL;
	own_fd int from = -1, to = -1;
	struct err e;

	(void)state;
	fill_pipe(&from, &to, 0);
	stop_soon();
	assert_int_equal(reader_open(&r, from, "a pipe", &stopped, &e),
			 -EILSEQ);
	assert_string_equal(e.text,
			    "'a pipe' is not a capture in pcap or pcapng: it "
			    "looks like an empty file");
	assert_true(stopped);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_capture_ends_where_it_was_read_to),
		cmocka_unit_test(nothing_was_read_of_one_that_never_began),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
