/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * make-capture CONNECTIONS >FILE - a capture of short connections, 1074 bytes
 * each on average, 64 of them at a time: a million are 1 GiB.
 *
 * Of ten connections six are closed by both, two reset by the client, one by
 * the server, and one is refused.
 */
#include "lab/flow/packet.h"

#include <stdio.h>
#include <stdlib.h>

enum { AT_A_TIME = 64, LENGTH_MAX = 1500 };

struct step {
	bool server;
	uint8_t flags;
	uint16_t payload;
};

enum {
	S = TCP_FLAG_SYN,
	A = TCP_FLAG_ACK,
	P = TCP_FLAG_PSH | TCP_FLAG_ACK,
	F = TCP_FLAG_FIN | TCP_FLAG_ACK,
	R = TCP_FLAG_RST | TCP_FLAG_ACK
};

#define OPENED                                                \
	{ false, S, 0 }, { true, S | A, 0 }, { false, A, 0 }, \
		{ false, P, 200 }, { true, A, 0 },            \
	{                                                     \
		true, P, 270                                  \
	}

static const struct step closed[] = {
	OPENED,		{ false, A, 0 }, { false, F, 0 },
	{ true, F, 0 }, { false, A, 0 }, { false, 0, 0 },
};
static const struct step by_client[] = { OPENED,
					 { false, R, 0 },
					 { false, 0, 0 } };
static const struct step by_server[] = { OPENED,
					 { true, R, 0 },
					 { false, 0, 0 } };
static const struct step refused[] = { { false, S, 0 },
				       { true, R, 0 },
				       { false, 0, 0 } };

static const struct step *const stories[10] = {
	closed, closed,	   closed,    closed,	 closed,
	closed, by_client, by_client, by_server, refused,
};

struct one {
	uint64_t number;
	const struct step *next;
	uint32_t seq[2];
};

static uint8_t *put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

static uint8_t *put32(uint8_t *p, uint32_t v)
{
	return put16(put16(p, v >> 16), v & 0xffff);
}

static uint8_t *put_ip(uint8_t *p, const struct one *o, const struct step *s)
{
	const uint32_t client = 0x0a000000U + (uint32_t)(o->number / 50000);
	const uint32_t server = 0x0a800001U;

	p = put32(p, 0x45000000U | (40U + s->payload));
	p = put32(p, 0x4000);
	p = put32(p, 64U << 24 | 6U << 16);
	p = put32(p, s->server ? server : client);
	return put32(p, s->server ? client : server);
}

static uint8_t *put_tcp(uint8_t *p, struct one *o, const struct step *s)
{
	const uint32_t client = 10000U + (uint32_t)(o->number % 50000);
	const bool refusal = s->flags == R && o->seq[1] == 0;

	p = put16(p, s->server ? 443 : client);
	p = put16(p, s->server ? client : 443);
	p = put32(p, refusal ? 0 : o->seq[s->server]);
	p = put32(p, s->flags & TCP_FLAG_ACK ? o->seq[!s->server] : 0);
	p = put16(p, 0x5000U | s->flags);
	p = put16(p, refusal ? 0 : 500);
	return put32(p, 0);
}

static void put_packet(struct one *o, uint64_t number)
{
	const struct step *s = o->next++;
	const uint32_t length = 54U + s->payload;
	uint8_t frame[LENGTH_MAX] = { [12] = 8 };
	const uint32_t head[] = { (uint32_t)(number / 100000),
				  (uint32_t)(number % 100000) * 10, length,
				  length };

	if (s->server && (s->flags & S))
		o->seq[1] = (uint32_t)o->number * 2654435761U | 1;
	(void)put_tcp(put_ip(frame + 14, o, s), o, s);
	if (fwrite(head, sizeof(head), 1, stdout) != 1 ||
	    fwrite(frame, length, 1, stdout) != 1)
		exit(1);
	o->seq[s->server] +=
		s->payload + !!(s->flags & (TCP_FLAG_SYN | TCP_FLAG_FIN));
}

static void begin(struct one *o, uint64_t number)
{
	*o = (struct one){
		.number = number,
		.next = stories[number % 10],
		.seq = { (uint32_t)number * 2246822519U, 0 },
	};
}

int main(int argc, char **argv)
{
	static const uint32_t head[] = {
		0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1
	};
	const uint64_t wanted = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
	struct one running[AT_A_TIME] = { { .next = NULL } };
	uint64_t begun = 0, ended = 0, packets = 0;

	if (fwrite(head, sizeof(head), 1, stdout) != 1)
		return 1;
	while (ended < wanted) {
		for (size_t i = 0; i < AT_A_TIME; i++) {
			struct one *o = &running[i];

			if (!o->next && begun < wanted)
				begin(o, begun++);
			if (!o->next)
				continue;
			put_packet(o, packets++);
			if (o->next->flags)
				continue;
			o->next = NULL;
			ended++;
		}
	}
	return fflush(stdout) != 0;
}
