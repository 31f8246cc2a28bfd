/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/flow/stream.h"

#include "lab/base/own.h"

#include <string.h>

/* RFC 7323 2.3: no window is larger, so nothing valid lies further away. */
enum { WINDOW_MAX = 1 << 30 };

void stream_init(struct stream *s, const struct stream_events *events,
		 void *arg)
{
	*s = (struct stream){ .events = events, .arg = arg };
}

void stream_done(struct stream *s)
{
	for (size_t i = 0; i < s->n_held; i++)
		free(s->held[i].data);
	free(s->held);
	s->held = NULL;
	s->n_held = s->cap_held = s->held_bytes = 0;
}

void stream_begin(struct stream *s, uint32_t isn)
{
	if (s->begun)
		return;
	s->begun = true;
	s->base = isn + 1;
}

int64_t stream_position(const struct stream *s, uint32_t seq)
{
	const int32_t ahead = (int32_t)(seq - (s->base + (uint32_t)s->next));

	return (int64_t)s->next + ahead;
}

static void pass_gap(struct stream *s, uint64_t n, enum stream_gap why)
{
	s->events->gap(s->next, n, why, s->arg);
	s->next += n;
}

/* What of @h is new.  It begins at or before what is next. */
static void pass(struct stream *s, const struct stream_held *h)
{
	const uint64_t old = s->next - h->at;

	if (old >= h->bytes)
		return;
	if (old < h->captured) {
		const struct stream_data d = {
			.at = s->next,
			.data = h->data + old,
			.n = h->captured - old,
			.tag = h->tag,
		};

		s->next += d.n;
		s->events->data(&d, s->arg);
	}
	if (s->next < h->at + h->bytes)
		pass_gap(s, h->at + h->bytes - s->next, STREAM_CUT);
}

/* Hand over what is held at its beginning.  @all: holes are given up. */
static void pass_held(struct stream *s, bool all)
{
	size_t n = 0;

	while (n < s->n_held && (all || s->held[n].at <= s->next)) {
		struct stream_held *h = &s->held[n++];

		if (h->at > s->next)
			pass_gap(s, h->at - s->next, STREAM_LOST);
		pass(s, h);
		s->held_bytes -= h->captured;
		free(h->data);
	}
	s->n_held -= n;
	if (n)
		memmove(s->held, s->held + n, s->n_held * sizeof(*s->held));
}

/* Give up the first hole. */
static void skip_hole(struct stream *s)
{
	pass_gap(s, s->held[0].at - s->next, STREAM_LOST);
	pass_held(s, false);
}

static int grow(struct stream *s, struct err *e)
{
	const size_t cap = 2 * s->cap_held + 8;
	struct stream_held *more;

	if (s->n_held < s->cap_held)
		return 0;
	more = reallocarray(s->held, cap, sizeof(*more));
	if (!more)
		return err_errno(e, "bytes of a connection");
	s->held = more;
	s->cap_held = cap;
	return 0;
}

/* Keep a copy of @h until the hole before it is filled. */
static int hold(struct stream *s, const struct stream_held *h, struct err *e)
{
	size_t i = s->n_held;
	uint8_t *copy;
	const int r = grow(s, e);

	if (r < 0)
		return r;
	copy = malloc(h->captured ? h->captured : 1);
	if (!copy)
		return err_errno(e, "bytes of a connection");
	memcpy(copy, h->data, h->captured);
	while (i && s->held[i - 1].at > h->at)
		i--;
	memmove(s->held + i + 1, s->held + i,
		(s->n_held - i) * sizeof(*s->held));
	s->held[i] = *h;
	s->held[i].data = copy;
	s->n_held++;
	s->held_bytes += h->captured;
	return 0;
}

static bool too_much_held(const struct stream *s)
{
	return s->n_held >= STREAM_HELD_MAX ||
	       s->held_bytes > STREAM_HELD_BYTES_MAX;
}

int stream_add(struct stream *s, const struct stream_segment *g, struct err *e)
{
	struct stream_held h = {
		.captured = g->captured < g->bytes ? g->captured : g->bytes,
		.bytes = g->bytes,
		.tag = g->tag,
	};
	int64_t at;
	int r = 0;

	if (!s->begun) {
		s->begun = s->midstream = true;
		s->base = g->seq;
	}
	at = stream_position(s, g->seq);
	if (!g->bytes || at + g->bytes <= (int64_t)s->next)
		return 0;
	if (at < 0 || at - (int64_t)s->next > WINDOW_MAX) {
		s->strays++;
		return 0;
	}
	h.at = (uint64_t)at;
	/* borrowed: hold() copies it, pass() only reads */
	memcpy(&h.data, &g->data, sizeof(h.data));
	if (h.at <= s->next) {
		pass(s, &h);
		pass_held(s, false);
		return 0;
	}
	r = hold(s, &h, e);
	while (r == 0 && too_much_held(s))
		skip_hole(s);
	return r;
}

void stream_finish(struct stream *s)
{
	pass_held(s, true);
}
