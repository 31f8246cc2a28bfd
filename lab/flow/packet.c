/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packet - one captured frame -> one TCP segment's facts.
 *
 * How it works.  A cursor walks from the link header through IP to TCP.  It
 * knows two ends: .captured, up to which bytes exist, and .limit, up to which
 * the headers so far say that bytes existed on the wire.  A header that does
 * not fit below .limit contradicts them (malformed); one that fits below
 * .limit but not below .captured was cut by the snap length (truncated).
 */
#include "lab/flow/packet.h"

#include "lab/base/own.h"
#include "lab/flow/bytes.h"
#include "lab/flow/plain.h"

struct cursor {
	const uint8_t *frame;
	size_t captured, limit; /* captured may exceed limit: link padding */
	size_t at;
	bool first_fragment;
	struct ip_fragment fragment; /* .src.family 0: none */
};

/* Source: https://www.iana.org/assignments/ieee-802-numbers */
enum {
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_QINQ = 0x88a8,
	ETHERTYPE_QINQ_OLD = 0x9100,
	ETHERTYPE_PPPOE = 0x8864, /* RFC 2516 4: a session */
};

/* Source: https://www.iana.org/assignments/ppp-numbers */
enum { DLT_RAW_BSD = 12 }; /* what files call LINK_RAW */

enum { PPP_IPV4 = 0x21, PPP_IPV6 = 0x57, PPPOE_HEADER_BYTES = 6 };

/* Source: https://www.iana.org/assignments/protocol-numbers */
enum {
	IPPROTO_HOP_BY_HOP = 0,
	IPPROTO_ROUTE = 43,
	IPPROTO_FRAGMENTED = 44,
	IPPROTO_AUTH = 51,
	IPPROTO_DESTINATION = 60,
	IPPROTO_MOBILE = 135,
};

/* What follows a link header. */
enum link_form {
	LINK_FORM_IP,	     /* IP; its version is in its first nibble */
	LINK_FORM_ETHERTYPE, /* whatever the type field says */
	LINK_FORM_PPP,	     /* whatever the protocol field says */
	LINK_FORM_PKTAP,     /* a frame of the type that the header says */
};

static const struct link_row {
	uint32_t linktype;
	uint8_t header_bytes;
	uint8_t type_offset; /* of the type field, LINK_FORM_ETHERTYPE */
	enum link_form form;
} link_rows[] = {
	{ LINK_LINUX_SLL2, 20, 0, LINK_FORM_ETHERTYPE },
	{ LINK_ETHERNET, 14, 12, LINK_FORM_ETHERTYPE },
	{ LINK_LINUX_SLL, 16, 14, LINK_FORM_ETHERTYPE },
	{ LINK_RAW, 0, 0, LINK_FORM_IP },
	/* The family's number depends on the system that wrote the file and
	 * its byte order on the machine; the IP version does not. */
	{ LINK_NULL, 4, 0, LINK_FORM_IP },
	{ LINK_LOOP, 4, 0, LINK_FORM_IP },
	{ LINK_IPV4, 0, 0, LINK_FORM_IP },
	{ LINK_IPV6, 0, 0, LINK_FORM_IP },
	{ LINK_PPP, 0, 0, LINK_FORM_PPP },
	{ LINK_PKTAP, 0, 0, LINK_FORM_PKTAP },
};

static const uint8_t *here(const struct cursor *c)
{
	return c->frame + c->at;
}

/* Are the next @n bytes there?  PACKET_TCP says yes. */
static enum packet_verdict need(const struct cursor *c, size_t n)
{
	if (n > c->limit || c->at > c->limit - n)
		return PACKET_MALFORMED;
	if (n > c->captured || c->at > c->captured - n)
		return PACKET_TRUNCATED;
	return PACKET_TCP;
}

/* The IP header says that the datagram ends @bytes after @start.  0 stands
 * for a segment too long for the field (GSO, BIG TCP), up to the frame's end.
 */
static enum packet_verdict limit_to(struct cursor *c, size_t start,
				    size_t bytes)
{
	if (!bytes)
		return PACKET_TCP;
	if (bytes > c->limit - start)
		return PACKET_MALFORMED;
	c->limit = start + bytes;
	return PACKET_TCP;
}

/* Source: RFC 9293 3.1, RFC 7323 2.2 and 3.2 */
static void read_option(const uint8_t *option, uint8_t length,
			struct segment *s)
{
	const uint8_t kind = option[0];

	if (kind == 2 && length == 4) {
		s->mss = be16(option + 2);
	} else if (kind == 3 && length == 3) {
		s->window_scale = option[2];
	} else if (kind == 8 && length == 10) {
		s->has_timestamps = true;
		s->tsval = be32(option + 2);
		s->tsecr = be32(option + 6);
	} else if (kind == 30 && length > 2) { /* RFC 8684 3 */
		s->mptcp |= (uint16_t)(1U << (option[2] >> 4));
	}
}

/* Garbage ends the walk; the segment stays as good as what came before. */
static void read_options(const uint8_t *p, size_t n, struct segment *s)
{
	size_t i = 0;

	while (i < n && p[i] != 0) {
		if (p[i] == 1) { /* no-operation: one byte, no length */
			i++;
			continue;
		}
		if (n - i < 2 || p[i + 1] < 2 || p[i + 1] > n - i)
			return;
		read_option(p + i, p[i + 1], s);
		i += p[i + 1];
	}
}

struct plain_options plain_read_options(const uint8_t *p, size_t n)
{
	struct segment s = { .window_scale = 0xff };

	read_options(p, n, &s);
	return (struct plain_options){
		.has_timestamps = s.has_timestamps,
		.window_scale = s.window_scale,
		.mss = s.mss,
		.mptcp = s.mptcp,
		.tsval = s.tsval,
		.tsecr = s.tsecr,
	};
}

/* Source: RFC 9293 3.1 */
static enum packet_verdict read_tcp(struct cursor *c, struct segment *s)
{
	const uint8_t *p = here(c);
	enum packet_verdict v = need(c, 20);
	size_t header;

	if (v == PACKET_TCP) {
		header = (size_t)(p[12] >> 4) * 4;
		if (header < 20)
			return PACKET_MALFORMED;
		v = need(c, header);
	}
	if (v == PACKET_MALFORMED && c->first_fragment)
		return PACKET_FRAGMENT;
	if (v != PACKET_TCP)
		return v;
	s->src.port = be16(p);
	s->dst.port = be16(p + 2);
	s->seq = be32(p + 4);
	s->ack = be32(p + 8);
	s->flags = p[13] & 0x3f;
	s->window = be16(p + 14);
	s->options_bytes = (uint8_t)(header - 20);
	s->window_scale = 0xff;
	read_options(p + 20, header - 20, s);
	c->at += header;
	s->payload_bytes = (uint32_t)(c->limit - c->at);
	s->fragmented = c->first_fragment;
	s->payload_offset = (uint32_t)c->at;
	s->payload_captured = c->captured - c->at < s->payload_bytes
				      ? (uint32_t)(c->captured - c->at)
				      : s->payload_bytes;
	return PACKET_TCP;
}

/* A piece of @bytes at @offset of datagram @id, between the ends in @s. */
static void note_fragment(struct cursor *c, const struct segment *s,
			  uint32_t id, size_t offset, size_t bytes, bool more)
{
	c->first_fragment = offset == 0 && more;
	if (!offset && !more)
		return; /* RFC 6946: whole all the same */
	c->fragment = (struct ip_fragment){
		.src = s->src.addr,
		.dst = s->dst.addr,
		.id = id,
		.offset = (uint16_t)offset,
		.bytes = (uint16_t)bytes,
		.more = more,
	};
}

/* Source: RFC 791 3.1 */
static enum packet_verdict read_ipv4(struct cursor *c, struct segment *s)
{
	const uint8_t *p = here(c);
	const size_t start = c->at;
	enum packet_verdict v = need(c, 20);
	size_t header, total;

	if (v != PACKET_TCP)
		return v;
	header = (size_t)(p[0] & 0xf) * 4;
	total = be16(p + 2);
	if (header < 20 || (total && total < header))
		return PACKET_MALFORMED;
	v = limit_to(c, start, total);
	if (v == PACKET_TCP)
		v = need(c, header);
	if (v != PACKET_TCP)
		return v;
	if (p[9] != IPPROTO_TCP_SEGMENT)
		return PACKET_OTHER;
	s->ip_id = be16(p + 4);
	s->ttl = p[8];
	s->src.addr.family = s->dst.addr.family = 4;
	memcpy(s->src.addr.bytes, p + 12, 4);
	memcpy(s->dst.addr.bytes, p + 16, 4);
	c->at = start + header;
	if (be16(p + 6) & 0x3fff)
		note_fragment(c, s, s->ip_id,
			      (size_t)(be16(p + 6) & 0x1fff) * 8,
			      c->limit - c->at, be16(p + 6) & 0x2000);
	return c->fragment.offset ? PACKET_FRAGMENT : read_tcp(c, s);
}

/* Length of the extension header @type at @p; 0 when it is none. */
static size_t extension_bytes(uint8_t type, const uint8_t *p)
{
	switch (type) {
	case IPPROTO_HOP_BY_HOP:
	case IPPROTO_ROUTE:
	case IPPROTO_DESTINATION:
	case IPPROTO_MOBILE:
		return ((size_t)p[1] + 1) * 8;
	case IPPROTO_AUTH: /* RFC 4302 2.2 */
		return ((size_t)p[1] + 2) * 4;
	case IPPROTO_FRAGMENTED:
		return 8;
	default:
		return 0;
	}
}

static bool is_extension(uint8_t type)
{
	static const uint8_t any[8] = { 0 };

	return extension_bytes(type, any) != 0;
}

/* Step over the headers between IPv6 and TCP.  Source: RFC 8200 4 */
static enum packet_verdict skip_extensions(struct cursor *c, uint8_t type,
					   const struct segment *s)
{
	while (is_extension(type)) {
		const uint8_t *p = here(c);
		enum packet_verdict v = need(c, 8);

		if (v == PACKET_TCP)
			v = need(c, extension_bytes(type, p));
		if (v != PACKET_TCP)
			return v;
		if (type == IPPROTO_FRAGMENTED)
			note_fragment(c, s, be32(p + 4), be16(p + 2) & 0xfff8,
				      c->limit - c->at - 8, p[3] & 1);
		if (c->fragment.offset)
			return p[0] == IPPROTO_TCP_SEGMENT ? PACKET_FRAGMENT
							   : PACKET_OTHER;
		c->at += extension_bytes(type, p);
		type = p[0];
	}
	return type == IPPROTO_TCP_SEGMENT ? PACKET_TCP : PACKET_OTHER;
}

/* Source: RFC 8200 3.  A length of 0 is a jumbogram (RFC 2675) or GSO. */
static enum packet_verdict read_ipv6(struct cursor *c, struct segment *s)
{
	const uint8_t *p = here(c);
	enum packet_verdict v = need(c, 40);

	if (v != PACKET_TCP)
		return v;
	s->ttl = p[7];
	s->src.addr.family = s->dst.addr.family = 6;
	memcpy(s->src.addr.bytes, p + 8, 16);
	memcpy(s->dst.addr.bytes, p + 24, 16);
	c->at += 40;
	v = limit_to(c, c->at, be16(p + 4));
	if (v == PACKET_TCP)
		v = skip_extensions(c, p[6], s);
	return v == PACKET_TCP ? read_tcp(c, s) : v;
}

static enum packet_verdict read_ip(struct cursor *c, struct segment *s)
{
	const enum packet_verdict v = need(c, 1);

	if (v != PACKET_TCP)
		return v;
	switch (*here(c) >> 4) {
	case 4:
		return read_ipv4(c, s);
	case 6:
		return read_ipv6(c, s);
	default:
		return PACKET_OTHER;
	}
}

/* With or without the address and control fields of HDLC, and with the
 * protocol in two bytes or in one.  Source: RFC 1661 2 and 6.5, RFC 1662 3.1 */
static enum packet_verdict read_ppp(struct cursor *c, struct segment *s)
{
	enum packet_verdict v = need(c, 4);
	uint16_t protocol;

	if (v != PACKET_TCP)
		return v;
	if (be16(here(c)) == 0xff03)
		c->at += 2;
	protocol = *here(c);
	if (!(protocol & 1))
		protocol = be16(here(c));
	c->at += *here(c) & 1 ? 1 : 2;
	return protocol == PPP_IPV4 || protocol == PPP_IPV6 ? read_ip(c, s)
							    : PACKET_OTHER;
}

static enum packet_verdict read_pppoe(struct cursor *c, struct segment *s)
{
	const enum packet_verdict v = need(c, PPPOE_HEADER_BYTES);

	if (v != PACKET_TCP)
		return v;
	c->at += PPPOE_HEADER_BYTES;
	return read_ppp(c, s);
}

static bool is_vlan(uint16_t type)
{
	return type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ ||
	       type == ETHERTYPE_QINQ_OLD;
}

/* @type and perhaps tags, each followed by the type of what comes next. */
static enum packet_verdict read_typed(struct cursor *c, uint16_t type,
				      struct segment *s)
{
	while (is_vlan(type)) {
		const enum packet_verdict v = need(c, 4);

		if (v != PACKET_TCP)
			return v;
		type = be16(here(c) + 2);
		c->at += 4;
	}
	if (type == ETHERTYPE_PPPOE)
		return read_pppoe(c, s);
	if (type != ETHERTYPE_IPV4 && type != ETHERTYPE_IPV6)
		return PACKET_OTHER;
	return read_ip(c, s);
}

static const struct link_row *link_row_of(uint32_t linktype)
{
	for (size_t i = 0; i < ARRAY_SIZE(link_rows); i++)
		if (link_rows[i].linktype == linktype)
			return &link_rows[i];
	return NULL;
}

/* In the byte order of the machine that wrote it: all Macs of today have the
 * low byte first. */
static uint32_t le32(const uint8_t *p)
{
	return __builtin_bswap32(be32(p));
}

static enum packet_verdict
read_link(struct cursor *c, const struct link_row *row, struct segment *s)
{
	const size_t start = c->at;
	const enum packet_verdict v = need(c, row->header_bytes);

	if (v != PACKET_TCP)
		return v;
	c->at += row->header_bytes;
	if (row->form == LINK_FORM_IP)
		return read_ip(c, s);
	if (row->form == LINK_FORM_PPP)
		return read_ppp(c, s);
	return read_typed(c, be16(c->frame + start + row->type_offset), s);
}

/* Its length, the kind of what follows (1: a packet) and its link type, among
 * other things.  Source: bsd/net/pktap.h of xnu-3789.1.32 */
static enum packet_verdict read_pktap(struct cursor *c, struct segment *s)
{
	enum packet_verdict v = need(c, 12);
	const uint8_t *p = here(c);
	const struct link_row *inner;

	if (v == PACKET_TCP && le32(p) < 12)
		return PACKET_MALFORMED;
	if (v == PACKET_TCP)
		v = need(c, le32(p));
	if (v != PACKET_TCP)
		return v;
	inner = link_row_of(le32(p + 8) == DLT_RAW_BSD ? LINK_RAW
						       : le32(p + 8));
	if (le32(p + 4) != 1 || !inner || inner->form == LINK_FORM_PKTAP)
		return PACKET_OTHER;
	c->at += le32(p);
	return read_link(c, inner, s);
}

static enum packet_verdict decode(struct cursor *c, uint32_t linktype,
				  struct segment *ret)
{
	const struct link_row *row = link_row_of(linktype);

	if (!row)
		return PACKET_UNKNOWN_LINK;
	return row->form == LINK_FORM_PKTAP ? read_pktap(c, ret)
					    : read_link(c, row, ret);
}

static struct cursor cursor_at(const uint8_t *frame, size_t captured,
			       size_t wire_bytes)
{
	return (struct cursor){
		.frame = frame,
		.captured = captured,
		.limit = wire_bytes < captured ? captured : wire_bytes,
	};
}

bool packet_fragment(uint32_t linktype, const uint8_t *frame, size_t captured,
		     size_t wire_bytes, struct ip_fragment *ret)
{
	struct cursor c = cursor_at(frame, captured, wire_bytes);
	struct segment s = { 0 };

	(void)decode(&c, linktype, &s);
	*ret = c.fragment;
	return c.fragment.src.family;
}

static enum packet_verdict decode_any(uint32_t linktype, const uint8_t *frame,
				      size_t captured, size_t wire_bytes,
				      struct segment *ret)
{
	struct cursor c = cursor_at(frame, captured, wire_bytes);
	struct segment s = { 0 };
	const enum packet_verdict v = decode(&c, linktype, &s);

	if (v == PACKET_TCP)
		*ret = s;
	return v;
}

enum packet_verdict packet_decode(uint32_t linktype, const uint8_t *frame,
				  size_t captured, size_t wire_bytes,
				  struct segment *ret)
{
	if (linktype == LINK_ETHERNET &&
	    plain_decode(frame, captured, wire_bytes, ret))
		return PACKET_TCP;
	return decode_any(linktype, frame, captured, wire_bytes, ret);
}
