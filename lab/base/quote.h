/* SPDX-License-Identifier: GPL-2.0-or-later */
/* quote - a word of a command as a shell reads it back. */
#ifndef LAB_BASE_QUOTE_H
#define LAB_BASE_QUOTE_H

#include "lab/base/text.h"

void quote_add(struct text *t, const char *word);

#endif
