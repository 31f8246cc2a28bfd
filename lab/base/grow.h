/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grow - arrays that grow by one item at a time. */
#ifndef LAB_BASE_GROW_H
#define LAB_BASE_GROW_H

#include <stdbool.h>
#include <stddef.h>

/* The room doubles, so that n items cost no more than n copies.  See GROW(). */
bool grow_room(void *items_slot, size_t *cap, size_t item_bytes);

/*
 * May @items[@n] be written?  Makes room for it where @cap is no more than @n;
 * new room is not cleared.  False: no memory, and nothing has changed.
 */
#define GROW(items, n, cap) \
	((n) < (cap) || grow_room(&(items), &(cap), sizeof(*(items))))

#endif
