/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spec/spec.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

/* Characters of a source line that are quoted, and how many of them before
 * the caret when the line does not fit. */
enum { QUOTE_CHARS = 120, QUOTE_BEFORE = 60 };

void spec_diags_done(struct spec_diags *d)
{
	text_done(&d->text);
	*d = (struct spec_diags){ .path = NULL };
}

int spec_refuse(const char *path, unsigned errors, struct err *e)
{
	return err_set(e, ERR_INPUT, EINVAL, "%s: %u error%s", path, errors,
		       errors == 1 ? "" : "s");
}

/* The start of line @line (from 1) of @source. */
static const char *line_start(const char *source, unsigned line)
{
	while (--line > 0 && source) {
		source = strchr(source, '\n');
		if (source)
			source++;
	}
	return source;
}

/* The character of UTF-8 text after the one at @s. */
static const char *next_char(const char *s)
{
	do
		s++;
	while (((unsigned char)*s & 0xc0) == 0x80);
	return s;
}

/* Bytes of the UTF-8 sequence at @s; 0 when it is none, or a C1 control. */
static size_t sequence(const unsigned char *s)
{
	const size_t n = *s >= 0xf0 ? 4 : *s >= 0xe0 ? 3 : *s >= 0xc2 ? 2 : 0;

	if (*s == 0xc2 && s[1] < 0xa0)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* A file may hold what drives a terminal, and a message may have been cut in
 * the middle of a character: make it plain UTF-8 without controls. */
static void disarm(char *s)
{
	while (*s) {
		const unsigned char c = (unsigned char)*s;
		const size_t n = c < 0x80 ? 1 : sequence((unsigned char *)s);

		if (c == '\t' || c == '\n')
			*s = ' ';
		else if (c < ' ' || c == 0x7f || !n)
			*s = '?';
		s += n ? n : 1;
	}
}

/* The text of the file of @at, or NULL. */
static const char *source_of(const struct spec_diags *d, struct spec_at at)
{
	const struct spec_file *files;

	if (!at.path || !strcmp(at.path, d->path))
		return d->source;
	files = d->files ? d->files->items : NULL;
	for (size_t i = 0; files && i < d->files->n; i++)
		if (!strcmp(files[i].path, at.path))
			return files[i].source;
	return NULL;
}

/*
 * Quote the line with a caret below column @at.column:
 *
 *     3 | - {nmae: web}
 *       |    ^
 */
static void quote(struct spec_diags *d, struct spec_at at)
{
	const char *s = line_start(source_of(d, at), at.line), *end;
	unsigned column = at.column, shown;
	size_t mark;

	if (!s)
		return;
	for (; column > QUOTE_CHARS && *s && *s != '\n'; column -= QUOTE_BEFORE)
		for (unsigned i = 0; i < QUOTE_BEFORE && *s && *s != '\n'; i++)
			s = next_char(s);
	end = s;
	for (shown = 0; shown < QUOTE_CHARS && *end && *end != '\n'; shown++)
		end = next_char(end);
	text_addf(&d->text, "%5u | ", at.line);
	mark = d->text.n;
	text_addf(&d->text, "%.*s", (int)(end - s), s);
	if (d->text.n > mark)
		disarm(d->text.s + mark);
	text_addf(&d->text, "\n      | %*s^\n", (int)column - 1, "");
}

__attribute__((format(printf, 4, 0))) static void
report(struct spec_diags *d, const char *kind, struct spec_at at,
       const char *fmt, va_list ap, const char *near)
{
	char message[1024];

	(void)vsnprintf(message, sizeof(message), fmt, ap);
	disarm(message);
	text_add(&d->text, at.path ?: d->path);
	if (at.line)
		text_addf(&d->text, ":%u:%u", at.line, at.column);
	text_addf(&d->text, ": %s: %s", kind, message);
	if (near)
		text_addf(&d->text, " (did you mean '%s'?)", near);
	text_add(&d->text, "\n");
	if (at.line)
		quote(d, at);
}

/* Count an error.  Returns: is it to be shown? */
static bool count(struct spec_diags *d)
{
	if (++d->errors == SPEC_ERRORS_SHOWN + 1)
		text_addf(&d->text, "%s: more errors follow\n", d->path);
	return d->errors <= SPEC_ERRORS_SHOWN;
}

void spec_error(struct spec_diags *d, struct spec_at at, const char *fmt, ...)
{
	va_list ap;

	if (!count(d))
		return;
	va_start(ap, fmt);
	report(d, "error", at, fmt, ap, NULL);
	va_end(ap);
}

void spec_error_word(struct spec_diags *d, struct spec_at at, const char *word,
		     const char *const *known, const char *fmt, ...)
{
	va_list ap;

	if (!count(d))
		return;
	va_start(ap, fmt);
	report(d, "error", at, fmt, ap, text_nearest(word, known));
	va_end(ap);
}

void spec_warn(struct spec_diags *d, struct spec_at at, const char *fmt, ...)
{
	va_list ap;

	d->warnings++;
	va_start(ap, fmt);
	report(d, "warning", at, fmt, ap, NULL);
	va_end(ap);
}
