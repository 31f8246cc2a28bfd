/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plain - most frames by far: TCP in IPv4 without options in Ethernet, none of
 * them cut or fragmented.  Private to lab/flow.
 *
 * How it works.  Here all lies where it always does; whatever does not is left
 * to packet_decode(), which finds the same in these.  All is written out in a
 * header, so that who needs but a part of the facts pays for no more.
 */
#ifndef LAB_FLOW_PLAIN_H
#define LAB_FLOW_PLAIN_H

#include "lab/flow/bytes.h"
#include "lab/flow/packet.h"

#include <string.h>

enum {
	ETHERNET_BYTES = 14,
	ETHERTYPE_IPV4 = 0x0800,
	PLAIN_IPV4_BYTES = 20,
	IPPROTO_TCP_SEGMENT = 6,
	TIMESTAMPS_BYTES = 12,
};

struct plain_options {
	bool has_timestamps;
	uint8_t window_scale; /* as in struct segment, and the rest */
	uint16_t mss, mptcp;
	uint32_t tsval, tsecr;
};

/* Of @n bytes at @p, whatever they are. */
struct plain_options plain_read_options(const uint8_t *p, size_t n);

/* Written in eights, as whoever compares addresses reads them: parts that were
 * just written one by one are slow to read at once. */
static inline void plain_endpoint(struct ip_endpoint *ret, const uint8_t *addr,
				  const uint8_t *port)
{
	const uint64_t rest = 0;
	uint32_t v4;
	uint64_t first;

	memcpy(&v4, addr, sizeof(v4));
	first = v4;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	first <<= 32;
#endif
	ret->addr.family = 4;
	memcpy(ret->addr.bytes, &first, sizeof(first));
	memcpy(ret->addr.bytes + 8, &rest, sizeof(rest));
	ret->unused = 0;
	ret->port = be16(port);
}

/* None, or two that do nothing and timestamps: so RFC 7323 (appendix A) lays
 * them out, and so everyone does. */
static inline struct plain_options plain_options(const uint8_t *p, size_t n)
{
	if (n == TIMESTAMPS_BYTES && be32(p) == 0x0101080a)
		return (struct plain_options){
			.has_timestamps = true,
			.window_scale = 0xff,
			.tsval = be32(p + 4),
			.tsecr = be32(p + 8),
		};
	if (n)
		return plain_read_options(p, n);
	return (struct plain_options){ .window_scale = 0xff };
}

/* As packet_decode().  Returns: false: it is not plain. */
static inline bool plain_decode(const uint8_t *frame, size_t captured,
				size_t wire_bytes, struct segment *ret)
{
	const uint8_t *ip = frame + ETHERNET_BYTES;
	const uint8_t *tcp = ip + PLAIN_IPV4_BYTES;
	struct plain_options options;
	size_t header, end, at;

	if (captured < ETHERNET_BYTES + PLAIN_IPV4_BYTES + 20 ||
	    be16(frame + 12) != ETHERTYPE_IPV4 || ip[0] != 0x45 ||
	    ip[9] != IPPROTO_TCP_SEGMENT || be16(ip + 6) & 0x3fff)
		return false;
	header = (size_t)(tcp[12] >> 4) * 4;
	at = ETHERNET_BYTES + PLAIN_IPV4_BYTES + header;
	end = ETHERNET_BYTES + (size_t)be16(ip + 2);
	if (header < 20 || at > captured || at > end ||
	    (end > captured && end > wire_bytes))
		return false;
	plain_endpoint(&ret->src, ip + 12, tcp);
	plain_endpoint(&ret->dst, ip + 16, tcp + 2);
	ret->seq = be32(tcp + 4);
	ret->ack = be32(tcp + 8);
	ret->window = be16(tcp + 14);
	ret->flags = tcp[13] & 0x3f;
	ret->ttl = ip[8];
	ret->ip_id = be16(ip + 4);
	ret->options_bytes = (uint8_t)(header - 20);
	ret->payload_bytes = (uint32_t)(end - at);
	ret->payload_offset = (uint32_t)at;
	ret->payload_captured =
		(uint32_t)((end < captured ? end : captured) - at);
	ret->fragmented = false;
	ret->frame = 0;
	options = plain_options(tcp + 20, header - 20);
	ret->has_timestamps = options.has_timestamps;
	ret->tsval = options.tsval;
	ret->tsecr = options.tsecr;
	ret->mss = options.mss;
	ret->window_scale = options.window_scale;
	ret->mptcp = options.mptcp;
	return true;
}

#endif
