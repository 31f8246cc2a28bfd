/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/base/text.h"
#include "lab/cmd/show.h"
#include "lab/cmd/terminal.h"
#include "lab/report/format.h"

#include <stddef.h>

enum { COLUMNS = 80, TITLE_COLUMNS = 14 };

/* What a page says of a cause, line by line. */
static const struct {
	const char *title;
	size_t offset; /* in struct cause_info */
} parts[] = {
	{ "how", offsetof(struct cause_info, help) },
	{ "what shows it", offsetof(struct cause_info, shows) },
	{ "what it is not", offsetof(struct cause_info, is_not) },
	{ "what helps", offsetof(struct cause_info, change) },
	{ "kernel reason", offsetof(struct cause_info, reasons) },
	{ "counters", offsetof(struct cause_info, counters) },
	{ "source", offsetof(struct cause_info, source) },
};

static const char *part_of(const struct cause_info *c, size_t i)
{
	return *(const char *const *)((const char *)c + parts[i].offset);
}

void show_cause(const struct cause_info *c, FILE *out)
{
	const size_t columns = terminal_columns(out) ?: COLUMNS;
	own_text struct text t = { .s = NULL };

	text_addf(&t, "cause %s\n  ", c->name);
	format_wrap(&t, c->sentence, 2, 2, columns);
	text_add(&t, "\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		text_addf(&t, "  %-*s  ", TITLE_COLUMNS, parts[i].title);
		format_wrap(&t, part_of(c, i), TITLE_COLUMNS + 4,
			    TITLE_COLUMNS + 4, columns);
		text_add(&t, "\n");
	}
	fputs(text_str(&t), out);
}

static void print_wrapped(const char *s, size_t indent, FILE *out)
{
	own_text struct text t = { .s = NULL };

	format_wrap(&t, s, indent, indent, COLUMNS);
	text_add(&t, "\n");
	fputs(text_str(&t), out);
}

static void print_cause(const struct cause_info *c, FILE *out)
{
	fprintf(out, "\n## %s\n\n", c->name);
	print_wrapped(c->sentence, 0, out);
	fputc('\n', out);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		own_text struct text t = { .s = NULL };

		text_addf(&t, "- *%s:* %s", parts[i].title, part_of(c, i));
		print_wrapped(text_str(&t), 2, out);
	}
}

static void print_silences(FILE *out)
{
	fputs("\n## Without a reset\n\n", out);
	print_wrapped("What ends a connection, or is taken for its end, and "
		      "sends none:",
		      0, out);
	fputc('\n', out);
	for (const struct cause_silence *s = cause_silences; s->what; s++) {
		own_text struct text t = { .s = NULL };

		text_addf(&t, "- %s: %s", s->what, s->why);
		print_wrapped(text_str(&t), 2, out);
	}
}

void show_causes_markdown(FILE *out)
{
	fputs("<!-- Made by `rstlab help --causes` from "
	      "lab/cause/causes.def. -->\n"
	      "\n# Causes\n\n",
	      out);
	print_wrapped(
		"Why a connection was reset, as reports name it. `rstlab list "
		"causes` lists them, `rstlab show NAME` prints one of these "
		"pages. A cause is *certain* when the kernel said so, *strong* "
		"when two independent sources agree, *likely* when the wire "
		"looks so and little else does, and *unknown* otherwise. What "
		"contradicts a cause takes one step away and is told.",
		0, out);
	for (size_t i = 0; i < CAUSES; i++)
		print_cause(&cause_infos[i], out);
	print_silences(out);
}
