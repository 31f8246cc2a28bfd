/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reader-parts - what the two formats share.  Private to lab/capture. */
#ifndef LAB_CAPTURE_READER_PARTS_H
#define LAB_CAPTURE_READER_PARTS_H

#include "lab/capture/reader.h"
#include "lab/capture/unpack.h"

#include <stddef.h>

/* No packet or block that matters is longer; what is longer is garbage, and
 * must not make us take memory for it. */
enum { READER_BLOCK_MAX = 16 << 20 };

/* Of one format: as reader_next_few(). */
typedef int (*reader_next_fn)(struct reader *r, struct reader_packet *ret,
			      int max, struct err *e);

struct reader {
	struct input input;
	int copy_fd; /* what is read is written there too; -1: no */
	bool swapped, eof;
	char *name;
	uint8_t *buf;
	size_t at, end, cap; /* unread: [at, end) */
	reader_next_fn next;
	struct unpack *unpack; /* NULL: the file is not packed */
	uint64_t packets;      /* handed out */
	struct reader_interface *interfaces;
	size_t n_interfaces, cap_interfaces;
	uint32_t serial;       /* of the last interface, over all sections */
	uint32_t record_bytes; /* pcap: of the header of a record */
	uint32_t ns_per_unit;  /* pcap: of the second field of a time */
	char cut[256];
};

/* Read until @n bytes are unread, if so many come.  Returns: 0 or < 0. */
int reader_fill(struct reader *r, size_t n, struct err *e);
/* Step over @n bytes, which need not be in the buffer. */
int reader_skip(struct reader *r, uint64_t n, struct err *e);
/* The file ends inside of @what of packet @number.  Returns: 0. */
int reader_set_cut(struct reader *r, const char *what);
/* The lengths in the file make no sense.  Returns: < 0. */
int reader_garbled(const struct reader *r, struct err *e, const char *fmt, ...)
	ERR_PRINTF(3, 4);
/* Returns: a new last interface, zeroed; NULL without memory. */
struct reader_interface *reader_add_interface(struct reader *r);

/* The two formats.  They return 1 when the first bytes are theirs. */
int reader_begin_pcap(struct reader *r, struct err *e);
int reader_begin_pcapng(struct reader *r, struct err *e);

/* What a file that is no capture looks like: "text", "gzip-compressed data".
 * @n: bytes at @head, of which the first few decide */
const char *reader_looks_like(const uint8_t *head, size_t n);

/* Make @n bytes lie at *@ret; they stay unread.  Returns: 1, 0 when the file
 * ends before, or < 0. */
static inline int reader_need(struct reader *r, size_t n, const uint8_t **ret,
			      struct err *e)
{
	if (r->end - r->at < n) {
		const int result = reader_fill(r, n, e);

		if (result < 0)
			return result;
	}
	*ret = r->buf + r->at;
	return r->end - r->at >= n;
}

static inline uint32_t reader_u32(const struct reader *r, const uint8_t *p)
{
	uint32_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return r->swapped ? __builtin_bswap32(v) : v;
}

static inline uint16_t reader_u16(const struct reader *r, const uint8_t *p)
{
	uint16_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return r->swapped ? __builtin_bswap16(v) : v;
}

#endif
