/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/base/clock.h"
#include "lab/base/err.h"
#include "lab/base/grow.h"
#include "lab/base/ip.h"
#include "lab/base/num.h"
#include "lab/base/own.h"
#include "lab/base/rng.h"
#include "lab/base/text.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* err */

static void context_goes_in_front_of_the_cause(void **state)
{
	struct err e = { .code = 0 };

	(void)state;
	assert_int_equal(
		err_set(&e, ERR_INPUT, EINVAL, "'%s' is no delay", "soon"),
		-EINVAL);
	assert_int_equal(err_add(&e, "link '%s'", "up"), -EINVAL);
	assert_int_equal(err_add(&e, "home.yaml:%d", 7), -EINVAL);
	assert_string_equal(e.text,
			    "home.yaml:7: link 'up': 'soon' is no delay");
	assert_int_equal(e.class, ERR_INPUT);
}

static void a_refused_right_is_a_matter_of_the_host(void **state)
{
	static const int refusals[] = { EPERM,		 EACCES,
					ENOSYS,		 EOPNOTSUPP,
					EPROTONOSUPPORT, EAFNOSUPPORT };
	struct err e = { .code = 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		errno = refusals[i];
		assert_int_equal(err_errno(&e, "make a bridge"), -refusals[i]);
		assert_int_equal(e.class, ERR_HOST);
	}
	errno = EPERM;
	(void)err_errno(&e, "make link '%s'", "up");
	assert_string_equal(e.text, "make link 'up': Operation not permitted");
}

static void a_lack_of_memory_is_said_with_what_needed_it(void **state)
{
	struct err e = { .code = 0 };

	(void)state;
	assert_int_equal(err_no_memory(&e), -ENOMEM);
	assert_int_equal(err_add(&e, "a.pcap"), -ENOMEM);
	assert_string_equal(e.text, "a.pcap: out of memory");
	assert_int_equal(e.class, ERR_SYSTEM);
}

static void any_other_failed_call_is_the_systems(void **state)
{
	struct err e = { .code = 0 };

	(void)state;
	errno = ENOSPC;
	assert_int_equal(err_errno(&e, "write 'run.db'"), -ENOSPC);
	assert_int_equal(e.class, ERR_SYSTEM);
	assert_string_equal(e.text, "write 'run.db': No space left on device");
}

static void a_failure_without_errno_is_still_a_failure(void **state)
{
	struct err e = { .code = 0 };

	(void)state;
	errno = 0;
	assert_int_equal(err_errno(&e, "read"), -EIO);
	assert_string_equal(e.text, "read: Input/output error");
}

static void the_cause_outlives_any_amount_of_context(void **state)
{
	static const char cause[] = "the cause";
	struct err e = { .code = 0 };

	(void)state;
	(void)err_set(&e, ERR_SYSTEM, EIO, "%s", cause);
	for (int i = 0; i < 1000; i++)
		(void)err_add(&e, "some twenty bytes of it");
	assert_true(strlen(e.text) < sizeof(e.text));
	assert_string_equal(e.text + strlen(e.text) - strlen(cause), cause);
}

static void each_class_has_its_exit_status(void **state)
{
	static const struct {
		enum err_class class;
		int status;
	} rows[] = { { ERR_INPUT, 2 },
		     { ERR_HOST, 3 },
		     { ERR_EMPTY, 4 },
		     { ERR_SYSTEM, 7 },
		     { ERR_BUG, 70 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct err e = { .class = rows[i].class, .code = EIO };

		assert_int_equal(err_exit_status(&e), rows[i].status);
	}
}

/* num */

static void whole_numbers_are_taken_whole_or_not_at_all(void **state)
{
	static const char *const refused[] = {
		"",    " 7",  "7 ",
		"+7",  "7x",  "0x7",
		"--7", "7.0", "99999999999999999999"
	};
	int64_t v = 42;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		assert_false(num_parse(refused[i], INT64_MIN, INT64_MAX, &v));
		assert_int_equal(v, 42);
	}
	assert_true(num_parse("-7", -7, 7, &v));
	assert_int_equal(v, -7);
	assert_true(num_parse("9223372036854775807", 0, INT64_MAX, &v));
	assert_int_equal(v, INT64_MAX);
}

static void a_number_keeps_to_its_bounds(void **state)
{
	int64_t v = 42;

	(void)state;
	assert_true(num_parse("1", 1, 10, &v));
	assert_true(num_parse("10", 1, 10, &v));
	assert_false(num_parse("0", 1, 10, &v));
	assert_false(num_parse("11", 1, 10, &v));
	assert_int_equal(v, 10);
}

static void a_duration_needs_its_unit(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} rows[] = { { "0s", 0 },
		     { "7ns", 7 },
		     { "150us", 150 * NS_PER_US },
		     { "20ms", 20 * NS_PER_MS },
		     { "2s", 2 * NS_PER_S },
		     { "3m", 180 * NS_PER_S },
		     { "1h", 3600 * NS_PER_S } };
	static const char *const refused[] = {
		"5", "s", "-5s", "5 s", "5S", "5d", "1.5s", "9999999999h"
	};
	int64_t ns = 42;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		assert_false(num_parse_duration(refused[i], &ns));
		assert_int_equal(ns, 42);
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_true(num_parse_duration(rows[i].text, &ns));
		assert_int_equal(ns, rows[i].ns);
	}
}

static void a_duration_is_printed_in_its_shortest_exact_form(void **state)
{
	static const char *const forms[] = { "0ns",    "1ns",  "150us",
					     "1500us", "20ms", "2s",
					     "90s",    "3m",   "1h" };
	char buf[32];
	int64_t ns;

	(void)state;
	for (size_t i = 1; i < ARRAY_SIZE(forms); i++) {
		assert_true(num_parse_duration(forms[i], &ns));
		assert_string_equal(num_duration_text(ns, buf), forms[i]);
	}
	assert_string_equal(num_duration_text(0, buf), forms[0]);
}

static void a_measured_time_is_printed_as_it_is_read(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} rows[] = {
		{ 0, "0 ns" },		 { 870, "870 ns" },
		{ 1000, "1.0 us" },	 { 12649, "13 us" },
		{ 2140000, "2.1 ms" },	 { 193000000, "193 ms" },
		{ 1500000000, "1.5 s" }, { 14000000000, "14 s" },
	};
	char buf[NUM_TIME_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(num_time_text(rows[i].ns, buf),
				    rows[i].text);
}

/* grow */

static void an_array_grows_and_keeps_what_it_has(void **state)
{
	own_mem uint32_t *items = NULL;
	size_t cap = 0;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		assert_true(GROW(items, i, cap));
		assert_in_range(cap, i + 1, 2 * i + 16);
		items[i] = i;
	}
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
}

/* text */

static void numbers_are_added_in_full(void **state)
{
	own_text struct text t = { .s = NULL };

	(void)state;
	text_add_int(&t, 0);
	text_add(&t, " ");
	text_add_int(&t, INT64_MAX);
	text_add(&t, " ");
	text_add_int(&t, INT64_MIN);
	assert_string_equal(text_str(&t), "0 9223372036854775807 "
					  "-9223372036854775808");
}

static void a_text_grows_as_it_must(void **state)
{
	own_text struct text t = { .s = NULL };

	(void)state;
	assert_string_equal(text_str(&t), "");
	for (int i = 0; i < 1000; i++)
		text_addf(&t, "%03d,", i);
	assert_false(t.failed);
	assert_int_equal(t.n, 4000);
	assert_int_equal(strlen(t.s), 4000);
	assert_memory_equal(t.s, "000,001,002,", 12);
	assert_string_equal(t.s + 3996, "999,");
}

static void a_slip_of_the_finger_finds_the_word(void **state)
{
	static const char *const known[] = { "docker-publish", "docker-proxy",
					     "host", NULL };

	(void)state;
	assert_string_equal(text_nearest("docker-publsh", known),
			    "docker-publish");
	assert_string_equal(text_nearest("hsot", known), "host");
	assert_null(text_nearest("vagrant", known));
	assert_null(text_nearest("", (const char *const[]){ NULL }));
}

static void columns_are_characters_not_bytes(void **state)
{
	(void)state;
	assert_int_equal(text_columns(""), 0);
	assert_int_equal(text_columns("host"), 4);
	assert_int_equal(text_columns("7 \xc2\xb5s"), 4);
	assert_int_equal(text_columns("\xe2\x96\xb2 up"), 4);
}

/* ip */

static void addresses_survive_a_round_trip(void **state)
{
	static const char *const texts[] = { "10.0.0.1", "255.255.255.255",
					     "::", "fd00::1",
					     "2001:db8::8:800:200c:417a" };
	char buf[IP_TEXT_MAX];
	struct ip_addr a;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_true(ip_addr_parse(texts[i], &a));
		assert_string_equal(ip_addr_text(&a, buf), texts[i]);
	}
}

static void what_is_no_address_is_refused(void **state)
{
	static const char *const texts[] = { "",	   "10.0.0",
					     "10.0.0.256", "10.0.0.1 ",
					     "fd00::1::2", "host",
					     "010.0.0.1x" };
	struct ip_addr a = { .family = 9 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_false(ip_addr_parse(texts[i], &a));
		assert_int_equal(a.family, 9);
	}
}

static void prefixes_have_a_length_that_fits(void **state)
{
	char buf[IP_TEXT_MAX];
	struct ip_prefix p;

	(void)state;
	assert_true(ip_prefix_parse("172.17.0.1/16", &p));
	assert_int_equal(p.length, 16);
	assert_string_equal(ip_prefix_text(&p, buf), "172.17.0.1/16");
	assert_true(ip_prefix_parse("fd00::1/128", &p));
	assert_string_equal(ip_prefix_text(&p, buf), "fd00::1/128");
	assert_false(ip_prefix_parse("172.17.0.1/33", &p));
	assert_false(ip_prefix_parse("fd00::1/129", &p));
	assert_false(ip_prefix_parse("172.17.0.1", &p));
	assert_false(ip_prefix_parse("172.17.0.1/-1", &p));
}

static void endpoints_need_brackets_around_ipv6_only(void **state)
{
	char buf[IP_TEXT_MAX];
	struct ip_endpoint ep;

	(void)state;
	assert_true(ip_endpoint_parse("10.0.0.1:80", &ep));
	assert_int_equal(ep.port, 80);
	assert_string_equal(ip_endpoint_text(&ep, buf), "10.0.0.1:80");
	assert_true(ip_endpoint_parse("[fd00::1]:65535", &ep));
	assert_string_equal(ip_endpoint_text(&ep, buf), "[fd00::1]:65535");
	assert_false(ip_endpoint_parse("fd00::1:80", &ep));
	assert_false(ip_endpoint_parse("[10.0.0.1]:80", &ep));
	assert_false(ip_endpoint_parse("10.0.0.1:0", &ep));
	assert_false(ip_endpoint_parse("10.0.0.1:65536", &ep));
	assert_false(ip_endpoint_parse("10.0.0.1", &ep));
	assert_false(ip_endpoint_parse("[]:80", &ep));
}

static void each_node_has_loopback_addresses_of_its_own(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} cases[] = {
		{ "127.0.0.1", true },	{ "127.255.0.9", true },
		{ "128.0.0.1", false }, { "::1", true },
		{ "::2", false },	{ "7f00::1", false },
		{ "0.0.0.0", false },	{ "::", false },
	};
	struct ip_addr a;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(ip_addr_parse(cases[i].text, &a));
		assert_int_equal(ip_addr_is_loopback(&a), cases[i].is);
	}
}

static void endpoints_become_socket_addresses_and_back(void **state)
{
	static const char *const texts[] = { "192.0.2.1:443",
					     "[2001:db8::1]:50051" };
	static const unsigned lengths[] = { sizeof(struct sockaddr_in),
					    sizeof(struct sockaddr_in6) };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct sockaddr_storage sa;
		struct ip_endpoint ep, back;

		assert_true(ip_endpoint_parse(texts[i], &ep));
		assert_int_equal(ip_endpoint_to_sockaddr(&ep, &sa), lengths[i]);
		ip_endpoint_from_sockaddr(&sa, &back);
		assert_true(ip_endpoint_equal(&ep, &back));
	}
}

static void an_ipv4_address_in_ipv6_form_is_told_from_an_ipv6_one(void **state)
{
	static const char *const pairs[][2] = {
		{ "[::ffff:192.0.2.1]:80", "192.0.2.1:80" },
		{ "[::ffff:0.0.0.0]:80", "0.0.0.0:80" },
		{ "[::fffe:c000:201]:80", "[::fffe:c000:201]:80" },
		{ "[::]:80", "[::]:80" },
		{ "192.0.2.1:80", "192.0.2.1:80" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct ip_endpoint ep;
		char text[IP_TEXT_MAX];

		assert_true(ip_endpoint_parse(pairs[i][0], &ep));
		ep = ip_endpoint_unmapped(&ep);
		assert_string_equal(ip_endpoint_text(&ep, text), pairs[i][1]);
	}
}

static void endpoints_are_the_same_that_are_alike_on_the_wire(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} pairs[] = {
		{ "[::ffff:192.0.2.1]:80", "192.0.2.1:80", true },
		{ "192.0.2.1:80", "[::ffff:192.0.2.1]:80", true },
		{ "[fd00::1]:80", "[fd00::1]:80", true },
		{ "192.0.2.1:80", "192.0.2.1:81", false },
		{ "192.0.2.1:80", "192.0.2.2:80", false },
		{ "[::]:80", "0.0.0.0:80", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct ip_endpoint a, b;

		assert_true(ip_endpoint_parse(pairs[i].a, &a));
		assert_true(ip_endpoint_parse(pairs[i].b, &b));
		assert_int_equal(ip_endpoint_same(&a, &b), pairs[i].same);
	}
}

/* own */

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void an_owned_descriptor_ends_with_its_block(void **state)
{
	int seen;

	(void)state;
	{
		own_fd int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		seen = fd;
		assert_true(is_open(seen));
		errno = EINTR;
	}
	assert_int_equal(errno, EINTR);
	assert_false(is_open(seen));
}

static void a_taken_descriptor_stays_open(void **state)
{
	int taken;

	(void)state;
	{
		own_fd int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		taken = take_fd(&fd);
		assert_int_equal(fd, -1);
	}
	assert_true(is_open(taken));
	(void)close(taken);
}

/* rng */

/* Source: the reference SplitMix64, seed 1234567, first three numbers. */
static void a_seed_gives_the_same_numbers_everywhere(void **state)
{
	struct rng r = { .state = 1234567 };

	(void)state;
	assert_true(rng_next(&r) == 6457827717110365317ULL);
	assert_true(rng_next(&r) == 3203168211198807973ULL);
	assert_true(rng_next(&r) == 9817491932198370423ULL);
}

/* 6 000 throws of a die: each face 1 000 times, standard deviation 29. */
static void numbers_below_a_bound_are_even(void **state)
{
	struct rng r = { .state = 7 };
	unsigned faces[6] = { 0 };

	(void)state;
	for (int i = 0; i < 6000; i++)
		faces[rng_below(&r, 6)]++;
	for (size_t i = 0; i < ARRAY_SIZE(faces); i++)
		assert_in_range(faces[i], 850, 1150);
	for (int i = 0; i < 100; i++)
		assert_int_equal(rng_below(&r, 1), 0);
}

/* clock */

static void the_clock_is_monotonic_nanoseconds(void **state)
{
	const struct timespec ts = { .tv_sec = 3, .tv_nsec = 7 };
	const int64_t first = clock_now_ns();

	(void)state;
	assert_int_equal(clock_ns(&ts), 3000000007LL);
	assert_true(clock_now_ns() >= first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(context_goes_in_front_of_the_cause),
		cmocka_unit_test(a_refused_right_is_a_matter_of_the_host),
		cmocka_unit_test(a_lack_of_memory_is_said_with_what_needed_it),
		cmocka_unit_test(any_other_failed_call_is_the_systems),
		cmocka_unit_test(a_failure_without_errno_is_still_a_failure),
		cmocka_unit_test(the_cause_outlives_any_amount_of_context),
		cmocka_unit_test(each_class_has_its_exit_status),
		cmocka_unit_test(whole_numbers_are_taken_whole_or_not_at_all),
		cmocka_unit_test(a_number_keeps_to_its_bounds),
		cmocka_unit_test(a_duration_needs_its_unit),
		cmocka_unit_test(
			a_duration_is_printed_in_its_shortest_exact_form),
		cmocka_unit_test(an_array_grows_and_keeps_what_it_has),
		cmocka_unit_test(a_text_grows_as_it_must),
		cmocka_unit_test(numbers_are_added_in_full),
		cmocka_unit_test(a_slip_of_the_finger_finds_the_word),
		cmocka_unit_test(columns_are_characters_not_bytes),
		cmocka_unit_test(addresses_survive_a_round_trip),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(prefixes_have_a_length_that_fits),
		cmocka_unit_test(endpoints_need_brackets_around_ipv6_only),
		cmocka_unit_test(each_node_has_loopback_addresses_of_its_own),
		cmocka_unit_test(endpoints_become_socket_addresses_and_back),
		cmocka_unit_test(
			an_ipv4_address_in_ipv6_form_is_told_from_an_ipv6_one),
		cmocka_unit_test(
			endpoints_are_the_same_that_are_alike_on_the_wire),
		cmocka_unit_test(an_owned_descriptor_ends_with_its_block),
		cmocka_unit_test(a_taken_descriptor_stays_open),
		cmocka_unit_test(a_measured_time_is_printed_as_it_is_read),
		cmocka_unit_test(a_seed_gives_the_same_numbers_everywhere),
		cmocka_unit_test(numbers_below_a_bound_are_even),
		cmocka_unit_test(the_clock_is_monotonic_nanoseconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
