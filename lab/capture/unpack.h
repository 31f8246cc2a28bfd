/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unpack - what gzip or zstd packed, piece by piece.  Private to lab/capture.
 */
#ifndef LAB_CAPTURE_UNPACK_H
#define LAB_CAPTURE_UNPACK_H

#include "lab/base/err.h"
#include "lab/base/own.h"
#include "lab/capture/input.h"

#include <stdbool.h>
#include <stdint.h>

struct unpack;

/* Is that the beginning of something that can be unpacked? */
bool unpack_knows(const uint8_t *head, size_t n);

/**
 * unpack_new() - begin to unpack
 * @in:		the rest of what is packed
 * @head:	@n bytes that were read from it already, at most
 *		UNPACK_HEAD_MAX; unpack_knows() them
 */
enum { UNPACK_HEAD_MAX = 260 << 10 };
int unpack_new(struct unpack **ret, const struct input *in, const uint8_t *head,
	       size_t n, struct err *e);
void unpack_free(struct unpack *u);

/**
 * unpack_read() - as read(): up to @n bytes into @to
 * Returns: how many, 0 at the end, or a negative errno.
 * Errors:	ERR_INPUT: the packed data contradict themselves
 */
int64_t unpack_read(struct unpack *u, uint8_t *to, size_t n, struct err *e);

/* The packed data ended too soon. */
bool unpack_is_cut(const struct unpack *u);

#endif
