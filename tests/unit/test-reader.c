/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures made by hand, byte by byte, in both byte orders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/capture/pcapng.h"
#include "lab/capture/reader.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

enum { LINK_ETHERNET = 1, LINK_LINUX_SLL2 = 276 };

static const struct pcapng_interface host_lo = { .name = "host:lo",
						 .linktype = LINK_LINUX_SLL2,
						 .snap_bytes = 256 };

/* A file that grows, in one byte order. */
struct bytes {
	uint8_t at[4096];
	size_t n, block;
	bool big;
};

static void put(struct bytes *b, const void *p, size_t n)
{
	assert_true(b->n + n <= sizeof(b->at));
	if (n)
		memcpy(b->at + b->n, p, n);
	b->n += n;
}

static void put8(struct bytes *b, unsigned v)
{
	const uint8_t v8 = (uint8_t)v;

	put(b, &v8, 1);
}

static void put16(struct bytes *b, unsigned v)
{
	put8(b, b->big ? v >> 8 : v);
	put8(b, b->big ? v : v >> 8);
}

static void put32(struct bytes *b, uint32_t v)
{
	put16(b, b->big ? v >> 16 : v & 0xffff);
	put16(b, b->big ? v & 0xffff : v >> 16);
}

static void pad(struct bytes *b)
{
	while ((b->n - b->block) % 4)
		put8(b, 0);
}

static void put_option(struct bytes *b, unsigned code, const void *p,
		       unsigned n)
{
	put16(b, code);
	put16(b, n);
	put(b, p, n);
	pad(b);
}

static void begin(struct bytes *b, uint32_t type)
{
	b->block = b->n;
	put32(b, type);
	put32(b, 0);
}

static void end(struct bytes *b)
{
	const uint32_t length = (uint32_t)(b->n - b->block) + 4;
	const size_t n = b->n;

	put32(b, length);
	b->n = b->block + 4;
	put32(b, length);
	b->n = n + 4;
}

static void section(struct bytes *b)
{
	begin(b, 0x0a0d0d0a);
	put32(b, 0x1a2b3c4d);
	put32(b, b->big ? 1U << 16 : 1); /* version 1.0 */
	put32(b, UINT32_MAX);
	put32(b, UINT32_MAX);
	end(b);
}

static void interface(struct bytes *b, unsigned linktype, uint32_t snap)
{
	begin(b, 1);
	put16(b, linktype);
	put16(b, 0);
	put32(b, snap);
	end(b);
}

static void packet(struct bytes *b, uint32_t number, uint64_t units,
		   const char *data)
{
	begin(b, 6);
	put32(b, number);
	put32(b, (uint32_t)(units >> 32));
	put32(b, (uint32_t)units);
	put32(b, (uint32_t)strlen(data));
	put32(b, (uint32_t)strlen(data) + 1000);
	put(b, data, strlen(data));
	pad(b);
	end(b);
}

static void pcap_head(struct bytes *b, uint32_t magic, uint32_t linktype)
{
	put32(b, magic);
	put16(b, 2);
	put16(b, 4);
	put32(b, 0);
	put32(b, 0);
	put32(b, 262144);
	put32(b, linktype);
}

static void record(struct bytes *b, uint32_t s, uint32_t fraction,
		   const char *data)
{
	put32(b, s);
	put32(b, fraction);
	put32(b, (uint32_t)strlen(data));
	put32(b, (uint32_t)strlen(data) + 1000);
	put(b, data, strlen(data));
}

static int open_bytes(const struct bytes *b, struct reader **ret, int *ret_fd,
		      struct err *e)
{
	const int fd = memfd_create("capture", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, b->at, b->n), (ssize_t)b->n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	*ret_fd = fd;
	return reader_open(ret, fd, "a.pcap", NULL, e);
}

enum { FEW_MAX = 7, GOT_MAX = 1024 };

/* Number, time, link type, interface, direction, bytes kept and on the wire,
 * and the bytes themselves. */
static void add_line(char *got, const struct reader_packet *p)
{
	const size_t n = strlen(got);

	(void)snprintf(got + n, GOT_MAX - n, "%llu %lld %u %s %d %u/%u %.*s\n",
		       (unsigned long long)p->number, (long long)p->time_ns,
		       p->interface->linktype,
		       p->interface->name[0] ? p->interface->name : "-",
		       (int)p->direction, p->captured, p->length,
		       (int)p->captured, (const char *)p->data);
}

/* @max:	packets that are asked for at once */
static void expect_by(int max, const struct bytes *b, const char *wanted,
		      const char *wanted_cut, const char *wanted_error)
{
	own_reader struct reader *r = NULL;
	struct reader_packet few[FEW_MAX];
	own_fd int fd = -1;
	char got[GOT_MAX] = "";
	struct err e = { .text = "" };
	int result = open_bytes(b, &r, &fd, &e);

	while (result >= 0 && (result = reader_next_few(r, few, max, &e)) > 0) {
		assert_in_range(result, 1, max);
		for (int i = 0; i < result; i++)
			add_line(got, &few[i]);
	}
	assert_string_equal(got, wanted);
	assert_string_equal(result < 0 ? e.text : "",
			    wanted_error ? wanted_error : "");
	if (result < 0)
		assert_int_equal(e.class, ERR_INPUT);
	if (wanted_cut)
		assert_string_equal(reader_cut(r), wanted_cut);
	else if (r)
		assert_null(reader_cut(r));
}

/* A line per packet, however many come at once. */
static void expect(const struct bytes *b, const char *wanted,
		   const char *wanted_cut, const char *wanted_error)
{
	for (int max = 1; max <= FEW_MAX; max++)
		expect_by(max, b, wanted, wanted_cut, wanted_error);
}

static void pcap_is_read_in_both_orders_and_both_resolutions(void **state)
{
	(void)state;
	for (int big = 0; big < 2; big++) {
		struct bytes us = { .big = big }, ns = { .big = big };

		pcap_head(&us, 0xa1b2c3d4, LINK_ETHERNET);
		record(&us, 1700000000, 123456, "hello");
		record(&us, 1700000001, 0, "");
		expect(&us,
		       "1 1700000000123456000 1 - 0 5/1005 hello\n"
		       "2 1700000001000000000 1 - 0 0/1000 \n",
		       NULL, NULL);

		pcap_head(&ns, 0xa1b23c4d, LINK_LINUX_SLL2);
		record(&ns, 1700000000, 123456789, "hello");
		expect(&ns, "1 1700000000123456789 276 - 0 5/1005 hello\n",
		       NULL, NULL);
	}
}

static void the_old_pcap_with_longer_records_is_read(void **state)
{
	struct bytes b = { .n = 0 };

	(void)state;
	pcap_head(&b, 0xa1b2cd34, LINK_ETHERNET);
	put32(&b, 5);
	put32(&b, 6);
	put32(&b, 2);
	put32(&b, 2);
	put32(&b, 7);	   /* number of the interface */
	put32(&b, 0x0800); /* protocol, kind of packet, padding */
	put(&b, "ab", 2);
	expect(&b, "1 5000006000 1 - 0 2/2 ab\n", NULL, NULL);
}

static void the_upper_bits_of_a_link_type_are_flags(void **state)
{
	struct bytes b = { .n = 0 };

	(void)state;
	pcap_head(&b, 0xa1b2c3d4, 0x24000000U | LINK_ETHERNET); /* FCS */
	record(&b, 1, 0, "x");
	expect(&b, "1 1000000000 1 - 0 1/1001 x\n", NULL, NULL);
}

static void pcapng_is_read_in_both_orders(void **state)
{
	(void)state;
	for (int big = 0; big < 2; big++) {
		struct bytes b = { .big = big };

		section(&b);
		interface(&b, LINK_ETHERNET, 0);
		packet(&b, 0, 1700000000123456, "hello");
		expect(&b, "1 1700000000123456000 1 - 0 5/1005 hello\n", NULL,
		       NULL);
	}
}

/* What we write ourselves: name, nanoseconds, direction, statistics. */
static void what_the_writer_wrote_the_reader_reads(void **state)
{
	char dir[] = "/tmp/rstlab-XXXXXX", path[64];
	own_reader struct reader *r = NULL;
	own_fd int fd = -1;
	struct reader_packet p;
	struct pcapng *w = NULL;
	struct err e;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/a.pcapng", dir);
	assert_int_equal(pcapng_create(&w, path, NULL, &e), 0);
	assert_int_equal(pcapng_add_interface(w, &host_lo, &e), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			pcapng_write(w,
				     &(struct pcapng_frame){
					     .time_ns = 1700000000123456789 + i,
					     .data = (const uint8_t *)"abc",
					     .captured = 3,
					     .length = 900,
					     .outgoing = i == 1,
					     .comment = "why" },
				     &e),
			0);
	assert_int_equal(pcapng_close(w, &e), 0);

	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(reader_open(&r, fd, path, NULL, &e), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(reader_next(r, &p, &e), 1);
		assert_int_equal(p.time_ns, 1700000000123456789 + i);
		assert_string_equal(p.interface->name, "host:lo");
		assert_int_equal(p.interface->linktype, LINK_LINUX_SLL2);
		assert_int_equal(p.interface->snap_bytes, 256);
		assert_int_equal(p.direction,
				 i ? READER_OUTBOUND : READER_INBOUND);
		assert_int_equal(p.captured, 3);
		assert_int_equal(p.length, 900);
		assert_memory_equal(p.data, "abc", 3);
	}
	assert_int_equal(reader_next(r, &p, &e), 0);
	assert_null(reader_cut(r));
}

static void each_interface_has_its_own_clock(void **state)
{
	const uint8_t ms = 3, binary = 0x80 | 10;
	const uint8_t offset[8] = { 100 };
	struct bytes b = { .n = 0 };

	(void)state;
	section(&b);
	begin(&b, 1);
	put16(&b, LINK_ETHERNET);
	put16(&b, 0);
	put32(&b, 0);
	put_option(&b, 2, "wan0", 4);
	put_option(&b, 9, &ms, 1);
	end(&b);
	begin(&b, 1);
	put16(&b, 101);
	put16(&b, 0);
	put32(&b, 0);
	put_option(&b, 9, &binary, 1); /* 2^-10 s */
	put_option(&b, 14, offset, 8); /* 100 s later */
	put_option(&b, 0, NULL, 0);
	end(&b);
	packet(&b, 0, 2500, "a");
	packet(&b, 1, 512, "b");
	expect(&b,
	       "1 2500000000 1 wan0 0 1/1001 a\n"
	       "2 100500000000 101 - 0 1/1001 b\n",
	       NULL, NULL);
}

static void a_section_may_change_order_and_interfaces(void **state)
{
	struct bytes b = { .n = 0 };

	(void)state;
	section(&b);
	interface(&b, LINK_ETHERNET, 0);
	packet(&b, 0, 1, "a");
	b.big = true;
	section(&b);
	interface(&b, 113, 0);
	packet(&b, 0, 2, "b");
	expect(&b, "1 1000 1 - 0 1/1001 a\n2 2000 113 - 0 1/1001 b\n", NULL,
	       NULL);
}

static void simple_and_old_packet_blocks_are_read(void **state)
{
	struct bytes b = { .n = 0 };

	(void)state;
	section(&b);
	interface(&b, LINK_ETHERNET, 4); /* snap length 4 */
	begin(&b, 3);
	put32(&b, 9); /* on the wire */
	put(&b, "simp", 4);
	end(&b);
	begin(&b, 2);
	put16(&b, 0);
	put16(&b, 7); /* drops */
	put32(&b, 0);
	put32(&b, 8);
	put32(&b, 3);
	put32(&b, 3);
	put(&b, "old", 3);
	pad(&b);
	end(&b);
	expect(&b, "1 0 1 - 0 4/9 simp\n2 8000 1 - 0 3/3 old\n", NULL, NULL);
}

static void blocks_that_nobody_knows_are_stepped_over(void **state)
{
	static const uint32_t types[] = { 4, 5, 10, 0x0bad, 0x40000bad };
	struct bytes b = { .n = 0 };

	(void)state;
	section(&b);
	interface(&b, LINK_ETHERNET, 0);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		begin(&b, types[i]);
		put(&b, "whatever", 8);
		end(&b);
	}
	packet(&b, 0, 1, "a");
	expect(&b, "1 1000 1 - 0 1/1001 a\n", NULL, NULL);
}

/* At whatever byte it was cut, the packets before are there. */
static void a_file_cut_anywhere_gives_what_was_whole(void **state)
{
	struct bytes b = { .n = 0 };
	size_t first, second, whole;

	(void)state;
	section(&b);
	interface(&b, LINK_ETHERNET, 0);
	first = b.n;
	packet(&b, 0, 1, "a");
	second = b.n;
	packet(&b, 0, 2, "b");
	whole = b.n;
	for (b.n = second + 1; b.n < whole; b.n++)
		expect(&b, "1 1000 1 - 0 1/1001 a\n",
		       b.n < second + 8
			       ? "'a.pcap' is cut off: it ends in the middle "
				 "of the block before packet 2"
			       : "'a.pcap' is cut off: it ends in the middle "
				 "of packet 2",
		       NULL);
	b.n = first;
	expect(&b, "", NULL, NULL);
}

static void a_pcap_cut_anywhere_gives_what_was_whole(void **state)
{
	struct bytes b = { .n = 0 };
	size_t second;

	(void)state;
	pcap_head(&b, 0xa1b2c3d4, LINK_ETHERNET);
	record(&b, 1, 0, "a");
	second = b.n;
	record(&b, 2, 0, "b");
	for (b.n--; b.n > second; b.n--)
		expect(&b, "1 1000000000 1 - 0 1/1001 a\n",
		       b.n < second + 16
			       ? "'a.pcap' is cut off: it ends in the middle "
				 "of the header of packet 2"
			       : "'a.pcap' is cut off: it ends in the middle "
				 "of packet 2",
		       NULL);
	b.n = 10;
	expect(&b, "", NULL,
	       "'a.pcap' is cut off: it ends in the middle of the header of "
	       "the file");
}

static void lengths_without_sense_are_refused(void **state)
{
	struct bytes b = { .n = 0 }, c = { .n = 0 }, d = { .n = 0 };

	(void)state;
	pcap_head(&b, 0xa1b2c3d4, LINK_ETHERNET);
	record(&b, 1, 0, "a");
	put32(&b, 1);
	put32(&b, 1);
	put32(&b, 0xfffffff0);
	put32(&b, 0xfffffff0);
	expect(&b, "1 1000000000 1 - 0 1/1001 a\n", NULL,
	       "'a.pcap' is damaged after packet 1: a packet of 4294967280 "
	       "bytes");

	section(&c);
	packet(&c, 3, 1, "a");
	expect(&c, "", NULL,
	       "'a.pcap' is damaged after packet 0: the next packet is of "
	       "interface 3, and 0 are described");

	section(&d);
	put32(&d, 6);
	put32(&d, 7);
	put32(&d, 7);
	expect(&d, "", NULL,
	       "'a.pcap' is damaged after packet 0: a block of 7 bytes");
}

static void a_packet_longer_than_its_block_is_refused(void **state)
{
	struct bytes b = { .n = 0 };

	(void)state;
	section(&b);
	interface(&b, LINK_ETHERNET, 0);
	packet(&b, 0, 1, "abcd");
	b.at[b.n - 4 - 4 - 8] = 5; /* captured: one more than there is */
	expect(&b, "", NULL,
	       "'a.pcap' is damaged after packet 0: a packet of 5 bytes in a "
	       "block of 24");
}

static void what_is_no_capture_is_named(void **state)
{
	static const struct {
		const char *head;
		size_t n;
		const char *like;
	} files[] = {
		{ "", 0, "an empty file" },
		{ "12:00 IP a > b: Flags [S]\n", 26,
		  "text: tcpdump writes captures with -w" },
		{ "SQLite format 3\0", 16,
		  "an SQLite database: name the directory of a run, not its "
		  "run.db" },
		{ "\0\1\2\3\4", 5, "no format known here" },
		{ "{ \"a\": 1 }", 10, "JSON" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct bytes b = { .n = 0 };
		char wanted[256];

		put(&b, files[i].head, files[i].n);
		(void)snprintf(wanted, sizeof(wanted),
			       "'a.pcap' is not a capture in pcap or pcapng: "
			       "it looks like %s",
			       files[i].like);
		expect(&b, "", NULL, wanted);
	}
}

static void a_directory_is_refused(void **state)
{
	own_fd int fd = open("/", O_RDONLY | O_CLOEXEC);
	struct reader *r = NULL;
	struct err e;

	(void)state;
	assert_int_equal(reader_open(&r, fd, "/", NULL, &e), -EISDIR);
	assert_string_equal(e.text, "cannot read '/': Is a directory");
	assert_int_equal(e.class, ERR_INPUT);
}

/* Larger than the buffer, so that packets lie across its ends. */
static void memory_does_not_grow_with_the_file(void **state)
{
	enum { PACKETS = 400, BYTES = 3001 };
	own_reader struct reader *r = NULL;
	static uint8_t data[BYTES];
	struct bytes head = { .n = 0 };
	struct reader_packet few[FEW_MAX];
	uint32_t packets = 0;
	int n;
	own_fd int fd = memfd_create("capture", MFD_CLOEXEC);
	struct err e;

	(void)state;
	pcap_head(&head, 0xa1b23c4d, LINK_ETHERNET);
	assert_int_equal(write(fd, head.at, head.n), (ssize_t)head.n);
	for (uint32_t i = 0; i < PACKETS; i++) {
		const uint32_t record_head[] = { i, 0, BYTES, BYTES };

		memset(data, (int)(i & 0xff), sizeof(data));
		assert_int_equal(write(fd, record_head, 16), 16);
		assert_int_equal(write(fd, data, BYTES), BYTES);
	}
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(reader_open(&r, fd, "large", NULL, &e), 0);
	while ((n = reader_next_few(r, few, FEW_MAX, &e)) > 0)
		for (int i = 0; i < n; i++, packets++) {
			assert_int_equal(few[i].time_ns, packets * 1000000000L);
			assert_int_equal(few[i].data[0], packets & 0xff);
			assert_int_equal(few[i].data[BYTES - 1],
					 packets & 0xff);
		}
	assert_int_equal(n, 0);
	assert_int_equal(packets, PACKETS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			pcap_is_read_in_both_orders_and_both_resolutions),
		cmocka_unit_test(the_old_pcap_with_longer_records_is_read),
		cmocka_unit_test(the_upper_bits_of_a_link_type_are_flags),
		cmocka_unit_test(pcapng_is_read_in_both_orders),
		cmocka_unit_test(what_the_writer_wrote_the_reader_reads),
		cmocka_unit_test(each_interface_has_its_own_clock),
		cmocka_unit_test(a_section_may_change_order_and_interfaces),
		cmocka_unit_test(simple_and_old_packet_blocks_are_read),
		cmocka_unit_test(blocks_that_nobody_knows_are_stepped_over),
		cmocka_unit_test(a_file_cut_anywhere_gives_what_was_whole),
		cmocka_unit_test(a_pcap_cut_anywhere_gives_what_was_whole),
		cmocka_unit_test(lengths_without_sense_are_refused),
		cmocka_unit_test(a_packet_longer_than_its_block_is_refused),
		cmocka_unit_test(what_is_no_capture_is_named),
		cmocka_unit_test(a_directory_is_refused),
		cmocka_unit_test(memory_does_not_grow_with_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
