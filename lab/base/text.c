/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/base/text.h"

#include <stdarg.h>
#include <string.h>

static bool reserve(struct text *t, size_t more)
{
	size_t cap = t->cap ? t->cap : 64;
	char *s;

	if (t->failed)
		return false;
	while (cap < t->n + more + 1)
		cap *= 2;
	if (cap == t->cap)
		return true;
	s = realloc(t->s, cap);
	if (!s) {
		t->failed = true;
		return false;
	}
	t->s = s;
	t->cap = cap;
	return true;
}

void text_add(struct text *t, const char *s)
{
	const size_t n = strlen(s);

	if (!reserve(t, n))
		return;
	memcpy(t->s + t->n, s, n + 1);
	t->n += n;
}

void text_addf(struct text *t, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n >= 0 && reserve(t, (size_t)n)) {
		(void)vsnprintf(t->s + t->n, (size_t)n + 1, fmt, again);
		t->n += (size_t)n;
	}
	va_end(again);
}

void text_add_int(struct text *t, int64_t v)
{
	uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	char digits[24];
	char *p = digits + sizeof(digits) - 1;

	*p = '\0';
	do
		*--p = (char)('0' + rest % 10);
	while (rest /= 10);
	if (v < 0)
		*--p = '-';
	text_add(t, p);
}

void text_done(struct text *t)
{
	free(t->s);
	*t = (struct text){ .s = NULL };
}

enum { WORD_MAX = 63 };

/* Levenshtein distance with one row; words over WORD_MAX are all far. */
static size_t distance(const char *a, const char *b)
{
	const size_t n = strlen(b);
	size_t row[WORD_MAX + 1];

	if (n > WORD_MAX)
		return n;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 1; j <= n; j++) {
			size_t best = diagonal + (a[i] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

const char *text_nearest(const char *word, const char *const *known)
{
	const char *best = NULL;
	size_t least = strlen(word) / 3 + 2;

	for (; *known; known++) {
		const size_t d = distance(word, *known);

		if (d < least) {
			least = d;
			best = *known;
		}
	}
	return best;
}

size_t text_columns(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}
