/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/progress.h"

#include "lab/base/clock.h"
#include "lab/base/text.h"
#include "lab/cmd/terminal.h"

#include <inttypes.h>

enum { BAR_COLUMNS = 28, COLUMNS_UNKNOWN = 80, REDRAWS_PER_S = 10 };

const char *const *progress_mode_names(void)
{
	static const char *const names[] = { "auto", "bar", "lines", "none",
					     NULL };

	return names;
}

void progress_init(struct progress *p, enum progress_mode mode, FILE *out)
{
	if (mode == PROGRESS_AUTO)
		mode = terminal_moves(out) ? PROGRESS_BAR : PROGRESS_LINES;
	*p = (struct progress){
		.mode = mode,
		.out = out,
		.utf8 = terminal_utf8(),
		.columns = terminal_columns(out),
	};
	if (!p->columns)
		p->columns = COLUMNS_UNKNOWN;
}

/* " ETA 0:11", from the pace so far; nothing before the first trial. */
static void add_eta(struct text *t, const struct run_progress *r)
{
	double left_s;
	int64_t s;

	if (r->done == 0)
		return;
	left_s = (double)r->elapsed_ns / (double)NS_PER_S / (double)r->done *
		 (double)(r->total - r->done);
	s = (int64_t)(left_s + 0.5);
	if (s >= 3600)
		text_addf(t, "  ETA %" PRId64 ":%02d:%02d", s / 3600,
			  (int)(s / 60 % 60), (int)(s % 60));
	else
		text_addf(t, "  ETA %" PRId64 ":%02d", s / 60, (int)(s % 60));
}

static unsigned percent(const struct run_progress *r)
{
	return r->total ? (unsigned)(r->done * 100 / r->total) : 100;
}

static void add_bar(struct text *t, const struct progress *p,
		    const struct run_progress *r)
{
	const unsigned filled = percent(r) * BAR_COLUMNS / 100;

	text_add(t, p->utf8 ? "▕" : "[");
	for (unsigned i = 0; i < BAR_COLUMNS; i++) {
		if (i < filled)
			text_add(t, p->utf8 ? "█" : "#");
		else
			text_add(t, " ");
	}
	text_add(t, p->utf8 ? "▏" : "]");
}

/* Cut @t after @columns, never inside a character. */
static void cut(struct text *t, size_t columns)
{
	size_t i = 0;

	if (!t->s)
		return;
	while (t->s[i]) {
		const bool starts = ((unsigned char)t->s[i] & 0xc0) != 0x80;

		if (starts && columns-- == 0)
			break;
		i++;
	}
	t->s[i] = 0;
	t->n = i;
}

static void draw_bar(struct progress *p, const struct run_progress *r)
{
	const int64_t now_ns = clock_now_ns();
	own_text struct text t = { .s = NULL };

	if (p->shown && r->done < r->total &&
	    now_ns - p->drawn_ns < NS_PER_S / REDRAWS_PER_S)
		return;
	add_bar(&t, p, r);
	text_addf(&t, " %" PRIu64 "/%" PRIu64 " %3u %%", r->done, r->total,
		  percent(r));
	add_eta(&t, r);
	text_addf(&t, "  %" PRIu64 " RST", r->resets);
	if (r->topology && r->workload)
		text_addf(&t, "  %s %s %s", r->topology, p->utf8 ? "×" : "x",
			  r->workload);
	cut(&t, p->columns - 1);
	fprintf(p->out, "\r\033[K%s", text_str(&t));
	fflush(p->out);
	p->drawn_ns = now_ns;
	p->shown = true;
}

static void tell_line(struct progress *p, const struct run_progress *r)
{
	const unsigned tenths = percent(r) / 10;
	own_text struct text t = { .s = NULL };

	if (tenths <= p->tenths)
		return;
	p->tenths = tenths;
	text_addf(&t, "[%*" PRIu64 "/%" PRIu64 "] %3u %%",
		  snprintf(NULL, 0, "%" PRIu64, r->total), r->done, r->total,
		  percent(r));
	add_eta(&t, r);
	fprintf(p->out, "%s  %" PRIu64 " RST\n", text_str(&t), r->resets);
	fflush(p->out);
}

void progress_update(struct progress *p, const struct run_progress *r)
{
	if (p->mode == PROGRESS_BAR)
		draw_bar(p, r);
	else if (p->mode == PROGRESS_LINES)
		tell_line(p, r);
}

void progress_clear(struct progress *p)
{
	if (p->mode != PROGRESS_BAR || !p->shown)
		return;
	fputs("\r\033[K", p->out);
	fflush(p->out);
	p->shown = false;
}
