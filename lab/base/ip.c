/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/base/ip.h"

#include "lab/base/num.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

static int af_of(uint8_t family)
{
	return family == 4 ? AF_INET : AF_INET6;
}

bool ip_addr_is_loopback(const struct ip_addr *a)
{
	static const uint8_t one[sizeof(a->bytes)] = { [15] = 1 };

	return a->family == 4
		       ? a->bytes[0] == 127
		       : a->family == 6 && !memcmp(a->bytes, one, sizeof(one));
}

bool ip_addr_is_link_local(const struct ip_addr *a)
{
	return a->family == 6 && a->bytes[0] == 0xfe &&
	       (a->bytes[1] & 0xc0) == 0x80;
}

bool ip_addr_parse(const char *text, struct ip_addr *ret)
{
	struct ip_addr a = { .family = strchr(text, ':') ? 6 : 4 };

	if (inet_pton(af_of(a.family), text, a.bytes) != 1)
		return false;
	*ret = a;
	return true;
}

/* Copy the part of @text before @end; false when it does not fit. */
static bool head_of(const char *text, const char *end, char *buf)
{
	const size_t n = (size_t)(end - text);

	if (n >= IP_TEXT_MAX)
		return false;
	memcpy(buf, text, n);
	buf[n] = '\0';
	return true;
}

bool ip_prefix_parse(const char *text, struct ip_prefix *ret)
{
	const char *slash = strchr(text, '/');
	char head[IP_TEXT_MAX];
	struct ip_prefix p;
	int64_t length;

	if (!slash || !head_of(text, slash, head) ||
	    !ip_addr_parse(head, &p.addr) ||
	    !num_parse(slash + 1, 0, 8 * (int64_t)ip_addr_bytes(p.addr.family),
		       &length))
		return false;
	p.length = (uint8_t)length;
	*ret = p;
	return true;
}

bool ip_endpoint_parse(const char *text, struct ip_endpoint *ret)
{
	const char *colon = strrchr(text, ':');
	char head[IP_TEXT_MAX];
	struct ip_endpoint ep;
	size_t n;
	int64_t port;

	if (!colon || !head_of(text, colon, head) ||
	    !num_parse(colon + 1, 1, UINT16_MAX, &port))
		return false;
	n = strlen(head);
	if (head[0] == '[' && n > 2 && head[n - 1] == ']') {
		head[n - 1] = '\0';
		if (!ip_addr_parse(head + 1, &ep.addr) || ep.addr.family != 6)
			return false;
	} else if (!ip_addr_parse(head, &ep.addr) || ep.addr.family != 4) {
		return false;
	}
	ep.port = (uint16_t)port;
	*ret = ep;
	return true;
}

const char *ip_addr_text(const struct ip_addr *a, char *buf)
{
	if (!a->family ||
	    !inet_ntop(af_of(a->family), a->bytes, buf, IP_TEXT_MAX))
		(void)snprintf(buf, IP_TEXT_MAX, "-");
	return buf;
}

const char *ip_prefix_text(const struct ip_prefix *p, char *buf)
{
	char addr[IP_TEXT_MAX];

	(void)snprintf(buf, IP_TEXT_MAX, "%.48s/%u",
		       ip_addr_text(&p->addr, addr), p->length);
	return buf;
}

const char *ip_endpoint_text(const struct ip_endpoint *ep, char *buf)
{
	char addr[IP_TEXT_MAX];

	(void)ip_addr_text(&ep->addr, addr);
	if (ep->addr.family == 6)
		(void)snprintf(buf, IP_TEXT_MAX, "[%.48s]:%u", addr, ep->port);
	else
		(void)snprintf(buf, IP_TEXT_MAX, "%.48s:%u", addr, ep->port);
	return buf;
}

struct ip_endpoint ip_endpoint_unmapped(const struct ip_endpoint *ep)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
	struct ip_endpoint plain = { .addr.family = 4, .port = ep->port };

	if (ep->addr.family != 6 ||
	    memcmp(ep->addr.bytes, prefix, sizeof(prefix)) != 0)
		return *ep;
	memcpy(plain.addr.bytes, ep->addr.bytes + sizeof(prefix), 4);
	return plain;
}

bool ip_endpoint_same(const struct ip_endpoint *a, const struct ip_endpoint *b)
{
	struct ip_endpoint x, y;

	if (a->port != b->port)
		return false;
	x = ip_endpoint_unmapped(a);
	y = ip_endpoint_unmapped(b);
	return ip_endpoint_equal(&x, &y);
}

unsigned ip_endpoint_to_sockaddr(const struct ip_endpoint *ep,
				 struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (ep->addr.family == 4) {
		struct sockaddr_in *in = (struct sockaddr_in *)ret;

		in->sin_family = AF_INET;
		in->sin_port = htons(ep->port);
		memcpy(&in->sin_addr, ep->addr.bytes, 4);
		return sizeof(*in);
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(ep->port);
	memcpy(&in6->sin6_addr, ep->addr.bytes, 16);
	return sizeof(*in6);
}

void ip_endpoint_from_sockaddr(const struct sockaddr_storage *sa,
			       struct ip_endpoint *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (sa->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)sa;

		ret->addr.family = 4;
		ret->port = ntohs(in->sin_port);
		memcpy(ret->addr.bytes, &in->sin_addr, 4);
	} else if (sa->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 =
			(const struct sockaddr_in6 *)sa;

		ret->addr.family = 6;
		ret->port = ntohs(in6->sin6_port);
		memcpy(ret->addr.bytes, &in6->sin6_addr, 16);
	}
}
