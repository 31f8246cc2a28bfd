/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http2-streams - which streams are open and which of them carry gRPC, and
 * where in a gRPC message each direction is.  Private to lab/flow.
 */
#ifndef LAB_FLOW_HTTP2_STREAMS_H
#define LAB_FLOW_HTTP2_STREAMS_H

#include "lab/flow/http2.h"

/* More at once than any peer is allowed by default settings; beyond, the
 * oldest is forgotten. */
enum { HTTP2_STREAMS_MAX = 1024, GRPC_PREFIX_BYTES = 5 };

struct http2_stream {
	uint32_t id;
	bool grpc;
	uint8_t ended; /* bit side */
	uint8_t lost;  /* bit side: where messages begin is not known */
	uint8_t n_prefix[2];
	uint8_t prefix[2][GRPC_PREFIX_BYTES];
	uint32_t left[2]; /* of the message */
};

struct http2_streams {
	struct http2_stream *items;
	size_t n, cap;
	bool failed; /* no memory for one */
};

void http2_streams_done(struct http2_streams *s);

/* The stream, or NULL. */
struct http2_stream *http2_stream_find(const struct http2_streams *s,
				       uint32_t id);

/* What the end of frame @f says about its stream: it begins, is gRPC, ends.
 * Sets @f->grpc. */
void http2_streams_frame(struct http2_streams *s, struct http2_frame *f);

/* Bytes of DATA of @side; messages that begin are noted in @f.
 * @p: NULL: they were not captured */
void http2_stream_data(struct http2_stream *s, struct http2_frame *f,
		       const uint8_t *p, size_t n);

#endif
