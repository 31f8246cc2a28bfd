/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet as one line, in the form that users of tshark know. */
#include "lab/flow/transcript.h"

#include <assert.h>

/* In Wireshark's order. */
static const struct {
	uint8_t flag;
	const char *name;
} flag_names[] = {
	{ TCP_FLAG_FIN, "FIN" }, { TCP_FLAG_SYN, "SYN" },
	{ TCP_FLAG_RST, "RST" }, { TCP_FLAG_PSH, "PSH" },
	{ TCP_FLAG_ACK, "ACK" }, { TCP_FLAG_URG, "URG" },
};

static const struct {
	enum transcript_note note;
	const char *text;
} note_texts[] = {
	{ NOTE_RETRANSMISSION, "[TCP Retransmission] " },
	{ NOTE_OUT_OF_ORDER, "[TCP Out-Of-Order] " },
	{ NOTE_HOLE_BEFORE, "[TCP Previous segment not captured] " },
	{ NOTE_KEEP_ALIVE, "[TCP Keep-Alive] " },
};

static void add_flags(struct text *out, uint8_t flags)
{
	bool any = false;

	text_add(out, "[");
	for (size_t i = 0; i < ARRAY_SIZE(flag_names); i++) {
		if (!(flags & flag_names[i].flag))
			continue;
		text_addf(out, "%s%s", any ? ", " : "", flag_names[i].name);
		any = true;
	}
	text_add(out, any ? "]" : "<None>]");
}

static void add_notes(struct text *out, uint8_t notes)
{
	for (size_t i = 0; i < ARRAY_SIZE(note_texts); i++)
		if (notes & note_texts[i].note)
			text_add(out, note_texts[i].text);
}

static void add_segment(struct text *out, const struct transcript_packet *p)
{
	const struct segment *s = &p->segment;

	text_addf(out, "%u → %u ", s->src.port, s->dst.port);
	add_flags(out, p->flags);
	text_addf(out, " Seq=%u", p->seq);
	if (p->flags & TCP_FLAG_ACK)
		text_addf(out, " Ack=%u", p->ack);
	text_addf(out, " Win=%u Len=%u", p->window, s->payload_bytes);
	if (s->mss)
		text_addf(out, " MSS=%u", s->mss);
	if (s->window_scale != 0xff)
		text_addf(out, " WS=%u", 1U << (s->window_scale & 15));
	if (p->notes & NOTE_CUT)
		text_addf(out, " [%u bytes captured]", s->payload_captured);
}

static void add_frames(struct text *out, const struct transcript *t,
		       const struct transcript_packet *p)
{
	for (size_t i = 0; i < p->n_frames; i++)
		text_addf(out, "%s%s", i ? ", " : "",
			  t->frames[p->first + i].info);
	if (p->flags & TCP_FLAG_FIN)
		text_addf(out, " [FIN]");
}

void transcript_add_info(const struct transcript *t, size_t packet,
			 struct text *out)
{
	const struct transcript_packet *p = &t->packets[packet];

	add_notes(out, p->notes);
	if (p->n_frames)
		add_frames(out, t, p);
	else
		add_segment(out, p);
}

const char *transcript_protocol(const struct transcript *t, size_t packet)
{
	const struct transcript_packet *p = &t->packets[packet];

	for (size_t i = 0; i < p->n_frames; i++)
		if (t->frames[p->first + i].grpc)
			return "GRPC";
	if (p->n_frames)
		return "HTTP2";
	return p->segment.payload_bytes && t->http2[p->side] == HTTP2_TLS
		       ? "TLS"
		       : "TCP";
}

/* What was decoded in part needs a word; what was never meant to be does not.
 */
void transcript_add_doubt(const struct transcript *t, int side,
			  struct text *out)
{
	static const char *const names[] = { "client", "server" };
	const enum http2_state state = t->http2[side];

	if (!t->bytes[side])
		return;
	if (state == HTTP2_LOST)
		text_addf(out,
			  "HTTP/2 from the %s is not decoded from byte %llu "
			  "on: bytes before it were not captured",
			  names[side],
			  (unsigned long long)t->http2_lost_at[side] + 1);
	else if (state == HTTP2_MIDDLE)
		text_addf(out,
			  "what the %s sent is not decoded: the beginning of "
			  "the connection was not captured",
			  names[side]);
}
