/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/flow/http2.h"

#include "lab/flow/bytes.h"
#include "lab/flow/http2-streams.h"

#include <string.h>

/* First bytes of a payload that are kept: SETTINGS and GOAWAY need the most. */
enum { KEPT_BYTES = 6 * HTTP2_SETTINGS_MAX };

static const uint8_t magic[HTTP2_MAGIC_BYTES + 1] =
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

struct direction {
	enum http2_state state;
	uint64_t at;	  /* position of the next byte */
	uint64_t lost_at; /* HTTP2_LOST */
	uint32_t tag;	  /* of the bytes being read */
	bool in_payload;
	uint8_t head[HTTP2_MAGIC_BYTES]; /* of the frame or the preface */
	size_t n_head;
	struct http2_frame frame;
	uint32_t payload_at; /* bytes of the payload that went by */
	uint8_t kept[KEPT_BYTES];
	bool kept_all; /* nothing missing in .kept */
	struct hpack *hpack;
	enum http2_headers headers; /* KNOWN, or why not */
	bool preface_done;
};

struct http2 {
	struct direction directions[2];
	struct http2_streams streams;
	http2_frame_fn fn;
	void *arg;
	bool failed;
};

int http2_new(struct http2 **ret, http2_frame_fn fn, void *arg, struct err *e)
{
	struct http2 *h = calloc(1, sizeof(*h));

	if (!h)
		return err_errno(e, "HTTP/2 of a connection");
	h->fn = fn;
	h->arg = arg;
	h->directions[0].headers = HTTP2_HEADERS_KNOWN;
	h->directions[1].headers = HTTP2_HEADERS_KNOWN;
	*ret = h;
	return 0;
}

void http2_free(struct http2 *h)
{
	if (!h)
		return;
	hpack_free(h->directions[0].hpack);
	hpack_free(h->directions[1].hpack);
	http2_streams_done(&h->streams);
	free(h);
}

static void lose(struct direction *d)
{
	d->state = HTTP2_LOST;
	d->lost_at = d->at;
}

/* --- what a payload says ------------------------------------------------- */

/* Lengths that a type may have.  Source: RFC 9113 6 */
static const struct {
	uint8_t min, max, multiple; /* max 0: none */
} lengths[] = {
	[HTTP2_DATA] = { 0, 0, 1 },	     [HTTP2_HEADERS] = { 0, 0, 1 },
	[HTTP2_PRIORITY] = { 5, 5, 1 },	     [HTTP2_RST_STREAM] = { 4, 4, 1 },
	[HTTP2_SETTINGS] = { 0, 0, 6 },	     [HTTP2_PUSH_PROMISE] = { 4, 0, 1 },
	[HTTP2_PING] = { 8, 8, 1 },	     [HTTP2_GOAWAY] = { 8, 0, 1 },
	[HTTP2_WINDOW_UPDATE] = { 4, 4, 1 }, [HTTP2_CONTINUATION] = { 0, 0, 1 },
};

static bool length_fits(const struct http2_frame *f)
{
	if (f->type >= ARRAY_SIZE(lengths))
		return true;
	return f->length >= lengths[f->type].min &&
	       (!lengths[f->type].max || f->length <= lengths[f->type].max) &&
	       f->length % lengths[f->type].multiple == 0;
}

static void read_settings(struct direction *d)
{
	struct http2_frame *f = &d->frame;

	f->n_settings = f->length / 6;
	for (size_t i = 0; i < f->n_settings && i < HTTP2_SETTINGS_MAX; i++) {
		const uint8_t *p = d->kept + 6 * i;

		f->settings[i] =
			(struct http2_setting){ (uint16_t)(p[0] << 8 | p[1]),
						be32(p + 2) };
	}
}

static size_t padding_field(const struct http2_frame *f)
{
	const bool may = f->type == HTTP2_DATA || f->type == HTTP2_HEADERS ||
			 f->type == HTTP2_PUSH_PROMISE;

	return may && (f->flags & HTTP2_FLAG_PADDED) ? 1 : 0;
}

/* The whole payload went by. */
static void read_values(struct direction *d)
{
	struct http2_frame *f = &d->frame;
	const uint8_t *p = d->kept;

	f->malformed |= !length_fits(f);
	f->has_value = d->kept_all && !f->malformed;
	if (!f->has_value)
		return;
	switch (f->type) {
	case HTTP2_RST_STREAM:
		f->value = be32(p);
		break;
	case HTTP2_WINDOW_UPDATE:
		f->value = be32(p) & 0x7fffffff;
		break;
	case HTTP2_PUSH_PROMISE:
		f->value = be32(p + padding_field(f)) & 0x7fffffff;
		break;
	case HTTP2_GOAWAY:
		f->last_stream = be32(p) & 0x7fffffff;
		f->value = be32(p + 4);
		break;
	case HTTP2_PING:
		memcpy(f->opaque, p, sizeof(f->opaque));
		break;
	case HTTP2_SETTINGS:
		read_settings(d);
		break;
	default:
		break;
	}
}

/* --- header blocks and DATA, as they go by ------------------------------- */

static bool has_block(const struct http2_frame *f)
{
	return f->type == HTTP2_HEADERS || f->type == HTTP2_PUSH_PROMISE ||
	       f->type == HTTP2_CONTINUATION;
}

/* Bytes of the payload before the block or the data. */
static size_t fields_before(const struct http2_frame *f)
{
	size_t n = padding_field(f);

	if (f->type == HTTP2_HEADERS && (f->flags & HTTP2_FLAG_PRIORITY))
		n += 5;
	if (f->type == HTTP2_PUSH_PROMISE)
		n += 4;
	return n;
}

static bool feed_block(struct http2 *h, struct direction *d, const uint8_t *p,
		       size_t n, bool last)
{
	struct err e;

	if (d->headers != HTTP2_HEADERS_KNOWN)
		return false;
	if (!d->hpack && hpack_new(&d->hpack, &e) < 0) {
		h->failed = true;
		d->headers = HTTP2_HEADERS_MISSING;
		return false;
	}
	if (hpack_feed(d->hpack, p, n, last))
		return true;
	d->headers = HTTP2_HEADERS_BROKEN;
	return false;
}

static void feed(struct http2 *h, struct direction *d, const uint8_t *p,
		 size_t n)
{
	struct http2_frame *f = &d->frame;
	struct http2_stream *stream;

	if (has_block(f)) {
		if (p)
			(void)feed_block(h, d, p, n, false);
		else if (d->headers == HTTP2_HEADERS_KNOWN)
			d->headers = HTTP2_HEADERS_MISSING;
		return;
	}
	stream = http2_stream_find(&h->streams, f->stream);
	if (stream && stream->grpc) {
		f->grpc = true;
		http2_stream_data(stream, f, p, n);
	}
}

/* The part of [.payload_at, + @n) that is block or data goes on.  @p: NULL: it
 * was not captured.  Whether padding is missing does not matter, but where it
 * begins does. */
static void feed_inner(struct http2 *h, struct direction *d, const uint8_t *p,
		       size_t n)
{
	struct http2_frame *f = &d->frame;
	const size_t before = fields_before(f);
	const size_t padding = padding_field(f) ? d->kept[0] : 0;
	size_t from = d->payload_at, to = d->payload_at + n;

	if (f->type != HTTP2_DATA && !has_block(f))
		return;
	if (before + padding > f->length) {
		f->malformed = true;
		return;
	}
	if (from < before)
		from = before;
	if (to > f->length - padding)
		to = f->length - padding;
	if (from < to)
		feed(h, d, p ? p + (from - d->payload_at) : NULL, to - from);
}

/* --- frames -------------------------------------------------------------- */

static void end_block(struct http2 *h, struct direction *d)
{
	struct http2_frame *f = &d->frame;

	if (!has_block(f) || !(f->flags & HTTP2_FLAG_END_HEADERS))
		return;
	if (feed_block(h, d, NULL, 0, true))
		f->headers = hpack_headers(d->hpack);
	f->headers_state = d->headers;
}

static void end_frame(struct http2 *h, struct direction *d)
{
	struct http2_frame *f = &d->frame;

	read_values(d);
	end_block(h, d);
	f->tag = d->tag;
	http2_streams_frame(&h->streams, f);
	d->in_payload = false;
	d->n_head = 0;
	h->fn(f, h->arg);
}

static void begin_frame(struct http2 *h, struct direction *d, int side)
{
	const uint8_t *p = d->head;

	d->frame = (struct http2_frame){
		.side = (uint8_t)side,
		.type = p[3],
		.flags = p[4],
		.stream = be32(p + 5) & 0x7fffffff,
		.length = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2],
		.at = d->at - HTTP2_HEADER_BYTES,
	};
	d->frame.bytes = HTTP2_HEADER_BYTES + (uint64_t)d->frame.length;
	d->payload_at = 0;
	d->kept_all = true;
	d->kept[0] = 0;
	d->in_payload = true;
	if (!d->frame.length)
		end_frame(h, d);
}

static void keep(struct direction *d, const uint8_t *p, size_t n)
{
	if (d->payload_at >= KEPT_BYTES)
		return;
	if (n > KEPT_BYTES - d->payload_at)
		n = KEPT_BYTES - d->payload_at;
	memcpy(d->kept + d->payload_at, p, n);
}

/* Up to @n bytes of the payload.  Returns: how many. */
static size_t take_payload(struct http2 *h, struct direction *d,
			   const uint8_t *p, size_t n)
{
	const size_t left = d->frame.length - d->payload_at;

	if (n > left)
		n = left;
	keep(d, p, n);
	feed_inner(h, d, p, n);
	d->payload_at += (uint32_t)n;
	d->at += n;
	if (d->payload_at == d->frame.length)
		end_frame(h, d);
	return n;
}

/* --- how a direction begins ---------------------------------------------- */

/* Of a TLS record: handshake, major version 3.  Source: RFC 8446 5.1 */
enum { TLS_HANDSHAKE = 0x16, TLS_BYTES = 3 };

static bool is_tls(const uint8_t *head, size_t n)
{
	return n >= TLS_BYTES && head[0] == TLS_HANDSHAKE && head[1] == 3 &&
	       head[2] <= 4;
}

static enum http2_state foreign(const struct direction *d)
{
	return is_tls(d->head, d->n_head) ? HTTP2_TLS : HTTP2_FOREIGN;
}

/* Does what there is of the preface still fit? */
static bool fits_magic(const struct direction *d)
{
	return memcmp(d->head, magic, d->n_head) == 0;
}

/* SETTINGS on stream 0, of whole settings, and no ACK. */
static bool fits_settings(const struct direction *d)
{
	static const uint8_t rest[] = { HTTP2_SETTINGS, 0, 0, 0, 0, 0 };
	const uint8_t *p = d->head;

	return p[0] == 0 && p[1] < 16 && (p[1] << 8 | p[2]) % 6 == 0 &&
	       memcmp(p + 3, rest, sizeof(rest)) == 0;
}

static void end_magic(struct http2 *h, struct direction *d)
{
	d->frame = (struct http2_frame){
		.magic = true,
		.at = d->at - HTTP2_MAGIC_BYTES,
		.bytes = HTTP2_MAGIC_BYTES,
		.tag = d->tag,
	};
	d->n_head = 0;
	d->preface_done = true;
	d->state = HTTP2_DECODED;
	h->fn(&d->frame, h->arg);
}

/* A client begins with the preface.  What begins like TLS may not be, and
 * three bytes tell. */
static void begin_client(struct http2 *h, struct direction *d)
{
	if (fits_magic(d)) {
		if (d->n_head == HTTP2_MAGIC_BYTES)
			end_magic(h, d);
	} else if (d->head[0] != TLS_HANDSHAKE || d->n_head >= TLS_BYTES) {
		d->state = foreign(d);
	}
}

/* A server begins with SETTINGS. */
static void begin_server(struct http2 *h, struct direction *d, int side)
{
	if (d->n_head < HTTP2_HEADER_BYTES)
		return;
	if (!fits_settings(d)) {
		d->state = foreign(d);
		return;
	}
	d->preface_done = true;
	d->state = HTTP2_DECODED;
	begin_frame(h, d, side);
}

/* One byte of a header or a preface. */
static void take_head(struct http2 *h, int side, uint8_t byte)
{
	struct direction *d = &h->directions[side];

	d->head[d->n_head++] = byte;
	d->at++;
	if (!d->preface_done && side == 0)
		begin_client(h, d);
	else if (!d->preface_done)
		begin_server(h, d, side);
	else if (d->n_head == HTTP2_HEADER_BYTES)
		begin_frame(h, d, side);
}

static bool reads(const struct direction *d)
{
	return d->state == HTTP2_WAITING || d->state == HTTP2_DECODED;
}

void http2_data(struct http2 *h, int side, const struct stream_data *data)
{
	struct direction *d = &h->directions[side];
	const uint8_t *p = data->data;
	size_t n = data->n;

	d->tag = data->tag;
	while (n && reads(d)) {
		size_t used = 1;

		if (d->in_payload)
			used = take_payload(h, d, p, n);
		else
			take_head(h, side, *p);
		p += used;
		n -= used;
	}
	d->at += n;
}

static void gap_in_payload(struct http2 *h, struct direction *d, uint64_t *n)
{
	const uint32_t left = d->frame.length - d->payload_at;
	const uint32_t step = *n < left ? (uint32_t)*n : left;
	struct http2_frame *f = &d->frame;

	/* The first byte said where the padding begins. */
	if (padding_field(f) && !d->payload_at)
		feed(h, d, NULL, SIZE_MAX);
	if (d->payload_at < KEPT_BYTES)
		d->kept_all = false;
	feed_inner(h, d, NULL, step);
	f->missing += step;
	d->payload_at += step;
	d->at += step;
	*n -= step;
	if (d->payload_at == f->length)
		end_frame(h, d);
}

void http2_gap(struct http2 *h, int side, uint64_t n)
{
	struct direction *d = &h->directions[side];

	if (d->in_payload && reads(d))
		gap_in_payload(h, d, &n);
	if (!n)
		return;
	if (d->state == HTTP2_WAITING)
		d->state = HTTP2_MIDDLE;
	else if (d->state == HTTP2_DECODED)
		lose(d);
	d->at += n;
}

void http2_start_in_the_middle(struct http2 *h, int side)
{
	if (h->directions[side].state == HTTP2_WAITING)
		h->directions[side].state = HTTP2_MIDDLE;
}

enum http2_state http2_state(const struct http2 *h, int side)
{
	return h->directions[side].state;
}

uint64_t http2_lost_at(const struct http2 *h, int side)
{
	return h->directions[side].lost_at;
}

bool http2_failed(const struct http2 *h)
{
	return h->failed || h->streams.failed;
}
