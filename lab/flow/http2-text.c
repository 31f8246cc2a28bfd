/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/flow/http2-text.h"

#include "lab/base/num.h"

#include <string.h>

/* Flags by bit, from 0x01 on; NULL: without meaning for the type.  Source: RFC
 * 9113 6, and as enum http2_type */
static const struct type_row {
	uint8_t type;
	const char *name;
	const char *flags[6];
} types[] = {
	{ HTTP2_DATA, "DATA", { "END_STREAM", 0, 0, "PADDED" } },
	{ HTTP2_HEADERS,
	  "HEADERS",
	  { "END_STREAM", 0, "END_HEADERS", "PADDED", 0, "PRIORITY" } },
	{ HTTP2_PRIORITY, "PRIORITY", { 0 } },
	{ HTTP2_RST_STREAM, "RST_STREAM", { 0 } },
	{ HTTP2_SETTINGS, "SETTINGS", { "ACK" } },
	{ HTTP2_PUSH_PROMISE,
	  "PUSH_PROMISE",
	  { 0, 0, "END_HEADERS", "PADDED" } },
	{ HTTP2_PING, "PING", { "ACK" } },
	{ HTTP2_GOAWAY, "GOAWAY", { 0 } },
	{ HTTP2_WINDOW_UPDATE, "WINDOW_UPDATE", { 0 } },
	{ HTTP2_CONTINUATION, "CONTINUATION", { 0, 0, "END_HEADERS" } },
	{ 10, "ALTSVC", { 0 } },
	{ 12, "ORIGIN", { 0 } },
	{ 16, "PRIORITY_UPDATE", { 0 } },
};

static const char *const errors[] = {
	"NO_ERROR",
	"PROTOCOL_ERROR",
	"INTERNAL_ERROR",
	"FLOW_CONTROL_ERROR",
	"SETTINGS_TIMEOUT",
	"STREAM_CLOSED",
	"FRAME_SIZE_ERROR",
	"REFUSED_STREAM",
	"CANCEL",
	"COMPRESSION_ERROR",
	"CONNECT_ERROR",
	"ENHANCE_YOUR_CALM",
	"INADEQUATE_SECURITY",
	"HTTP_1_1_REQUIRED",
};

/* 8: RFC 8441, 9: RFC 9218, the last: gRPC's own */
static const struct {
	uint16_t id;
	const char *name;
} settings[] = {
	{ 1, "HEADER_TABLE_SIZE" },
	{ 2, "ENABLE_PUSH" },
	{ 3, "MAX_CONCURRENT_STREAMS" },
	{ 4, "INITIAL_WINDOW_SIZE" },
	{ 5, "MAX_FRAME_SIZE" },
	{ 6, "MAX_HEADER_LIST_SIZE" },
	{ 8, "ENABLE_CONNECT_PROTOCOL" },
	{ 9, "NO_RFC7540_PRIORITIES" },
	{ 0xfe03, "GRPC_ALLOW_TRUE_BINARY_METADATA" },
};

static const char *const statuses[] = {
	"OK",
	"CANCELLED",
	"UNKNOWN",
	"INVALID_ARGUMENT",
	"DEADLINE_EXCEEDED",
	"NOT_FOUND",
	"ALREADY_EXISTS",
	"PERMISSION_DENIED",
	"RESOURCE_EXHAUSTED",
	"FAILED_PRECONDITION",
	"ABORTED",
	"OUT_OF_RANGE",
	"UNIMPLEMENTED",
	"INTERNAL",
	"UNAVAILABLE",
	"DATA_LOSS",
	"UNAUTHENTICATED",
};

/* Those that a gRPC server or a proxy before it sends. */
static const struct {
	const char *code, *reason;
} reasons[] = {
	{ "100", "Continue" },
	{ "200", "OK" },
	{ "204", "No Content" },
	{ "301", "Moved Permanently" },
	{ "302", "Found" },
	{ "304", "Not Modified" },
	{ "400", "Bad Request" },
	{ "401", "Unauthorized" },
	{ "403", "Forbidden" },
	{ "404", "Not Found" },
	{ "408", "Request Timeout" },
	{ "415", "Unsupported Media Type" },
	{ "429", "Too Many Requests" },
	{ "500", "Internal Server Error" },
	{ "502", "Bad Gateway" },
	{ "503", "Service Unavailable" },
	{ "504", "Gateway Timeout" },
};

static const struct type_row *type_row(uint8_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

static const char *type_name(uint8_t type)
{
	const struct type_row *row = type_row(type);

	return row ? row->name : NULL;
}

static const char *error_name(uint32_t code)
{
	return code < ARRAY_SIZE(errors) ? errors[code] : NULL;
}

static const char *setting_name(uint16_t id)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (settings[i].id == id)
			return settings[i].name;
	return NULL;
}

static const char *status_name(const char *code)
{
	int64_t n;

	if (!num_parse(code, 0, (int64_t)ARRAY_SIZE(statuses) - 1, &n))
		return NULL;
	return statuses[n];
}

static const char *reason_of(const char *code)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (!strcmp(reasons[i].code, code))
			return reasons[i].reason;
	return NULL;
}

static bool is_ack(const struct http2_frame *f)
{
	return (f->type == HTTP2_SETTINGS || f->type == HTTP2_PING) &&
	       (f->flags & HTTP2_FLAG_ACK);
}

static void add_type(struct text *t, const struct http2_frame *f)
{
	const char *name = type_name(f->type);

	if (f->magic)
		text_add(t, "Magic");
	else if (name)
		text_add(t, name);
	else
		text_addf(t, "UNKNOWN(0x%02x)", f->type);
	if (!f->magic && is_ack(f))
		text_add(t, "(ACK)");
}

void http2_add_name(struct text *t, const struct http2_frame *f)
{
	add_type(t, f);
	if (!f->magic && f->stream)
		text_addf(t, "[%u]", f->stream);
}

static void add_error(struct text *t, uint32_t code)
{
	const char *name = error_name(code);

	if (name)
		text_add(t, name);
	else
		text_addf(t, "error 0x%x", code);
}

static void add_status(struct text *t, const char *code)
{
	const char *reason = reason_of(code);

	text_addf(t, "%s%s%s", code, reason ? " " : "", reason ? reason : "");
}

/* HTTP's status and gRPC's are two things, and both may be there. */
static void add_headers_info(struct text *t, const struct header_list *l)
{
	const char *method = header_value(l, ":method");
	const char *path = header_value(l, ":path");
	const char *status = header_value(l, ":status");
	const char *grpc = header_value(l, "grpc-status");
	const char *name = grpc ? status_name(grpc) : NULL;

	if (method || status || grpc)
		text_add(t, ": ");
	if (method)
		text_addf(t, "%s %s", method, path ? path : "");
	if (status)
		add_status(t, status);
	if (grpc)
		text_addf(t, "%sgrpc-status %s%s%s", status ? ", " : "", grpc,
			  name ? " " : "", name ? name : "");
}

static void add_messages_info(struct text *t, const struct http2_frame *f)
{
	text_add(t, " (gRPC");
	for (size_t i = 0; i < f->n_messages && i < HTTP2_MESSAGES_MAX; i++)
		text_addf(t, "%s %u bytes%s", i ? "," : "",
			  f->messages[i].bytes,
			  f->messages[i].compressed ? " compressed" : "");
	if (f->n_messages > HTTP2_MESSAGES_MAX)
		text_addf(t, ", %zu more", f->n_messages - HTTP2_MESSAGES_MAX);
	text_add(t, ")");
}

static void add_facts(struct text *t, const struct http2_frame *f)
{
	switch (f->type) {
	case HTTP2_GOAWAY:
		text_add(t, ": ");
		add_error(t, f->value);
		break;
	case HTTP2_RST_STREAM:
		text_add(t, ": ");
		add_error(t, f->value);
		break;
	default:
		break;
	}
}

/* What was wrong with it, if anything was. */
static void add_doubts(struct text *t, const struct http2_frame *f)
{
	if (f->malformed)
		text_addf(t, " [malformed: length %u]", f->length);
	if (f->missing)
		text_addf(t, " [%u bytes not captured]", f->missing);
	if (f->headers_state == HTTP2_HEADERS_MISSING && !f->missing)
		text_add(t, " [headers need some that were not captured]");
	if (f->headers_state == HTTP2_HEADERS_BROKEN)
		text_add(t, " [headers broken]");
}

void http2_add_info(struct text *t, const struct http2_frame *f)
{
	add_type(t, f);
	if (!f->magic) {
		text_addf(t, "[%u]", f->stream);
		if (f->headers)
			add_headers_info(t, f->headers);
		if (f->n_messages)
			add_messages_info(t, f);
		if (f->has_value)
			add_facts(t, f);
	}
	add_doubts(t, f);
}

static void add_flags(struct text *t, const struct http2_frame *f)
{
	const struct type_row *row = type_row(f->type);
	bool any = false;

	for (unsigned bit = 0; bit < 8; bit++) {
		const char *name = row && bit < ARRAY_SIZE(row->flags)
					   ? row->flags[bit]
					   : NULL;

		if (!(f->flags & 1U << bit))
			continue;
		text_add(t, any ? ", " : ", flags ");
		if (name)
			text_add(t, name);
		else
			text_addf(t, "0x%02x", 1U << bit);
		any = true;
	}
}

static void add_header_lines(struct text *t, const struct header_list *l,
			     const char *indent)
{
	for (size_t i = 0; i < l->n; i++)
		text_addf(t, "%s  %s: %s\n", indent, l->items[i].name,
			  l->items[i].value);
	if (l->left_out)
		text_addf(t, "%s  and %zu headers more, not kept\n", indent,
			  l->left_out);
}

static void add_setting_lines(struct text *t, const struct http2_frame *f,
			      const char *indent)
{
	for (size_t i = 0; i < f->n_settings && i < HTTP2_SETTINGS_MAX; i++) {
		const char *name = setting_name(f->settings[i].id);

		text_addf(t, "%s  ", indent);
		if (name)
			text_add(t, name);
		else
			text_addf(t, "setting 0x%04x", f->settings[i].id);
		text_addf(t, " = %u\n", f->settings[i].value);
	}
	if (f->n_settings > HTTP2_SETTINGS_MAX)
		text_addf(t, "%s  and %zu settings more\n", indent,
			  f->n_settings - HTTP2_SETTINGS_MAX);
}

static void add_value_line(struct text *t, const struct http2_frame *f,
			   const char *indent)
{
	switch (f->type) {
	case HTTP2_WINDOW_UPDATE:
		text_addf(t, "%s  increment %u\n", indent, f->value);
		break;
	case HTTP2_GOAWAY:
		text_addf(t, "%s  last stream %u\n", indent, f->last_stream);
		break;
	case HTTP2_PUSH_PROMISE:
		text_addf(t, "%s  promised stream %u\n", indent, f->value);
		break;
	case HTTP2_PING:
		text_addf(t, "%s  opaque ", indent);
		for (size_t i = 0; i < sizeof(f->opaque); i++)
			text_addf(t, "%02x", f->opaque[i]);
		text_add(t, "\n");
		break;
	default:
		break;
	}
}

static void add_message_lines(struct text *t, const struct http2_frame *f,
			      const char *indent)
{
	for (size_t i = 0; i < f->n_messages && i < HTTP2_MESSAGES_MAX; i++)
		text_addf(t, "%s  gRPC message of %u bytes, %s\n", indent,
			  f->messages[i].bytes,
			  f->messages[i].compressed ? "compressed"
						    : "not compressed");
}

void http2_add_details(struct text *t, const struct http2_frame *f,
		       const char *indent)
{
	text_add(t, indent);
	http2_add_info(t, f);
	if (!f->magic) {
		text_addf(t, ", length %u", f->length);
		add_flags(t, f);
	}
	text_add(t, "\n");
	if (f->headers)
		add_header_lines(t, f->headers, indent);
	if (f->has_value)
		add_value_line(t, f, indent);
	add_setting_lines(t, f, indent);
	add_message_lines(t, f, indent);
}
