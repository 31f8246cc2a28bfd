/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A frame first waits until those before it are on the line,
 * then its own bits take their time at the rate, then it travels for its
 * delay.  Frames come out in the order in which they came in, whatever their
 * jitter: only the first of the list is looked at.  A reordered one goes out
 * at once and never enters it.
 *
 * A GSO frame counts once, with its whole length: the kernel hands over what a
 * guest's virtio device would be given.
 */
#include "probes/wire/line.h"

#include "lab/base/clock.h"
#include "lab/base/own.h"

#include <string.h>

/* Of each direction: more than what 10 Gbit/s have under way in 100 ms. */
enum { HELD_MAX = 256 << 20 };

void line_init(struct line *l, int to, size_t header,
	       const struct impair_settings *settings, uint64_t seed)
{
	*l = (struct line){ .to = to,
			    .header = header,
			    .plain = impair_is_plain(&settings->impairment),
			    .queue = settings->queue };
	l->last = &l->first;
	impair_init(&l->impair, &settings->impairment, seed);
}

static void send_frame(struct line *l, const void *bytes, size_t n)
{
	ssize_t written;

	do
		written = write(l->to, bytes, n);
	while (written < 0 && errno == EINTR);
	if (written < 0)
		l->counts.refused++;
	else
		l->counts.carried++;
}

/* Take those off the count of the waiting that departed since. */
static void note_departures(struct line *l, int64_t now_ns)
{
	while (l->waiting && l->waiting->departs_ns <= now_ns) {
		l->waiting = l->waiting->next;
		l->n_waiting--;
	}
}

static void append(struct line *l, struct frame *f)
{
	f->next = NULL;
	*l->last = f;
	l->last = &f->next;
	l->held += f->n;
	if (!l->waiting)
		l->waiting = f;
	l->n_waiting++;
}

static struct frame *remove_first(struct line *l)
{
	struct frame *f = l->first;

	l->first = f->next;
	if (!l->first)
		l->last = &l->first;
	l->held -= f->n;
	return f;
}

void line_done(struct line *l)
{
	while (l->first)
		free(remove_first(l));
}

/* When it departs and when it is due, if it is let in now. */
static void schedule(struct line *l, struct frame *f, int64_t now_ns,
		     int64_t delay_ns)
{
	const int64_t begins_ns = l->free_ns > now_ns ? l->free_ns : now_ns;

	f->departs_ns =
		begins_ns + impair_line_ns(&l->impair, f->n - l->header);
	f->due_ns = f->departs_ns + delay_ns;
	l->free_ns = f->departs_ns;
}

static bool is_full(const struct line *l, size_t n)
{
	return (l->impair.settings.rate_bps && l->n_waiting >= l->queue) ||
	       l->held + n > HELD_MAX;
}

static void let_in(struct line *l, const void *bytes, size_t n,
		   int64_t delay_ns)
{
	const int64_t now_ns = clock_now_ns();
	struct frame *f = NULL;

	note_departures(l, now_ns);
	if (!is_full(l, n))
		f = malloc(sizeof(*f) + n);
	if (!f) {
		l->counts.overflowed++;
		return;
	}
	memcpy(f->bytes, bytes, n);
	f->n = n;
	schedule(l, f, now_ns, delay_ns);
	append(l, f);
}

void line_take(struct line *l, const void *bytes, size_t n)
{
	struct impair_decision d;

	l->counts.taken++;
	if (l->plain) {
		send_frame(l, bytes, n);
		return;
	}
	d = impair_next(&l->impair);
	if (d.lost) {
		l->counts.lost++;
		return;
	}
	l->counts.duplicated += d.duplicate;
	l->counts.reordered += d.reorder;
	for (int copies = 1 + d.duplicate; copies > 0; copies--) {
		if (d.reorder)
			send_frame(l, bytes, n);
		else
			let_in(l, bytes, n, d.delay_ns);
	}
}

int64_t line_let_out(struct line *l, int64_t now_ns)
{
	note_departures(l, now_ns);
	while (l->first && l->first->due_ns <= now_ns) {
		struct frame *f = remove_first(l);

		send_frame(l, f->bytes, f->n);
		free(f);
	}
	return l->first ? l->first->due_ns : INT64_MAX;
}
