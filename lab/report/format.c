/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/report/format.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

const struct format_mark format_marks[] = {
	{ '*', OUTCOME_OTHER,
	  "not judged: failed without an RST (timeout, ICMP error), so the "
	  "cell is not clean either",
	  "not judged: no answer, and no RST either" },
	{ '!', OUTCOME_INVALID,
	  "not judged: the measurement failed, not the network, so the "
	  "interval is wider",
	  "not judged: not captured from beginning to end, so the interval is "
	  "wider" },
};
static_assert(ARRAY_SIZE(format_marks) == FORMAT_MARKS, "one row per mark");

int format_write(const struct text *t, FILE *out, struct err *e)
{
	if (t->failed)
		return err_no_memory(e);
	errno = 0;
	if (fwrite(text_str(t), 1, t->n, out) != t->n || fflush(out) != 0)
		return err_errno(e, "writing the report");
	return 0;
}

const char *format_rate(double rate, char buf[FORMAT_PERCENT_MAX])
{
	if (rate > 0.0 && rate < 0.0005)
		return "<0.1";
	if (rate < 1.0 && rate >= 0.9995)
		return ">99.9";
	(void)snprintf(buf, FORMAT_PERCENT_MAX, "%.1f", rate * 100.0);
	return buf;
}

const char *format_low(double low, char buf[FORMAT_PERCENT_MAX])
{
	if (low >= 1.0)
		return "100";
	if (low >= 0.9995)
		return "99.9";
	(void)snprintf(buf, FORMAT_PERCENT_MAX, "%.1f", low * 100.0);
	return buf;
}

const char *format_high(double high, char buf[FORMAT_PERCENT_MAX])
{
	if (high > 0.0 && high < 0.0005)
		return "<0.1";
	if (high >= 0.9995)
		return "100";
	(void)snprintf(buf, FORMAT_PERCENT_MAX, "%.1f", high * 100.0);
	return buf;
}

/* Add "1 trial", "50 trials". */
static void add_count(struct text *t, uint64_t n, const char *one,
		      const char *many)
{
	text_addf(t, "%" PRIu64 " %s", n, n == 1 ? one : many);
}

/* An interrupted run has not had as many trials in every cell. */
static void add_trials(struct text *t, const struct summary *s)
{
	uint64_t least = UINT64_MAX, most = 0;

	for (size_t i = 0; i < s->n_cells; i++) {
		const uint64_t n = s->cells[i].trials;

		least = n < least ? n : least;
		most = n > most ? n : most;
	}
	if (least < most)
		text_addf(t, "%" PRIu64 "-", least);
	add_count(t, most, "trial", "trials");
}

/* Is all of it of captures that others made? */
static bool is_imported(const struct summary *s)
{
	bool all = s->n_cells > 0;

	for (size_t i = 0; i < s->n_cells; i++)
		all &= s->cells[i].imported;
	return all;
}

const char *format_legend(const struct summary *s)
{
	return is_imported(s) ? "connections with an RST, 95 % Wilson "
				"interval, connections reset/judged; - means "
				"that none was judged"
			      : "trials with an RST, 95 % Wilson interval, "
				"trials reset/judged; - means that none was "
				"judged";
}

void format_headline(struct text *t, const struct summary *s)
{
	if (is_imported(s)) {
		text_addf(t, "%s · %s · ", s->tool, s->kernel);
		add_count(t, s->trials, "connection", "connections");
		return;
	}
	text_addf(t, "%s · %s · seed %" PRIu64 " · ", s->tool, s->kernel,
		  s->seed);
	add_count(t, s->n_topologies, "topology", "topologies");
	if (s->n_variants > s->n_topologies)
		text_addf(t, " in %zu variants", s->n_variants);
	text_add(t, " x ");
	add_count(t, s->n_workloads, "workload", "workloads");
	text_add(t, " x ");
	add_trials(t, s);
}

void format_cell_marks(struct text *t, const struct summary_cell *c)
{
	for (size_t i = 0; i < FORMAT_MARKS; i++)
		if (c->outcomes[format_marks[i].outcome])
			text_addf(t, "%c", format_marks[i].mark);
}

void format_mark_note(struct text *t, const struct summary *s,
		      const struct format_mark *m)
{
	uint64_t trials = 0, cells = 0, connections = 0;

	for (size_t i = 0; i < s->n_cells; i++) {
		const struct summary_cell *c = &s->cells[i];

		*(c->imported ? &connections : &trials) +=
			c->outcomes[m->outcome];
		cells += !c->imported && c->outcomes[m->outcome];
	}
	if (trials) {
		add_count(t, trials, "trial", "trials");
		text_add(t, " in ");
		add_count(t, cells, "cell", "cells");
		text_addf(t, " %s%s", m->what, connections ? "; " : "");
	}
	if (connections) {
		add_count(t, connections, "connection", "connections");
		text_addf(t, " %s", m->what_imported);
	}
}

struct books_sum {
	int64_t resets, foreign; /* as captured */
	uint64_t unequal;
};

static struct books_sum sum_books(const struct summary *s)
{
	struct books_sum sum = { .resets = 0 };

	for (size_t i = 0; i < s->n_books; i++) {
		sum.resets += s->books[i].rst_wire;
		sum.foreign += s->books[i].rst_foreign;
		sum.unequal += s->books[i].rst_wire != s->books[i].rst_counted;
	}
	return sum;
}

static void add_totals(struct text *t, const struct summary *s,
		       const struct books_sum *sum)
{
	text_add(t, " (");
	add_count(t, (uint64_t)sum->resets, "RST", "RSTs");
	if (sum->foreign)
		text_addf(t, " and %" PRId64 " not made by TCP", sum->foreign);
	text_add(t, ", ");
	add_count(t, s->n_books, "node", "nodes");
	text_add(t, ", ");
	add_count(t, s->packets, "packet", "packets");
	text_addf(t, ", %" PRIu64 " dropped)", s->dropped);
}

void format_books(struct text *t, const struct summary *s)
{
	const struct books_sum sum = sum_books(s);

	if (is_imported(s)) {
		text_add(t, "none: a capture has no kernel's counters beside "
			    "it, so nothing says whether every RST is in it");
		return;
	}
	if (!s->n_books) {
		text_add(t, "none: no node's counters were stored, so nothing "
			    "says whether every RST was captured");
		return;
	}
	if (!s->balanced)
		text_addf(t,
			  "not balanced: %" PRIu64 " of %zu nodes captured "
			  "another number of RSTs than OutRsts counted",
			  sum.unequal, s->n_books);
	else
		text_addf(t, "%s: every node's captured RSTs equal its OutRsts",
			  s->dropped ? "balanced, but packets were lost"
				     : "balanced");
	add_totals(t, s, &sum);
	if (s->dropped)
		text_add(t, "; what the dropped packets held is unknown, so no "
			    "cell counts as clean");
}

const char *format_difference(const struct summary_books *b)
{
	if (b->rst_wire > b->rst_counted)
		return "not sent by its TCP: a firewall's reject, a raw socket "
		       "or a device beside it";
	return "counted, yet not captured: dropped by a rule before the wire, "
	       "or lost by the capture";
}

void format_incomplete(struct text *t, const struct summary *s)
{
	if (s->complete)
		return;
	text_addf(t, "%s; the rates are of the ",
		  s->stopped ? s->stopped
			     : "the run ended without saying why (killed, or "
			       "the disk was full)");
	if (is_imported(s)) {
		add_count(t, s->trials, "connection", "connections");
		text_add(t, " before that");
		return;
	}
	add_count(t, s->trials, "trial", "trials");
	text_add(t, " that ran");
}

/* Columns of the first @bytes of @s; UTF-8 sequences count as one. */
static size_t columns_of(const char *s, size_t bytes)
{
	size_t n = 0;

	for (size_t i = 0; i < bytes; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

void format_wrap(struct text *t, const char *s, size_t at, size_t indent,
		 size_t columns)
{
	bool first = true; /* in its line: it stays, however long */

	while (*s) {
		const size_t bytes = strcspn(s, " ");
		const size_t wide = columns_of(s, bytes);

		if (columns && !first && at + 1 + wide > columns) {
			text_addf(t, "\n%*s", (int)indent, "");
			at = indent;
			first = true;
		}
		text_addf(t, "%s%.*s", first ? "" : " ", (int)bytes, s);
		at += wide + !first;
		first = false;
		s += bytes + (s[bytes] == ' ');
	}
}

/* Source: RFC 4180 section 2, rules 5 to 7 */
void format_csv_field(struct text *row, const char *value)
{
	if (row->n)
		text_add(row, ",");
	if (!value)
		return;
	if (!value[strcspn(value, "\",\r\n")]) {
		text_add(row, value);
		return;
	}
	text_add(row, "\"");
	for (; *value; value++)
		text_addf(row, *value == '"' ? "\"%c" : "%c", *value);
	text_add(row, "\"");
}

void format_end_line(struct text *t)
{
	while (t->n && t->s[t->n - 1] == ' ')
		t->s[--t->n] = '\0';
	text_add(t, "\n");
}

void format_title(struct text *t, const struct summary *s, size_t columns)
{
	own_text struct text headline = { .s = NULL };

	format_headline(&headline, s);
	format_wrap(t, text_str(&headline), 0, 0, columns);
	format_end_line(t);
}
