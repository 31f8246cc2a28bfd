/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an RST was about. */
#include "lab/flow/transcript.h"

#include "lab/base/clock.h"

/* On a busy machine an answer may be captured so long before its question. */
#define CAPTURED_EARLY_NS NS_PER_MS

/* The highest position that side @side had sent before packet @end. */
static uint64_t sent_before(const struct transcript *t, size_t end, int side)
{
	uint64_t highest = 0;

	for (size_t i = 0; i < end; i++) {
		const struct transcript_packet *p = &t->packets[i];
		const int64_t to = p->at + p->segment.payload_bytes;

		if (p->side == side && p->segment.payload_bytes &&
		    to > (int64_t)highest)
			highest = (uint64_t)to;
	}
	return highest;
}

/* On a busy machine the answer may be captured just before the question. */
static size_t search_end(const struct transcript *t, size_t packet)
{
	enum { CAPTURED_EARLY_MAX = 2 };
	size_t end = packet + 1;

	for (int i = 0; i < CAPTURED_EARLY_MAX && end < t->n_packets; i++)
		end++;
	return end;
}

/* An RST carries the ACK of what it answers (RFC 9293 3.5.2). */
static bool could_be_answered(const struct transcript_packet *p,
			      const struct transcript_packet *rst)
{
	return p->side != rst->side && p->flags & TCP_FLAG_ACK &&
	       !(p->flags & TCP_FLAG_RST) && p->segment.ack == rst->segment.seq;
}

static bool has_bytes(const struct transcript_packet *p)
{
	return p && p->segment.payload_bytes && p->at >= 0;
}

static const struct transcript_packet *answered(const struct transcript *t,
						size_t packet)
{
	const struct transcript_packet *rst = &t->packets[packet];
	const size_t end = search_end(t, packet);
	const struct transcript_packet *found = NULL;

	for (size_t i = packet; !found && i > 0; i--)
		if (could_be_answered(&t->packets[i - 1], rst))
			found = &t->packets[i - 1];
	for (size_t i = packet + 1; !has_bytes(found) && i < end; i++) {
		const struct transcript_packet *p = &t->packets[i];

		if (could_be_answered(p, rst) && has_bytes(p) &&
		    p->time_ns - rst->time_ns <= CAPTURED_EARLY_NS)
			found = p;
	}
	return found;
}

bool transcript_late(const struct transcript *t, size_t packet,
		     struct stream_range *ret)
{
	const struct transcript_packet *rst = &t->packets[packet];
	const struct transcript_packet *p;

	if (!(rst->flags & TCP_FLAG_RST) || (rst->flags & TCP_FLAG_ACK))
		return false;
	p = answered(t, packet);
	if (!has_bytes(p))
		return false;
	ret->from = (uint64_t)p->at;
	ret->to = ret->from + p->segment.payload_bytes;
	return true;
}

bool transcript_unread(const struct transcript *t, size_t packet,
		       uint64_t unread, struct stream_range *ret)
{
	const struct transcript_packet *rst = &t->packets[packet];
	const uint64_t sent = sent_before(t, search_end(t, packet), !rst->side);
	uint64_t arrived;

	if (!(rst->flags & TCP_FLAG_RST) || !(rst->flags & TCP_FLAG_ACK) ||
	    rst->acked < 0 || !unread)
		return false;
	arrived = (uint64_t)rst->acked;
	if (arrived > sent)
		arrived = sent; /* and the FIN */
	if (unread > arrived)
		return false;
	*ret = (struct stream_range){ arrived - unread, arrived };
	return true;
}

int64_t transcript_arrival(const struct transcript *t, int side, uint64_t at)
{
	for (size_t i = 0; i < t->n_packets; i++) {
		const struct transcript_packet *p = &t->packets[i];
		const int64_t to = p->at + p->segment.payload_bytes;

		if (p->side == side && p->at >= 0 && p->at <= (int64_t)at &&
		    to > (int64_t)at && !(p->flags & TCP_FLAG_RST))
			return p->time_ns;
	}
	return -1;
}

int64_t transcript_fin(const struct transcript *t, int side)
{
	for (size_t i = 0; i < t->n_packets; i++)
		if (t->packets[i].side == side &&
		    t->packets[i].flags & TCP_FLAG_FIN)
			return t->packets[i].time_ns;
	return -1;
}

static int by_position(const void *a, const void *b)
{
	const struct named_range *x = a, *y = b;

	return x->range.from < y->range.from ? -1
					     : x->range.from > y->range.from;
}

int transcript_add_names(const struct transcript *t, int side,
			 struct stream_range r, struct text *out, struct err *e)
{
	own_mem struct named_range *names =
		calloc(t->n_frames + 1, sizeof(*names));
	size_t n = 0;

	if (!names)
		return err_errno(e, "frames");
	for (size_t i = 0; i < t->n_frames; i++) {
		const struct transcript_frame *f = &t->frames[i];

		if (f->side == side)
			names[n++] = (struct named_range){
				{ f->at, f->at + f->bytes }, f->name
			};
	}
	qsort(names, n, sizeof(*names), by_position);
	if (n)
		unread_add_name(out, names, n, r);
	return out->failed ? err_no_memory(e) : 0;
}
