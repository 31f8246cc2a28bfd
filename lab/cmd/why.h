/* SPDX-License-Identifier: GPL-2.0-or-later */
/* why - what each packet of a list has to do with the reset. */
#ifndef LAB_CMD_WHY_H
#define LAB_CMD_WHY_H

#include "lab/base/text.h"
#include "lab/cmd/trial-view.h"

/**
 * why_find() - the bytes that the first reset of a connection is about
 * @ret_packet:	of the RST in @p
 * @ret:	bytes of the other side: unread, or come too late
 *
 * Returns: false when there are none, or they are not known.
 */
bool why_find(const struct stored_connection *c, const struct view_point *p,
	      size_t *ret_packet, struct stream_range *ret);

/* Add what packet @i has to do with it; nothing when it has nothing. */
void why_add(struct text *out, const struct stored_connection *c,
	     const struct view_point *p, size_t i);

#endif
