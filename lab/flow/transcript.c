/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/flow/transcript.h"

#include "lab/base/grow.h"
#include "lab/flow/http2-text.h"
#include "lab/flow/tcpseq.h"

#include <string.h>

/* What one side has sent so far. */
struct sent {
	bool has_base, has_end;
	bool scales; /* its SYN had a window scale */
	uint8_t shift;
	uint32_t base; /* what is relative 0 */
	uint32_t end;  /* behind the highest sequence number */
	struct stream stream;
};

struct transcript_maker {
	struct ip_endpoint client;
	struct sent sent[2];
	struct http2 *http2;
	struct err err; /* of a callback */
	bool failed;
	size_t cap_packets, cap_frames;
};

/* For the events of one stream. */
struct listener {
	struct transcript *t;
	int side;
};

static char *text_of(void (*add)(struct text *t, const struct http2_frame *f),
		     const struct http2_frame *f)
{
	struct text t = { .s = NULL };

	add(&t, f);
	if (t.failed)
		text_done(&t);
	return t.s;
}

static void add_indented_details(struct text *t, const struct http2_frame *f)
{
	http2_add_details(t, f, "");
}

static void keep_frame(const struct http2_frame *f, void *arg)
{
	struct transcript *t = arg;
	struct transcript_frame kept = {
		.side = f->side,
		.type = f->type,
		.flags = f->flags,
		.magic = f->magic,
		.grpc = f->grpc,
		.stream = f->stream,
		.length = f->length,
		.at = f->at,
		.bytes = f->bytes,
		.packet = f->tag,
	};

	if (t->n_frames == TRANSCRIPT_FRAMES_MAX)
		return;
	kept.name = text_of(http2_add_name, f);
	kept.info = text_of(http2_add_info, f);
	kept.details = text_of(add_indented_details, f);
	if (!kept.name || !kept.info || !kept.details ||
	    !GROW(t->frames, t->n_frames, t->maker->cap_frames)) {
		free(kept.name);
		free(kept.info);
		free(kept.details);
		t->maker->failed = true;
		return;
	}
	t->frames[t->n_frames++] = kept;
}

static void on_data(const struct stream_data *d, void *arg)
{
	const struct listener *l = arg;

	http2_data(l->t->maker->http2, l->side, d);
}

static void on_gap(uint64_t at, uint64_t n, enum stream_gap why, void *arg)
{
	const struct listener *l = arg;

	(void)at;
	(void)why;
	http2_gap(l->t->maker->http2, l->side, n);
}

static const struct stream_events events = { on_data, on_gap };

int transcript_new(struct transcript **ret, const struct ip_endpoint *client,
		   struct err *e)
{
	own_transcript struct transcript *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return err_no_memory(e);
	t->maker = calloc(1, sizeof(*t->maker));
	if (!t->maker)
		return err_no_memory(e);
	t->maker->client = *client;
	for (int side = 0; side < 2; side++)
		stream_init(&t->maker->sent[side].stream, &events, NULL);
	r = http2_new(&t->maker->http2, keep_frame, t, e);
	if (r == 0)
		*ret = take_ptr(&t);
	return r;
}

static void maker_free(struct transcript_maker *m)
{
	if (!m)
		return;
	stream_done(&m->sent[0].stream);
	stream_done(&m->sent[1].stream);
	http2_free(m->http2);
	free(m);
}

void transcript_free(struct transcript *t)
{
	if (!t)
		return;
	maker_free(t->maker);
	for (size_t i = 0; i < t->n_frames; i++) {
		free(t->frames[i].name);
		free(t->frames[i].info);
		free(t->frames[i].details);
	}
	free(t->frames);
	free(t->packets);
	free(t);
}

/* --- numbers ---------------------------------------------------------------
 */

static uint32_t sequence_length(const struct segment *s)
{
	return s->payload_bytes + !!(s->flags & TCP_FLAG_SYN) +
	       !!(s->flags & TCP_FLAG_FIN);
}

/* A side whose SYN was not seen begins with 1, whatever it sends first.  An
 * acknowledgment tells as much about the other side. */
static void set_bases(struct transcript_maker *m, int side,
		      const struct segment *s)
{
	struct sent *own = &m->sent[side], *peer = &m->sent[!side];

	if (!own->has_base || ((s->flags & TCP_FLAG_SYN) && !own->has_end)) {
		own->base = s->flags & TCP_FLAG_SYN ? s->seq : s->seq - 1;
		own->has_base = true;
	}
	if (!peer->has_base && (s->flags & TCP_FLAG_ACK)) {
		peer->base = s->ack - 1;
		peer->has_base = true;
	}
	if ((s->flags & TCP_FLAG_SYN) && s->window_scale != 0xff) {
		own->scales = true;
		own->shift = s->window_scale < 14 ? s->window_scale : 14;
	}
}

static uint32_t scaled_window(const struct transcript_maker *m, int side,
			      const struct segment *s)
{
	const bool scales = m->sent[0].scales && m->sent[1].scales;

	if (!scales || (s->flags & TCP_FLAG_SYN))
		return s->window;
	return (uint32_t)s->window << m->sent[side].shift;
}

static bool is_keep_alive(const struct sent *own, const struct segment *s)
{
	return own->has_end && s->payload_bytes <= 1 &&
	       s->seq == own->end - 1 &&
	       !(s->flags & (TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_RST));
}

/* Was the byte at @seq handed over or held before? */
static bool has_byte(const struct stream *s, uint32_t seq)
{
	const int64_t at = stream_position(s, seq);

	if (at < (int64_t)s->next)
		return true;
	for (size_t i = 0; i < s->n_held; i++)
		if (at >= (int64_t)s->held[i].at &&
		    at < (int64_t)(s->held[i].at + s->held[i].bytes))
			return true;
	return false;
}

static uint8_t notes_of(const struct sent *own, const struct segment *s)
{
	const uint8_t cut =
		s->payload_captured < s->payload_bytes ? NOTE_CUT : 0;

	if (is_keep_alive(own, s))
		return cut | NOTE_KEEP_ALIVE;
	if (!own->has_end || (s->flags & TCP_FLAG_RST))
		return cut;
	if (tcpseq_before(own->end, s->seq))
		return cut | NOTE_HOLE_BEFORE;
	if (!sequence_length(s) || !tcpseq_before(s->seq, own->end))
		return cut;
	if (s->payload_bytes && !has_byte(&own->stream, s->seq))
		return cut | NOTE_OUT_OF_ORDER;
	return cut | NOTE_RETRANSMISSION;
}

static void note_end(struct sent *own, const struct segment *s)
{
	const uint32_t end = s->seq + sequence_length(s);

	if (s->flags & TCP_FLAG_RST)
		return;
	if (!own->has_end || tcpseq_before(own->end, end))
		own->end = end;
	own->has_end = true;
}

/* --- packets ---------------------------------------------------------------
 */

/* An RST may carry text (RFC 9293 3.5.3); it is not of the stream. */
static int add_bytes(struct transcript *t, int side, const struct segment *s,
		     const uint8_t *frame, struct err *e)
{
	struct stream *stream = &t->maker->sent[side].stream;
	const bool syn = s->flags & TCP_FLAG_SYN;
	const struct stream_segment g = {
		.seq = s->seq + syn,
		.bytes = s->payload_bytes,
		.captured = s->payload_captured,
		.data = frame + s->payload_offset,
		.tag = (uint32_t)t->n_packets,
	};
	struct listener l = { t, side };

	stream->arg = &l;
	if (syn)
		stream_begin(stream, s->seq);
	if (!s->payload_bytes || (s->flags & TCP_FLAG_RST))
		return 0;
	if (!stream->begun)
		http2_start_in_the_middle(t->maker->http2, side);
	return stream_add(stream, &g, e);
}

static int64_t acked(const struct stream *peer, const struct segment *s)
{
	if (!peer->begun || !(s->flags & TCP_FLAG_ACK))
		return -1;
	return stream_position(peer, s->ack);
}

int transcript_add(struct transcript *t, int64_t time_ns,
		   const struct segment *s, const uint8_t *frame, struct err *e)
{
	struct transcript_maker *m = t->maker;
	const int side = !ip_endpoint_equal(&s->src, &m->client);
	struct sent *own = &m->sent[side];
	int r;

	if (t->n_packets == TRANSCRIPT_PACKETS_MAX) {
		t->not_kept++;
		return 0;
	}
	if (!GROW(t->packets, t->n_packets, m->cap_packets))
		return err_no_memory(e);
	set_bases(m, side, s);
	t->packets[t->n_packets] = (struct transcript_packet){
		.time_ns = time_ns,
		.side = (uint8_t)side,
		.flags = s->flags,
		.notes = notes_of(own, s),
		.segment = *s,
		.seq = s->seq - own->base,
		.ack = s->ack - m->sent[!side].base,
		.window = scaled_window(m, side, s),
	};
	t->packets[t->n_packets].acked = acked(&m->sent[!side].stream, s);
	note_end(own, s);
	r = add_bytes(t, side, s, frame, e);
	if (r < 0)
		return r;
	t->packets[t->n_packets].at = stream_position(
		&own->stream, s->seq + !!(s->flags & TCP_FLAG_SYN));
	t->n_packets++;
	return m->failed || http2_failed(m->http2) ? err_no_memory(e) : 0;
}

/* --- the end ---------------------------------------------------------------
 */

/* What looked like a server's frames, before the client showed that it does
 * not speak HTTP/2. */
static void drop_frames(struct transcript *t)
{
	for (size_t i = 0; i < t->n_frames; i++) {
		free(t->frames[i].name);
		free(t->frames[i].info);
		free(t->frames[i].details);
	}
	t->n_frames = 0;
}

static int by_packet(const void *a, const void *b)
{
	const struct transcript_frame *x = a, *y = b;

	if (x->packet != y->packet)
		return x->packet < y->packet ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* Frames that ended in a segment which filled a hole come late. */
static void place_frames(struct transcript *t)
{
	if (t->n_frames)
		qsort(t->frames, t->n_frames, sizeof(*t->frames), by_packet);
	for (size_t i = 0; i < t->n_frames; i++) {
		struct transcript_packet *p = &t->packets[t->frames[i].packet];

		if (!p->n_frames++)
			p->first = i;
	}
}

int transcript_finish(struct transcript *t, struct err *e)
{
	struct transcript_maker *m = t->maker;

	for (int side = 0; side < 2; side++) {
		struct listener l = { t, side };

		m->sent[side].stream.arg = &l;
		stream_finish(&m->sent[side].stream);
		t->bytes[side] = m->sent[side].stream.next;
		t->http2[side] = http2_state(m->http2, side);
		t->http2_lost_at[side] = http2_lost_at(m->http2, side);
	}
	if (m->failed || http2_failed(m->http2))
		return err_no_memory(e);
	if (t->http2[0] == HTTP2_FOREIGN || t->http2[0] == HTTP2_TLS)
		drop_frames(t);
	place_frames(t);
	maker_free(m);
	t->maker = NULL;
	return 0;
}
