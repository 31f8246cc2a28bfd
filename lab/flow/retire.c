/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A connection that is over is queued, because its last
 * acknowledgments, or an RST for data that came too late, may still follow; it
 * goes when enough others have ended after it.  One that never ends goes when
 * it has been silent for long: they are looked for whenever there are twice
 * as many connections as after the last search, so that a connection costs
 * the same however many there are.
 */
#include "lab/flow/flow-parts.h"

#include <stdlib.h>

/* An established connection that has nothing to say is kept alive after two
 * hours with nine probes, 75 s apart; a SYN is given up after 127 s (Linux,
 * net.ipv4.tcp_keepalive_* and tcp_syn_retries). */
#define SILENT_NS     (8000 * 1000000000LL)
#define UNANSWERED_NS (150 * 1000000000LL)

enum { SWEEP_FIRST = 4096 };

static void unqueue(struct flow *f, struct track *t)
{
	struct retirement *r = &f->retirement;

	if (!t->queued)
		return;
	t->queued = false;
	*(t->previous_over ? &t->previous_over->next_over : &r->first) =
		t->next_over;
	*(t->next_over ? &t->next_over->previous_over : &r->last) =
		t->previous_over;
	r->n_over--;
}

/* Give @t to @fn and take it back.  The index must not lead to it. */
static void hand_over(struct flow *f, struct track *t, connection_fn fn,
		      void *arg)
{
	*(t->previous ? &t->previous->next : &f->first) = t->next;
	*(t->next ? &t->next->previous : &f->last) = t->previous;
	f->n_tracks--;
	f->n_translated -= t->translated;
	if (!track_finished(t))
		f->unfinished--;
	unqueue(f, t);
	track_conclude(t, &f->told);
	fn(&f->told, arg);
	if (t->resets) {
		track_resets_clear(t->resets);
		t->resets->next = f->free_resets;
		f->free_resets = t->resets;
	}
	t->next = f->free;
	f->free = t;
}

static void retire(struct flow *f, struct track *t, connection_fn fn, void *arg)
{
	index_remove(&f->index, &t->isn_node);
	index_remove(&f->index, &t->data_node);
	for (uint8_t i = 0; i < t->n_legs; i++) {
		struct leg_track *leg = track_leg(t, i);

		index_remove(&f->index, &leg->node);
		index_remove(&f->index, &leg->tuple_node);
	}
	hand_over(f, t, fn, arg);
}

/* A SYN that is sent anew can bring back to life what seemed to be over. */
static void retire_oldest(struct flow *f)
{
	struct track *t = f->retirement.first;

	if (track_over(t))
		retire(f, t, f->retirement.limits.fn, f->retirement.limits.arg);
	else
		unqueue(f, t);
}

/* What lies thousands of connections back has left the caches of the
 * processor.  Fetch the second that is over whole, and where the first, which
 * was fetched before, is in the index. */
static void fetch_oldest(const struct flow *f)
{
	const struct track *t = f->retirement.first;

	if (!t || !t->next_over)
		return;
	track_fetch(t->next_over);
	index_expect_node(&f->index, &t->first_leg.node);
	index_expect_node(&f->index, &t->isn_node);
}

static size_t sweep_next(const struct retirement *r, size_t n)
{
	size_t next = 2 * n < SWEEP_FIRST ? SWEEP_FIRST : 2 * n;

	if (r->limits.connections && next > r->limits.connections)
		next = r->limits.connections;
	return next;
}

/* Connections that were silent for longer than their sockets wait, or half as
 * long, and so on, until there are few enough.  */
static void retire_silent(struct flow *f, int64_t now_ns)
{
	struct retirement *r = &f->retirement;
	const size_t most = r->limits.connections;
	int halvings = 0;

	do {
		struct track *next;

		for (struct track *t = f->first; t; t = next) {
			const int64_t wait_ns =
				(t->established ? SILENT_NS : UNANSWERED_NS) >>
				halvings;

			next = t->next;
			if (now_ns - t->end_ns >= wait_ns)
				retire(f, t, r->limits.fn, r->limits.arg);
		}
		halvings++;
	} while (most && f->n_tracks > most - most / 4 && halvings < 62);
	r->sweep_at = sweep_next(r, f->n_tracks);
}

void retire_later(struct flow *f, struct track *t)
{
	struct retirement *r = &f->retirement;

	if (t->queued || !r->limits.fn)
		return;
	t->queued = true;
	t->previous_over = r->last;
	t->next_over = NULL;
	*(r->last ? &r->last->next_over : &r->first) = t;
	r->last = t;
	r->n_over++;
}

void retire_now(struct flow *f, int64_t now_ns)
{
	struct retirement *r = &f->retirement;

	while (r->n_over > r->limits.over ||
	       (r->n_over && r->limits.over_ns &&
		now_ns - r->first->end_ns > r->limits.over_ns)) {
		retire_oldest(f);
		fetch_oldest(f);
	}
	if (f->n_tracks >= r->sweep_at)
		retire_silent(f, now_ns);
}

void flow_flush(struct flow *f, connection_fn fn, void *arg)
{
	while (f->first)
		retire(f, f->first, fn, arg);
}

void flow_limit(struct flow *f, const struct flow_limits *limits)
{
	f->retirement.limits = *limits;
	f->retirement.sweep_at = sweep_next(&f->retirement, 0);
	if (limits->secret)
		index_set_secret(&f->index, limits->secret);
}

void flow_tick(struct flow *f, int64_t now_ns)
{
	retire_due(f, now_ns);
}
