/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pcapng: blocks, each with its length before and behind it.  A section header
 * sets the byte order and forgets the interfaces before it.
 *
 * Source: draft-ietf-opsawg-pcapng
 */
#include "lab/capture/reader-parts.h"

#include <string.h>

enum block_type {
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET_OLD = 2,
	BLOCK_PACKET_SIMPLE = 3,
	BLOCK_PACKET = 6,
	BLOCK_SECTION = 0x0a0d0d0a, /* the same in both byte orders */
};

enum { ORDER_MARK = 0x1a2b3c4d, BLOCK_FRAME_BYTES = 12 };

enum { IF_NAME = 2, IF_TSRESOL = 9, IF_TSOFFSET = 14, EPB_FLAGS = 2 };

static const char block_before[] = "the block before packet";

enum { TSRESOL_DEFAULT = 6, TSRESOL_NS = 9, INTERFACES_MAX = 65536 };

/* The part of a block between its two lengths. */
struct body {
	const uint8_t *at;
	size_t n;
};

struct option {
	uint16_t code;
	struct body value;
};

/* Take the next option from @b.  Returns: false behind the last. */
static bool next_option(const struct reader *r, struct body *b,
			struct option *ret)
{
	size_t padded;

	if (b->n < 4)
		return false;
	ret->code = reader_u16(r, b->at);
	ret->value.n = reader_u16(r, b->at + 2);
	ret->value.at = b->at + 4;
	padded = 4 + ((ret->value.n + 3) & ~(size_t)3);
	if (!ret->code || padded > b->n)
		return false;
	b->at += padded;
	b->n -= padded;
	return true;
}

static void read_interface_option(const struct reader *r,
				  const struct option *o,
				  struct reader_interface *interface)
{
	const size_t n = o->value.n < READER_NAME_MAX - 1 ? o->value.n
							  : READER_NAME_MAX - 1;

	if (o->code == IF_NAME) {
		memcpy(interface->name, o->value.at, n);
		interface->name[n] = '\0';
	} else if (o->code == IF_TSRESOL && o->value.n >= 1) {
		interface->resolution = o->value.at[0];
	} else if (o->code == IF_TSOFFSET && o->value.n >= 8) {
		const uint64_t a = reader_u32(r, o->value.at);
		const uint64_t b = reader_u32(r, o->value.at + 4);
		const bool low_first = !r->swapped == (__BYTE_ORDER__ ==
						       __ORDER_LITTLE_ENDIAN__);

		interface->offset_s =
			(int64_t)(low_first ? b << 32 | a : a << 32 | b);
	}
}

static int read_interface(struct reader *r, struct body b, struct err *e)
{
	struct reader_interface *interface;
	struct option o;

	if (b.n < 8)
		return reader_garbled(r, e, "an interface block of %zu bytes",
				      b.n);
	if (r->n_interfaces >= INTERFACES_MAX)
		return reader_garbled(r, e, "more than %d interfaces",
				      INTERFACES_MAX);
	interface = reader_add_interface(r);
	if (!interface)
		return err_errno(e, "read '%s'", r->name);
	interface->linktype = reader_u16(r, b.at);
	interface->snap_bytes = reader_u32(r, b.at + 4);
	interface->resolution = TSRESOL_DEFAULT;
	b.at += 8;
	b.n -= 8;
	while (next_option(r, &b, &o))
		read_interface_option(r, &o, interface);
	return 0;
}

static int64_t wide_time_ns(uint64_t units, uint64_t units_per_s)
{
	return (int64_t)((unsigned __int128)units * 1000000000U / units_per_s);
}

/* Resolutions finer than a 64-bit counter can hold a second of are cut. */
static int64_t time_ns(const struct reader_interface *interface, uint64_t units)
{
	const unsigned exponent = interface->resolution & 0x7f;
	uint64_t per_s = 1;
	int64_t ns;

	if (interface->resolution == TSRESOL_NS && !interface->offset_s)
		return (int64_t)units;
	if (interface->resolution & 0x80)
		per_s = 1ULL << (exponent < 63 ? exponent : 63);
	else
		for (unsigned i = 0; i < exponent && i < 19; i++)
			per_s *= 10;
	ns = wide_time_ns(units, per_s);
	return (int64_t)((uint64_t)ns +
			 (uint64_t)interface->offset_s * 1000000000U);
}

static int find_interface(const struct reader *r, uint32_t number,
			  struct reader_packet *ret, struct err *e)
{
	if (number >= r->n_interfaces)
		return reader_garbled(r, e,
				      "the next packet is of interface %u, and "
				      "%zu are described",
				      number, r->n_interfaces);
	ret->interface = &r->interfaces[number];
	return 0;
}

/* Where the bytes of a packet lie: @before bytes into the body. */
static int take_bytes(const struct reader *r, struct body *b, size_t before,
		      struct reader_packet *ret, struct err *e)
{
	const size_t padded = ((size_t)ret->captured + 3) & ~(size_t)3;

	if (ret->captured > b->n - before)
		return reader_garbled(r, e,
				      "a packet of %u bytes in a block of %zu",
				      ret->captured, b->n);
	ret->data = b->at + before;
	if (padded > b->n - before) {
		b->n = 0;
	} else {
		b->at += before + padded;
		b->n -= before + padded;
	}
	return 1;
}

static int read_packet(struct reader *r, struct body b,
		       struct reader_packet *ret, struct err *e)
{
	struct option o;
	uint64_t units;
	int result;

	if (b.n < 20)
		return reader_garbled(r, e, "a packet block of %zu bytes", b.n);
	result = find_interface(r, reader_u32(r, b.at), ret, e);
	if (result < 0)
		return result;
	units = (uint64_t)reader_u32(r, b.at + 4) << 32 |
		reader_u32(r, b.at + 8);
	ret->time_ns = time_ns(ret->interface, units);
	ret->captured = reader_u32(r, b.at + 12);
	ret->length = reader_u32(r, b.at + 16);
	result = take_bytes(r, &b, 20, ret, e);
	while (result > 0 && next_option(r, &b, &o))
		if (o.code == EPB_FLAGS && o.value.n >= 4)
			ret->direction = reader_u32(r, o.value.at) & 3;
	if (ret->direction > READER_OUTBOUND)
		ret->direction = READER_UNKNOWN;
	return result;
}

/* The block that came before the enhanced one. */
static int read_packet_old(struct reader *r, struct body b,
			   struct reader_packet *ret, struct err *e)
{
	uint64_t units;
	int result;

	if (b.n < 20)
		return reader_garbled(r, e, "a packet block of %zu bytes", b.n);
	result = find_interface(r, reader_u16(r, b.at), ret, e);
	if (result < 0)
		return result;
	units = (uint64_t)reader_u32(r, b.at + 4) << 32 |
		reader_u32(r, b.at + 8);
	ret->time_ns = time_ns(ret->interface, units);
	ret->captured = reader_u32(r, b.at + 12);
	ret->length = reader_u32(r, b.at + 16);
	return take_bytes(r, &b, 20, ret, e);
}

/* Of the first interface, without time; what was captured follows from the
 * snap length. */
static int read_packet_simple(struct reader *r, struct body b,
			      struct reader_packet *ret, struct err *e)
{
	uint32_t snap;
	int result;

	if (b.n < 4)
		return reader_garbled(r, e, "a packet block of %zu bytes", b.n);
	result = find_interface(r, 0, ret, e);
	if (result < 0)
		return result;
	ret->length = reader_u32(r, b.at);
	snap = ret->interface->snap_bytes;
	ret->captured = snap && snap < ret->length ? snap : ret->length;
	return take_bytes(r, &b, 4, ret, e);
}

static const struct packet_block {
	uint32_t type;
	int (*read)(struct reader *r, struct body b, struct reader_packet *ret,
		    struct err *e);
} packet_blocks[] = {
	{ BLOCK_PACKET, read_packet },
	{ BLOCK_PACKET_SIMPLE, read_packet_simple },
	{ BLOCK_PACKET_OLD, read_packet_old },
};

/* A section header: from here on another byte order may hold. */
static int begin_section(struct reader *r, struct err *e)
{
	const uint8_t *p;
	const int result = reader_need(r, 12, &p, e);

	if (result <= 0)
		return result;
	r->swapped = false;
	if (reader_u32(r, p + 8) != ORDER_MARK)
		r->swapped = true;
	if (reader_u32(r, p + 8) != ORDER_MARK)
		return reader_garbled(r, e,
				      "a section without its byte order mark");
	r->n_interfaces = 0;
	return 1;
}

/* The whole block at the front.  Returns: 1, 0 at the end, or < 0. */
static int need_block(struct reader *r, uint32_t *ret_type, struct body *ret,
		      struct err *e)
{
	const uint8_t *p;
	uint32_t length;
	int result = reader_need(r, 8, &p, e);

	if (result == 0 && r->end != r->at)
		return reader_set_cut(r, block_before);
	if (result <= 0)
		return result;
	*ret_type = reader_u32(r, p);
	if (*ret_type == BLOCK_SECTION) {
		result = begin_section(r, e);
		if (result == 0)
			return reader_set_cut(r, block_before);
		if (result < 0)
			return result;
		p = r->buf + r->at;
	}
	length = reader_u32(r, p + 4);
	if (length < BLOCK_FRAME_BYTES || length % 4)
		return reader_garbled(r, e, "a block of %u bytes", length);
	*ret = (struct body){ NULL, length - BLOCK_FRAME_BYTES };
	return 1;
}

static const struct packet_block *packet_block_of(uint32_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(packet_blocks); i++)
		if (packet_blocks[i].type == type)
			return &packet_blocks[i];
	return NULL;
}

/* Step over a block that says nothing about packets. */
static int skip_block(struct reader *r, const struct body *b, struct err *e)
{
	const int result =
		reader_skip(r, (uint64_t)b->n + BLOCK_FRAME_BYTES, e);

	return result ? result : reader_set_cut(r, block_before);
}

/* Bring the whole block into the buffer and step over it. */
static int take_block(struct reader *r, struct body *b, const char *what,
		      struct err *e)
{
	const size_t n = b->n + BLOCK_FRAME_BYTES;
	const uint8_t *p;
	int result;

	if (n > READER_BLOCK_MAX)
		return reader_garbled(r, e, "a block of %zu bytes", n);
	result = reader_need(r, n, &p, e);
	if (result == 0)
		return reader_set_cut(r, what);
	if (result < 0)
		return result;
	b->at = p + 8;
	r->at += n;
	return 1;
}

/* One: an interface that comes after it may move those that came before. */
static int next_block(struct reader *r, struct reader_packet *ret, int max,
		      struct err *e)
{
	uint32_t type = 0;
	struct body b;
	int result;

	(void)max;
	while ((result = need_block(r, &type, &b, e)) > 0) {
		const struct packet_block *packet = packet_block_of(type);

		if (packet) {
			result = take_block(r, &b, "packet", e);
			*ret = (struct reader_packet){ .data = NULL };
			return result > 0 ? packet->read(r, b, ret, e) : result;
		}
		if (type != BLOCK_INTERFACE)
			result = skip_block(r, &b, e);
		else if ((result = take_block(r, &b, block_before, e)) > 0)
			result = read_interface(r, b, e) < 0 ? -e->code : 1;
		if (result <= 0)
			break;
	}
	return result;
}

int reader_begin_pcapng(struct reader *r, struct err *e)
{
	const uint8_t *p;
	const int result = reader_need(r, 4, &p, e);

	if (result <= 0 || reader_u32(r, p) != BLOCK_SECTION)
		return result < 0 ? result : 0;
	r->next = next_block;
	return 1;
}
