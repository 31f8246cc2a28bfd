/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/captured.h"

#include "lab/base/clock.h"
#include "lab/base/text.h"
#include "lab/capture/reader.h"
#include "lab/run/recorder.h"

#include <string.h>

/* The last segments are on their way from point to point for as long as the
 * wires of the network delay them. */
#define LATE_NS (10000 * NS_PER_MS)

static bool is_of(const struct stored_leg *leg, const struct segment *s)
{
	return (ip_endpoint_equal(&s->src, &leg->client) &&
		ip_endpoint_equal(&s->dst, &leg->server)) ||
	       (ip_endpoint_equal(&s->src, &leg->server) &&
		ip_endpoint_equal(&s->dst, &leg->client));
}

/* Does another connection between the same endpoints begin? */
static bool begins_anew(const struct captured_query *q, int64_t time_ns,
			const struct segment *s)
{
	return time_ns > q->to_ns && (s->flags & TCP_FLAG_SYN) &&
	       !(s->flags & TCP_FLAG_ACK);
}

/* Returns: 1 to go on, 0 when the rest cannot matter, or < 0. */
static int take(const struct captured_query *q, const struct reader_packet *p,
		struct transcript *t, struct err *e)
{
	const int64_t time_ns = p->time_ns - q->clock_ns;
	struct segment s;
	int r;

	if (time_ns > q->to_ns + LATE_NS)
		return 0;
	if (time_ns < q->from_ns)
		return 1;
	if (packet_decode(p->interface->linktype, p->data, p->captured,
			  p->length, &s) != PACKET_TCP ||
	    !is_of(q->leg, &s))
		return 1;
	if (begins_anew(q, time_ns, &s))
		return 0;
	r = transcript_add(t, time_ns, &s, p->data, e);
	return r < 0 ? r : 1;
}

static int read_all(const struct captured_query *q, struct reader *reader,
		    struct transcript *t, struct err *e)
{
	struct reader_packet p;
	int r;

	while ((r = reader_next(reader, &p, e)) > 0) {
		r = take(q, &p, t, e);
		if (r <= 0)
			break;
	}
	return r < 0 ? r : transcript_finish(t, e);
}

static int open_capture(const struct captured_query *q, struct reader **ret,
			struct err *e)
{
	own_text struct text path = { .s = NULL };

	text_addf(&path, "%s/captures/", q->dir);
	recorder_add_file_name(&path, q->label, q->leg->node,
			       q->leg->interface);
	if (path.failed)
		return err_set(e, ERR_SYSTEM, ENOMEM, "capture file");
	if (access(path.s, F_OK) < 0)
		return err_set(e, ERR_EMPTY, ENOENT,
			       "there is no capture of %s:%s: '%s' is gone",
			       q->leg->node, q->leg->interface, path.s);
	return reader_open(ret, path.s, e);
}

static int keep_cut(const struct reader *reader, char **ret, struct err *e)
{
	const char *cut = reader_cut(reader);

	*ret = cut ? strdup(cut) : NULL;
	return cut && !*ret ? err_errno(e, "capture file") : 0;
}

int captured_read(const struct captured_query *q, struct transcript **ret,
		  char **ret_cut, struct err *e)
{
	own_transcript struct transcript *t = NULL;
	own_reader struct reader *reader = NULL;
	int r = open_capture(q, &reader, e);

	if (r == 0)
		r = transcript_new(&t, &q->leg->client, e);
	if (r == 0)
		r = read_all(q, reader, t, e);
	if (r == 0 && !t->n_packets)
		r = err_set(e, ERR_EMPTY, ENODATA,
			    "the capture of %s:%s does not hold the connection",
			    q->leg->node, q->leg->interface);
	if (r == 0)
		r = keep_cut(reader, ret_cut, e);
	if (r == 0)
		*ret = take_ptr(&t);
	return r;
}
