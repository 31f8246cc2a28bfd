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

enum zeek_state {
	ZEEK_INACTIVE,
	ZEEK_SYN_SENT,
	ZEEK_SYN_ACK_SENT,
	ZEEK_PARTIAL,
	ZEEK_ESTABLISHED,
	ZEEK_CLOSED, /* sent FIN */
	ZEEK_RESET,  /* sent RST */
};

struct zeek_end {
	uint8_t state, previous; /* enum zeek_state */
	uint8_t written;	 /* letters already in the history */
	uint32_t last_syn, last_fin, last_rst;
	uint32_t retransmissions, zero_windows, gaps;
};

struct zeek {
	struct zeek_end end[SIDES]; /* the client is "orig" */
	uint8_t n_history;
	char history[FLOW_HISTORY_MAX];
};

/* One segment that @side has sent; @old: none of its payload is new. */
void zeek_segment(struct zeek *z, enum side side, const struct segment *s,
		  bool old);

/* The peer acknowledged bytes of @side that were not captured. */
void zeek_gap(struct zeek *z, enum side side);

/* The roles were guessed against the order of the first segment. */
void zeek_flipped(struct zeek *z);

/* The conn_state that goes into conn.log.  @empty: neither side sent payload */
const char *zeek_conn_state(const struct zeek *z, bool empty);

/* The bits of tcp.completeness that @s sets. */
uint8_t wireshark_completeness(const struct segment *s);

#endif
