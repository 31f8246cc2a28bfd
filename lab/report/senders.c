/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/report/senders.h"

#include "lab/report/where.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Source: tcp_send_active_reset(), tcp_v4_send_reset(), Linux 6.18 */
static const char *const form_says[] = {
	[FORM_RSTACK] = "RST,ACK with window: a decision of the sender (close "
			"with unread data, linger 0, a timer)",
	[FORM_RST] = "bare RST, window 0: answer to a segment that nobody "
		     "takes any more (a firewall's reject looks the same)",
	[FORM_RSTACK_ZERO] = "RST,ACK, seq 0, window 0: answer to a segment "
			     "without ACK, such as a SYN to a closed port (a "
			     "firewall's reject looks the same)",
	[FORM_ODD] = "none of the forms that Linux's own TCP sends",
};
static_assert(ARRAY_SIZE(form_says) == FORMS, "one sentence per form");

const char *senders_form_says(enum reset_form form)
{
	return form_says[form];
}

static bool is_middle(const struct summary_sender *s)
{
	return !strcmp(s->emitter, emitter_names[EMITTER_MIDDLE]);
}

/* The node counts in the middle only: at the ends every topology has its own
 * name for it. */
static bool alike(const struct summary_sender *a,
		  const struct summary_sender *b)
{
	return !strcmp(a->emitter, b->emitter) && !strcmp(a->form, b->form) &&
	       !strcmp(a->phase, b->phase) && !strcmp(a->ending, b->ending) &&
	       !strcmp(a->cause, b->cause) &&
	       !strcmp(a->confidence, b->confidence) &&
	       (!is_middle(a) || !strcmp(a->node, b->node));
}

static size_t rank_of(const char *emitter)
{
	size_t i = 0;

	while (i < EMITTERS && strcmp(emitter, emitter_names[i]) != 0)
		i++;
	return i;
}

static int by_rank(const void *a, const void *b)
{
	const struct sender_group *ga = a, *gb = b;
	const struct summary_sender *x = ga->like, *y = gb->like;
	const size_t rx = rank_of(x->emitter), ry = rank_of(y->emitter);
	int r;

	if (rx != ry)
		return rx < ry ? -1 : 1;
	if (ga->connections != gb->connections)
		return ga->connections > gb->connections ? -1 : 1;
	r = strcmp(x->form, y->form);
	if (!r)
		r = strcmp(x->phase, y->phase);
	if (!r)
		r = strcmp(x->ending, y->ending);
	if (!r)
		r = strcmp(x->cause, y->cause);
	if (!r)
		r = strcmp(x->confidence, y->confidence);
	return r ? r : strcmp(x->node, y->node);
}

static void add_sender(struct senders *g, const struct summary_sender *s)
{
	size_t i = 0;

	while (i < g->n && !alike(g->groups[i].like, s))
		i++;
	if (i == g->n)
		g->groups[g->n++].like = s;
	g->groups[i].connections += s->connections;
	g->groups[i].echoes += s->echoes;
	g->echoes += s->echoes;
	for (size_t f = 0; f < FORMS; f++)
		g->has_form[f] |= !strcmp(reset_form_names[f], s->form);
	for (size_t c = 0; c < CAUSES; c++)
		g->has_cause[c] |= !strcmp(cause_infos[c].name, s->cause);
	for (size_t k = 0; k < ENDINGS; k++)
		g->has_ending[k] |= !strcmp(ending_infos[k].name, s->ending);
}

static uint64_t count_in(const struct summary *s, const struct sender_group *g,
			 const struct matrix_row *row)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->n_senders; i++)
		if (!strcmp(s->senders[i].topology, row->topology) &&
		    !strcmp(s->senders[i].params, row->params) &&
		    alike(&s->senders[i], g->like))
			n += s->senders[i].connections;
	return n;
}

static int add_where(struct sender_group *g, const struct summary *s,
		     const struct matrix *m, struct err *e)
{
	own_mem uint64_t *counts = calloc(m->n + 1, sizeof(*counts));

	if (!counts)
		return err_no_memory(e);
	for (size_t i = 0; i < m->n; i++)
		counts[i] = count_in(s, g, &m->rows[i]);
	where_add(&g->where, s, m, counts);
	return 0;
}

static void add_who(struct sender_group *g)
{
	text_add(&g->who, g->like->emitter);
	if (is_middle(g->like))
		text_addf(&g->who, " (%s)", g->like->node);
}

/* "close-unread (certain)", or "unknown". */
static void add_why(struct sender_group *g)
{
	const struct summary_sender *s = g->like;

	text_add(&g->why, s->cause);
	if (strcmp(s->cause, s->confidence) != 0)
		text_addf(&g->why, " (%s)", s->confidence);
}

int senders_init(struct senders *g, const struct summary *s, struct err *e)
{
	own_matrix struct matrix m = { .rows = NULL };
	int r = matrix_init(&m, s, e);

	*g = (struct senders){ .groups = NULL };
	if (r < 0)
		return r;
	g->groups = calloc(s->n_senders + 1, sizeof(*g->groups));
	if (!g->groups)
		return err_no_memory(e);
	for (size_t i = 0; i < s->n_senders; i++)
		add_sender(g, &s->senders[i]);
	qsort(g->groups, g->n, sizeof(*g->groups), by_rank);
	for (size_t i = 0; r == 0 && i < g->n; i++) {
		add_who(&g->groups[i]);
		add_why(&g->groups[i]);
		r = add_where(&g->groups[i], s, &m, e);
	}
	return r;
}

bool senders_unseen(const struct summary *s)
{
	for (size_t i = 0; i < s->n_cells; i++)
		if (s->cells[i].outcomes[OUTCOME_RESET])
			return true;
	return false;
}

const char *senders_none(const struct summary *s)
{
	return senders_unseen(s) ? "not known: the kernel's counters tell of "
				   "resets, but nothing was captured"
				 : "nobody: no connection was reset";
}

void senders_done(struct senders *g)
{
	for (size_t i = 0; i < g->n; i++) {
		text_done(&g->groups[i].who);
		text_done(&g->groups[i].why);
		text_done(&g->groups[i].where);
	}
	free(g->groups);
	*g = (struct senders){ .groups = NULL };
}
