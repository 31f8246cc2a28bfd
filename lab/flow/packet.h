/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packet - one captured frame -> one TCP segment's facts.  Pure. */
#ifndef LAB_FLOW_PACKET_H
#define LAB_FLOW_PACKET_H

#include "lab/base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Source: RFC 9293 3.1 */
enum {
	TCP_FLAG_FIN = 0x01,
	TCP_FLAG_SYN = 0x02,
	TCP_FLAG_RST = 0x04,
	TCP_FLAG_PSH = 0x08,
	TCP_FLAG_ACK = 0x10,
	TCP_FLAG_URG = 0x20,
};

/* Source: https://www.tcpdump.org/linktypes.html */
enum {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_PPP = 9,
	LINK_RAW = 101,
	LINK_LOOP = 108, /* OpenBSD: as LINK_NULL */
	LINK_LINUX_SLL = 113,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_PKTAP = 258,
	LINK_LINUX_SLL2 = 276,
};

/* Bits of struct segment .mptcp.  Source: RFC 8684 8.2 */
enum { MPTCP_FASTCLOSE_BIT = 1 << 7, MPTCP_TCPRST_BIT = 1 << 8 };

enum packet_verdict {
	PACKET_TCP,	  /* a TCP segment, header whole */
	PACKET_OTHER,	  /* well-formed, not TCP */
	PACKET_FRAGMENT,  /* IP fragment other than a first with the header */
	PACKET_TRUNCATED, /* cut by the snap length before the header ended */
	PACKET_MALFORMED, /* lengths contradict each other */
	PACKET_UNKNOWN_LINK,
};

struct segment {
	struct ip_endpoint src, dst;
	uint32_t seq, ack; /* raw, host order */
	uint16_t window;   /* raw, unscaled */
	uint8_t flags;	   /* TCP_FLAG_* */
	uint8_t ttl;	   /* or hop limit */
	uint16_t ip_id;	   /* IPv4; 0 for IPv6 */
	uint8_t options_bytes;
	bool has_timestamps;
	uint32_t tsval, tsecr;
	uint16_t mss;		   /* 0: option absent */
	uint8_t window_scale;	   /* shift; 0xff: option absent */
	uint16_t mptcp;		   /* bit n: an option of MPTCP of subtype n */
	uint32_t payload_bytes;	   /* by the IP header; GSO up to 4 GiB */
	uint32_t payload_offset;   /* in the frame */
	uint32_t payload_captured; /* bytes of it in the frame */
	bool fragmented;	   /* the rest is in other IP fragments */
	uint64_t frame;		   /* the caller's number of it; 0: none */
};

enum { SEGMENT_TIMESTAMPS = 0x01, SEGMENT_FRAGMENTED = 0x02 };

/* What of a segment the course of its connection depends on. */
struct segment_facts {
	uint32_t seq, ack, payload_bytes;
	uint16_t window, mptcp;
	uint8_t flags, ttl, options_bytes;
	uint8_t marks; /* SEGMENT_* */
};

static inline struct segment_facts segment_facts_of(const struct segment *s)
{
	return (struct segment_facts){
		.seq = s->seq,
		.ack = s->ack,
		.payload_bytes = s->payload_bytes,
		.window = s->window,
		.mptcp = s->mptcp,
		.flags = s->flags,
		.ttl = s->ttl,
		.options_bytes = s->options_bytes,
		.marks = (uint8_t)(s->has_timestamps * SEGMENT_TIMESTAMPS |
				   s->fragmented * SEGMENT_FRAGMENTED),
	};
}

/**
 * packet_decode() - read the headers of one frame
 * @linktype:	LINK_*; anything else is PACKET_UNKNOWN_LINK
 * @frame:	@captured bytes, which may be fewer than were on the wire
 * @ret:	filled only for PACKET_TCP
 *
 * Handles VLAN tags, IPv4 options, IPv6 extension headers, GSO segments
 * whose IP length is 0 (@wire_bytes tells it then), all TCP options.
 *
 * Source: RFC 791, 8200, 9293, 7323; include/uapi/linux/if_packet.h
 */
enum packet_verdict packet_decode(uint32_t linktype, const uint8_t *frame,
				  size_t captured, size_t wire_bytes,
				  struct segment *ret);

/* A piece of an IP datagram.  Those with the same ends and number belong
 * together. */
struct ip_fragment {
	struct ip_addr src, dst;
	uint32_t id;
	uint16_t point;		/* where it was seen; the caller's */
	uint16_t offset, bytes; /* of what was cut into pieces */
	bool more;		/* it is not the last */
};

/* Of a frame that is PACKET_FRAGMENT, or of a segment that is .fragmented.
 * Returns: false: it is none. */
bool packet_fragment(uint32_t linktype, const uint8_t *frame, size_t captured,
		     size_t wire_bytes, struct ip_fragment *ret);

#endif
