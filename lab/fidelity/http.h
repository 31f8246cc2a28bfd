/* SPDX-License-Identifier: GPL-2.0-or-later */
/* http - one request to a server behind a Unix socket. */
#ifndef LAB_FIDELITY_HTTP_H
#define LAB_FIDELITY_HTTP_H

#include "lab/base/err.h"
#include "lab/base/text.h"

struct http_request {
	const char *socket; /* path */
	const char *method, *path;
	const char *type; /* of the body; NULL: there is none */
	const void *body;
	size_t n_body;
};

/**
 * http_ask() - send it and read the whole answer
 * @ret_body:	what it says, with a 0 behind it
 *
 * HTTP/1.0: the server closes the connection at the end, and does not cut the
 * body in chunks.
 *
 * Returns: the status (200), or a negative errno
 * Errors:	.code is that of connect(2) when there is no server
 * Source: RFC 1945
 */
int http_ask(const struct http_request *q, struct text *ret_body,
	     struct err *e);

/* The status and where the body begins.  Pure.  Returns: the status, or -1. */
int http_parse(const char *answer, size_t n, size_t *ret_body);

#endif
