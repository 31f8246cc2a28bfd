/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tally-parts - what makes summaries.  Private to lab/import. */
#ifndef LAB_IMPORT_TALLY_PARTS_H
#define LAB_IMPORT_TALLY_PARTS_H

#include "lab/import/tally.h"

#include <string.h>

/* A copy of @s, or of NULL; remembers in *@lacking that there was no memory. */
static inline char *tally_copy(const char *s, bool *lacking)
{
	char *made = s ? strdup(s) : NULL;

	*lacking |= s && !made;
	return made;
}

#endif
