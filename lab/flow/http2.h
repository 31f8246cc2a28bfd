/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http2 - the two byte streams of a connection -> HTTP/2 frames, with their
 * headers and the gRPC messages that begin in them.  Pure.
 *
 * How it works.  Each direction is a small machine that counts a frame's bytes
 * down and keeps the first few; nothing is held back, so that a frame of 16 MiB
 * costs no more than a PING.  Bytes that were not captured are counted through
 * as long as a length says where they end.  When they hide a length, nobody
 * knows where the next frame begins, and the rest of that direction is not
 * decoded; when they hide headers, no later headers of that direction are.
 *
 * Only what begins as HTTP/2 is taken for it: the client's preface, and a
 * server whose first frame is SETTINGS.
 *
 * Source: RFC 9113; gRPC over HTTP2 (grpc/grpc doc/PROTOCOL-HTTP2.md)
 */
#ifndef LAB_FLOW_HTTP2_H
#define LAB_FLOW_HTTP2_H

#include "lab/base/err.h"
#include "lab/flow/hpack.h"
#include "lab/flow/stream.h"

/* RFC 9113 6; 10: RFC 7838, 12: RFC 8336, 16: RFC 9218 */
enum http2_type {
	HTTP2_DATA,
	HTTP2_HEADERS,
	HTTP2_PRIORITY,
	HTTP2_RST_STREAM,
	HTTP2_SETTINGS,
	HTTP2_PUSH_PROMISE,
	HTTP2_PING,
	HTTP2_GOAWAY,
	HTTP2_WINDOW_UPDATE,
	HTTP2_CONTINUATION,
};

enum {
	HTTP2_FLAG_END_STREAM = 0x01, /* DATA, HEADERS */
	HTTP2_FLAG_ACK = 0x01,	      /* SETTINGS, PING */
	HTTP2_FLAG_END_HEADERS = 0x04,
	HTTP2_FLAG_PADDED = 0x08,
	HTTP2_FLAG_PRIORITY = 0x20,
};

enum {
	HTTP2_SETTINGS_MAX = 16,
	HTTP2_MESSAGES_MAX = 4,
	HTTP2_MAGIC_BYTES = 24,
	HTTP2_HEADER_BYTES = 9,
};

enum http2_headers {
	HTTP2_NO_HEADERS,      /* not a frame that ends a header block */
	HTTP2_HEADERS_KNOWN,   /* .headers */
	HTTP2_HEADERS_MISSING, /* some of this or of earlier blocks was not
				* captured */
	HTTP2_HEADERS_BROKEN,  /* RFC 7541 does not allow them */
};

struct http2_setting {
	uint16_t id;
	uint32_t value;
};

/* A gRPC message: 5 bytes of prefix, then its own. */
struct grpc_message {
	uint32_t bytes;
	bool compressed;
};

struct http2_frame {
	uint8_t side;	/* 0 client, 1 server: who sent it */
	bool magic;	/* the client's preface, which is no frame */
	bool malformed; /* its length is none that its type may have */
	uint8_t type;	/* enum http2_type, or one that nobody knows */
	uint8_t flags;
	uint32_t stream;
	uint32_t length;      /* of the payload */
	uint64_t at, bytes;   /* in its direction, header included */
	uint32_t tag;	      /* of the segment that ended it */
	uint32_t missing;     /* bytes of it that were not captured */
	bool has_value;	      /* the three below were captured */
	uint32_t value;	      /* error code, increment, promised stream */
	uint32_t last_stream; /* GOAWAY */
	uint8_t opaque[8];    /* PING */
	size_t n_settings;    /* may exceed what .settings holds */
	struct http2_setting settings[HTTP2_SETTINGS_MAX];
	enum http2_headers headers_state;
	const struct header_list *headers; /* borrowed for the call */
	bool grpc;			   /* the stream carries gRPC */
	size_t n_messages; /* that begin in it; may exceed .messages */
	struct grpc_message messages[HTTP2_MESSAGES_MAX];
};

typedef void (*http2_frame_fn)(const struct http2_frame *f, void *arg);

/* What became of one direction. */
enum http2_state {
	HTTP2_WAITING, /* no byte, or too few to tell */
	HTTP2_FOREIGN, /* not HTTP/2 */
	HTTP2_TLS,     /* begins with a TLS handshake */
	HTTP2_MIDDLE,  /* the beginning was not captured: not judged */
	HTTP2_DECODED, /* all of it so far */
	HTTP2_LOST,    /* up to http2_lost_at() */
};

struct http2;

/* Errors: out of memory only. */
int http2_new(struct http2 **ret, http2_frame_fn fn, void *arg, struct err *e);
void http2_free(struct http2 *h);
OWN_DEFINE(http2, struct http2, http2_free)
#define own_http2 OWN(own_http2_release)

/* The next bytes of direction @side, as a stream hands them over.  They go on
 * where the last ended. */
void http2_data(struct http2 *h, int side, const struct stream_data *d);
void http2_gap(struct http2 *h, int side, uint64_t n);

/* Its beginning was not captured: say so instead of guessing. */
void http2_start_in_the_middle(struct http2 *h, int side);

enum http2_state http2_state(const struct http2 *h, int side);

/* The position from which on nothing was decoded. */
uint64_t http2_lost_at(const struct http2 *h, int side);

/* Ran it out of memory?  Then something was not decoded that could be. */
bool http2_failed(const struct http2 *h);

#endif
