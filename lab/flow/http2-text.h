/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http2-text - HTTP/2 frames in words, as users of tshark know them, with what
 * matters for a close besides: ACK, error codes, gRPC statuses.  Pure.
 */
#ifndef LAB_FLOW_HTTP2_TEXT_H
#define LAB_FLOW_HTTP2_TEXT_H

#include "lab/base/text.h"
#include "lab/flow/http2.h"

/* Add its short name: "Magic", "PING(ACK)", "DATA[1]". */
void http2_add_name(struct text *t, const struct http2_frame *f);

/* Add it as a packet list has it: "HEADERS[1]: POST /a.B/C". */
void http2_add_info(struct text *t, const struct http2_frame *f);

/* Add its details, each line of them after @indent: flags, length, headers,
 * settings, gRPC messages. */
void http2_add_details(struct text *t, const struct http2_frame *f,
		       const char *indent);

#endif
