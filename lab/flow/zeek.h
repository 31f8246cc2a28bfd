/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zeek - the words other analysers have for a connection: Zeek's conn_state
 * and history, Wireshark's tcp.completeness.  Private to lab/flow.
 *
 * Source: Zeek 9.1-dev src/packet_analysis/protocol/tcp/TCPSessionAdapter.cc
 * and scripts/base/protocols/conn/main.zeek; Wireshark 4.0 packet-tcp.c
 */
#ifndef LAB_FLOW_ZEEK_H
#define LAB_FLOW_ZEEK_H

#include "lab/flow/flow.h"

#include <string.h>

enum zeek_state {
	ZEEK_INACTIVE,
	ZEEK_SYN_SENT,
	ZEEK_SYN_ACK_SENT,
	ZEEK_PARTIAL,
	ZEEK_ESTABLISHED,
	ZEEK_CLOSED, /* sent FIN */
	ZEEK_RESET,  /* sent RST */
};

/* Letters that are written once, or again under a condition. */
enum {
	ZEEK_WROTE_SYN = 0x01,
	ZEEK_WROTE_FIN = 0x02,
	ZEEK_WROTE_RST = 0x04,
	ZEEK_WROTE_DATA = 0x08,
	ZEEK_WROTE_ACK = 0x10,
	ZEEK_WROTE_FIN_RST = 0x20,
	ZEEK_WROTE_MULTI = 0x40,
};

struct zeek_end {
	uint8_t state, previous; /* enum zeek_state */
	uint8_t written;	 /* letters already in the history */
	uint32_t last_syn, last_fin, last_rst;
	uint32_t retransmissions, zero_windows, gaps;
};

struct zeek {
	struct zeek_end end[SIDES]; /* the client is "orig" */
	bool spared; /* nobody asks for the words: they stay empty */
	uint8_t n_history;
	char history[FLOW_HISTORY_MAX];
};

/* In pieces, as track_begin(). */
static inline void zeek_begin(struct zeek *z)
{
	memset(z->end, 0, sizeof(z->end));
	memset(z->history, 0, sizeof(z->history));
	z->spared = false;
	z->n_history = 0;
}

/* One segment that @side has sent; @old: none of its payload is new. */
void zeek_segment(struct zeek *z, enum side side, const struct segment_facts *s,
		  bool old);

/* Would zeek_segment() change nothing?  So it is with most segments: another
 * ACK, or more data in its order. */
static inline bool zeek_knows(const struct zeek *z, enum side side,
			      const struct segment_facts *s, bool old)
{
	const struct zeek_end *end = &z->end[side];
	const uint8_t letter =
		s->payload_bytes ? ZEEK_WROTE_DATA : ZEEK_WROTE_ACK;

	return z->spared ||
	       (end->written & letter && end->state != ZEEK_INACTIVE &&
		s->window && !(old && s->payload_bytes) &&
		!(s->flags & (TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_RST)));
}

/* The peer acknowledged bytes of @side that were not captured. */
void zeek_gap(struct zeek *z, enum side side);

/* The roles were guessed against the order of the first segment. */
void zeek_flipped(struct zeek *z);

/* The conn_state that goes into conn.log.  @empty: neither side sent payload */
const char *zeek_conn_state(const struct zeek *z, bool empty);

/* The bits of tcp.completeness that @s sets. */
static inline uint8_t wireshark_completeness(const struct segment_facts *s)
{
	const bool ack = s->flags & TCP_FLAG_ACK;
	uint8_t bits = 0;

	if (s->flags & TCP_FLAG_SYN)
		bits |= ack ? 2 : 1;
	else if (s->payload_bytes)
		bits |= 8;
	else if (ack)
		bits |= 4;
	if (s->flags & TCP_FLAG_FIN)
		bits |= 16;
	if (s->flags & TCP_FLAG_RST)
		bits |= 32;
	return bits;
}

#endif
