/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a capture -> connections that can be, told and understood; and
 * any bytes as what is told -> understood or refused.
 *
 *   clang -std=gnu17 -D_GNU_SOURCE -g -O1 -I. \
 *	-fsanitize=fuzzer,address,undefined tests/fuzz/fuzz-import.c \
 *	lab/import/{scan,lane,record,filter,judge,tally,tap}.c \
 *	lab/cause/rule*.c lab/cause/cause.c \
 *	lab/capture/{reader,read-pcap,read-pcapng}.c \
 *	lab/capture/{guess,input,source,unpack}.c lab/flow/[!.]*.c \
 *	lab/base/{err,grow,text,num,ip,side}.c \
 *	-lnghttp2 -lpcap -lz -lzstd -lm -o fuzz-import
 *   ./fuzz-import tests/fuzz/corpus-capture
 */
#include "tests/fuzz/fuzz-flow.h"

#include "lab/import/scan.h"

#include <string.h>
#include <sys/mman.h>

/* As assert(), which a release build drops. */
static void must(bool holds)
{
	if (!holds)
		abort();
}

static int file_of(const uint8_t *data, size_t n)
{
	const int fd = memfd_create("fuzz", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, data, n) == (ssize_t)n &&
	     lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

/* Returns: how many segments the connections have. */
static uint64_t understand(int fd, bool trusted)
{
	static struct record_reader reader;
	static struct connection c;
	struct judgement judged;
	struct record r;
	struct err e;
	uint64_t packets = 0;
	int result;

	reader = (struct record_reader){ .fd = fd };
	while ((result = record_get(&reader, &r, &e)) > 0) {
		if (r.type != RECORD_CONNECTION)
			continue;
		if (record_get_connection(&r, &c)) {
			judge(&c, &judged);
			packets += c.packets;
		} else {
			must(!trusted);
		}
	}
	must(result == 0 || !trusted);
	return packets;
}

static void read_capture(const uint8_t *data, size_t n, uint16_t port)
{
	static const volatile sig_atomic_t go_on;
	static struct record_writer w;
	own_fd int fd = file_of(data, n), told = file_of(NULL, 0);
	const struct source_file file = { .name = "fuzz", .fd = fd };
	const struct import_request q = {
		.files = &file,
		.n = 1,
		.port = port,
		.connections_max = 3,
		.stop = &go_on,
	};

	w = (struct record_writer){ .fd = told };
	scan(&q, NULL, NULL, &w);
	must(!w.failed && lseek(told, 0, SEEK_SET) == 0);
	(void)understand(told, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	own_fd int fd = -1;

	read_capture(data, n, n && data[0] == 1 ? 80 : 0);
	fd = file_of(data, n);
	(void)understand(fd, false);
	return 0;
}
