/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ip - addresses, prefixes and endpoints as plain values. */
#ifndef LAB_BASE_IP_H
#define LAB_BASE_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { IP_TEXT_MAX = 64 }; /* "[addr]:port" or "addr/len" and the 0 */

struct ip_addr {
	uint8_t family;	   /* 4, 6, or 0: none */
	uint8_t bytes[16]; /* network order; IPv4 uses the first 4, rest 0 */
};

struct ip_prefix {
	struct ip_addr addr;
	uint8_t length; /* bits */
};

struct ip_endpoint {
	struct ip_addr addr;
	uint8_t unused; /* 0: what is written to files has no padding */
	uint16_t port;	/* host order */
};

/* Without branches: which of two endpoints sends next, nobody can guess. */
static inline bool ip_addr_equal(const struct ip_addr *a,
				 const struct ip_addr *b)
{
	uint64_t x[2], y[2];

	memcpy(x, a->bytes, sizeof(x));
	memcpy(y, b->bytes, sizeof(y));
	return !((x[0] ^ y[0]) | (x[1] ^ y[1]) |
		 (uint64_t)(a->family ^ b->family));
}

static inline bool ip_endpoint_equal(const struct ip_endpoint *a,
				     const struct ip_endpoint *b)
{
	return (a->port == b->port) & ip_addr_equal(&a->addr, &b->addr);
}

/* Piece by piece, as they are written and compared: a processor is slow to read
 * at once what was just written in parts. */
static inline void ip_endpoint_copy(struct ip_endpoint *to,
				    const struct ip_endpoint *from)
{
	uint64_t half;

	to->addr.family = from->addr.family;
	memcpy(&half, from->addr.bytes, sizeof(half));
	memcpy(to->addr.bytes, &half, sizeof(half));
	memcpy(&half, from->addr.bytes + 8, sizeof(half));
	memcpy(to->addr.bytes + 8, &half, sizeof(half));
	to->unused = from->unused;
	to->port = from->port;
}

/* Bytes of an address of @family. */
static inline size_t ip_addr_bytes(uint8_t family)
{
	return family == 4 ? 4 : 16;
}

/* 0.0.0.0 or ::, which stand for every address, or for none yet. */
static inline bool ip_addr_is_any(const struct ip_addr *a)
{
	for (size_t i = 0; i < ip_addr_bytes(a->family); i++)
		if (a->bytes[i])
			return false;
	return true;
}

/* 127.0.0.0/8 or ::1.  Source: RFC 1122 3.2.1.3; RFC 4291 2.5.3 */
bool ip_addr_is_loopback(const struct ip_addr *a);

/* fe80::/10, which means nothing without an interface.  Source: RFC 4291 2.5.6
 */
bool ip_addr_is_link_local(const struct ip_addr *a);

struct sockaddr;
struct sockaddr_storage;

/*
 * Parse a whole string.  Return false, and leave *@ret alone, when it is not
 * of the form: "10.0.0.1", "10.0.0.1/24", "10.0.0.1:80" or "[fd00::1]:80".
 */
bool ip_addr_parse(const char *text, struct ip_addr *ret);
bool ip_prefix_parse(const char *text, struct ip_prefix *ret);
bool ip_endpoint_parse(const char *text, struct ip_endpoint *ret);

/* Write into @buf of IP_TEXT_MAX bytes, and return it. */
const char *ip_addr_text(const struct ip_addr *a, char *buf);
const char *ip_prefix_text(const struct ip_prefix *p, char *buf);
const char *ip_endpoint_text(const struct ip_endpoint *ep, char *buf);

/*
 * The IPv4 endpoint that "::ffff:a.b.c.d" stands for, which is what an IPv6
 * socket puts on the wire for it; any other endpoint as it is.
 * Source: RFC 4291 2.5.5.2
 */
struct ip_endpoint ip_endpoint_unmapped(const struct ip_endpoint *ep);

/* Are they the same on the wire? */
bool ip_endpoint_same(const struct ip_endpoint *a, const struct ip_endpoint *b);

/* Convert from and to socket addresses; the length is returned. */
unsigned ip_endpoint_to_sockaddr(const struct ip_endpoint *ep,
				 struct sockaddr_storage *ret);
void ip_endpoint_from_sockaddr(const struct sockaddr_storage *sa,
			       struct ip_endpoint *ret);

#endif
