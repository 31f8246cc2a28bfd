/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of a capture file, read back block by block. */
#include "lab/capture/pcapng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>

static const struct pcapng_interface client_eth0 = { .name = "client:eth0",
						     .linktype = 276,
						     .snap_bytes = 256 };
static const struct pcapng_interface server_eth0 = { .name = "server:eth0",
						     .linktype = 276,
						     .snap_bytes = 256 };
static const struct pcapng_interface lo = { .name = "lo",
					    .linktype = 1,
					    .snap_bytes = 256 };
static const struct pcapng_interface unnamed = { .linktype = 1,
						 .snap_bytes = 256 };
static const struct pcapng_interface lo_jumbo = { .name = "lo",
						  .linktype = 1,
						  .snap_bytes = 4096 };

struct file {
	char dir[32], path[64];
	uint8_t bytes[8192];
	size_t n;
};

static int make_directory(void **state)
{
	struct file *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	(void)strcpy(f->dir, "/tmp/rstlab-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	(void)snprintf(f->path, sizeof(f->path), "%s/a.pcapng", f->dir);
	*state = f;
	return 0;
}

static int remove_directory(void **state)
{
	struct file *f = *state;

	(void)unlink(f->path);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

static void read_back(struct file *f)
{
	own_file FILE *in = fopen(f->path, "re");

	assert_non_null(in);
	f->n = fread(f->bytes, 1, sizeof(f->bytes), in);
	assert_true(f->n < sizeof(f->bytes));
}

static uint32_t u32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

static uint16_t u16(const uint8_t *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

/* The block number @n, from 0; its two lengths must agree. */
static const uint8_t *block(const struct file *f, size_t n, uint32_t type)
{
	size_t at = 0;

	for (;; n--) {
		const uint32_t length = u32(f->bytes + at + 4);

		assert_true(at + length <= f->n);
		assert_int_equal(length % 4, 0);
		assert_int_equal(u32(f->bytes + at + length - 4), length);
		if (n == 0)
			break;
		at += length;
		assert_true(at < f->n);
	}
	assert_int_equal(u32(f->bytes + at), type);
	return f->bytes + at;
}

static size_t count_blocks(const struct file *f)
{
	size_t n = 0;

	for (size_t at = 0; at < f->n; at += u32(f->bytes + at + 4))
		n++;
	return n;
}

/* The value of option @code among those that begin at @offset. */
static const uint8_t *option(const uint8_t *b, size_t offset, uint16_t code,
			     uint16_t length)
{
	const uint8_t *at = b + offset;

	while (u16(at) != code) {
		assert_int_not_equal(u16(at), 0);
		at += 4 + (u16(at + 2) + 3u) / 4 * 4;
		assert_true(at < b + u32(b + 4) - 4);
	}
	assert_int_equal(u16(at + 2), length);
	return at + 4;
}

static void assert_option_text(const uint8_t *b, size_t offset, uint16_t code,
			       const char *want)
{
	const uint16_t n = (uint16_t)strlen(want);

	assert_memory_equal(option(b, offset, code, n), want, n);
}

static const struct pcapng_meta meta = {
	.hardware = "x86-64",
	.os = "Linux 6.18",
	.application = "rstlab 0.1.0",
	.comment = "five by",
};

static void the_section_header_names_machine_and_program(void **state)
{
	struct file *f = *state;
	struct pcapng *p;
	struct err e;
	const uint8_t *b;

	assert_int_equal(pcapng_create(&p, f->path, &meta, &e), 0);
	assert_int_equal(pcapng_close(p, &e), 0);
	read_back(f);
	b = block(f, 0, 0x0a0d0d0a);
	assert_int_equal(u32(b + 8), 0x1a2b3c4d);
	assert_int_equal(u16(b + 12), 1);
	assert_int_equal(u16(b + 14), 0);
	assert_int_equal(u32(b + 16), UINT32_MAX);
	assert_int_equal(u32(b + 20), UINT32_MAX);
	assert_option_text(b, 24, 1, "five by");
	assert_option_text(b, 24, 2, "x86-64");
	assert_option_text(b, 24, 3, "Linux 6.18");
	assert_option_text(b, 24, 4, "rstlab 0.1.0");
	assert_int_equal(count_blocks(f), 1);
}

static void an_interface_has_a_name_and_nanoseconds(void **state)
{
	struct file *f = *state;
	struct pcapng *p;
	struct err e;
	const uint8_t *b;

	assert_int_equal(pcapng_create(&p, f->path, NULL, &e), 0);
	assert_int_equal(pcapng_add_interface(p, &client_eth0, &e), 0);
	assert_int_equal(pcapng_add_interface(p, &server_eth0, &e), 1);
	assert_int_equal(pcapng_close(p, &e), 0);
	read_back(f);
	b = block(f, 2, 1);
	assert_int_equal(u16(b + 8), 276);
	assert_int_equal(u32(b + 12), 256);
	assert_option_text(b, 16, 2, "server:eth0");
	assert_int_equal(*option(b, 16, 9, 1), 9);
}

static void an_interface_may_be_described(void **state)
{
	const struct pcapng_interface i = { .name = "web:eth0",
					    .description = "where it runs",
					    .linktype = 276,
					    .snap_bytes = 256 };
	struct file *f = *state;
	struct pcapng *p;
	struct err e;

	assert_int_equal(pcapng_create(&p, f->path, NULL, &e), 0);
	assert_int_equal(pcapng_add_interface(p, &i, &e), 0);
	assert_int_equal(pcapng_close(p, &e), 0);
	read_back(f);
	assert_option_text(block(f, 1, 1), 16, 3, "where it runs");
}

/* An IPv4 record of 4 + 4 bytes, an IPv6 record of 16 + 7 and one of padding,
 * the end. */
static void addresses_have_names(void **state)
{
	static const uint8_t v4[4] = { 10, 0, 0, 2 }, v6[16] = { 0xfd, 1 };
	const struct pcapng_name names[] = { { v4, 4, "web" },
					     { v6, 16, "remote" } };
	struct file *f = *state;
	struct pcapng *p;
	const uint8_t *b;
	struct err e;

	assert_int_equal(pcapng_create(&p, f->path, NULL, &e), 0);
	assert_int_equal(pcapng_add_names(p, names, 0, &e), 0);
	assert_int_equal(pcapng_add_names(p, names, 2, &e), 0);
	assert_int_equal(pcapng_close(p, &e), 0);
	read_back(f);
	assert_int_equal(count_blocks(f), 2);
	b = block(f, 1, 4) + 8;
	assert_int_equal(u16(b), 1);
	assert_int_equal(u16(b + 2), 8);
	assert_memory_equal(b + 4, "\n\0\0\2web\0", 8);
	assert_int_equal(u16(b + 12), 2);
	assert_int_equal(u16(b + 14), 23);
	assert_memory_equal(b + 16, v6, 16);
	assert_memory_equal(b + 32, "remote\0", 8);
	assert_int_equal(u32(b + 40), 0);
}

static void write_one(struct file *f, const struct pcapng_frame *frame)
{
	struct pcapng *p;
	struct err e;

	assert_int_equal(pcapng_create(&p, f->path, NULL, &e), 0);
	assert_int_equal(pcapng_add_interface(p, &lo, &e), 0);
	assert_int_equal(pcapng_write(p, frame, &e), 0);
	assert_int_equal(pcapng_close(p, &e), 0);
	read_back(f);
}

static void a_frame_keeps_time_lengths_direction_and_comment(void **state)
{
	const struct pcapng_frame frame = {
		.interface = 0,
		.time_ns = 1795245639123456789,
		.data = (const uint8_t *)"abcde",
		.captured = 5,
		.length = 1500,
		.outgoing = true,
		.comment = "born here",
	};
	const uint8_t *b;

	write_one(*state, &frame);
	b = block(*state, 2, 6);
	assert_int_equal(u32(b + 8), 0);
	assert_int_equal((uint64_t)u32(b + 12) << 32 | u32(b + 16),
			 1795245639123456789);
	assert_int_equal(u32(b + 20), 5);
	assert_int_equal(u32(b + 24), 1500);
	assert_memory_equal(b + 28, "abcde\0\0\0", 8);
	assert_int_equal(u32(option(b, 36, 2, 4)), 2);
	assert_option_text(b, 36, 1, "born here");
}

static void a_frame_may_have_two_comments(void **state)
{
	const struct pcapng_frame frame = {
		.data = (const uint8_t *)"abcd",
		.captured = 4,
		.length = 4,
		.comment = "for people",
		.detail = "for programs",
	};
	const uint8_t *b;

	write_one(*state, &frame);
	b = block(*state, 2, 6);
	assert_option_text(b, 32, 1, "for people");
	/* behind the flags, 8, and the first, 4 + 12 */
	assert_option_text(b, 32 + 8 + 16, 1, "for programs");
}

static void an_incoming_frame_says_so_and_needs_no_comment(void **state)
{
	const struct pcapng_frame frame = {
		.data = (const uint8_t *)"abcd",
		.captured = 4,
		.length = 4,
	};
	const uint8_t *b;

	write_one(*state, &frame);
	b = block(*state, 2, 6);
	assert_int_equal(u32(option(b, 32, 2, 4)), 1);
	assert_int_equal(u32(b + 4), 32 + 8 + 4 + 4); /* flags, end, length */
}

static void a_comment_that_is_too_long_ends_at_a_character(void **state)
{
	struct file *f = *state;
	own_mem char *comment = malloc(70001);
	struct pcapng *p;
	struct err e;
	struct stat st;
	/* section and interface, both without text; a frame of no bytes: 28,
	 * flags 8, comment 4 + n, end 4, length 4 */
	const off_t around = 32 + 32 + 28 + 8 + 4 + 4 + 4;

	assert_non_null(comment);
	for (size_t i = 0; i < 70000; i += 2)
		memcpy(comment + i, "\xc3\xa9", 2); /* e acute */
	memmove(comment + 1, comment, 69999);
	comment[0] = 'x'; /* the limit now falls inside a character */
	comment[70000] = '\0';
	assert_int_equal(pcapng_create(&p, f->path, NULL, &e), 0);
	assert_int_equal(pcapng_add_interface(p, &unnamed, &e), 0);
	assert_int_equal(
		pcapng_write(p, &(struct pcapng_frame){ .comment = comment },
			     &e),
		0);
	assert_int_equal(pcapng_close(p, &e), 0);
	assert_int_equal(stat(f->path, &st), 0);
	/* 0xfffb bytes and one of padding; statistics 8 + 12 + 12 + 4 + 4 */
	assert_int_equal(st.st_size, around + 0xfffc + 40);
}

static void the_statistics_count_what_was_written(void **state)
{
	const struct pcapng_frame frame = {
		.time_ns = 77,
		.data = (const uint8_t *)"abcd",
		.captured = 4,
		.length = 4,
	};
	const uint8_t *b;
	uint64_t n;

	write_one(*state, &frame);
	b = block(*state, 3, 5);
	assert_int_equal(u32(b + 8), 0);
	assert_int_equal(u32(b + 16), 77);
	memcpy(&n, option(b, 20, 8, 8), 8);
	assert_int_equal(n, 1);
}

static void the_kernels_counts_go_into_the_statistics(void **state)
{
	struct file *f = *state;
	struct pcapng *p;
	struct err e;
	const uint8_t *b;
	uint64_t n;

	assert_int_equal(pcapng_create(&p, f->path, NULL, &e), 0);
	assert_int_equal(pcapng_add_interface(p, &lo, &e), 0);
	pcapng_count(p, 0, 1000, 3);
	assert_int_equal(pcapng_close(p, &e), 0);
	read_back(f);
	b = block(f, 2, 5);
	memcpy(&n, option(b, 20, 4, 8), 8);
	assert_int_equal(n, 1000);
	memcpy(&n, option(b, 20, 5, 8), 8);
	assert_int_equal(n, 3);
}

static void an_existing_file_is_never_overwritten(void **state)
{
	struct file *f = *state;
	own_file FILE *there = fopen(f->path, "we");
	struct pcapng *p = NULL;
	char want[128];
	struct err e;

	assert_non_null(there);
	assert_int_equal(pcapng_create(&p, f->path, NULL, &e), -EEXIST);
	(void)snprintf(want, sizeof(want), "create %s: File exists", f->path);
	assert_string_equal(e.text, want);
	assert_null(p);
}

static void an_interface_must_have_been_added(void **state)
{
	struct file *f = *state;
	own_pcapng struct pcapng *p = NULL;
	char want[128];
	struct err e;

	assert_int_equal(pcapng_create(&p, f->path, NULL, &e), 0);
	assert_int_equal(
		pcapng_write(p, &(struct pcapng_frame){ .interface = 0 }, &e),
		-EINVAL);
	(void)snprintf(want, sizeof(want), "write %s: no interface number 0",
		       f->path);
	assert_string_equal(e.text, want);
	assert_int_equal(e.class, ERR_BUG);
}

/* Point the path at a device that is always full; O_EXCL forbids opening the
 * device itself, so the open file is exchanged under the writer. */
static void fill_the_disk(struct file *f)
{
	own_fd int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct stat st, other;

	assert_true(full >= 0);
	assert_int_equal(stat(f->path, &st), 0);
	for (int fd = 3; fd < 64; fd++)
		if (fstat(fd, &other) == 0 && other.st_ino == st.st_ino &&
		    other.st_dev == st.st_dev) {
			assert_int_equal(dup3(full, fd, O_CLOEXEC), fd);
			return;
		}
	fail_msg("the writer's descriptor was not found");
}

static void a_full_disk_is_reported_by_close(void **state)
{
	struct file *f = *state;
	struct pcapng *p;
	char want[128];
	struct err e;

	assert_int_equal(pcapng_create(&p, f->path, NULL, &e), 0);
	assert_int_equal(pcapng_add_interface(p, &lo, &e), 0);
	fill_the_disk(f);
	assert_int_equal(pcapng_close(p, &e), -ENOSPC);
	(void)snprintf(want, sizeof(want), "write %s: No space left on device",
		       f->path);
	assert_string_equal(e.text, want);
	assert_int_equal(e.class, ERR_SYSTEM);
}

static void a_full_disk_is_remembered_from_an_earlier_write(void **state)
{
	struct file *f = *state;
	static const uint8_t frame[4096];
	struct pcapng *p;
	struct err e, first = { .code = 0 };
	int failed = 0;

	assert_int_equal(pcapng_create(&p, f->path, NULL, &e), 0);
	assert_int_equal(pcapng_add_interface(p, &lo_jumbo, &e), 0);
	fill_the_disk(f);
	for (int i = 0; i < 100; i++)
		failed += pcapng_write(p,
				       &(struct pcapng_frame){
					       .data = frame,
					       .captured = sizeof(frame),
					       .length = sizeof(frame) },
				       &first) < 0;
	assert_true(failed > 0);
	assert_int_equal(pcapng_close(p, &e), -ENOSPC);
	assert_string_equal(e.text, first.text);
}

#define CASE(f) \
	cmocka_unit_test_setup_teardown(f, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest cases[] = {
		CASE(the_section_header_names_machine_and_program),
		CASE(an_interface_has_a_name_and_nanoseconds),
		CASE(an_interface_may_be_described),
		CASE(addresses_have_names),
		CASE(a_frame_may_have_two_comments),
		CASE(a_frame_keeps_time_lengths_direction_and_comment),
		CASE(an_incoming_frame_says_so_and_needs_no_comment),
		CASE(a_comment_that_is_too_long_ends_at_a_character),
		CASE(the_statistics_count_what_was_written),
		CASE(the_kernels_counts_go_into_the_statistics),
		CASE(an_existing_file_is_never_overwritten),
		CASE(an_interface_must_have_been_added),
		CASE(a_full_disk_is_reported_by_close),
		CASE(a_full_disk_is_remembered_from_an_earlier_write),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
