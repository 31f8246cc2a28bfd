/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/base/quote.h"

#include <string.h>

void quote_add(struct text *t, const char *word)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789-_./,:=+@%";

	if (*word && word[strspn(word, plain)] == 0) {
		text_add(t, word);
		return;
	}
	text_add(t, "'");
	for (; *word; word++) {
		if (*word == '\'')
			text_add(t, "'\\''");
		else
			text_addf(t, "%c", *word);
	}
	text_add(t, "'");
}
