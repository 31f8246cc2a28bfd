/* SPDX-License-Identifier: GPL-2.0-or-later */
/* selftest-parts - what gathering (selftest.c) and judging (selftest-judge.c)
 * share. */
#ifndef LAB_RUN_SELFTEST_PARTS_H
#define LAB_RUN_SELFTEST_PARTS_H

#include "lab/run/selftest.h"

/* Room for one more item of @size, cleared; NULL: out of memory.
 * @items_slot:	the address of a pointer to the items */
void *selftest_one_more(void *items_slot, size_t *n, size_t size);

/* What was seen at the hold @point, or at "after"; NULL: nothing. */
struct selftest_states *selftest_states_at(struct selftest_cell *c,
					   const char *point);

#endif
