/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * transcript - one connection as one point saw it: its packets with the numbers
 * that people compare (relative, scaled), the HTTP/2 frames in them, and for
 * each RST the bytes it may have been about.  Pure.
 *
 * Source of the numbers: Wireshark packet-tcp.c (relative sequence numbers,
 * what is a retransmission, out of order, a keep-alive)
 */
#ifndef LAB_FLOW_TRANSCRIPT_H
#define LAB_FLOW_TRANSCRIPT_H

#include "lab/base/err.h"
#include "lab/flow/http2.h"
#include "lab/flow/packet.h"
#include "lab/flow/unread.h"

/* Beyond, packets are counted and not kept. */
enum { TRANSCRIPT_PACKETS_MAX = 100000, TRANSCRIPT_FRAMES_MAX = 100000 };

enum transcript_note {
	NOTE_RETRANSMISSION = 1,
	NOTE_OUT_OF_ORDER = 2,
	NOTE_HOLE_BEFORE = 4, /* the segment before it was not captured */
	NOTE_KEEP_ALIVE = 8,
	NOTE_CUT = 16, /* not all of its payload was captured */
};

struct transcript_packet {
	int64_t time_ns;
	uint8_t side;  /* 0 client, 1 server */
	uint8_t flags; /* TCP_FLAG_* */
	uint8_t notes; /* enum transcript_note */
	struct segment segment;
	uint32_t seq, ack; /* relative */
	uint32_t window;   /* scaled, if both SYNs were seen */
	int64_t at;	   /* position of its first byte in its direction */
	int64_t acked; /* position its ACK stands for in the other; < 0: none */
	size_t first, n_frames; /* in .frames: those that end in it */
};

struct transcript_frame {
	uint8_t side;
	uint8_t type, flags; /* of HTTP/2; .magic has none */
	bool magic, grpc;
	uint32_t stream, length;
	uint64_t at, bytes;
	uint32_t packet; /* index */
	char *name, *info, *details;
};

struct transcript {
	struct transcript_packet *packets;
	size_t n_packets;
	struct transcript_frame *frames; /* in the order of packets */
	size_t n_frames;
	uint64_t not_kept; /* packets */
	uint64_t bytes[2]; /* positions reached, by side */
	enum http2_state http2[2];
	uint64_t http2_lost_at[2];
	struct transcript_maker *maker; /* until it is finished */
};

/* @client: as seen at the point; whatever it sends is the client's. */
int transcript_new(struct transcript **ret, const struct ip_endpoint *client,
		   struct err *e);
void transcript_free(struct transcript *t);
OWN_DEFINE(transcript, struct transcript, transcript_free)
#define own_transcript OWN(own_transcript_release)

/* One segment, in the order of the capture; @frame is the frame it was decoded
 * from.  Errors: out of memory only. */
int transcript_add(struct transcript *t, int64_t time_ns,
		   const struct segment *s, const uint8_t *frame,
		   struct err *e);

/* No more packets: the frames are in their place from here on. */
int transcript_finish(struct transcript *t, struct err *e);

/* "TCP", "TLS", "HTTP2", "GRPC": the topmost thing that packet holds. */
const char *transcript_protocol(const struct transcript *t, size_t packet);

/* Add what a packet list says of it: the frames that end in it, such as
 * "HEADERS[1]: POST /a.B/C, DATA[1]", or else its segment:
 * "40000 → 50051 [FIN, ACK] Seq=253 Ack=138 Win=65536 Len=0". */
void transcript_add_info(const struct transcript *t, size_t packet,
			 struct text *out);

/* Add what was not decoded of direction @side, and why; nothing when there is
 * nothing to say. */
void transcript_add_doubt(const struct transcript *t, int side,
			  struct text *out);

/**
 * transcript_late() - the bytes that an RST answers
 * @packet:	index of a bare RST: one that answers a segment
 * @ret:	a range in the direction of the other side
 *
 * Such an RST carries the acknowledgment of the segment it answers as its own
 * sequence number (RFC 9293 3.5.2), so it is the last one before it with that
 * ACK.  Returns: false when none was seen, or it carried no bytes.
 */
bool transcript_late(const struct transcript *t, size_t packet,
		     struct stream_range *ret);

/**
 * transcript_unread() - the bytes that were unread when a socket was closed
 * @packet:	index of an RST,ACK: one that its sender decided
 * @unread:	how many, as the kernel said
 *
 * Its ACK says what had arrived; the last of that is what was not read.
 * Returns: false when the two contradict each other.
 */
bool transcript_unread(const struct transcript *t, size_t packet,
		       uint64_t unread, struct stream_range *ret);

/* When the byte at position @at of direction @side came, and when @side closed
 * its direction by a FIN; -1: not seen. */
int64_t transcript_arrival(const struct transcript *t, int side, uint64_t at);
int64_t transcript_fin(const struct transcript *t, int side);

/* Add the names of the frames of direction @side in @r; nothing is added
 * unless it carries HTTP/2.  Errors: out of memory only. */
int transcript_add_names(const struct transcript *t, int side,
			 struct stream_range r, struct text *out,
			 struct err *e);

#endif
