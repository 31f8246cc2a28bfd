/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/flow/http2-streams.h"

#include "lab/flow/bytes.h"

#include <string.h>

void http2_streams_done(struct http2_streams *s)
{
	free(s->items);
}

/* From the newest on: frames are nearly always of one of those. */
struct http2_stream *http2_stream_find(const struct http2_streams *s,
				       uint32_t id)
{
	for (size_t i = s->n; i > 0; i--)
		if (s->items[i - 1].id == id)
			return &s->items[i - 1];
	return NULL;
}

static void forget(struct http2_streams *s, const struct http2_stream *stream)
{
	const size_t i = (size_t)(stream - s->items);

	memmove(s->items + i, s->items + i + 1,
		(s->n - i - 1) * sizeof(*s->items));
	s->n--;
}

static struct http2_stream *add(struct http2_streams *s, uint32_t id)
{
	if (s->n == HTTP2_STREAMS_MAX)
		forget(s, &s->items[0]);
	if (s->n == s->cap) {
		const size_t cap = 2 * s->cap + 2;
		struct http2_stream *more =
			reallocarray(s->items, cap, sizeof(*more));

		if (!more) {
			s->failed = true;
			return NULL;
		}
		s->items = more;
		s->cap = cap;
	}
	s->items[s->n] = (struct http2_stream){ .id = id };
	return &s->items[s->n++];
}

/* Source: PROTOCOL-HTTP2.md: "application/grpc" and what may follow it */
static bool says_grpc(const struct header_list *headers)
{
	const char *type = header_value(headers, "content-type");
	static const char grpc[] = "application/grpc";

	return type && !strncmp(type, grpc, sizeof(grpc) - 1) &&
	       strchr("+;", type[sizeof(grpc) - 1]);
}

static bool ends_stream(const struct http2_frame *f)
{
	return (f->type == HTTP2_DATA || f->type == HTTP2_HEADERS) &&
	       (f->flags & HTTP2_FLAG_END_STREAM);
}

void http2_streams_frame(struct http2_streams *s, struct http2_frame *f)
{
	struct http2_stream *stream = http2_stream_find(s, f->stream);

	if (!stream && f->type == HTTP2_HEADERS && f->stream)
		stream = add(s, f->stream);
	if (!stream)
		return;
	if (f->headers_state == HTTP2_HEADERS_KNOWN && says_grpc(f->headers))
		stream->grpc = true;
	f->grpc = stream->grpc;
	if (ends_stream(f))
		stream->ended |= (uint8_t)(1U << f->side);
	if (f->type == HTTP2_RST_STREAM || stream->ended == 3)
		forget(s, stream);
}

static void begin_message(struct http2_stream *s, struct http2_frame *f)
{
	const uint8_t *p = s->prefix[f->side];
	const uint32_t bytes = be32(p + 1);

	if (f->n_messages < HTTP2_MESSAGES_MAX)
		f->messages[f->n_messages] =
			(struct grpc_message){ bytes, p[0] & 1 };
	f->n_messages++;
	s->left[f->side] = bytes;
	s->n_prefix[f->side] = 0;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

void http2_stream_data(struct http2_stream *s, struct http2_frame *f,
		       const uint8_t *p, size_t n)
{
	const int side = f->side;

	while (n && !(s->lost & 1U << side)) {
		size_t step = smaller(n, s->left[side]);

		if (step) {
			s->left[side] -= (uint32_t)step;
		} else if (!p) {
			s->lost |= (uint8_t)(1U << side);
		} else {
			step = smaller(n, (size_t)GRPC_PREFIX_BYTES -
						  s->n_prefix[side]);
			memcpy(s->prefix[side] + s->n_prefix[side], p, step);
			s->n_prefix[side] += (uint8_t)step;
			if (s->n_prefix[side] == GRPC_PREFIX_BYTES)
				begin_message(s, f);
		}
		if (p)
			p += step;
		n -= step;
	}
}
