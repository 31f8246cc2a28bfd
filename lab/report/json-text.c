/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/report/json-text.h"

#include "lab/base/text.h"

/* Well-formed sequences by their first byte, and what the second may be.
 * Source: The Unicode Standard 15.0, table 3-7 */
static const struct sequence {
	unsigned char first_min, first_max, second_min, second_max;
	size_t bytes;
} sequences[] = {
	{ 0x01, 0x7f, 0x00, 0xff, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

static bool follows(const struct sequence *q, const unsigned char *s)
{
	if (q->bytes > 1 && (s[1] < q->second_min || s[1] > q->second_max))
		return false;
	for (size_t i = 2; i < q->bytes; i++)
		if ((s[i] & 0xc0) != 0x80)
			return false;
	return true;
}

/* Bytes of the well-formed sequence at @s, or 0. */
static size_t sequence_bytes(const unsigned char *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(sequences); i++)
		if (s[0] >= sequences[i].first_min &&
		    s[0] <= sequences[i].first_max)
			return follows(&sequences[i], s) ? sequences[i].bytes
							 : 0;
	return 0;
}

json_t *json_text(const char *s)
{
	own_text struct text clean = { .s = NULL };

	if (!s)
		return json_null();
	while (*s) {
		const size_t n = sequence_bytes((const unsigned char *)s);

		if (n)
			text_addf(&clean, "%.*s", (int)n, s);
		else
			text_add(&clean, "\xef\xbf\xbd");
		s += n ? n : 1;
	}
	return clean.failed ? NULL : json_string(text_str(&clean));
}
