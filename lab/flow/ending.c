/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/flow/ending.h"

#include "lab/base/own.h"

#include <assert.h>

/* The last column is what `tshark -2` prints as tcp.completeness (Wireshark
 * 4.0): SYN 1, SYN-ACK 2, ACK 4, data 8, FIN 16, RST 32. */
const struct ending_info ending_infos[] = {
	[ENDING_FIN_BOTH] = { "fin-both", "both FINs, no RST", "SF",
			      "31 (23 without data)" },
	[ENDING_FIN_BOTH_ECHO_RST] = { "fin-both+echo-rst",
				       "both FINs, then an RST that refuses no data",
				       "SF", "63 (55 without data)" },
	[ENDING_FIN_RSTACK] = { "fin-rstack",
				"FIN, then RST,ACK by the same side",
				"RSTO/RSTR", "63 (55 without data)" },
	[ENDING_FIN_RST] = { "fin-rst", "FIN, then bare RST by the same side",
			     "RSTO/RSTR", "63 (55 without data)" },
	[ENDING_RSTACK] = { "rstack", "RST,ACK with no FIN before", "RSTO/RSTR",
			    "47 (39 without data)" },
	[ENDING_RST] = { "rst", "bare RST with no FIN before", "RSTO/RSTR",
			 "47 (39 without data)" },
	[ENDING_RSTACK_AFTER_PEER_FIN] = { "rstack-after-peer-fin",
					   "the peer's FIN, then RST,ACK",
					   "RSTO/RSTR",
					   "63 (55 without data)" },
	[ENDING_RST_AFTER_PEER_FIN] = { "rst-after-peer-fin",
					"the peer's FIN, then bare RST",
					"RSTO/RSTR", "63 (55 without data)" },
	[ENDING_SYN_RSTACK] = { "syn-rstack",
				"SYN answered by RST,ACK: refused", "REJ",
				"37" },
	[ENDING_SYN_SYNACK_RST] = { "syn-synack-rst",
				    "SYN, SYN-ACK, then RST by the client",
				    "RSTO", "35" },
	[ENDING_SYN_RST] = { "syn-rst", "SYN, then RST by the client", "RSTOS0",
			     "33" },
	[ENDING_SYN_CHALLENGE_RST] = { "syn-challenge-rst",
				       "SYN met an old connection: ACK, then RST by the client",
				       "RSTOS0/RSTO", "37" },
	[ENDING_SYN_ONLY] = { "syn-only", "SYN unanswered", "S0", "1" },
	[ENDING_HALF_CLOSED_CLIENT] = { "half-closed-c",
					"only the client sent FIN", "S2",
					"31 (23 without data)" },
	[ENDING_HALF_CLOSED_SERVER] = { "half-closed-s",
					"only the server sent FIN", "S3",
					"31 (23 without data)" },
	[ENDING_ESTABLISHED] = { "established",
				 "still open when the capture ended", "S1",
				 "15 (7 without data)" },
	[ENDING_MIDSTREAM] = { "midstream", "the beginning was not seen",
			       "OTH/RSTRH/SHR", "0 to 62" },
};
static_assert(ARRAY_SIZE(ending_infos) == ENDINGS, "one row per ending");

const char *const reset_form_names[] = {
	[FORM_RSTACK] = "rst-ack",
	[FORM_RST] = "rst",
	[FORM_RSTACK_ZERO] = "rst-ack-zero",
	[FORM_ODD] = "odd",
};
static_assert(ARRAY_SIZE(reset_form_names) == FORMS, "one name per form");

const char *const phase_names[] = {
	[PHASE_NONE] = "none",	 [PHASE_HANDSHAKE] = "handshake",
	[PHASE_DATA] = "data",	 [PHASE_CLOSING] = "closing",
	[PHASE_AFTER] = "after",
};
static_assert(ARRAY_SIZE(phase_names) == PHASES, "one name per phase");
