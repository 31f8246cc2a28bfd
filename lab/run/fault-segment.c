/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  The kernel tells the numbers of a connection to whoever may
 * repair it; nothing is repaired, and the repair mode is left without the
 * window probe that would show on the wire.
 */
#include "lab/run/fault-parts.h"

#include "lab/base/own.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

/* include/uapi/linux/tcp.h; <netinet/tcp.h> of older C libraries lacks them */
enum { REPAIR_ON = 1, REPAIR_OFF_NO_PROBE = -1 };
enum { QUEUE_RECV = 1, QUEUE_SEND = 2 };

enum { WINDOW = 512 };

struct ends {
	struct ip_endpoint local, peer;
	uint32_t seq, ack; /* the next to send, the next expected */
};

static int read_addresses(int fd, struct ends *ret)
{
	struct sockaddr_storage local, peer;
	socklen_t n = sizeof(local), m = sizeof(peer);

	if (getsockname(fd, (struct sockaddr *)&local, &n) < 0 ||
	    getpeername(fd, (struct sockaddr *)&peer, &m) < 0)
		return -1;
	ip_endpoint_from_sockaddr(&local, &ret->local);
	ip_endpoint_from_sockaddr(&peer, &ret->peer);
	/* IPv4 over an IPv6 socket goes out as IPv4. */
	ret->local = ip_endpoint_unmapped(&ret->local);
	ret->peer = ip_endpoint_unmapped(&ret->peer);
	return 0;
}

static int set_tcp(int fd, int option, int value)
{
	return setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value));
}

static int read_queue(int fd, int queue, uint32_t *ret)
{
	socklen_t n = sizeof(*ret);

	if (set_tcp(fd, TCP_REPAIR_QUEUE, queue) < 0)
		return -1;
	return getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, ret, &n);
}

static int read_numbers(int fd, struct ends *ret)
{
	int r;

	if (set_tcp(fd, TCP_REPAIR, REPAIR_ON) < 0)
		return -1;
	r = read_queue(fd, QUEUE_SEND, &ret->seq);
	if (r == 0)
		r = read_queue(fd, QUEUE_RECV, &ret->ack);
	if (set_tcp(fd, TCP_REPAIR, REPAIR_OFF_NO_PROBE) < 0)
		return -1;
	return r;
}

static uint32_t sum(uint32_t before, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < n; i++)
		before += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	return before;
}

/* RFC 9293 3.1: pseudo-header, then the segment. */
static uint16_t checksum(const struct ends *ends, const struct tcphdr *h)
{
	const size_t n = ip_addr_bytes(ends->local.addr.family);
	uint32_t s = IPPROTO_TCP + (uint32_t)sizeof(*h);

	s = sum(s, ends->local.addr.bytes, n);
	s = sum(s, ends->peer.addr.bytes, n);
	s = sum(s, h, sizeof(*h));
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return htons((uint16_t)~s);
}

/* No data: what nobody takes in cannot be missed either. */
static struct tcphdr header(const struct ends *ends,
			    const struct fault_segment *s)
{
	struct tcphdr h = {
		.source = htons(ends->local.port),
		.dest = htons(ends->peer.port),
		.seq = htonl(ends->seq + (uint32_t)s->seq_offset),
		.ack_seq = htonl(ends->ack + (uint32_t)s->ack_offset),
		.doff = sizeof(h) / 4,
		.ack = 1,
		.window = htons(WINDOW),
	};

	h.check = checksum(ends, &h);
	return h;
}

/* A raw socket takes no port. */
static socklen_t raw_address(const struct ip_endpoint *ep,
			     struct sockaddr_storage *ret)
{
	const struct ip_endpoint bare = { .addr = ep->addr };

	return ip_endpoint_to_sockaddr(&bare, ret);
}

static int send_raw(const struct ends *ends, const struct tcphdr *h)
{
	const int family = ends->local.addr.family == 4 ? AF_INET : AF_INET6;
	own_fd int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP);
	struct sockaddr_storage local, peer;
	const socklen_t n = raw_address(&ends->local, &local);
	const socklen_t m = raw_address(&ends->peer, &peer);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&local, n) < 0)
		return -1;
	return sendto(fd, h, sizeof(*h), 0, (const struct sockaddr *)&peer, m) <
			       0
		       ? -1
		       : 0;
}

int fault_segment_send(int connection, const struct fault_segment *s,
		       struct err *e)
{
	struct tcphdr h;
	struct ends ends;

	if (read_addresses(connection, &ends) < 0)
		return errno; /* the connection is gone already */
	if (read_numbers(connection, &ends) < 0)
		return err_errno(e, "read the numbers of a connection");
	h = header(&ends, s);
	return send_raw(&ends, &h) < 0 ? err_errno(e, "send a segment") : 0;
}
