/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/why.h"

#include "lab/base/side.h"
#include "lab/cause/cause.h"

#include <string.h>

static bool is_cause(const struct stored_connection *c, enum cause cause)
{
	return c->cause && !strcmp(c->cause, cause_infos[cause].name);
}

/* The packet in which the first reset was seen here. */
static bool find_reset(const struct stored_connection *c,
		       const struct view_point *p, size_t *ret)
{
	for (size_t i = 0; i < p->t->n_packets; i++) {
		const struct transcript_packet *packet = &p->t->packets[i];
		const struct stored_reset *r =
			packet->flags & TCP_FLAG_RST
				? trial_view_reset(c, p->leg, packet->time_ns)
				: NULL;

		if (r && r->first) {
			*ret = i;
			return true;
		}
	}
	return false;
}

bool why_find(const struct stored_connection *c, const struct view_point *p,
	      size_t *ret_packet, struct stream_range *ret)
{
	if (!c->cause || !find_reset(c, p, ret_packet))
		return false;
	if (is_cause(c, CAUSE_CLOSE_UNREAD))
		return c->cause_bytes > 0 &&
		       transcript_unread(p->t, *ret_packet,
					 (uint64_t)c->cause_bytes, ret);
	return !(p->t->packets[*ret_packet].flags & TCP_FLAG_ACK) &&
	       transcript_late(p->t, *ret_packet, ret);
}

static void add_reset(struct text *out, const struct stored_connection *c,
		      const struct view_point *p, size_t i)
{
	const struct stored_reset *r =
		trial_view_reset(c, p->leg, p->t->packets[i].time_ns);

	if (!r)
		return;
	if (!r->first || !c->cause)
		text_add(out, "echo: the connection was over");
	else
		text_addf(out, "%s (%s)", c->cause, c->confidence);
}

/* How much of packet @i is in the range that the reset is about. */
static uint64_t share(const struct transcript_packet *p,
		      const struct stream_range *r)
{
	const int64_t end = p->at + (int64_t)p->segment.payload_bytes;
	const int64_t from =
		p->at > (int64_t)r->from ? p->at : (int64_t)r->from;
	const int64_t to = end < (int64_t)r->to ? end : (int64_t)r->to;

	return to > from ? (uint64_t)(to - from) : 0;
}

static void add_bytes(struct text *out, const struct stored_connection *c,
		      const struct view_point *p, size_t i)
{
	const struct transcript_packet *packet = &p->t->packets[i];
	struct stream_range about;
	size_t reset;
	uint64_t n;

	if (!packet->segment.payload_bytes || !why_find(c, p, &reset, &about) ||
	    packet->side == p->t->packets[reset].side || i > reset)
		return;
	n = share(packet, &about);
	if (!n)
		return;
	if (n < packet->segment.payload_bytes)
		text_addf(out, "%llu bytes of it ", (unsigned long long)n);
	if (is_cause(c, CAUSE_CLOSE_UNREAD))
		text_add(out, "never read");
	else
		text_add(out, is_cause(c, CAUSE_LATE_DATA)
				      ? "came after the close"
				      : "answered by the RST");
}

void why_add(struct text *out, const struct stored_connection *c,
	     const struct view_point *p, size_t i)
{
	const struct transcript_packet *packet = &p->t->packets[i];

	if (packet->flags & TCP_FLAG_RST)
		add_reset(out, c, p, i);
	else
		add_bytes(out, c, p, i);
	if (packet->flags & TCP_FLAG_FIN)
		text_addf(out, "%send of what the %s sends", out->n ? "; " : "",
			  side_names[packet->side]);
}
