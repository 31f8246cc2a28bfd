/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A line is an array of cells, one character each, however many
 * bytes that takes: lanes first, then the arrow or the dot over them.
 */
#include "lab/report/ladder.h"

#include <stdio.h>
#include <string.h>

#define RED   "\033[31;1m"
#define PLAIN "\033[0m"

enum {
	COLUMNS_MIN = 40,
	COLUMNS_MAX = 160,
	GAP_MIN = 12, /* between two lanes: "--PSH,ACK->" */
	GAP_MAX = 40,
	GLYPH = 5, /* bytes of a UTF-8 character and the end */
	/* of a folded ladder */
	HEAD = 16,
	TAIL = 10,
	BEFORE = 10, /* a marked one */
	AFTER = 4,
	MARKS = 3, /* whose surroundings are kept */
};

/* What lines are drawn with. */
struct pen {
	const char *lane, *shaft, *right, *left, *cross, *dot, *more, *micro;
};
static const struct pen pens[] = {
	{ "|", "-", ">", "<", "x", "*", "...", "u" },
	{ "│", "─", "▶", "◀", "✗", "●", "⋮", "µ" },
};

struct canvas {
	const struct ladder *l;
	const struct pen *pen;
	size_t time_width, columns;
	size_t n;		     /* lanes that are drawn */
	size_t at[LADDER_LANES_MAX]; /* their columns */
	char cell[COLUMNS_MAX][GLYPH];
};

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The lane that stands for lane @lane: all that do not fit are the last but
 * one. */
static size_t drawn(const struct canvas *c, size_t lane)
{
	if (c->l->n_lanes == c->n || lane < c->n - 2)
		return lane;
	return lane + 1 == c->l->n_lanes ? c->n - 1 : c->n - 2;
}

static void format_time(const struct ladder_event *ev, char *buf, size_t n)
{
	const char sign = ev->time_ns < 0 ? '-' : '+';
	const uint64_t ns =
		(uint64_t)(ev->time_ns < 0 ? -ev->time_ns : ev->time_ns);

	(void)snprintf(buf, n, "%c%llu.%llu", sign,
		       (unsigned long long)(ns / 1000),
		       (unsigned long long)(ns % 1000 / 100));
}

static void measure(struct canvas *c)
{
	const struct ladder *l = c->l;
	size_t room, gap;
	char time[32];

	c->columns = l->columns < COLUMNS_MIN ? COLUMNS_MIN
					      : least(l->columns, COLUMNS_MAX);
	c->time_width = strlen("time us");
	for (size_t i = 0; i < l->n_events; i++) {
		format_time(&l->events[i], time, sizeof(time));
		if (strlen(time) > c->time_width)
			c->time_width = strlen(time);
	}
	room = c->columns - c->time_width - 5;
	c->n = least(l->n_lanes, room / GAP_MIN + 1);
	c->n = c->n < 2 ? least(l->n_lanes, 2) : c->n;
	gap = c->n > 1 ? least(room / (c->n - 1), GAP_MAX) : 0;
	for (size_t i = 0; i < c->n; i++)
		c->at[i] = c->time_width + 4 + i * gap;
}

static void clear(struct canvas *c)
{
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		memcpy(c->cell[i], " ", 2);
}

static void put_glyph(struct canvas *c, size_t column, const char *glyph)
{
	const size_t n = strlen(glyph);

	if (column < c->columns && n < GLYPH)
		memcpy(c->cell[column], glyph, n + 1);
}

/* @room: columns that it may take */
static void put_text(struct canvas *c, size_t column, const char *s,
		     size_t room)
{
	for (; *s && room; s++, column++, room--) {
		const char glyph[] = { *s, '\0' };

		put_glyph(c, column, glyph);
	}
}

static void print(struct text *out, const struct canvas *c)
{
	size_t end = c->columns;

	while (end && !strcmp(c->cell[end - 1], " "))
		end--;
	for (size_t i = 0; i < end; i++)
		text_add(out, c->cell[i]);
}

static const char *name_of(const struct canvas *c, size_t lane, char *buf,
			   size_t n)
{
	const size_t lanes = c->l->n_lanes;

	if (lane + 1 == c->n)
		return c->l->lanes[lanes - 1];
	if (c->n == lanes || lane + 2 < c->n)
		return c->l->lanes[lane];
	(void)snprintf(buf, n, "%zu nodes", lanes - c->n + 1);
	return buf;
}

/* Over its lane, or as near as the name before it lets. */
static void put_names(struct canvas *c)
{
	size_t from = 0; /* the first column that is free */

	for (size_t i = 0; i < c->n; i++) {
		const size_t next =
			i + 1 < c->n ? c->at[i + 1] - 1 : c->at[i] + 1;
		char buf[32];
		const char *name = name_of(c, i, buf, sizeof(buf));
		const size_t n = strlen(name);
		const size_t left = !i ? 0 : i + 1 == c->n ? n - 1 : n / 2;
		const size_t at =
			c->at[i] > from + left ? c->at[i] - left : from;

		put_text(c, at, name, next > at ? next - at : 0);
		from = at + least(n, next > at ? next - at : 0) + 1;
	}
}

/* What of a label fits: without the flag before the last, then the bytes
 * alone.  A number is never cut. */
static const char *shortened(const char *text, size_t room)
{
	const char *comma = strchr(text, ',');
	const char *blank = strrchr(text, ' ');

	if (strlen(text) > room && comma)
		text = comma + 1;
	if (strlen(text) > room && blank)
		text = blank + 1;
	return text;
}

static void put_arrow(struct canvas *c, size_t from, size_t to,
		      const struct ladder_event *ev)
{
	const size_t left = least(c->at[from], c->at[to]) + 1;
	const size_t right = c->at[from] + c->at[to] + 1 - left;
	const bool forth = from < to;
	const size_t room = right - left > 4 ? right - left - 4 : 0;
	const char *label = shortened(ev->text, room);
	const size_t n = least(strlen(label), room);

	for (size_t i = left; i < right; i++)
		put_glyph(c, i, c->pen->shaft);
	if (n) {
		const size_t at = left + (right - left - n) / 2;

		put_glyph(c, at - 1, " ");
		put_text(c, at, label, n);
		put_glyph(c, at + n, " ");
	}
	if (ev->lost)
		put_glyph(c, forth ? right - 2 : left + 1, c->pen->cross);
	else
		put_glyph(c, forth ? right - 1 : left,
			  forth ? c->pen->right : c->pen->left);
	if (ev->lost)
		put_glyph(c, forth ? right - 1 : left, " ");
}

/* What happened at the last lane stands before it. */
static void put_call(struct canvas *c, size_t lane,
		     const struct ladder_event *ev)
{
	const size_t n = strlen(ev->text);

	put_glyph(c, c->at[lane], c->pen->dot);
	if (!lane || lane + 1 < c->n)
		put_text(c, c->at[lane] + 2, ev->text,
			 c->columns - c->at[lane] - 2);
	else
		put_text(c, c->at[lane] - 1 - least(n, c->at[lane] - 1),
			 ev->text, n);
}

static void add_row(struct text *out, struct canvas *c,
		    const struct ladder_event *ev)
{
	const size_t from = drawn(c, ev->from), to = drawn(c, ev->to);
	const bool red = c->l->color && ev->marked;
	char time[32];

	if (from == to && ev->from != ev->to)
		return; /* between two that are drawn as one */
	clear(c);
	format_time(ev, time, sizeof(time));
	put_text(c, 0, ev->marked ? ">" : " ", 1);
	put_text(c, 2 + c->time_width - strlen(time), time, c->time_width);
	for (size_t i = 0; i < c->n; i++)
		put_glyph(c, c->at[i], c->pen->lane);
	if (ev->from == ev->to)
		put_call(c, from, ev);
	else
		put_arrow(c, from, to, ev);
	text_add(out, red ? RED : "");
	print(out, c);
	text_addf(out, "%s\n", red ? PLAIN : "");
}

static void add_head(struct text *out, struct canvas *c)
{
	clear(c);
	put_text(c, 2 + c->time_width - strlen("time us"), "time ", 5);
	put_glyph(c, c->time_width, c->pen->micro);
	put_glyph(c, c->time_width + 1, "s");
	put_names(c);
	print(out, c);
	text_add(out, "\n");
}

/* Is event @i near one of the first that are marked? */
static bool is_near(const struct ladder *l, size_t i)
{
	size_t marks = 0;

	for (size_t j = 0; j < l->n_events && marks < MARKS; j++) {
		if (!l->events[j].marked)
			continue;
		marks++;
		if (i + BEFORE >= j && i <= j + AFTER)
			return true;
		if (j > i + BEFORE)
			return false;
	}
	return false;
}

static bool is_folded(const struct ladder *l, size_t i)
{
	return !l->all && l->n_events > LADDER_ROWS && i >= HEAD &&
	       i + TAIL < l->n_events && !is_near(l, i);
}

void ladder_add(struct text *out, const struct ladder *l)
{
	struct canvas c = { .l = l, .pen = &pens[l->utf8] };
	size_t folded = 0;

	if (l->n_lanes < 2 || l->n_lanes > LADDER_LANES_MAX)
		return;
	measure(&c);
	add_head(out, &c);
	for (size_t i = 0; i < l->n_events; i++) {
		if (is_folded(l, i)) {
			folded++;
			continue;
		}
		if (folded)
			text_addf(out, "%*s%s %zu more; --all shows them\n",
				  (int)c.time_width + 1, "", c.pen->more,
				  folded);
		folded = 0;
		add_row(out, &c, &l->events[i]);
	}
}
