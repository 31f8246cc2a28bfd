/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A connection travels as its fields up to .legs, then so many
 * legs as it has, its resets, and each reset's sightings: a few hundred bytes
 * of the nine thousand.
 */
#include "lab/import/record.h"

#include <poll.h>
#include <string.h>

struct head {
	uint32_t type, bytes;
};

enum {
	CONNECTION_HEAD = offsetof(struct connection, legs),
	RESET_HEAD = offsetof(struct reset, sightings),
};

/* How late a wish to end may be seen that came just before the waiting. */
enum { STOP_LOOK_MS = 100 };

void record_flush(struct record_writer *w)
{
	size_t at = 0;

	while (at < w->n && !w->failed) {
		const ssize_t n = write(w->fd, w->buf + at, w->n - at);

		if (n < 0 && errno == EINTR)
			continue;
		w->failed = n < 0;
		at += n > 0 ? (size_t)n : 0;
	}
	w->n = 0;
}

/* Room for @n bytes, which must be less than the buffer. */
static uint8_t *room(struct record_writer *w, size_t n)
{
	if (w->n + n > sizeof(w->buf))
		record_flush(w);
	return w->buf + w->n;
}

void record_put(struct record_writer *w, enum record_type type,
		const void *bytes, size_t n)
{
	const struct head head = { (uint32_t)type, (uint32_t)n };
	uint8_t *p = room(w, sizeof(head) + n);

	memcpy(p, &head, sizeof(head));
	memcpy(p + sizeof(head), bytes, n);
	w->n += sizeof(head) + n;
}

static size_t kept(size_t n, size_t most)
{
	return n < most ? n : most;
}

static uint8_t *add(uint8_t *p, const void *bytes, size_t n)
{
	memcpy(p, bytes, n);
	return p + n;
}

void record_put_connection(struct record_writer *w, const struct connection *c)
{
	const size_t n_resets = kept(c->n_resets, FLOW_RESETS_MAX);
	uint8_t *const start = room(w, sizeof(struct head) + sizeof(*c));
	uint8_t *p = start + sizeof(struct head);
	struct head head = { RECORD_CONNECTION, 0 };

	p = add(p, c, CONNECTION_HEAD);
	p = add(p, c->legs, c->n_legs * sizeof(c->legs[0]));
	p = add(p, &c->n_resets, sizeof(c->n_resets));
	for (size_t i = 0; i < n_resets; i++) {
		const struct reset *r = &c->resets[i];

		p = add(p, r, RESET_HEAD);
		p = add(p, r->sightings,
			kept(r->n_sightings, FLOW_SIGHTINGS_MAX) *
				sizeof(r->sightings[0]));
	}
	head.bytes = (uint32_t)(p - start - (ptrdiff_t)sizeof(head));
	memcpy(start, &head, sizeof(head));
	w->n = (size_t)(p - w->buf);
}

/* A signal may come at any moment, also while there is always more to read. */
static void pass_stop_on(struct record_reader *r)
{
	if (!r->stop || !*r->stop || r->writer <= 0)
		return;
	(void)kill(r->writer, SIGTERM);
	r->writer = 0;
}

static int fill(struct record_reader *r, struct err *e)
{
	struct pollfd wait = { .fd = r->fd, .events = POLLIN };
	ssize_t n;
	int ready;

	memmove(r->buf, r->buf + r->at, r->end - r->at);
	r->end -= r->at;
	r->at = 0;
	do {
		pass_stop_on(r);
		ready = poll(&wait, 1, STOP_LOOK_MS);
	} while (ready == 0 || (ready < 0 && errno == EINTR));
	do
		n = read(r->fd, r->buf + r->end, sizeof(r->buf) - r->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_errno(e, "the reader of the capture");
	r->eof = n == 0;
	r->end += (size_t)n;
	return 0;
}

static int garbled(struct err *e)
{
	return err_set(e, ERR_BUG, EPROTO,
		       "the reader of the capture sent garbage");
}

/* Make @n bytes lie at .at.  Returns: 1, 0 at the end, or < 0. */
static int need(struct record_reader *r, size_t n, struct err *e)
{
	if (n > sizeof(r->buf))
		return garbled(e);
	while (r->end - r->at < n) {
		const int result = r->eof ? 0 : fill(r, e);

		if (result < 0)
			return result;
		if (r->eof)
			return r->end == r->at ? 0 : garbled(e);
	}
	return 1;
}

int record_get(struct record_reader *r, struct record *ret, struct err *e)
{
	struct head head;
	int result = need(r, sizeof(head), e);

	if (result <= 0)
		return result;
	memcpy(&head, r->buf + r->at, sizeof(head));
	if (head.type >= RECORDS)
		return garbled(e);
	result = need(r, sizeof(head) + (size_t)head.bytes, e);
	if (result <= 0)
		return result < 0 ? result : garbled(e);
	*ret = (struct record){
		.type = (enum record_type)head.type,
		.bytes = r->buf + r->at + sizeof(head),
		.n = head.bytes,
	};
	r->at += sizeof(head) + head.bytes;
	return 1;
}

struct cursor {
	const uint8_t *at;
	size_t n;
};

static bool take(struct cursor *c, void *ret, size_t n)
{
	if (n > c->n)
		return false;
	memcpy(ret, c->at, n);
	c->at += n;
	c->n -= n;
	return true;
}

static bool is_address(const struct ip_endpoint *ep)
{
	return ep->addr.family == 4 || ep->addr.family == 6;
}

static bool ends_with_0(const char *s, size_t n)
{
	return memchr(s, 0, n) != NULL;
}

/* Enumerations index tables; of times there are differences. */
static bool is_sane(const struct connection *c)
{
	uint8_t judged;

	memcpy(&judged, &c->judged, 1);
	return is_address(&c->client) && is_address(&c->server) &&
	       (unsigned)c->ending < ENDINGS && (unsigned)c->phase < PHASES &&
	       (unsigned)c->doubt < DOUBTS && judged <= 1 && c->start_ns >= 0 &&
	       c->end_ns >= 0 &&
	       ends_with_0(c->zeek_state, sizeof(c->zeek_state)) &&
	       ends_with_0(c->zeek_history, sizeof(c->zeek_history)) &&
	       c->n_legs >= 1 && c->n_legs <= FLOW_LEGS_MAX &&
	       c->n_emitters <= FLOW_EMITTERS_MAX;
}

static bool is_sane_reset(const struct reset *r)
{
	uint8_t echo, astray;

	memcpy(&echo, &r->echo, 1);
	memcpy(&astray, &r->astray, 1);
	return (unsigned)r->side < SIDES && (unsigned)r->form < FORMS &&
	       (unsigned)r->phase < PHASES && echo <= 1 && astray <= 1 &&
	       r->n_sightings >= 1;
}

static bool take_reset(struct cursor *at, struct reset *r)
{
	size_t n;

	if (!take(at, r, RESET_HEAD) || !is_sane_reset(r))
		return false;
	n = kept(r->n_sightings, FLOW_SIGHTINGS_MAX);
	if (!take(at, r->sightings, n * sizeof(r->sightings[0])))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_address(&r->sightings[i].src) ||
		    !is_address(&r->sightings[i].dst) ||
		    (unsigned)r->sightings[i].direction > FLOW_UNKNOWN)
			return false;
	return true;
}

bool record_get_connection(const struct record *r, struct connection *ret)
{
	struct cursor at = { r->bytes, r->n };

	if (!take(&at, ret, CONNECTION_HEAD) || !is_sane(ret) ||
	    !take(&at, ret->legs, ret->n_legs * sizeof(ret->legs[0])) ||
	    !take(&at, &ret->n_resets, sizeof(ret->n_resets)))
		return false;
	for (size_t i = 0; i < ret->n_legs; i++)
		if (!is_address(&ret->legs[i].client) ||
		    !is_address(&ret->legs[i].server))
			return false;
	for (size_t i = 0; i < kept(ret->n_resets, FLOW_RESETS_MAX); i++)
		if (!take_reset(&at, &ret->resets[i]))
			return false;
	return at.n == 0;
}
