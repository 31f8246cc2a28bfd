/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source: GitHub Flavored Markdown 0.29, 6.1 Backslash escapes */
#include "lab/report/markdown-text.h"

#include <ctype.h>
#include <string.h>

/* What Markdown would take for its own. */
#define SPECIAL "\\|`*_<>[]~&"

/* An underscore inside a word is no emphasis: "x86_64". */
static bool is_special(char before, const char *at)
{
	const bool inside =
		isalnum((unsigned char)before) && isalnum((unsigned char)at[1]);

	return strchr(SPECIAL, *at) && !(*at == '_' && inside);
}

void markdown_add_plain(struct text *t, const char *s)
{
	for (char before = ' '; *s; before = *s++) {
		const bool newline = *s == '\n' || *s == '\r';

		text_addf(t, "%s%c", is_special(before, s) ? "\\" : "",
			  newline ? ' ' : *s);
	}
}
