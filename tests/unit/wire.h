/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wire - HTTP/2 frames made by hand, for tests. */
#ifndef TESTS_UNIT_WIRE_H
#define TESTS_UNIT_WIRE_H

#include "lab/flow/http2.h"

#include <string.h>

struct wire {
	uint8_t at[65536];
	size_t n;
};

static inline void wire_put(struct wire *w, const void *p, size_t n)
{
	if (n > sizeof(w->at) - w->n)
		abort();
	if (n)
		memcpy(w->at + w->n, p, n);
	w->n += n;
}

/* A string literal's bytes, without its end. */
#define WIRE(w, s) wire_put(w, s, sizeof(s) - 1)

static inline void wire_magic(struct wire *w)
{
	WIRE(w, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
}

static inline void wire_head(struct wire *w, size_t length, unsigned type,
			     unsigned flags, uint32_t stream)
{
	const uint8_t head[] = {
		(uint8_t)(length >> 16), (uint8_t)(length >> 8),
		(uint8_t)length,	 (uint8_t)type,
		(uint8_t)flags,		 (uint8_t)(stream >> 24),
		(uint8_t)(stream >> 16), (uint8_t)(stream >> 8),
		(uint8_t)stream,
	};

	wire_put(w, head, sizeof(head));
}

static inline void wire_frame(struct wire *w, unsigned type, unsigned flags,
			      uint32_t stream, const struct wire *payload)
{
	wire_head(w, payload->n, type, flags, stream);
	wire_put(w, payload->at, payload->n);
}

#define WIRE_FRAME(w, type, flags, stream, s)                     \
	do {                                                      \
		wire_head(w, sizeof(s) - 1, type, flags, stream); \
		wire_put(w, s, sizeof(s) - 1);                    \
	} while (0)

/* A header that enters the table, its strings not compressed.  Source: RFC 7541
 * 6.2.1 */
static inline void wire_header(struct wire *w, const char *name,
			       const char *value)
{
	const uint8_t name_length = (uint8_t)strlen(name);
	const uint8_t value_length = (uint8_t)strlen(value);

	if (name_length > 126 || value_length > 126)
		abort();
	WIRE(w, "\x40");
	wire_put(w, &name_length, 1);
	wire_put(w, name, name_length);
	wire_put(w, &value_length, 1);
	wire_put(w, value, value_length);
}

/* POST /helloworld.Greeter/SayHello, as gRPC asks */
static inline void wire_grpc_request(struct wire *w, uint32_t stream)
{
	struct wire block = { .n = 0 };

	WIRE(&block, "\x83"); /* :method POST, entry 3 of the static table */
	wire_header(&block, ":path", "/helloworld.Greeter/SayHello");
	wire_header(&block, "content-type", "application/grpc+proto");
	wire_frame(w, HTTP2_HEADERS, HTTP2_FLAG_END_HEADERS, stream, &block);
}

#endif
