/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pcap: one header, then records.  Source: draft-ietf-opsawg-pcap */
#include "lab/capture/reader-parts.h"

#include <string.h>

enum { FILE_HEADER_BYTES = 24, RECORD_HEADER_BYTES = 16 };

/* Bits 0-25 of the field; above are the length of the check sequence and
 * flags. */
enum { LINKTYPE_MASK = 0x03ffffff };

static const struct magic {
	uint32_t value;
	uint32_t ns_per_unit;
	uint32_t record_bytes;
} magics[] = {
	{ 0xa1b2c3d4, 1000, RECORD_HEADER_BYTES },
	{ 0xa1b23c4d, 1, RECORD_HEADER_BYTES },
	/* with interface, protocol and type of each packet behind its header;
	 * written by a libpcap of the last century and some kinds of BSD */
	{ 0xa1b2cd34, 1000, RECORD_HEADER_BYTES + 8 },
};

static const struct magic *magic_of(struct reader *r, const uint8_t *p)
{
	for (int swapped = 0; swapped < 2; swapped++) {
		r->swapped = swapped;
		for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
			if (reader_u32(r, p) == magics[i].value)
				return &magics[i];
	}
	return NULL;
}

/* Of one packet.  Source: draft-ietf-opsawg-pcap 5 */
struct record_header {
	uint32_t time_s, fraction, captured, length;
};

static struct record_header header_at(const struct reader *r, const uint8_t *p)
{
	struct record_header h;

	memcpy(&h, p, sizeof(h));
	if (r->swapped)
		h = (struct record_header){
			.time_s = __builtin_bswap32(h.time_s),
			.fraction = __builtin_bswap32(h.fraction),
			.captured = __builtin_bswap32(h.captured),
			.length = __builtin_bswap32(h.length),
		};
	return h;
}

/* It lies whole in the buffer. */
static void take_record(struct reader *r, const struct record_header *h,
			struct reader_packet *ret)
{
	*ret = (struct reader_packet){
		.time_ns = h->time_s * 1000000000LL +
			   (int64_t)h->fraction * r->ns_per_unit,
		.data = r->buf + r->at + r->record_bytes,
		.captured = h->captured,
		.length = h->length,
		.interface = r->interfaces,
	};
	r->at += (size_t)r->record_bytes + h->captured;
}

static int next_record(struct reader *r, struct reader_packet *ret,
		       struct err *e)
{
	const uint8_t *head;
	struct record_header h;
	int result = reader_need(r, r->record_bytes, &head, e);

	if (result == 0 && r->end != r->at)
		return reader_set_cut(r, "the header of packet");
	if (result <= 0)
		return result;
	h = header_at(r, head);
	/* garbage must not make us take memory for it */
	if (h.captured > READER_BLOCK_MAX)
		return reader_garbled(r, e, "a packet of %u bytes", h.captured);
	result = reader_need(r, (size_t)r->record_bytes + h.captured, &head, e);
	if (result == 0)
		return reader_set_cut(r, "packet");
	if (result < 0)
		return result;
	take_record(r, &h, ret);
	return 1;
}

/* Those after the first that lie whole in the buffer. */
static int next_records(struct reader *r, struct reader_packet *ret, int max,
			struct err *e)
{
	int n = next_record(r, ret, e);

	while (n > 0 && n < max && r->end - r->at >= r->record_bytes) {
		const struct record_header h = header_at(r, r->buf + r->at);

		if (h.captured > READER_BLOCK_MAX ||
		    r->end - r->at - r->record_bytes < h.captured)
			break;
		take_record(r, &h, &ret[n++]);
	}
	return n;
}

int reader_begin_pcap(struct reader *r, struct err *e)
{
	const uint8_t *head;
	const struct magic *magic;
	struct reader_interface *interface;
	int result = reader_need(r, 4, &head, e);

	if (result <= 0)
		return result;
	magic = magic_of(r, head);
	if (!magic)
		return 0;
	result = reader_need(r, FILE_HEADER_BYTES, &head, e);
	if (result < 0)
		return result;
	if (result == 0)
		return err_set(e, ERR_INPUT, EILSEQ,
			       "'%s' is cut off: it ends in the middle of the "
			       "header of the file",
			       r->name);
	interface = reader_add_interface(r);
	if (!interface)
		return err_errno(e, "read '%s'", r->name);
	interface->snap_bytes = reader_u32(r, head + 16);
	interface->linktype = reader_u32(r, head + 20) & LINKTYPE_MASK;
	r->record_bytes = magic->record_bytes;
	r->ns_per_unit = magic->ns_per_unit;
	r->at += FILE_HEADER_BYTES;
	r->next = next_records;
	return 1;
}
