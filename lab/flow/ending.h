/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ending - the taxonomy: how a connection ended, what form an RST had and in
 * which phase it came, with the names other analysers give it.
 *
 * Source of the mapping: Zeek scripts/base/protocols/conn/main.zeek
 * (conn_state); Wireshark packet-tcp.c (tcp.completeness)
 */
#ifndef LAB_FLOW_ENDING_H
#define LAB_FLOW_ENDING_H

#include <stddef.h>

enum ending {
	ENDING_FIN_BOTH,	      /* both FINs, no RST */
	ENDING_FIN_BOTH_ECHO_RST,     /* after both FINs an RST that refused
				       * no data: no reset connection */
	ENDING_FIN_RSTACK,	      /* FIN, then RST,ACK by the same side */
	ENDING_FIN_RST,		      /* FIN, then bare RST by the same side */
	ENDING_RSTACK,		      /* RST,ACK with no FIN before */
	ENDING_RST,		      /* bare RST with no FIN before */
	ENDING_RSTACK_AFTER_PEER_FIN, /* the peer's FIN, then our RST,ACK */
	ENDING_RST_AFTER_PEER_FIN,    /* the peer's FIN, then our bare RST */
	ENDING_SYN_RSTACK,	      /* SYN answered by RST,ACK: refused */
	ENDING_SYN_SYNACK_RST,	      /* handshake broken off by the client */
	ENDING_SYN_RST,		      /* client gave up in SYN-SENT */
	ENDING_SYN_CHALLENGE_RST,     /* SYN met an old connection, whatever
				       * became of its retransmission */
	ENDING_SYN_ONLY,	      /* SYN unanswered */
	ENDING_HALF_CLOSED_CLIENT,    /* only the client sent FIN */
	ENDING_HALF_CLOSED_SERVER,    /* only the server sent FIN */
	ENDING_ESTABLISHED,	      /* still open when the capture ended */
	ENDING_MIDSTREAM,	      /* the beginning was not seen */
	ENDINGS
};

enum reset_form {
	FORM_RSTACK,	  /* ACK, window or timestamps: sent by a decision */
	FORM_RST,	  /* bare, window 0, no options: answer to a segment */
	FORM_RSTACK_ZERO, /* seq 0, ACK, window 0: answer without an ACK */
	FORM_ODD,	  /* none of these: not by Linux's own TCP */
	FORMS
};

enum phase {
	PHASE_NONE,	 /* no RST */
	PHASE_HANDSHAKE, /* before the connection was established */
	PHASE_DATA,	 /* established, no FIN seen */
	PHASE_CLOSING,	 /* after a first FIN */
	PHASE_AFTER,	 /* after both FINs or after a first RST */
	PHASES
};

struct ending_info {
	const char *name;	  /* "fin-rstack" */
	const char *wire;	  /* "FIN, then RST,ACK by the same side" */
	const char *zeek;	  /* "RSTO/RSTR" */
	const char *completeness; /* Wireshark: "63 (55 without data)" */
};
extern const struct ending_info ending_infos[ENDINGS];
extern const char *const reset_form_names[FORMS]; /* "rst-ack", "rst", ... */
extern const char *const phase_names[PHASES];

#endif
