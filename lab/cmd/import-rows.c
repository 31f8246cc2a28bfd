/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/import-rows.h"

#include "lab/report/format.h"
#include "lab/store/summary.h"

static int put(struct import_rows *rows, struct err *e)
{
	text_add(&rows->row, "\n");
	errno = 0;
	if (rows->row.failed)
		return err_no_memory(e);
	if (fwrite(rows->row.s, 1, rows->row.n, rows->out) != rows->row.n)
		return err_errno(e, "writing the connections");
	rows->row.n = 0;
	return 0;
}

int import_rows_begin(struct import_rows *rows, struct err *e)
{
	for (size_t i = 0; connection_columns[i]; i++)
		format_csv_field(&rows->row, connection_columns[i]);
	format_csv_field(&rows->row, "why");
	return put(rows, e);
}

static void add_number(struct text *row, int64_t n)
{
	text_add(row, ",");
	text_add_int(row, n);
}

static void add_word(struct text *row, const char *word)
{
	text_add(row, ",");
	text_add(row, word);
}

static void add_endpoint(struct text *row, const struct ip_endpoint *ep)
{
	char addr[IP_TEXT_MAX];

	add_word(row, ip_addr_text(&ep->addr, addr));
	add_number(row, ep->port);
}

/* first_rst_side, first_rst_form, phase, cause, confidence, frame */
static void add_reset(struct text *row, const struct connection *c,
		      const struct judgement *j)
{
	const struct reset *r = &c->resets[0];

	if (!c->n_resets) {
		text_add(row, ",,,,,,");
		return;
	}
	add_word(row, side_names[r->side]);
	add_word(row, reset_form_names[r->form]);
	add_word(row, phase_names[c->phase]);
	add_word(row, j->was_reset ? cause_infos[j->verdict.cause].name : "");
	add_word(row,
		 j->was_reset ? confidence_names[j->verdict.confidence] : "");
	add_number(row, (int64_t)r->frame);
}

int import_rows_add(struct import_rows *rows, const struct connection *c,
		    const struct judgement *j, struct err *e)
{
	struct text *row = &rows->row;

	text_add_int(row, (int64_t)++rows->n);
	format_csv_field(row, rows->topology);
	format_csv_field(row, rows->workload);
	add_number(row, (int64_t)rows->n);
	add_endpoint(row, &c->client);
	add_endpoint(row, &c->server);
	add_number(row, c->start_ns);
	add_number(row, c->end_ns - c->start_ns);
	add_number(row, c->packets);
	add_number(row, (int64_t)(c->bytes[0] + c->bytes[1]));
	add_word(row, ending_infos[c->ending].name);
	add_word(row, c->zeek_state);
	add_word(row, c->zeek_history);
	add_number(row, c->completeness);
	add_number(row, (int64_t)c->n_resets);
	add_reset(row, c, j);
	add_number(row, c->judged);
	add_word(row, "{}");
	add_word(row, j->reason ? reason_texts[j->reason] : "");
	return put(rows, e);
}

void import_rows_done(struct import_rows *rows)
{
	text_done(&rows->row);
}
