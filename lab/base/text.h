/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text - growing strings, and the word a person probably meant. */
#ifndef LAB_BASE_TEXT_H
#define LAB_BASE_TEXT_H

#include "lab/base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A string that grows.  Zeroed is empty.  A failed allocation is remembered
 * in .failed, so that a long run of additions needs one check at the end.
 */
struct text {
	char *s; /* NULL while empty; otherwise ends with 0 */
	size_t n, cap;
	bool failed;
};

void text_add(struct text *t, const char *s);
void text_addf(struct text *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* A decimal number; an order of magnitude faster than text_addf(). */
void text_add_int(struct text *t, int64_t v);
void text_done(struct text *t);
#define own_text OWN(text_done)

/* The string so far, never NULL. */
static inline const char *text_str(const struct text *t)
{
	return t->s ? t->s : "";
}

/**
 * text_nearest() - "did you mean"
 * @known:	NULL-terminated
 *
 * Returns: the entry of @known nearest to @word by edit distance, or NULL
 * when none is near enough to be a slip of the finger.
 */
const char *text_nearest(const char *word, const char *const *known);

/* Columns that @s takes on a terminal; UTF-8 sequences count as one. */
size_t text_columns(const char *s);

#endif
