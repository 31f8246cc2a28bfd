/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/report/causes.h"
#include "lab/report/checks.h"
#include "lab/report/format.h"
#include "lab/report/frames.h"
#include "lab/report/grid.h"
#include "lab/report/matrix.h"
#include "lab/report/observer.h"
#include "lab/report/published.h"
#include "lab/report/report.h"
#include "lab/report/runtimes.h"
#include "lab/report/seen.h"
#include "lab/report/senders.h"
#include "lab/report/states.h"

#include <inttypes.h>
#include <string.h>

#define DIM "\033[2m"

enum { INDENT = 2 };

static void add_heading(struct text *t, const struct report_options *o,
			const char *heading)
{
	text_addf(t, "\n%s%s%s\n", o->color ? FORMAT_BOLD : "", heading,
		  o->color ? FORMAT_PLAIN : "");
}

/* A sentence below what it belongs to; @mark in front, or "". */
static void add_sentence(struct text *t, const struct report_options *o,
			 const char *mark, const char *sentence)
{
	const size_t at = INDENT + strlen(mark);

	text_addf(t, "%*s%s", INDENT, "", mark);
	format_wrap(t, sentence, at, at, o->columns);
	format_end_line(t);
}

/* "  8.0 % [ 3.2-18.8]  4/50"; without a rate the marks still say why. */
static void add_cell(struct grid *g, const struct summary_cell *c,
		     const struct matrix *m, const struct report_options *o)
{
	const int digits = snprintf(NULL, 0, "%" PRIu64, m->judged_most);
	char rate[FORMAT_PERCENT_MAX], low[FORMAT_PERCENT_MAX];
	char high[FORMAT_PERCENT_MAX], count[48];
	own_text struct text marks = { .s = NULL };
	const char *style = NULL;

	if (c)
		format_cell_marks(&marks, c);
	if (!c || !c->judged) {
		grid_add(g, NULL, "%5s%s", "-", text_str(&marks));
		return;
	}
	if (o->color)
		style = c->outcomes[OUTCOME_RESET] ? FORMAT_BOLD : DIM;
	(void)snprintf(count, sizeof(count), "%" PRIu64 "/%" PRIu64,
		       c->outcomes[OUTCOME_RESET], c->judged);
	grid_add(g, style, "%5s %% [%4s-%4s] %*s%s", format_rate(c->rate, rate),
		 format_low(c->interval.low, low),
		 format_high(c->interval.high, high), 2 * digits + 1, count,
		 text_str(&marks));
}

static int add_matrix(struct text *t, const struct summary *s,
		      const struct report_options *o, struct err *e)
{
	own_grid struct grid g = { .n_columns = s->n_workloads + 1 };
	own_matrix struct matrix m = { .rows = NULL };
	const int r = matrix_init(&m, s, e);

	if (r < 0)
		return r;
	grid_add(&g, NULL, "RST per trial");
	for (size_t w = 0; w < s->n_workloads; w++)
		grid_add(&g, NULL, "%s", s->workloads[w]);
	for (size_t i = 0; i < m.n; i++) {
		grid_add(&g, NULL, "%s", text_str(&m.rows[i].label));
		for (size_t w = 0; w < s->n_workloads; w++)
			add_cell(&g,
				 matrix_cell(s, &m.rows[i], s->workloads[w]),
				 &m, o);
	}
	text_add(t, "\n");
	grid_print(&g, t, 0, o->columns);
	return 0;
}

static void add_notes(struct text *t, const struct summary *s,
		      const struct report_options *o)
{
	add_sentence(t, o, "", format_legend(s));
	for (size_t i = 0; i < FORMAT_MARKS; i++) {
		const char mark[] = { format_marks[i].mark, ' ', '\0' };
		own_text struct text note = { .s = NULL };

		format_mark_note(&note, s, &format_marks[i]);
		if (note.n)
			add_sentence(t, o, mark, text_str(&note));
	}
}

static void add_group(struct grid *g, const struct sender_group *group,
		      const struct senders *senders,
		      const struct report_options *o)
{
	grid_add(g, o->color ? FORMAT_BOLD : NULL, "%" PRIu64,
		 group->connections);
	if (senders->echoes)
		grid_add(g, NULL, "%" PRIu64, group->echoes);
	grid_add(g, NULL, "%s", text_str(&group->who));
	grid_add(g, NULL, "%s", group->like->ending);
	grid_add(g, NULL, "%s: %s", text_str(&group->why),
		 text_str(&group->where));
}

static void add_groups(struct text *t, const struct senders *senders,
		       const struct report_options *o)
{
	static const char *const heads[] = { "resets", "echoes", "sender",
					     "ending", "why, and where" };
	own_grid struct grid g = { .n_columns = senders->echoes ? 5 : 4,
				   .right = senders->echoes ? 3 : 1,
				   .wrap_last = true };

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		if (i != 1 || senders->echoes)
			grid_add(&g, NULL, "%s", heads[i]);
	for (size_t i = 0; i < senders->n; i++)
		add_group(&g, &senders->groups[i], senders, o);
	grid_print(&g, t, INDENT, o->columns);
}

/* The words of the table above: why, and how it looks on the wire. */
static void add_legend(struct text *t, const struct senders *senders,
		       const struct report_options *o)
{
	own_grid struct grid g = { .n_columns = 2, .wrap_last = true };

	for (size_t i = 0; i < CAUSES; i++)
		if (senders->has_cause[i]) {
			grid_add(&g, NULL, "%s", cause_infos[i].name);
			grid_add(&g, NULL, "%s", cause_infos[i].sentence);
		}
	for (size_t i = 0; i < ENDINGS; i++)
		if (senders->has_ending[i]) {
			grid_add(&g, NULL, "%s", ending_infos[i].name);
			grid_add(&g, NULL, "%s", ending_infos[i].wire);
		}
	if (senders->echoes) {
		grid_add(&g, NULL, "echoes");
		grid_add(&g, NULL, "further RSTs of these connections");
	}
	text_add(t, "\n");
	grid_print(&g, t, INDENT, o->columns);
}

static int add_senders(struct text *t, const struct summary *s,
		       const struct report_options *o, struct err *e)
{
	own_senders struct senders senders = { .groups = NULL };
	const int r = senders_init(&senders, s, e);

	if (r < 0)
		return r;
	add_heading(t, o, "Who sent the RSTs, and why");
	if (!senders.n) {
		text_addf(t, "%*s%s\n", INDENT, "", senders_none(s));
		return 0;
	}
	add_groups(t, &senders, o);
	add_legend(t, &senders, o);
	return 0;
}

static void add_differences(struct text *t, const struct summary *s,
			    const struct report_options *o)
{
	own_grid struct grid g = { .n_columns = 5,
				   .right = 1 << 2 | 1 << 3,
				   .wrap_last = true };
	static const char *const heads[] = { "topology", "node", "captured",
					     "OutRsts", "difference" };

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		grid_add(&g, NULL, "%s", heads[i]);
	for (size_t i = 0; i < s->n_books; i++) {
		const struct summary_books *b = &s->books[i];
		own_text struct text label = { .s = NULL };

		if (b->rst_wire == b->rst_counted)
			continue;
		matrix_label(&label, b->topology, b->params);
		grid_add(&g, NULL, "%s", text_str(&label));
		grid_add(&g, NULL, "%s", b->node);
		grid_add(&g, NULL, "%" PRId64, b->rst_wire);
		grid_add(&g, NULL, "%" PRId64, b->rst_counted);
		grid_add(&g, NULL, "%+" PRId64 ": %s",
			 b->rst_wire - b->rst_counted, format_difference(b));
	}
	grid_print(&g, t, INDENT, o->columns);
}

/* A heading and a sentence, or nothing. */
static void add_section(struct text *t, const struct report_options *o,
			const char *heading, const struct text *sentence)
{
	if (!sentence->n)
		return;
	add_heading(t, o, heading);
	add_sentence(t, o, "", text_str(sentence));
}

static void add_checks(struct text *t, const struct summary *s,
		       const struct report_options *o)
{
	own_text struct text sources = { .s = NULL }, differ = { .s = NULL };
	own_text struct text runtimes = { .s = NULL };

	runtimes_add(&runtimes, s);
	checks_add_sources(&sources, s);
	checks_add_mismatches(&differ, s);
	add_section(t, o, "Runtimes", &runtimes);
	add_section(t, o, "Evidence", &sources);
	add_section(t, o, "Sources that disagree", &differ);
}

static void add_observer(struct text *t, const struct summary *s,
			 const struct report_options *o)
{
	own_text struct text sentence = { .s = NULL };

	observer_add_sentence(&sentence, &s->observed);
	add_section(t, o, "Observer check", &sentence);
	if (s->observed.n)
		observer_add_rows(t, &s->observed, INDENT, o->columns);
}

static void add_books(struct text *t, const struct summary *s,
		      const struct report_options *o)
{
	own_text struct text sentence = { .s = NULL };

	format_books(&sentence, s);
	add_heading(t, o, "Books");
	add_sentence(t, o, "", text_str(&sentence));
	if (s->n_books && !s->balanced)
		add_differences(t, s, o);
}

static void add_incomplete(struct text *t, const struct summary *s,
			   const struct report_options *o)
{
	own_text struct text sentence = { .s = NULL };

	format_incomplete(&sentence, s);
	if (!sentence.n)
		return;
	add_heading(t, o, "Incomplete");
	add_sentence(t, o, "", text_str(&sentence));
}

static int table_write(const struct summary *s, const struct report_options *o,
		       FILE *out, struct err *e)
{
	own_text struct text t = { .s = NULL };
	int r;

	if (o->states)
		return states_table(s, o, out, e);
	if (o->app)
		return seen_table(s, o, out, e);
	if (o->causes)
		return causes_table(s, o, out, e);
	format_title(&t, s, o->columns);
	r = add_matrix(&t, s, o, e);
	if (r < 0)
		return r;
	add_notes(&t, s, o);
	r = add_senders(&t, s, o, e);
	if (r == 0)
		r = causes_add(&t, s, o, e);
	if (r == 0)
		r = frames_add(&t, s, o, e);
	if (r == 0)
		r = seen_add_surprises(&t, s, o, e);
	if (r < 0)
		return r;
	add_books(&t, s, o);
	add_checks(&t, s, o);
	add_observer(&t, s, o);
	add_incomplete(&t, s, o);
	r = published_add(&t, s, o, e);
	return r < 0 ? r : format_write(&t, out, e);
}

const struct report report_table = {
	.name = "table",
	.summary = "for a terminal: rates, who sent the RSTs, the books",
	.write = table_write,
};
