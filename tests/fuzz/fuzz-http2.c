/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes -> segments of one connection -> a transcript whose frames fit in
 * the streams.
 *
 *   clang -std=gnu17 -D_GNU_SOURCE -g -O1 -I. \
 *	-fsanitize=fuzzer,address,undefined \
 *	tests/fuzz/fuzz-http2.c lab/flow/[!.]*.c \
 *	lab/base/{err,grow,text,num}.c -lnghttp2 -lm -o fuzz-http2
 *   ./fuzz-http2 tests/fuzz/corpus-http2
 *
 * How it works.  The input is a list of segments: a byte of side and kind, a
 * byte for how far from the next expected byte it begins, one for its length,
 * then its bytes.  Most continue a stream, so that frames get through; one kind
 * puts the client's preface in.
 */
#include "tests/fuzz/fuzz-flow.h"

#include "lab/flow/transcript.h"

#include <string.h>

struct input {
	const uint8_t *data;
	size_t n;
};

static uint8_t take(struct input *in)
{
	if (!in->n)
		return 0;
	in->n--;
	return *in->data++;
}

/* As assert(), which a release build drops. */
static void must(bool holds)
{
	if (!holds)
		abort();
}

static const struct ip_endpoint ends[] = {
	{ { 4, { 10, 0, 0, 1 } }, 0, 40000 },
	{ { 4, { 10, 0, 0, 2 } }, 0, 50051 },
};

enum {
	KIND_SERVER = 1,
	KIND_ASTRAY = 2, /* the second byte says how far */
	KIND_CUT = 4,	 /* and how much of it was not captured */
	KIND_MAGIC = 8,
	KIND_FLAGS = 0xf0, /* 0: PSH, ACK; SYN at first */
};

static const uint8_t magic[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

static uint8_t flags_of(uint8_t kind)
{
	static const uint8_t flags[16] = {
		[1] = TCP_FLAG_SYN,
		[2] = TCP_FLAG_RST,
		[3] = TCP_FLAG_RST | TCP_FLAG_ACK,
		[4] = TCP_FLAG_FIN | TCP_FLAG_ACK,
	};
	const uint8_t wanted = flags[kind >> 4];

	return wanted ? wanted : TCP_FLAG_PSH | TCP_FLAG_ACK;
}

static struct segment segment(struct input *in, uint32_t next[2],
			      const uint8_t **ret)
{
	const uint8_t kind = take(in), off = take(in);
	const int side = kind & KIND_SERVER;
	struct segment s = { .flags = flags_of(kind), .window_scale = 0xff };
	size_t n = kind & KIND_MAGIC ? 24 : take(in);

	if (n > in->n && !(kind & KIND_MAGIC))
		n = in->n;
	s.src = ends[side];
	s.dst = ends[!side];
	s.seq = next[side];
	if (kind & KIND_ASTRAY)
		s.seq += (uint32_t)(int8_t)off * 3;
	s.ack = next[!side];
	s.payload_bytes = s.payload_captured = (uint32_t)n;
	if (kind & KIND_CUT)
		s.payload_captured = off < n ? (uint32_t)n - off : 0;
	*ret = kind & KIND_MAGIC ? magic : in->data;
	if (!(kind & KIND_ASTRAY) && !(s.flags & TCP_FLAG_RST))
		next[side] += (uint32_t)n + !!(s.flags & TCP_FLAG_SYN);
	if (!(kind & KIND_MAGIC)) {
		in->data += n;
		in->n -= n;
	}
	return s;
}

static void audit_frames(const struct transcript *t)
{
	uint64_t total[2] = { 0, 0 };

	for (size_t i = 0; i < t->n_frames; i++) {
		const struct transcript_frame *f = &t->frames[i];

		must(f->at + f->bytes <= t->bytes[f->side]);
		must(f->packet < t->n_packets);
		must(f->name && f->info && f->details);
		total[f->side] += f->bytes;
	}
	must(total[0] <= t->bytes[0] && total[1] <= t->bytes[1]);
}

static void audit(const struct transcript *t)
{
	size_t frames = 0;

	audit_frames(t);
	for (size_t i = 0; i < t->n_packets; i++) {
		own_text struct text out = { .s = NULL };
		struct stream_range r;
		struct err e;

		frames += t->packets[i].n_frames;
		transcript_add_info(t, i, &out);
		must(out.n > 0);
		if (transcript_late(t, i, &r) ||
		    transcript_unread(t, i, 17, &r)) {
			must(r.from < r.to);
			must(transcript_add_names(t, !t->packets[i].side, r,
						  &out, &e) == 0);
		}
	}
	must(frames == t->n_frames);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in = { data, n };
	own_transcript struct transcript *t = NULL;
	uint32_t next[2] = { 0xfffffff0U, 0x7fffffffU };
	struct err e;

	if (transcript_new(&t, &ends[0], &e) < 0)
		return 0;
	for (int64_t now_ns = 0; in.n; now_ns++) {
		const uint8_t *payload = NULL;
		const struct segment s = segment(&in, next, &payload);

		must(transcript_add(t, now_ns, &s, payload, &e) == 0);
	}
	must(transcript_finish(t, &e) == 0);
	audit(t);
	return 0;
}
