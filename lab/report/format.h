/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * format - what the formats for people have in common: numbers as text, and
 * the sentences around the tables.
 */
#ifndef LAB_REPORT_FORMAT_H
#define LAB_REPORT_FORMAT_H

#include "lab/base/text.h"
#include "lab/store/summary.h"

#include <stdint.h>
#include <stdio.h>

/**
 * format_write() - put a finished report on @out
 *
 * Errors:	ERR_SYSTEM: out of memory while @t grew, full disk, closed pipe
 */
int format_write(const struct text *t, FILE *out, struct err *e);

/* Add one field of a row of CSV, after a comma unless it is the row's first;
 * NULL: nothing. */
void format_csv_field(struct text *row, const char *value);

/* ANSI */
#define FORMAT_BOLD  "\033[1m"
#define FORMAT_PLAIN "\033[0m"

/* A number for machines: 15 digits, so that 0.335 is not 0.33500000000000002.
 */
enum { FORMAT_DIGITS = 15 };

enum { FORMAT_PERCENT_MAX = 8 };

/* A rate (0..1) in percent: "33.5".  "<0.1" and ">99.9" keep what is neither
 * never nor always from looking so. */
const char *format_rate(double rate, char buf[FORMAT_PERCENT_MAX]);

/* The bounds of an interval (0..1) in percent, 4 characters at most: "7.1",
 * "100".  Near the ends they are rounded outwards, so that an interval never
 * looks like never or always alone: 0 to 0.0002 has the high bound "<0.1",
 * 0.9998 to 1 the low bound "99.9". */
const char *format_low(double low, char buf[FORMAT_PERCENT_MAX]);
const char *format_high(double high, char buf[FORMAT_PERCENT_MAX]);

/* Add "tool, kernel, seed, 7 topologies x 8 workloads x 50 trials". */
void format_headline(struct text *t, const struct summary *s);

/* Add the same as the first line of a table; @columns as format_wrap(). */
void format_title(struct text *t, const struct summary *s, size_t columns);

/* What the marks after a cell's count stand for. */
struct format_mark {
	char mark;
	enum outcome outcome;
	const char *what;	   /* follows "3 trials in 2 cells" */
	const char *what_imported; /* follows "3 connections" */
};
enum { FORMAT_MARKS = 2 };
extern const struct format_mark format_marks[FORMAT_MARKS];

/* Add the marks of @c, if any: its trials outside the rate. */
void format_cell_marks(struct text *t, const struct summary_cell *c);

/* Add the sentence that explains @m, or nothing when no cell has it. */
void format_mark_note(struct text *t, const struct summary *s,
		      const struct format_mark *m);

/* Add one sentence: do the captures agree with the kernel's counters? */
void format_books(struct text *t, const struct summary *s);

/* What it means that a node's two numbers differ. */
const char *format_difference(const struct summary_books *b);

/* Add one sentence, or nothing when the run is complete. */
void format_incomplete(struct text *t, const struct summary *s);

/**
 * format_wrap() - add @s, broken at blanks to fit
 * @at:		columns already used in the line
 * @indent:	of the lines that follow
 * @columns:	of a line; 0: do not wrap
 */
void format_wrap(struct text *t, const char *s, size_t at, size_t indent,
		 size_t columns);

/* What the numbers of a cell are. */
const char *format_legend(const struct summary *s);

/* End a line; blanks at its end go. */
void format_end_line(struct text *t);

#endif
