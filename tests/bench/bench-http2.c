/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What it costs to find the HTTP/2 frames and headers in a capture of many gRPC
 * connections.
 *
 *   bench-http2 make GOLDEN FILE N	N times the connection of GOLDEN, each
 *					under an address of its own, 50 at a
 *time side by side
 *   bench-http2 read FILE		decode it, and print how many packets
 *					end an HTTP/2 frame, as `tshark -Y
 *http2` lists them
 */
#include "lab/capture/reader.h"
#include "lab/flow/http2.h"
#include "lab/flow/packet.h"

#include <fcntl.h>
#include <string.h>

enum { PACKETS_MAX = 64, FRAME_MAX = 2048, SIDE_BY_SIDE = 50 };
enum { IP_SOURCE = 26, IP_DESTINATION = 30, TCP_SOURCE = 34 };

/* --- make ------------------------------------------------------------------
 */

struct packet {
	uint8_t data[FRAME_MAX];
	uint32_t n;
};

struct golden {
	struct packet packets[PACKETS_MAX];
	size_t n;
};

static int read_golden(const char *path, struct golden *g, struct err *e)
{
	own_reader struct reader *r = NULL;
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct reader_packet p;
	int result = fd < 0 ? err_errno(e, "read '%s'", path)
			    : reader_open(&r, fd, path, NULL, e);

	while (result >= 0 && (result = reader_next(r, &p, e)) > 0) {
		if (g->n == PACKETS_MAX || p.captured > FRAME_MAX)
			return err_set(e, ERR_INPUT, E2BIG, "'%s' is too large",
				       path);
		memcpy(g->packets[g->n].data, p.data, p.captured);
		g->packets[g->n++].n = p.captured;
	}
	return result;
}

/* Connection @i is of 10.x.y.z: the client's address, wherever it stands. */
static void readdress(struct packet *p, const uint8_t *client_port, uint32_t i)
{
	const bool from_client = !memcmp(p->data + TCP_SOURCE, client_port, 2);
	uint8_t *at = p->data + (from_client ? IP_SOURCE : IP_DESTINATION);

	at[0] = 10;
	at[1] = (uint8_t)(i >> 16);
	at[2] = (uint8_t)(i >> 8);
	at[3] = (uint8_t)i;
}

static void write_packet(FILE *f, const struct packet *p, uint32_t us)
{
	const uint32_t head[] = { us / 1000000, us % 1000000, p->n, p->n };

	(void)fwrite(head, sizeof(head), 1, f);
	(void)fwrite(p->data, 1, p->n, f);
}

static int make(const char *golden, const char *path, uint32_t n, struct err *e)
{
	static const uint32_t head[] = { 0xa1b2c3d4, 0x40002, 0, 0, 262144, 1 };
	static struct golden g;
	own_file FILE *f = fopen(path, "we");
	uint32_t us = 0;
	int r = f ? read_golden(golden, &g, e) : err_errno(e, "%s", path);

	if (r < 0)
		return r;
	(void)fwrite(head, sizeof(head), 1, f);
	for (uint32_t first = 0; first < n; first += SIDE_BY_SIDE) {
		for (size_t k = 0; k < g.n; k++) {
			for (uint32_t i = 0; i < SIDE_BY_SIDE; i++) {
				struct packet p = g.packets[k];

				readdress(&p, g.packets[0].data + TCP_SOURCE,
					  first + i);
				write_packet(f, &p, us++);
			}
		}
	}
	return ferror(f) ? err_errno(e, "%s", path) : 0;
}

/* --- read ------------------------------------------------------------------
 */

struct talk {
	struct ip_endpoint client;
	uint8_t fins;
	struct stream streams[2];
	struct http2 *http2;
	struct talk *next; /* with the same hash */
};

/* What the whole capture holds. */
struct totals {
	uint64_t frames, headers, messages, packets;
	bool in_packet; /* a frame ended in the packet under way */
};

enum { BUCKETS = 1 << 16 };
static struct talk *buckets[BUCKETS];
static struct totals totals;

static void on_frame(const struct http2_frame *f, void *arg)
{
	(void)arg;
	totals.frames++;
	totals.in_packet = true;
	totals.messages += f->n_messages;
	if (f->headers)
		totals.headers += f->headers->n;
}

struct side_of {
	struct talk *talk;
	int side;
};

static void on_data(const struct stream_data *d, void *arg)
{
	const struct side_of *s = arg;

	http2_data(s->talk->http2, s->side, d);
}

static void on_gap(uint64_t at, uint64_t n, enum stream_gap why, void *arg)
{
	const struct side_of *s = arg;

	(void)at;
	(void)why;
	http2_gap(s->talk->http2, s->side, n);
}

static const struct stream_events events = { on_data, on_gap };

static struct talk **bucket_of(const struct ip_endpoint *client)
{
	uint32_t h = client->port;

	for (int i = 0; i < 4; i++)
		h = h * 31 + client->addr.bytes[i];
	return &buckets[(h ^ h >> 16) % BUCKETS];
}

static struct talk **find(const struct ip_endpoint *client)
{
	struct talk **t = bucket_of(client);

	while (*t && !ip_endpoint_equal(&(*t)->client, client))
		t = &(*t)->next;
	return t;
}

static struct talk *begin(const struct ip_endpoint *client, struct err *e)
{
	struct talk **at = bucket_of(client), *t = calloc(1, sizeof(*t));

	if (!t || http2_new(&t->http2, on_frame, NULL, e) < 0)
		return NULL;
	t->client = *client;
	stream_init(&t->streams[0], &events, NULL);
	stream_init(&t->streams[1], &events, NULL);
	t->next = *at;
	*at = t;
	return t;
}

static void end(struct talk **at)
{
	struct talk *t = *at;

	*at = t->next;
	stream_done(&t->streams[0]);
	stream_done(&t->streams[1]);
	http2_free(t->http2);
	free(t);
}

static int take(const struct segment *s, const uint8_t *frame, struct err *e)
{
	const bool syn = s->flags & TCP_FLAG_SYN;
	struct talk **at = find(&s->src);
	struct side_of who = { *at, 0 };
	int r;

	if (!*at) {
		at = find(&s->dst);
		who = (struct side_of){ *at, 1 };
	}
	if (!*at && syn)
		who = (struct side_of){ begin(&s->src, e), 0 };
	if (!who.talk)
		return syn ? -ENOMEM : 0;
	who.talk->streams[who.side].arg = &who;
	if (syn)
		stream_begin(&who.talk->streams[who.side], s->seq);
	totals.in_packet = false;
	r = stream_add(&who.talk->streams[who.side],
		       &(struct stream_segment){
			       .seq = s->seq + syn,
			       .bytes = s->payload_bytes,
			       .captured = s->payload_captured,
			       .data = frame + s->payload_offset,
		       },
		       e);
	totals.packets += totals.in_packet;
	if (s->flags & TCP_FLAG_FIN)
		who.talk->fins |= (uint8_t)(1U << who.side);
	if ((s->flags & TCP_FLAG_RST) || who.talk->fins == 3)
		end(at);
	return r;
}

static int read_capture(const char *path, struct err *e)
{
	own_reader struct reader *r = NULL;
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct reader_packet p;
	int result = fd < 0 ? err_errno(e, "read '%s'", path)
			    : reader_open(&r, fd, path, NULL, e);

	while (result >= 0 && (result = reader_next(r, &p, e)) > 0) {
		struct segment s;

		if (packet_decode(p.interface->linktype, p.data, p.captured,
				  p.length, &s) == PACKET_TCP)
			result = take(&s, p.data, e);
	}
	if (result == 0)
		printf("%llu packets with HTTP/2, %llu frames, %llu headers, "
		       "%llu messages\n",
		       (unsigned long long)totals.packets,
		       (unsigned long long)totals.frames,
		       (unsigned long long)totals.headers,
		       (unsigned long long)totals.messages);
	return result;
}

int main(int argc, char **argv)
{
	struct err e = { .text = "usage: bench-http2 make GOLDEN FILE N | "
				 "bench-http2 read FILE" };
	int r = -EINVAL;

	if (argc == 5 && !strcmp(argv[1], "make"))
		r = make(argv[2], argv[3], (uint32_t)atoi(argv[4]), &e);
	else if (argc == 3 && !strcmp(argv[1], "read"))
		r = read_capture(argv[2], &e);
	if (r < 0)
		fprintf(stderr, "bench-http2: %s\n", e.text);
	return r < 0;
}
