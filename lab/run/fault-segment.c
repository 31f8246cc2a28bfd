/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  The kernel tells the numbers of a connection to whoever may
 * repair it; nothing is repaired, and the repair mode is left without the
 * window probe that would show on the wire.
 */
#include "lab/run/fault-parts.h"

#include "lab/base/own.h"

#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

/* include/uapi/linux/tcp.h; <netinet/tcp.h> of older C libraries lacks them */
enum { REPAIR_ON = 1, REPAIR_OFF_NO_PROBE = -1 };
enum { QUEUE_RECV = 1, QUEUE_SEND = 2 };

enum { WINDOW = 512 };

enum { OPTION_NOP = 1, OPTION_TIMESTAMP = 8 };

/* What goes out: the longest header there is here, and the data. */
struct segment {
	struct tcphdr h;
	uint8_t rest[12 + FAULT_SEGMENT_BYTES];
	size_t bytes; /* of it all */
};

static int read_addresses(int fd, const struct ip_endpoint *dialled,
			  struct fault_ends *ret)
{
	struct sockaddr_storage local, peer;
	socklen_t n = sizeof(local), m = sizeof(peer);

	if (getsockname(fd, (struct sockaddr *)&local, &n) < 0)
		return -1;
	ip_endpoint_from_sockaddr(&local, &ret->local);
	if (getpeername(fd, (struct sockaddr *)&peer, &m) == 0)
		ip_endpoint_from_sockaddr(&peer, &ret->peer);
	else if (errno != ENOTCONN || !dialled)
		return -1;
	else
		ret->peer = *dialled; /* nobody has answered yet */
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

/* Leaving the repair mode takes SO_REUSEADDR away; a socket without it keeps
 * others from the port until it is gone, also when the program has long closed
 * it.  Source: do_tcp_setsockopt(), TCP_REPAIR, Linux 6.18 */
static int leave_repair(int fd, int reuse)
{
	if (set_tcp(fd, TCP_REPAIR, REPAIR_OFF_NO_PROBE) < 0)
		return -1;
	return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse));
}

static int read_numbers(int fd, struct fault_ends *ret)
{
	int reuse, r;
	socklen_t n = sizeof(reuse);

	if (getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, &n) < 0 ||
	    set_tcp(fd, TCP_REPAIR, REPAIR_ON) < 0)
		return -1;
	r = read_queue(fd, QUEUE_SEND, &ret->seq);
	if (r == 0)
		r = read_queue(fd, QUEUE_RECV, &ret->ack);
	return leave_repair(fd, reuse) < 0 ? -1 : r;
}

static uint32_t sum(uint32_t before, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < n; i++)
		before += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	return before;
}

/* RFC 9293 3.1: pseudo-header, then the segment. */
static uint16_t checksum(const struct fault_ends *ends, const struct segment *s)
{
	const size_t n = ip_addr_bytes(ends->local.addr.family);
	uint32_t c = IPPROTO_TCP + (uint32_t)s->bytes;

	c = sum(c, ends->local.addr.bytes, n);
	c = sum(c, ends->peer.addr.bytes, n);
	c = sum(c, s, s->bytes);
	while (c >> 16)
		c = (c & 0xffff) + (c >> 16);
	return htons((uint16_t)~c);
}

/* RFC 7323 3.2: a time of ours, and one that the other side never sent. */
static size_t put_timestamp(uint8_t *to)
{
	static const uint8_t option[] = {
		OPTION_NOP, OPTION_NOP, OPTION_TIMESTAMP,
		10,	    0,		0,
		0,	    1,		0x7f,
		0xff,	    0xff,	0xff
	};

	memcpy(to, option, sizeof(option));
	return sizeof(option);
}

/* An RST has no window, as from Linux (tcp_v4_send_reset()). */
static struct segment make(const struct fault_ends *ends,
			   const struct segment_info *i)
{
	struct segment s = { .bytes = sizeof(s.h) };
	const bool is_rst = i->flags & SEGMENT_IS_RST;

	if (i->quirk == SEGMENT_ECHO)
		s.bytes += put_timestamp(s.rest);
	s.h = (struct tcphdr){
		.source = htons(ends->local.port),
		.dest = htons(ends->peer.port),
		.seq = htonl(ends->seq + (uint32_t)i->seq_offset),
		.doff = (s.bytes / 4) & 0xf,
		.window = htons(is_rst ? 0 : WINDOW),
	};
	s.h.th_flags = i->flags;
	if (i->flags & SEGMENT_IS_ACK)
		s.h.ack_seq = htonl(ends->ack + (uint32_t)i->ack_offset);
	s.bytes += i->bytes;
	s.h.check = checksum(ends, &s);
	if (i->quirk == SEGMENT_CORRUPT)
		s.h.check ^= 0xffff;
	return s;
}

/* A raw socket takes no port. */
static socklen_t raw_address(const struct ip_endpoint *ep,
			     struct sockaddr_storage *ret)
{
	const struct ip_endpoint bare = { .addr = ep->addr };

	return ip_endpoint_to_sockaddr(&bare, ret);
}

static int send_raw(const struct fault_ends *ends, const struct segment *s)
{
	const int family = ends->local.addr.family == 4 ? AF_INET : AF_INET6;
	own_fd int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP);
	struct sockaddr_storage local, peer;
	const socklen_t n = raw_address(&ends->local, &local);
	const socklen_t m = raw_address(&ends->peer, &peer);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&local, n) < 0)
		return -1;
	return sendto(fd, s, s->bytes, 0, (const struct sockaddr *)&peer, m) < 0
		       ? -1
		       : 0;
}

int fault_ends_read(int connection, const struct ip_endpoint *dialled,
		    struct fault_ends *ret, struct err *e)
{
	if (read_addresses(connection, dialled, ret) < 0)
		return errno; /* the connection is gone already */
	if (read_numbers(connection, ret) < 0)
		return err_errno(e, "read the numbers of a connection");
	return 0;
}

struct fault_ends fault_ends_of_peer(const struct fault_ends *ends)
{
	return (struct fault_ends){ .local = ends->peer,
				    .peer = ends->local,
				    .seq = ends->ack,
				    .ack = ends->seq };
}

int fault_segment_send(const struct fault_ends *ends,
		       const struct segment_info *i, struct err *e)
{
	struct segment s;

	static_assert(offsetof(struct segment, rest) == sizeof(s.h),
		      "header and rest go out as one");
	if (i->bytes > FAULT_SEGMENT_BYTES)
		return EMSGSIZE;
	s = make(ends, i);
	if (send_raw(ends, &s) == 0)
		return 0;
	/* that node has no such address, or no way: somebody translates one */
	return errno == EADDRNOTAVAIL || errno == ENETUNREACH ||
			       errno == EHOSTUNREACH
		       ? EOPNOTSUPP
		       : err_errno(e, "send a segment");
}
