/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source: GitHub Flavored Markdown 0.29, 4.10 Tables */
#include "lab/report/causes.h"
#include "lab/report/checks.h"
#include "lab/report/format.h"
#include "lab/report/frames.h"
#include "lab/report/markdown-text.h"
#include "lab/report/matrix.h"
#include "lab/report/observer.h"
#include "lab/report/published.h"
#include "lab/report/report.h"
#include "lab/report/runtimes.h"
#include "lab/report/senders.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

static void add_plain_line(struct text *t, const char *before,
			   const struct text *line)
{
	text_add(t, before);
	markdown_add_plain(t, text_str(line));
	text_add(t, "\n");
}

static void add_cell(struct text *t, const struct summary_cell *c)
{
	char rate[FORMAT_PERCENT_MAX], low[FORMAT_PERCENT_MAX];
	char high[FORMAT_PERCENT_MAX];
	own_text struct text marks = { .s = NULL };
	const char *strong;

	if (c)
		format_cell_marks(&marks, c);
	if (!c || !c->judged) {
		text_add(t, " -");
	} else {
		strong = c->outcomes[OUTCOME_RESET] ? "**" : "";
		text_add(t, " ");
		text_add(t, strong);
		markdown_add_plain(t, format_rate(c->rate, rate));
		text_addf(t, " %%%s (%s-%s) %" PRIu64 "/%" PRIu64, strong,
			  format_low(c->interval.low, low),
			  format_high(c->interval.high, high),
			  c->outcomes[OUTCOME_RESET], c->judged);
	}
	markdown_add_plain(t, text_str(&marks));
	text_add(t, " |");
}

static int add_matrix(struct text *t, const struct summary *s, struct err *e)
{
	own_matrix struct matrix m = { .rows = NULL };
	const int r = matrix_init(&m, s, e);

	if (r < 0)
		return r;
	text_add(t, "| RST per trial |");
	for (size_t w = 0; w < s->n_workloads; w++) {
		text_add(t, " ");
		markdown_add_plain(t, s->workloads[w]);
		text_add(t, " |");
	}
	text_add(t, "\n| --- |");
	for (size_t w = 0; w < s->n_workloads; w++)
		text_add(t, " ---: |");
	text_add(t, "\n");
	for (size_t i = 0; i < m.n; i++) {
		text_add(t, "| ");
		markdown_add_plain(t, text_str(&m.rows[i].label));
		text_add(t, " |");
		for (size_t w = 0; w < s->n_workloads; w++)
			add_cell(t,
				 matrix_cell(s, &m.rows[i], s->workloads[w]));
		text_add(t, "\n");
	}
	return 0;
}

static void add_notes(struct text *t, const struct summary *s)
{
	text_addf(t, "\nIn a cell: %s.\n", format_legend(s));
	for (size_t i = 0; i < FORMAT_MARKS; i++) {
		const char before[] = { '\n', '\\', format_marks[i].mark, ' ',
					'\0' };
		own_text struct text note = { .s = NULL };

		format_mark_note(&note, s, &format_marks[i]);
		if (note.n)
			add_plain_line(t, before, &note);
	}
}

static void add_group(struct text *t, const struct sender_group *g)
{
	const char *const words[] = { text_str(&g->who), g->like->form,
				      g->like->ending, text_str(&g->why),
				      text_str(&g->where) };

	text_addf(t, "| %" PRIu64 " | %" PRIu64 " |", g->connections,
		  g->echoes);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		text_add(t, " ");
		markdown_add_plain(t, words[i]);
		text_add(t, " |");
	}
	text_add(t, "\n");
}

static void add_legend(struct text *t, const struct senders *senders)
{
	text_add(t, "\n");
	for (size_t i = 0; i < FORMS; i++)
		if (senders->has_form[i])
			text_addf(t, "- `%s`: %s\n", reset_form_names[i],
				  senders_form_says(i));
	for (size_t i = 0; i < CAUSES; i++)
		if (senders->has_cause[i])
			text_addf(t, "- `%s`: %s\n", cause_infos[i].name,
				  cause_infos[i].sentence);
	for (size_t i = 0; i < ENDINGS; i++)
		if (senders->has_ending[i])
			text_addf(t, "- `%s`: %s\n", ending_infos[i].name,
				  ending_infos[i].wire);
}

static int add_senders(struct text *t, const struct summary *s, struct err *e)
{
	own_senders struct senders senders = { .groups = NULL };
	const int r = senders_init(&senders, s, e);

	if (r < 0)
		return r;
	text_add(t, "\n### Who sent the RSTs, and why\n\n");
	if (!senders.n) {
		const char *none = senders_none(s);

		text_addf(t, "%c%s.\n", toupper(*none), none + 1);
		return 0;
	}
	text_add(t, "| Resets | Echoes | Sender | Form | Ending | Why | "
		    "Where |\n"
		    "| ---: | ---: | --- | --- | --- | --- | --- |\n");
	for (size_t i = 0; i < senders.n; i++)
		add_group(t, &senders.groups[i]);
	add_legend(t, &senders);
	return 0;
}

static void add_cause_row(struct text *t, const struct causes *c, size_t row)
{
	text_add(t, "| ");
	markdown_add_plain(t, text_str(&c->matrix.rows[row].label));
	text_add(t, " |");
	for (size_t i = 0; i < c->n_names; i++) {
		const struct causes_count *n = causes_at(c, row, i);

		if (n->connections)
			text_addf(t, " %" PRIu64 "%s |", n->connections,
				  n->weak ? "?" : "");
		else
			text_add(t, " - |");
	}
	text_add(t, "\n");
}

/* Nothing where there is nothing to compare. */
static int add_causes(struct text *t, const struct summary *s, struct err *e)
{
	own_causes struct causes c = { .names = NULL };
	const int r = causes_init(&c, s, e);
	size_t shown = 0;

	if (r < 0 || c.matrix.n < 2 || !c.n_hit)
		return r;
	text_add(t, "\n| Resets, by cause |");
	for (size_t i = 0; i < c.n_names; i++) {
		text_add(t, " ");
		markdown_add_plain(t, c.names[i]);
		text_add(t, " |");
	}
	text_add(t, "\n| --- |");
	for (size_t i = 0; i < c.n_names; i++)
		text_add(t, " ---: |");
	text_add(t, "\n");
	for (size_t i = 0; i < c.matrix.n && shown < CAUSES_ROWS_MAX; i++)
		if (causes_has_row(&c, i)) {
			add_cause_row(t, &c, i);
			shown++;
		}
	text_add(t, "\nIn a cell: " CAUSES_LEGEND ".\n");
	if (c.n_hit > shown)
		text_addf(t, "And %zu topolog%s more.\n", c.n_hit - shown,
			  c.n_hit - shown == 1 ? "y" : "ies");
	return 0;
}

static void add_differences(struct text *t, const struct summary *s)
{
	text_add(t, "\n| Topology | Node | Captured | OutRsts | Difference |\n"
		    "| --- | --- | ---: | ---: | --- |\n");
	for (size_t i = 0; i < s->n_books; i++) {
		const struct summary_books *b = &s->books[i];
		own_text struct text label = { .s = NULL };

		if (b->rst_wire == b->rst_counted)
			continue;
		matrix_label(&label, b->topology, b->params);
		text_add(t, "| ");
		markdown_add_plain(t, text_str(&label));
		text_add(t, " | ");
		markdown_add_plain(t, b->node);
		text_addf(t,
			  " | %" PRId64 " | %" PRId64 " | %+" PRId64 ": %s |\n",
			  b->rst_wire, b->rst_counted,
			  b->rst_wire - b->rst_counted, format_difference(b));
	}
}

static void add_observer(struct text *t, const struct summary *s)
{
	own_text struct text sentence = { .s = NULL };

	observer_add_sentence(&sentence, &s->observed);
	if (!sentence.n)
		return;
	add_plain_line(t, "\n**Observer check** ", &sentence);
	text_add(t, "\n```text\n");
	observer_add_rows(t, &s->observed, 0, 0);
	text_add(t, "```\n");
}

static void add_books(struct text *t, const struct summary *s)
{
	own_text struct text books = { .s = NULL }, stopped = { .s = NULL };
	own_text struct text sources = { .s = NULL }, differ = { .s = NULL };
	own_text struct text runtimes = { .s = NULL };

	format_books(&books, s);
	add_plain_line(t, "\n**Books** ", &books);
	runtimes_add(&runtimes, s);
	if (runtimes.n)
		add_plain_line(t, "\n**Runtimes** ", &runtimes);
	checks_add_sources(&sources, s);
	if (sources.n)
		add_plain_line(t, "\n**Evidence** ", &sources);
	checks_add_mismatches(&differ, s);
	if (differ.n)
		add_plain_line(t, "\n**Sources that disagree** ", &differ);
	if (s->n_books && !s->balanced)
		add_differences(t, s);
	add_observer(t, s);
	format_incomplete(&stopped, s);
	if (stopped.n)
		add_plain_line(t, "\n**Incomplete** ", &stopped);
}

static void add_row(struct text *t, const struct text *columns)
{
	text_add(t, "|");
	for (size_t k = 0; k < PUBLISHED_COLUMNS; k++) {
		text_add(t, " ");
		markdown_add_plain(t, text_str(&columns[k]));
		text_add(t, " |");
	}
	text_add(t, "\n");
}

static int add_published(struct text *t, const struct summary *s, struct err *e)
{
	own_published struct published p = { .n = 0 };
	const int r = published_init(&p, s, e);

	if (r < 0 || !p.n)
		return r;
	text_add(t, "\n### Beside what was published\n\n|");
	for (size_t k = 0; k < PUBLISHED_COLUMNS; k++)
		text_addf(t, " %s |", published_heads[k]);
	text_add(t, "\n| --- | --- | --- | --- | --- |\n");
	for (size_t i = 0; i < p.n; i++)
		add_row(t, p.rows[i]);
	add_plain_line(t, "\nSource of what was published: ", &p.source);
	return 0;
}

static int markdown_write(const struct summary *s,
			  const struct report_options *o, FILE *out,
			  struct err *e)
{
	own_text struct text t = { .s = NULL }, headline = { .s = NULL };
	int r;

	(void)o;
	format_headline(&headline, s);
	add_plain_line(&t, "", &headline);
	text_add(&t, "\n");
	r = add_matrix(&t, s, e);
	if (r < 0)
		return r;
	add_notes(&t, s);
	r = add_senders(&t, s, e);
	if (r == 0)
		r = add_causes(&t, s, e);
	if (r == 0)
		r = frames_add_markdown(&t, s, e);
	if (r < 0)
		return r;
	add_books(&t, s);
	r = add_published(&t, s, e);
	return r < 0 ? r : format_write(&t, out, e);
}

const struct report report_markdown = {
	.name = "markdown",
	.summary = "for issues and CI summaries: GitHub's tables",
	.write = markdown_write,
};
