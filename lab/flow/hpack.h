/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hpack - header blocks of one direction -> names and values.  Pure.
 *
 * The work is libnghttp2's.  Here are the bounds: whatever a peer sends, the
 * table stays below 64 KiB, and so do the headers kept of one block.
 *
 * Source: RFC 7541
 */
#ifndef LAB_FLOW_HPACK_H
#define LAB_FLOW_HPACK_H

#include "lab/base/err.h"
#include "lab/base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SETTINGS_HEADER_TABLE_SIZE of common peers is 4 KiB to 64 KiB. */
enum {
	HPACK_TABLE_BYTES_MAX = 64 << 10,
	HPACK_LIST_BYTES_MAX = 64 << 10,
	HPACK_HEADERS_MAX = 256,
};

/* Bytes that are not printable ASCII stand as "\xNN". */
struct header {
	const char *name, *value;
};

struct header_list {
	const struct header *items; /* in the order of the block */
	size_t n;
	size_t left_out; /* beyond what is kept of one block */
};

/* The value of the first header of that name, or NULL. */
const char *header_value(const struct header_list *l, const char *name);

struct hpack;

/* Errors: out of memory. */
int hpack_new(struct hpack **ret, struct err *e);
void hpack_free(struct hpack *h);
OWN_DEFINE(hpack, struct hpack, hpack_free)
#define own_hpack OWN(own_hpack_release)

/**
 * hpack_feed() - the next bytes of a block
 * @last:	the block ends with them
 *
 * Returns: false when the block is broken or its table too large; nothing of
 * this direction can be decoded from there on, because blocks build on each
 * other.
 */
bool hpack_feed(struct hpack *h, const uint8_t *p, size_t n, bool last);

/* The headers since the last block ended; valid until the next feed after
 * that. */
const struct header_list *hpack_headers(const struct hpack *h);

#endif
