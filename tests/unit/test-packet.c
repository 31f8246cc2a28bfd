/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames byte by byte.  Each stands in words above its bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/base/own.h"
#include "lab/base/rng.h"
#include "lab/flow/packet.h"

#include <string.h>

/* Ethernet, IPv4 */
#define ETH4 "020000000002020000000001 0800"
/* Ethernet, IPv6 */
#define ETH6 "020000000002020000000001 86dd"
/* 10.0.0.1 > 10.0.0.2, id 0x1234, TTL 64, TCP; the length comes first */
#define IP4_REST "1234 4000 40 06 0000 0a000001 0a000002"
/* fd00::1 > fd00::2 */
#define IP6_ADDRESSES                      \
	"fd000000000000000000000000000001" \
	"fd000000000000000000000000000002"
/* 40000 > 80, seq 0x01020304, ack 0x05060708; offset and flags come next */
#define TCP_START "9c40 0050 01020304 05060708"
/* window 501, checksum, urgent pointer */
#define TCP_END "01f5 0000 0000"
/* RST,ACK without options */
#define TCP_RSTACK TCP_START "50 14" TCP_END

/* Frames are copied into memory of exactly their size: ASan then sees every
 * byte read beyond. */
struct bytes {
	uint8_t *data;
	size_t n;
};

static uint8_t nibble(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

static struct bytes from_hex(const char *hex)
{
	struct bytes b = { malloc(strlen(hex) / 2 + 1), 0 };
	bool high = true;

	assert_non_null(b.data);
	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		if (high)
			b.data[b.n] = (uint8_t)(nibble(*hex) << 4);
		else
			b.data[b.n++] |= nibble(*hex);
		high = !high;
	}
	assert_true(high);
	return b;
}

static enum packet_verdict decode_as(uint32_t linktype, const char *hex,
				     size_t wire_bytes, struct segment *ret)
{
	struct bytes b = from_hex(hex);
	enum packet_verdict v;

	b.data = realloc(b.data, b.n ? b.n : 1);
	v = packet_decode(linktype, b.data, b.n, wire_bytes ? wire_bytes : b.n,
			  ret);
	free(b.data);
	return v;
}

static enum packet_verdict decode(const char *hex, struct segment *ret)
{
	return decode_as(LINK_ETHERNET, hex, 0, ret);
}

static void assert_endpoint(const struct ip_endpoint *ep, const char *want)
{
	char text[IP_TEXT_MAX];

	assert_string_equal(ip_endpoint_text(ep, text), want);
}

static void a_plain_segment_is_read_whole(void **state)
{
	struct segment s;

	(void)state;
	/* PSH,ACK with MSS 1460, window scale 7 and timestamps, 3 bytes */
	assert_int_equal(decode(ETH4
				"45 00 003f" IP4_REST TCP_START "a0 18" TCP_END
				"020405b4 030307 01 080a 11121314 21222324 0000"
				"616263",
				&s),
			 PACKET_TCP);
	assert_endpoint(&s.src, "10.0.0.1:40000");
	assert_endpoint(&s.dst, "10.0.0.2:80");
	assert_int_equal(s.seq, 0x01020304);
	assert_int_equal(s.ack, 0x05060708);
	assert_int_equal(s.window, 501);
	assert_int_equal(s.flags, TCP_FLAG_PSH | TCP_FLAG_ACK);
	assert_int_equal(s.ttl, 64);
	assert_int_equal(s.ip_id, 0x1234);
	assert_int_equal(s.options_bytes, 20);
	assert_true(s.has_timestamps);
	assert_int_equal(s.tsval, 0x11121314);
	assert_int_equal(s.tsecr, 0x21222324);
	assert_int_equal(s.mss, 1460);
	assert_int_equal(s.window_scale, 7);
	assert_int_equal(s.payload_bytes, 3);
	assert_int_equal(s.payload_offset, 74);
	assert_int_equal(s.payload_captured, 3);
}

/* MP_FASTCLOSE and MP_TCPRST.  Source: RFC 8684 3.5, 3.6 */
static void options_of_multipath_tcp_are_told_by_their_subtype(void **state)
{
	struct segment s;

	(void)state;
	assert_int_equal(decode(ETH4 "45 00 0038" IP4_REST TCP_START
				     "90 14" TCP_END
				     "1e0c7000 0102030405060708 1e048000",
				&s),
			 PACKET_TCP);
	assert_int_equal(s.mptcp, MPTCP_FASTCLOSE_BIT | MPTCP_TCPRST_BIT);
}

static void absent_options_are_told_apart_from_zero(void **state)
{
	struct segment s;

	(void)state;
	assert_int_equal(decode(ETH4 "45 00 0028" IP4_REST TCP_RSTACK, &s),
			 PACKET_TCP);
	assert_false(s.has_timestamps);
	assert_int_equal(s.mptcp, 0);
	assert_int_equal(s.mss, 0);
	assert_int_equal(s.window_scale, 0xff);
	assert_int_equal(s.options_bytes, 0);
	assert_int_equal(s.payload_bytes, 0);
}

static void every_link_type_leads_to_the_segment(void **state)
{
#define IP4_SEGMENT "45 00 0028" IP4_REST TCP_RSTACK
	static const struct {
		uint32_t linktype;
		const char *hex;
		size_t offset;
	} frames[] = {
		{ LINK_ETHERNET, ETH4 IP4_SEGMENT, 14 },
		{ LINK_RAW, IP4_SEGMENT, 0 },
		{ LINK_IPV4, IP4_SEGMENT, 0 },
		/* AF_INET in either byte order */
		{ LINK_NULL, "02000000" IP4_SEGMENT, 4 },
		{ LINK_LOOP, "00000002" IP4_SEGMENT, 4 },
		/* outgoing, ARPHRD_ETHER, 6 bytes of address */
		{ LINK_LINUX_SLL,
		  "0004 0001 0006 0200000000010000 0800" IP4_SEGMENT, 16 },
		/* IPv4, interface 3, ARPHRD_ETHER, outgoing */
		{ LINK_LINUX_SLL2,
		  "0800 0000 00000003 0001 04 06 0200000000010000" IP4_SEGMENT,
		  20 },
		/* VLAN 5 */
		{ LINK_ETHERNET,
		  "020000000002020000000001 8100 0005 0800" IP4_SEGMENT, 18 },
		/* VLAN 5 in service VLAN 9 */
		{ LINK_ETHERNET,
		  "020000000002020000000001 88a8 0009 8100 0005 "
		  "0800" IP4_SEGMENT,
		  22 },
		{ LINK_LINUX_SLL2,
		  "8100 0000 00000003 0001 04 06 0200000000010000"
		  "0005 0800" IP4_SEGMENT,
		  24 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
		struct segment s;

		assert_int_equal(
			decode_as(frames[i].linktype, frames[i].hex, 0, &s),
			PACKET_TCP);
		assert_endpoint(&s.dst, "10.0.0.2:80");
		assert_int_equal(s.payload_offset, frames[i].offset + 40);
	}
}

static void ipv4_options_are_stepped_over(void **state)
{
	struct segment s;

	(void)state;
	/* router alert */
	assert_int_equal(
		decode(ETH4 "46 00 002c" IP4_REST "94040000" TCP_RSTACK, &s),
		PACKET_TCP);
	assert_int_equal(s.flags, TCP_FLAG_RST | TCP_FLAG_ACK);
	assert_int_equal(s.payload_bytes, 0);
}

static void link_padding_is_no_payload(void **state)
{
	struct segment s;

	(void)state;
	assert_int_equal(decode(ETH4 IP4_SEGMENT "000000000000", &s),
			 PACKET_TCP);
	assert_int_equal(s.payload_bytes, 0);
	assert_int_equal(s.payload_captured, 0);
}

static void ipv6_extension_headers_are_stepped_over(void **state)
{
	static const char *const frames[] = {
		/* none */
		ETH6 "60000000 0014 06 3f" IP6_ADDRESSES TCP_RSTACK,
		/* hop-by-hop, 8 bytes of padding option */
		ETH6 "60000000 001c 00 3f" IP6_ADDRESSES
		     "06 00 0104 00000000" TCP_RSTACK,
		/* destination options, then routing of 24 bytes */
		ETH6 "60000000 0034 3c 3f" IP6_ADDRESSES "2b 00 0104 00000000"
		     "06 02 0400 00000000"
		     "fd000000000000000000000000000009" TCP_RSTACK,
		/* authentication, 12 + 4 bytes: (2 + 2) * 4 */
		ETH6 "60000000 0024 33 3f" IP6_ADDRESSES
		     "06 02 0000 00000001 00000001 0badcafe" TCP_RSTACK,
		/* an atomic fragment: offset 0, no more */
		ETH6 "60000000 001c 2c 3f" IP6_ADDRESSES
		     "06 00 0000 00000007" TCP_RSTACK,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
		struct segment s;

		assert_int_equal(decode(frames[i], &s), PACKET_TCP);
		assert_endpoint(&s.src, "[fd00::1]:40000");
		assert_int_equal(s.ttl, 63);
		assert_int_equal(s.ip_id, 0);
		assert_int_equal(s.payload_bytes, 0);
	}
}

static void a_length_of_zero_means_the_frame_tells(void **state)
{
	struct segment s;

	(void)state;
	/* IPv4, 100 000 bytes of payload */
	assert_int_equal(decode_as(LINK_ETHERNET,
				   ETH4 "45 00 0000" IP4_REST TCP_RSTACK
					"616263",
				   14 + 40 + 100000, &s),
			 PACKET_TCP);
	assert_int_equal(s.payload_bytes, 100000);
	assert_int_equal(s.payload_captured, 3);
	/* IPv6 with the jumbo payload option, as BIG TCP sends it */
	assert_int_equal(decode_as(LINK_ETHERNET,
				   ETH6 "60000000 0000 00 3f" IP6_ADDRESSES
					"06 00 c204 000186bc" TCP_RSTACK,
				   14 + 48 + 20 + 100000, &s),
			 PACKET_TCP);
	assert_int_equal(s.payload_bytes, 100000);
}

static void fragments_are_named(void **state)
{
	struct segment s;

	(void)state;
	/* first, with the whole header: its payload is what it has */
	assert_int_equal(decode(ETH4 "45 00 002a 1234 2000 40 06 0000"
				     "0a000001 0a000002" TCP_RSTACK "6162",
				&s),
			 PACKET_TCP);
	assert_int_equal(s.payload_bytes, 2);
	/* first, but too small for the header */
	assert_int_equal(decode(ETH4 "45 00 001c 1234 2000 40 06 0000"
				     "0a000001 0a000002 9c400050 01020304",
				&s),
			 PACKET_FRAGMENT);
	/* at offset 8 */
	assert_int_equal(decode(ETH4 "45 00 0028 1234 0001 40 06 0000"
				     "0a000001 0a000002" TCP_RSTACK,
				&s),
			 PACKET_FRAGMENT);
	/* IPv6, at offset 8 */
	assert_int_equal(decode(ETH6 "60000000 001c 2c 3f" IP6_ADDRESSES
				     "06 00 0008 00000007" TCP_RSTACK,
				&s),
			 PACKET_FRAGMENT);
}

static void what_is_not_tcp_is_other(void **state)
{
	static const char *const frames[] = {
		/* ARP */
		"ffffffffffff020000000001 0806 0001080006040001",
		/* UDP */
		ETH4 "45 00 001c 1234 4000 40 11 0000 0a000001 0a000002"
		     "00350035 00080000",
		/* IPv6 without a next header */
		ETH6 "60000000 0000 3b 3f" IP6_ADDRESSES,
		/* IP version 5 */
		ETH4 "55 00 0028" IP4_REST TCP_RSTACK,
	};
	struct segment s;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++)
		assert_int_equal(decode(frames[i], &s), PACKET_OTHER);
	assert_int_equal(decode_as(127, IP4_SEGMENT, 0, &s),
			 PACKET_UNKNOWN_LINK);
}

static void lengths_that_contradict_are_malformed(void **state)
{
	static const char *const frames[] = {
		/* IPv4 header of 16 bytes */
		ETH4 "44 00 0028" IP4_REST TCP_RSTACK,
		/* IP length below its own header */
		ETH4 "45 00 0010" IP4_REST TCP_RSTACK,
		/* IP length beyond the frame */
		ETH4 "45 00 0040" IP4_REST TCP_RSTACK,
		/* IP length that cuts the TCP header */
		ETH4 "45 00 0024" IP4_REST TCP_RSTACK,
		/* TCP header of 16 bytes */
		ETH4 "45 00 0028" IP4_REST TCP_START "40 14" TCP_END,
		/* TCP header of 60 bytes in 20 */
		ETH4 "45 00 0028" IP4_REST TCP_START "f0 14" TCP_END,
		/* IPv6 extension header longer than the payload */
		ETH6 "60000000 001c 00 3f" IP6_ADDRESSES
		     "06 09 0104 00000000" TCP_RSTACK,
	};
	struct segment s;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++)
		assert_int_equal(decode(frames[i], &s), PACKET_MALFORMED);
}

/* Each: option bytes of a 40-byte header, and whether the timestamps that
 * come after the garbage may be believed. */
static void garbage_in_options_ends_their_reading(void **state)
{
	static const struct {
		const char *options; /* 20 bytes */
		bool timestamps;
	} garbage[] = {
		/* an unknown kind with a length is stepped over */
		{ "fd04dead 080a 11121314 21222324 010101010101", true },
		/* length 0 */
		{ "fd00dead 080a 11121314 21222324 010101010101", false },
		/* length 1 */
		{ "fd01dead 080a 11121314 21222324 010101010101", false },
		/* length beyond the header */
		{ "fdffdead 080a 11121314 21222324 010101010101", false },
		/* end of options */
		{ "00000000 080a 11121314 21222324 010101010101", false },
		/* a kind without room for its length */
		{ "01010101010101010101010101010101010101 08", false },
		/* timestamps of a wrong length */
		{ "0808 11121314 2122 0101010101010101 01010101", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(garbage); i++) {
		char hex[256] =
			ETH4 "45 00 003c" IP4_REST TCP_START "a0 14" TCP_END;
		struct segment s;

		(void)strcat(hex, garbage[i].options);
		assert_int_equal(decode(hex, &s), PACKET_TCP);
		assert_int_equal(s.has_timestamps, garbage[i].timestamps);
		assert_int_equal(s.options_bytes, 20);
	}
}

/* Cut @hex after every byte: truncated until the header is whole. */
static void cut_everywhere(const char *hex, size_t header_end)
{
	struct bytes b = from_hex(hex);

	for (size_t n = 0; n <= b.n; n++) {
		uint8_t *cut = malloc(n ? n : 1);
		struct segment s = { .seq = 1 };
		enum packet_verdict v;

		assert_non_null(cut);
		memcpy(cut, b.data, n);
		v = packet_decode(LINK_ETHERNET, cut, n, b.n, &s);
		free(cut);
		assert_int_equal(v, n < header_end ? PACKET_TRUNCATED
						   : PACKET_TCP);
		if (v == PACKET_TCP)
			assert_int_equal(s.payload_captured, n - header_end);
		else
			assert_int_equal(s.seq, 1); /* left alone */
	}
	free(b.data);
}

static void a_frame_may_be_cut_anywhere(void **state)
{
	(void)state;
	cut_everywhere(ETH4 "46 00 0043" IP4_REST "94040000" TCP_START
			    "a0 18" TCP_END
			    "020405b4 030307 01 080a 11121314 21222324 0000"
			    "616263",
		       14 + 24 + 40);
	cut_everywhere("020000000002020000000001 8100 0005 86dd"
		       "60000000 001e 00 3f" IP6_ADDRESSES
		       "06 00 0104 00000000" TCP_RSTACK "6162",
		       18 + 48 + 20);
}

/* The same as LINK_LINUX_SLL: 16 bytes up to the type instead of 14. */
static enum packet_verdict decode_cooked(const uint8_t *frame, size_t n,
					 size_t wire, struct segment *ret)
{
	uint8_t cooked[128] = { 0 };
	enum packet_verdict v;

	memcpy(cooked + 14, frame + 12, n - 12);
	v = packet_decode(LINK_LINUX_SLL, cooked, n + 2, wire + 2, ret);
	if (v == PACKET_TCP)
		ret->payload_offset -= 2;
	return v;
}

static void assert_same_segment(const struct segment *a,
				const struct segment *b)
{
	assert_true(ip_endpoint_equal(&a->src, &b->src));
	assert_true(ip_endpoint_equal(&a->dst, &b->dst));
	assert_int_equal(a->seq, b->seq);
	assert_int_equal(a->ack, b->ack);
	assert_int_equal(a->window, b->window);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->ttl, b->ttl);
	assert_int_equal(a->ip_id, b->ip_id);
	assert_int_equal(a->options_bytes, b->options_bytes);
	assert_int_equal(a->has_timestamps, b->has_timestamps);
	assert_int_equal(a->tsval, b->tsval);
	assert_int_equal(a->tsecr, b->tsecr);
	assert_int_equal(a->mss, b->mss);
	assert_int_equal(a->window_scale, b->window_scale);
	assert_int_equal(a->payload_bytes, b->payload_bytes);
	assert_int_equal(a->payload_offset, b->payload_offset);
	assert_int_equal(a->payload_captured, b->payload_captured);
	assert_int_equal(a->fragmented, b->fragmented);
	assert_int_equal(a->frame, b->frame);
}

/* Plain frames in Ethernet are read another way than all others. */
static void a_frame_is_read_the_same_in_ethernet_as_elsewhere(void **state)
{
	struct bytes b =
		from_hex(ETH4 "45 00 003f" IP4_REST TCP_START "80 18" TCP_END
			      "0101 080a 11121314 21222324 6162636465"
			      "000000000000");
	struct rng rng = { 1 };
	size_t tcp = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct segment s = { .seq = 1 }, expected = { .seq = 1 };
		const size_t at = 12 + rng_below(&rng, b.n - 12);
		const uint8_t was = b.data[at];
		const size_t n = b.n - rng_below(&rng, i % 4 ? 9 : 64);
		const size_t wire = i % 5 ? b.n : n + rng_below(&rng, 3);
		enum packet_verdict v;

		b.data[at] = (uint8_t)rng_next(&rng);
		v = packet_decode(LINK_ETHERNET, b.data, n, wire, &s);
		assert_int_equal(v, decode_cooked(b.data, n, wire, &expected));
		if (v == PACKET_TCP)
			assert_same_segment(&s, &expected);
		tcp += v == PACKET_TCP;
		b.data[at] = was;
	}
	assert_in_range(tcp, 5000, 19000);
	free(b.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_segment_is_read_whole),
		cmocka_unit_test(
			options_of_multipath_tcp_are_told_by_their_subtype),
		cmocka_unit_test(absent_options_are_told_apart_from_zero),
		cmocka_unit_test(every_link_type_leads_to_the_segment),
		cmocka_unit_test(ipv4_options_are_stepped_over),
		cmocka_unit_test(link_padding_is_no_payload),
		cmocka_unit_test(ipv6_extension_headers_are_stepped_over),
		cmocka_unit_test(a_length_of_zero_means_the_frame_tells),
		cmocka_unit_test(fragments_are_named),
		cmocka_unit_test(what_is_not_tcp_is_other),
		cmocka_unit_test(lengths_that_contradict_are_malformed),
		cmocka_unit_test(garbage_in_options_ends_their_reading),
		cmocka_unit_test(a_frame_may_be_cut_anywhere),
		cmocka_unit_test(
			a_frame_is_read_the_same_in_ethernet_as_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
