/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cause/cause.h"

#include "lab/base/own.h"

#include <assert.h>
#include <string.h>

const struct cause_info cause_infos[] = {
#define CAUSE(id, ...) [CAUSE_##id] = { __VA_ARGS__ },
#include "lab/cause/causes.def"
#undef CAUSE
};
static_assert(ARRAY_SIZE(cause_infos) == CAUSES, "a row for each cause");

const char *const confidence_names[] = { "unknown", "likely", "strong",
					 "certain" };
static_assert(ARRAY_SIZE(confidence_names) == CONFIDENCES,
	      "a word for each confidence");

/* Source: the functions named, Linux 6.18. */
const struct cause_silence cause_silences[] = {
	{ "one of two descriptors of a socket is closed (dup, fork)",
	  "only the last close() counts (sock_close(), net/socket.c)" },
	{ "shutdown(SHUT_RDWR), reading the rest, then close()",
	  "the queue is empty at the close: FIN, no reset" },
	{ "close() with data behind a gap",
	  "the out-of-order queue is not unread data (__tcp_close())" },
	{ "TCP_USER_TIMEOUT, or data sent again until tcp_retries2 is up",
	  "the socket ends with ETIMEDOUT and says nothing "
	  "(tcp_write_err(), net/ipv4/tcp_timer.c): TCPAbortOnTimeout" },
	{ "close() of a socket in TCP_REPAIR",
	  "meant to go on elsewhere (__tcp_close())" },
	{ "a namespace that goes away with its sockets",
	  "there is no network left to send it on" },
	{ "a listener whose queue is full, unless tcp_abort_on_overflow is 1",
	  "the SYN or the ACK is dropped: ListenOverflows, ListenDrops" },
	{ "an RST or SYN inside the window but not at its edge",
	  "answered by a challenge ACK (RFC 5961 3, 4): TCPChallengeACK, "
	  "TCPSYNChallenge" },
	{ "an RST that meets TIME-WAIT",
	  "it ends TIME-WAIT and is not answered, unless tcp_rfc1337 is 1" },
	{ "an RST in SYN-RECEIVED",
	  "the half-open connection goes: EmbryonicRsts, AttemptFails" },
	{ "a bad checksum, old data, PAWS in an open connection",
	  "dropped, or answered by an ACK: InCsumErrors, PAWSEstab" },
	{ "an ICMP error for a SYN",
	  "connect() fails with ECONNREFUSED or EHOSTUNREACH" },
	{ "a checksum broken by offload on an overlay, a filter that drops",
	  "segments are sent again: a slow connection, no reset" },
	{ .what = NULL },
};

enum cause cause_named(const char *name)
{
	int i = 0;

	while (i < CAUSES && strcmp(cause_infos[i].name, name) != 0)
		i++;
	return i;
}
