/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures that gzip or zstd packed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/capture/reader.h"

#include <string.h>
#include <sys/mman.h>
#include <zlib.h>
#include <zstd.h>

enum { PACKETS = 5000, PACKET_BYTES = 100 };

struct bytes {
	uint8_t *at;
	size_t n;
};

static void put32(uint8_t **p, uint32_t v)
{
	memcpy(*p, &v, sizeof(v));
	*p += sizeof(v);
}

/* A pcap with more packets than fit in any buffer, hard to pack. */
static struct bytes capture(void)
{
	struct bytes b = { .at = malloc(24 + PACKETS * (16 + PACKET_BYTES)) };
	uint8_t *p = b.at;
	uint32_t noise = 1;

	assert_non_null(p);
	put32(&p, 0xa1b2c3d4);
	put32(&p, 0x00040002);
	put32(&p, 0);
	put32(&p, 0);
	put32(&p, 262144);
	put32(&p, 1);
	for (uint32_t i = 0; i < PACKETS; i++) {
		put32(&p, i);
		put32(&p, 0);
		put32(&p, PACKET_BYTES);
		put32(&p, PACKET_BYTES);
		for (int j = 0; j < PACKET_BYTES; j++) {
			noise = noise * 1664525 + 1013904223;
			*p++ = (uint8_t)(noise >> 24);
		}
	}
	b.n = (size_t)(p - b.at);
	return b;
}

static struct bytes gzipped(struct bytes b)
{
	z_stream z = { .next_in = b.at, .avail_in = (uInt)b.n };
	struct bytes packed = { .n = b.n + 1000 };

	assert_int_equal(
		deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
		Z_OK);
	packed.at = malloc(packed.n);
	assert_non_null(packed.at);
	z.next_out = packed.at;
	z.avail_out = (uInt)packed.n;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	packed.n -= z.avail_out;
	(void)deflateEnd(&z);
	return packed;
}

static struct bytes zstded(struct bytes b)
{
	struct bytes packed = { .n = ZSTD_compressBound(b.n) };

	packed.at = malloc(packed.n);
	assert_non_null(packed.at);
	packed.n = ZSTD_compress(packed.at, packed.n, b.at, b.n, 3);
	assert_false(ZSTD_isError(packed.n));
	return packed;
}

/* What reading came to. */
struct end {
	uint64_t packets;
	int result;
	char text[2048]; /* the error, or what was cut */
};

static struct end read_all(const void *bytes, size_t n)
{
	own_fd int fd = memfd_create("packed", MFD_CLOEXEC);
	own_reader struct reader *r = NULL;
	struct reader_packet p;
	struct end end = { .packets = 0 };
	struct err e = { .code = 0 };

	assert_int_equal(write(fd, bytes, n), n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	end.result = reader_open(&r, fd, "a.pcap", NULL, &e);
	while (end.result >= 0 && (end.result = reader_next(r, &p, &e)) > 0)
		assert_int_equal(p.time_ns, end.packets++ * 1000000000LL);
	(void)snprintf(end.text, sizeof(end.text), "%s",
		       end.result < 0  ? e.text
		       : reader_cut(r) ? reader_cut(r)
				       : "");
	return end;
}

static void every_packet_comes_out(void **state)
{
	struct bytes plain = capture(), gz = gzipped(plain),
		     zst = zstded(plain);

	(void)state;
	assert_int_equal(read_all(plain.at, plain.n).packets, PACKETS);
	assert_int_equal(read_all(gz.at, gz.n).packets, PACKETS);
	assert_int_equal(read_all(zst.at, zst.n).packets, PACKETS);
	assert_string_equal(read_all(gz.at, gz.n).text, "");
	assert_string_equal(read_all(zst.at, zst.n).text, "");
	free(plain.at);
	free(gz.at);
	free(zst.at);
}

/* As `cat a.gz b.gz` makes them, and with zeros behind. */
static void members_that_were_joined_are_one(void **state)
{
	struct bytes plain = capture();
	const size_t half = plain.n / 2;
	struct bytes a = gzipped((struct bytes){ plain.at, half });
	struct bytes b =
		gzipped((struct bytes){ plain.at + half, plain.n - half });
	uint8_t *both = calloc(1, a.n + b.n + 100);

	(void)state;
	assert_non_null(both);
	memcpy(both, a.at, a.n);
	memcpy(both + a.n, b.at, b.n);
	assert_int_equal(read_all(both, a.n + b.n).packets, PACKETS);
	assert_int_equal(read_all(both, a.n + b.n + 100).packets, PACKETS);
	free(plain.at);
	free(a.at);
	free(b.at);
	free(both);
}

static void one_that_was_cut_off_says_so(void **state)
{
	struct bytes plain = capture(), gz = gzipped(plain),
		     zst = zstded(plain);
	const struct end of_gzip = read_all(gz.at, gz.n / 2);
	const struct end of_zstd = read_all(zst.at, zst.n / 2);

	(void)state;
	assert_int_equal(of_gzip.result, 0);
	assert_in_range(of_gzip.packets, PACKETS / 3, PACKETS - 1);
	assert_non_null(strstr(of_gzip.text, "'a.pcap' is cut off: "));
	assert_int_equal(of_zstd.result, 0);
	assert_in_range(of_zstd.packets, PACKETS / 10, PACKETS - 1);
	assert_non_null(strstr(of_zstd.text, "'a.pcap' is cut off: "));
	/* all packets, but not the sum at the end */
	assert_string_equal(read_all(gz.at, gz.n - 4).text,
			    "'a.pcap' is cut off: it ends in the middle of "
			    "what is packed after packet 5001");
	free(plain.at);
	free(gz.at);
	free(zst.at);
}

static void one_that_is_damaged_says_so(void **state)
{
	struct bytes plain = capture(), gz = gzipped(plain);
	struct end end;

	(void)state;
	gz.at[gz.n - 8] ^= 1; /* the sum over all */
	end = read_all(gz.at, gz.n);
	assert_true(end.result < 0);
	assert_string_equal(end.text, "'a.pcap': its packed data are damaged: "
				      "incorrect data check");
	free(plain.at);
	free(gz.at);
}

static void what_packs_no_capture_is_named(void **state)
{
	uint8_t text[] = "12:00 IP a > b\n";
	struct bytes gz = gzipped((struct bytes){ text, sizeof(text) - 1 });

	(void)state;
	assert_string_equal(read_all(gz.at, gz.n).text,
			    "'a.pcap' is not a capture in pcap or pcapng: what "
			    "it packs looks like text: tcpdump writes captures "
			    "with -w");
	free(gz.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_packet_comes_out),
		cmocka_unit_test(members_that_were_joined_are_one),
		cmocka_unit_test(one_that_was_cut_off_says_so),
		cmocka_unit_test(one_that_is_damaged_says_so),
		cmocka_unit_test(what_packs_no_capture_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
