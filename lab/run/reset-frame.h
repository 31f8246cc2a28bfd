/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reset-frame - which HTTP/2 frame a reset was about: the one that lay unread
 * when the socket was closed, or that came too late.
 */
#ifndef LAB_RUN_RESET_FRAME_H
#define LAB_RUN_RESET_FRAME_H

#include "lab/cause/rule.h"
#include "lab/run/keep.h"
#include "lab/store/store.h"

/**
 * reset_frame_find() - name the frame of the first reset of @c
 * @v:		why it was reset; NULL: it was not
 * @name:	room for the name, which *@ret borrows
 *
 * What cannot be known is unknown, with the reason.
 *
 * Returns: 1; 0 when the connection is neither HTTP/2 nor encrypted, as far as
 * was captured; a negative errno without memory
 */
int reset_frame_find(const struct keep *k, const struct connection *c,
		     const struct verdict *v, struct text *name,
		     struct store_frame *ret, struct err *e);

#endif
