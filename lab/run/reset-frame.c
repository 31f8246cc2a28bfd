/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  The connection is read as the point saw it where its RST was
 * born, because what had arrived there by then is what counts.  An RST,ACK is
 * a decision: the kernel, or a script's account, says how many bytes were
 * unread, and these are the last that had arrived.  A bare RST answers a
 * segment, and that one carries what came too late.
 */
#include "lab/run/reset-frame.h"

#include <string.h>

struct search {
	const struct transcript *t;
	const struct reset *reset;
	const struct verdict *verdict;
	size_t packet; /* the RST */
	struct stream_range range;
};

static int unknown(struct store_frame *ret, const char *why)
{
	*ret = (struct store_frame){
		.what = FRAME_UNKNOWN, .bytes = -1, .wait_ns = -1, .why = why
	};
	return 1;
}

static int read_there(const struct keep *k, const struct connection *c,
		      const struct reset *r, struct transcript **ret,
		      struct err *e)
{
	const struct sighting *s = &r->sightings[0];
	const bool client = r->side == SIDE_CLIENT;
	const struct keep_query q = {
		.point = s->point,
		.client = client ? &s->src : &s->dst,
		.server = client ? &s->dst : &s->src,
		.from_ns = c->start_ns,
		.to_ns = c->end_ns,
	};

	return keep_read(k, &q, ret, e);
}

static bool find_packet(struct search *s)
{
	for (size_t i = 0; i < s->t->n_packets; i++) {
		const struct transcript_packet *p = &s->t->packets[i];

		if (p->flags & TCP_FLAG_RST &&
		    p->time_ns == s->reset->time_ns) {
			s->packet = i;
			return true;
		}
	}
	return false;
}

/* Returns: why it is not known, or NULL. */
static const char *find_late(struct search *s)
{
	if (transcript_late(s->t, s->packet, &s->range))
		return NULL;
	return "it answers a segment without data";
}

static const char *find_unread(struct search *s)
{
	const struct verdict *v = s->verdict;

	if (v->cause != CAUSE_CLOSE_UNREAD)
		return "nothing says that bytes were unread";
	if (v->unread < 0)
		return "how many bytes were unread is not on the wire, and "
		       "nothing else told it";
	if (!transcript_unread(s->t, s->packet, (uint64_t)v->unread, &s->range))
		return "the number of unread bytes does not fit what was "
		       "captured";
	return NULL;
}

static int64_t time_between(int64_t from_ns, int64_t to_ns)
{
	return from_ns < 0 || to_ns < from_ns ? -1 : to_ns - from_ns;
}

/* Unread: from its arrival to the RST.  Late: from the FIN to its arrival. */
static int64_t wait_of(const struct search *s, enum frame_fate what)
{
	const int side = s->t->packets[s->packet].side;
	const int64_t arrival_ns =
		transcript_arrival(s->t, !side, s->range.from);

	if (arrival_ns < 0)
		return -1;
	if (what == FRAME_UNREAD)
		return time_between(arrival_ns,
				    s->t->packets[s->packet].time_ns);
	return time_between(transcript_fin(s->t, side), arrival_ns);
}

static int name_range(const struct search *s, enum frame_fate what,
		      struct text *name, struct store_frame *ret, struct err *e)
{
	const int side = !s->t->packets[s->packet].side;
	int r;

	if (s->t->http2[side] == HTTP2_LOST &&
	    s->t->http2_lost_at[side] < s->range.to)
		return unknown(ret, "the capture cut the frames before it "
				    "short: --snap BYTES captures more");
	r = transcript_add_names(s->t, side, s->range, name, e);
	if (r < 0)
		return r;
	if (!name->n)
		return unknown(ret, "its direction is no HTTP/2");
	*ret = (struct store_frame){
		.what = what,
		.frames = text_str(name),
		.bytes = (int64_t)(s->range.to - s->range.from),
		.wait_ns = wait_of(s, what),
	};
	return 1;
}

static int judge(struct search *s, struct text *name, struct store_frame *ret,
		 struct err *e)
{
	const bool bare = s->reset->form == FORM_RST;
	const char *why;

	if (s->t->http2[SIDE_CLIENT] == HTTP2_TLS)
		return unknown(ret, "the connection is encrypted (TLS)");
	if (!find_packet(s))
		return unknown(ret, "the RST was not captured where it was "
				    "born");
	why = bare ? find_late(s) : find_unread(s);
	return why ? unknown(ret, why)
		   : name_range(s, bare ? FRAME_LATE : FRAME_UNREAD, name, ret,
				e);
}

int reset_frame_find(const struct keep *k, const struct connection *c,
		     const struct verdict *v, struct text *name,
		     struct store_frame *ret, struct err *e)
{
	own_transcript struct transcript *t = NULL;
	struct search s = { .reset = connection_first_reset(c), .verdict = v };
	int r;

	if (!v || !s.reset || !s.reset->n_sightings)
		return 0;
	r = read_there(k, c, s.reset, &t, e);
	if (r < 0 || !t)
		return r;
	if (keep_is_full(k))
		return unknown(ret, "the trials beside it sent more than is "
				    "kept of a batch");
	s.t = t;
	return judge(&s, name, ret, e);
}
