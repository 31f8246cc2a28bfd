/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/base/grow.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ITEMS = 16 };

bool grow_room(void *items_slot, size_t *cap, size_t item_bytes)
{
	const size_t more = *cap ? 2 * *cap : FIRST_ITEMS;
	void *items;

	/* a pointer of any type: it may not be read as a void * */
	memcpy(&items, items_slot, sizeof(items));
	items = reallocarray(items, more, item_bytes);
	if (!items)
		return false;
	memcpy(items_slot, &items, sizeof(items));
	*cap = more;
	return true;
}
