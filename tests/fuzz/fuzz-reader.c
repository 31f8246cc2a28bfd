/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a capture -> packets that lie within it, or one clear refusal.
 *
 *   clang -std=gnu17 -D_GNU_SOURCE -g -O1 -I. \
 *	-fsanitize=fuzzer,address,undefined \
 *	tests/fuzz/fuzz-reader.c lab/capture/{reader,read-pcap,read-pcapng}.c \
 *	lab/capture/{guess,input,unpack}.c lab/base/err.c \
 *	-lz -lzstd -o fuzz-reader
 *   ./fuzz-reader tests/golden/http2 tests/golden/flow
 */
#include "tests/fuzz/fuzz-flow.h"

#include "lab/capture/reader.h"

#include <string.h>
#include <sys/mman.h>

/* As assert(), which a release build drops. */
static void must(bool holds)
{
	if (!holds)
		abort();
}

static void audit(const struct reader_packet *p, size_t n, uint64_t number)
{
	static volatile uint8_t sink;

	must(p->number == number);
	must(p->captured <= n);
	must(p->interface != NULL);
	must(memchr(p->interface->name, 0, READER_NAME_MAX) != NULL);
	must(p->direction <= READER_OUTBOUND);
	for (uint32_t i = 0; i < p->captured; i++)
		sink = p->data[i];
	(void)sink;
}

enum { FEW_MAX = 7 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	own_fd int fd = memfd_create("fuzz", MFD_CLOEXEC);
	own_reader struct reader *r = NULL;
	struct reader_packet few[FEW_MAX];
	const int max = n ? 1 + data[n - 1] % FEW_MAX : 1;
	uint64_t packets = 0;
	struct err e;
	int result;

	if (fd < 0 || write(fd, data, n) != (ssize_t)n ||
	    lseek(fd, 0, SEEK_SET) != 0)
		return 0;
	result = reader_open(&r, fd, "fuzz", NULL, &e);
	while (result >= 0 && (result = reader_next_few(r, few, max, &e)) > 0)
		for (int i = 0; i < result; i++)
			audit(&few[i], n, ++packets);
	must(result == 0 || e.text[0] != '\0');
	must(packets <= n / 8); /* no packet is for nothing */
	return 0;
}
