/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps that speak HTTP/2, frame by frame and in any order, which a library
 * that keeps the state of a connection would not do.
 *
 * Headers are packed by libnghttp2 without indexing, so that they are the same
 * bytes in every trial, whatever was sent before.
 *
 * Source: RFC 9113 section 4.1 (frames), 3.4 (preface), 6 (types);
 * gRPC over HTTP2 (grpc/grpc doc/PROTOCOL-HTTP2.md)
 */
#include "probes/sock/step.h"

#include "lab/base/own.h"
#include "probes/sock/steps.h"
#include "probes/sock/wait.h"

#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <string.h>
#include <sys/socket.h>

enum { HEADER_BYTES = 9, FRAME_BYTES_MAX = 512 };

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/* --- what frames carry -------------------------------------------------------
 */

#define HEADER(name, value)                                                  \
	{                                                                    \
		(uint8_t *)(uintptr_t)(name), (uint8_t *)(uintptr_t)(value), \
			sizeof(name) - 1, sizeof(value) - 1,                 \
			NGHTTP2_NV_FLAG_NO_INDEX                             \
	}

static nghttp2_nv request[] = {
	HEADER(":method", "POST"),
	HEADER(":scheme", "http"),
	HEADER(":path", "/helloworld.Greeter/SayHello"),
	HEADER(":authority", "rstlab"),
	HEADER("te", "trailers"),
	HEADER("content-type", "application/grpc"),
	HEADER("user-agent", "rstlab"),
};
static nghttp2_nv response[] = {
	HEADER(":status", "200"),
	HEADER("content-type", "application/grpc"),
};
static nghttp2_nv trailers[] = { HEADER("grpc-status", "0") };

#define BYTES(text)  .bytes = (text), .n_bytes = sizeof(text) - 1
#define FIELDS(list) .fields = (list), .n_fields = ARRAY_SIZE(list)

/* A gRPC message: not compressed, 7 bytes, field 1 is "world". */
#define MESSAGE "\0\0\0\0\7\12\5world"

/* The opaque bytes of a PING are those that gRPC's own clients send. */
#define OPAQUE "\2\4\20\20\11\16\7\7"

static const struct payload {
	const char *bytes;
	size_t n_bytes;
	nghttp2_nv *fields;
	size_t n_fields;
} payloads[FRAME_COUNT] = {
	[FRAME_WINDOW_UPDATE] = { BYTES("\0\0\377\377") },
	[FRAME_PING] = { BYTES(OPAQUE) },
	[FRAME_PING_ACK] = { BYTES(OPAQUE) },
	[FRAME_GOAWAY] = { BYTES("\0\0\0\1\0\0\0\0") },
	[FRAME_RST_STREAM] = { BYTES("\0\0\0\10") }, /* CANCEL */
	[FRAME_MESSAGE] = { BYTES(MESSAGE) },
	[FRAME_LAST_MESSAGE] = { BYTES(MESSAGE) },
	[FRAME_REQUEST] = { FIELDS(request) },
	[FRAME_RESPONSE] = { FIELDS(response) },
	[FRAME_TRAILERS] = { FIELDS(trailers) },
};

/* --- sending ---------------------------------------------------------------
 */

struct packed {
	uint8_t bytes[FRAME_BYTES_MAX];
	size_t n; /* 0: not made yet */
};

static void put_number(uint8_t *to, uint32_t number, int bytes)
{
	for (int i = 0; i < bytes; i++)
		to[i] = (uint8_t)(number >> (8 * (bytes - 1 - i)));
}

/* Returns: the bytes of the block, or 0. */
static size_t pack_headers(uint8_t *to, size_t room, const struct payload *p)
{
	nghttp2_hd_deflater *deflater = NULL;
	ssize_t n;

	if (nghttp2_hd_deflate_new(&deflater, 0) != 0)
		return 0;
	n = nghttp2_hd_deflate_hd(deflater, to, room, p->fields, p->n_fields);
	nghttp2_hd_deflate_del(deflater);
	return n > 0 ? (size_t)n : 0;
}

static bool pack(struct packed *f, enum frame_id id)
{
	const struct frame_info *info = &frame_infos[id];
	const struct payload *p = &payloads[id];
	size_t n = p->n_bytes;

	if (id == FRAME_PREFACE) {
		f->n = sizeof(preface) - 1;
		memcpy(f->bytes, preface, f->n);
		return true;
	}
	if (p->n_bytes)
		memcpy(f->bytes + HEADER_BYTES, p->bytes, p->n_bytes);
	if (p->fields)
		n = pack_headers(f->bytes + HEADER_BYTES,
				 FRAME_BYTES_MAX - HEADER_BYTES, p);
	if (p->fields && !n)
		return false;
	put_number(f->bytes, (uint32_t)n, 3);
	f->bytes[3] = info->type;
	f->bytes[4] = info->flags;
	put_number(f->bytes + 5, info->stream, 4);
	f->n = HEADER_BYTES + n;
	return true;
}

int step_frame(struct run *r, int64_t number)
{
	static struct packed frames[FRAME_COUNT];
	struct packed *f = &frames[number];
	const int fd = step_current(r);

	if (!f->n && !pack(f, (enum frame_id)number))
		return ENOMEM;
	while (r->moved < (int64_t)f->n) {
		const ssize_t n =
			send(fd, f->bytes + r->moved, f->n - (size_t)r->moved,
			     step_send_flags(r));
		int error = n < 0 ? errno : 0;

		if (error == EAGAIN)
			error = wait_retry(r, fd, POLLOUT);
		if (error)
			return error;
		r->moved += n > 0 ? n : 0;
	}
	return 0;
}

/* --- reading ---------------------------------------------------------------
 */

/* Read exactly @n bytes, of which the first are kept when there is a @to. */
static int read_bytes(struct run *r, uint8_t *to, size_t n)
{
	const int fd = step_current(r);
	uint8_t dropped[4096];
	size_t done = 0;

	while (done < n) {
		const size_t left = n - done;
		const size_t most =
			to || left < sizeof(dropped) ? left : sizeof(dropped);
		const ssize_t got = recv(fd, to ? to + done : dropped, most, 0);
		int error = got < 0 ? errno : 0;

		if (error == EAGAIN)
			error = wait_retry(r, fd, POLLIN);
		else if (got == 0)
			error = ENODATA;
		if (error)
			return error;
		done += got > 0 ? (size_t)got : 0;
		r->moved += got > 0 ? got : 0;
	}
	return 0;
}

struct incoming {
	bool preface;
	uint8_t type, flags;
};

static int read_frame(struct run *r, struct incoming *ret)
{
	uint8_t h[HEADER_BYTES];
	size_t rest;
	int error = read_bytes(r, h, sizeof(h));

	if (error)
		return error;
	*ret = (struct incoming){ .preface = !memcmp(h, preface, sizeof(h)),
				  .type = h[3],
				  .flags = h[4] };
	rest = (size_t)h[0] << 16 | (size_t)h[1] << 8 | h[2];
	if (ret->preface)
		rest = sizeof(preface) - 1 - sizeof(h);
	else if (ret->type > NGHTTP2_CONTINUATION)
		return EPROTO;
	return read_bytes(r, NULL, rest);
}

int step_recv_frame(struct run *r, int64_t number)
{
	const struct frame_info *wanted = &frame_infos[number];
	const bool preface_wanted = number == FRAME_PREFACE;

	for (;;) {
		struct incoming f;
		const int error = read_frame(r, &f);

		if (error)
			return error;
		if (f.preface ? preface_wanted
			      : !preface_wanted && f.type == wanted->type &&
					f.flags == wanted->flags)
			return 0;
	}
}
