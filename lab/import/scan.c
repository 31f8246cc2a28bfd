/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/import/scan.h"

#include "lab/flow/bundler.h"
#include "lab/flow/defrag.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

/* An RST for data that comes late, or the last ACK, follows an end within a
 * round trip: this is enough where 20 000 connections end in a second and a
 * round trip takes 100 ms. */
enum { OVER_KEPT = 2048 };

/* Late segments of an interface come within this time. */
#define WATCH_OVER_NS 2000000000LL

enum { WATCH_WAIT_MS = 500 };

/* Packets that are read at once. */
enum { FEW = 32 };

/* An interface of a file, or one of those that an SLL2 header names. */
struct place {
	char name[READER_NAME_MAX];
	uint32_t linktype;
	uint32_t index; /* SLL2: the kernel's; else 0 */
};

struct scan {
	const struct import_request *q;
	const struct filter *filter;
	struct lane *lane; /* or NULL: one thread does all */
	/* of the thread that follows connections */
	struct record_writer *w;
	struct flow *flow;
	uint16_t n_told; /* of .places, of which it reads these */
	/* of the thread that reads */
	bool all_wanted; /* a file, no filter, no port */
	struct bundler *bundler;
	struct defrag *defrag;
	struct import_totals totals;
	struct place places[RECORD_INTERFACES_MAX];
	uint16_t n_places;
	/* the last packet's, as most are of one */
	const struct reader_interface *interface;
	uint32_t serial, index;
	uint16_t number;
	bool plain; /* what comes next from there may be for take_plain() */
};

static uint32_t sll2_index(const struct reader_packet *p)
{
	uint32_t index;

	if (p->interface->linktype != LINK_LINUX_SLL2 || p->captured < 8)
		return 0;
	memcpy(&index, p->data + 4, sizeof(index));
	return __builtin_bswap32(index);
}

/* Interfaces of one name are one: a capture may be cut into files. */
static uint16_t find_place(struct scan *s, const struct reader_interface *i,
			   uint32_t index)
{
	uint16_t n = 0;

	while (n < s->n_places && (s->places[n].linktype != i->linktype ||
				   s->places[n].index != index ||
				   strcmp(s->places[n].name, i->name) != 0))
		n++;
	if (n == RECORD_INTERFACES_MAX)
		return n - 1;
	if (n == s->n_places) {
		s->places[n].linktype = i->linktype;
		s->places[n].index = index;
		memcpy(s->places[n].name, i->name, sizeof(i->name));
		s->n_places++;
	}
	return n;
}

static uint16_t note_place(struct scan *s, const struct reader_packet *p,
			   uint32_t index)
{
	s->number = find_place(s, p->interface, index);
	s->interface = p->interface;
	s->serial = p->interface->serial;
	s->index = index;
	return s->number;
}

/* Is it of the interface that the last segment was of? */
static bool is_there_still(const struct scan *s, const struct reader_packet *p)
{
	return p->interface == s->interface &&
	       s->interface->serial == s->serial;
}

static uint16_t place_of(struct scan *s, const struct reader_packet *p)
{
	const uint32_t index = sll2_index(p);

	return is_there_still(s, p) && index == s->index
		       ? s->number
		       : note_place(s, p, index);
}

static void count_undecoded(struct scan *s, enum packet_verdict v,
			    const struct reader_packet *p)
{
	struct import_totals *t = &s->totals;
	uint64_t *const counts[] = {
		[PACKET_TCP] = &t->tcp,
		[PACKET_OTHER] = &t->other,
		[PACKET_FRAGMENT] = &t->joined,
		[PACKET_TRUNCATED] = &t->truncated,
		[PACKET_MALFORMED] = &t->malformed,
		[PACKET_UNKNOWN_LINK] = &t->unknown_link,
	};

	++*counts[v];
	if (v == PACKET_UNKNOWN_LINK && t->unknown_link == 1)
		t->linktype = p->interface->linktype;
}

/* By the port.  Counts it. */
static bool is_wanted(struct scan *s, const struct segment *segment)
{
	const uint16_t port = s->q->port;
	const bool wanted =
		!port || segment->src.port == port || segment->dst.port == port;

	s->totals.tcp += wanted;
	s->totals.filtered += !wanted;
	return wanted;
}

static void tell_place(struct scan *s, uint16_t number)
{
	const struct place *p = &s->places[number];
	struct record_interface i = { .number = number,
				      .linktype = p->linktype };

	if (p->index)
		(void)snprintf(i.name, sizeof(i.name), "if%u", p->index);
	else
		(void)snprintf(i.name, sizeof(i.name), "%s",
			       p->name[0] ? p->name : "packets");
	record_put(s->w, RECORD_INTERFACE, &i, sizeof(i));
}

/* Whoever is told of a connection knows its places, whose numbers are below
 * @places. */
static int prepare(struct scan *s, uint16_t places, struct err *e)
{
	while (s->n_told < places)
		tell_place(s, s->n_told++);
	if (s->w->failed)
		return err_set(e, ERR_SYSTEM, EPIPE, "nobody listens");
	return 0;
}

static int follow(const struct bundle *b, void *arg, struct err *e)
{
	struct scan *s = arg;
	const int r = prepare(s, b->interfaces, e);

	return r < 0 ? r : flow_add_bundle(s->flow, b, e);
}

/* To whichever thread it is that follows.  The other gets a copy: what it has
 * read, this one is slow to get back. */
static int send_on(struct scan *s, struct err *e)
{
	const struct bundle *b = bundler_take(s->bundler);
	struct bundle *to;

	if (!s->lane)
		return follow(b, s, e);
	to = lane_next(s->lane);
	if (!to)
		return -ECANCELED; /* lane_end() says why */
	bundle_copy(to, b);
	lane_send(s->lane);
	return 0;
}

/* Of an interface: its connections end with time, too, and there may be a limit
 * to how many are alive, so nothing waits in a bundle. */
static int follow_one(struct scan *s, const struct segment *segment,
		      int64_t time_ns, uint16_t place, struct err *e)
{
	const struct flow_item item = {
		.segment = *segment,
		.time_ns = time_ns,
		.point = { 0, place },
		.direction = FLOW_UNKNOWN,
	};
	const int r = prepare(s, place + 1, e);

	return r < 0 ? r : flow_add(s->flow, &item, e);
}

static int pass_on(struct scan *s, const struct segment *segment,
		   int64_t time_ns, uint16_t place, struct err *e)
{
	if (s->q->tap)
		return follow_one(s, segment, time_ns, place, e);
	return bundler_add(s->bundler, segment, time_ns, place) ? 0
								: send_on(s, e);
}

/* Segments of which fragments will not come any more, as far as they did. */
static int give_up(struct scan *s, int64_t now_ns, struct err *e)
{
	struct segment segment;
	uint16_t interface;
	int r = 0;

	while (r == 0 &&
	       defrag_give_up(s->defrag, now_ns, &segment, &interface)) {
		s->totals.joined--;
		if (is_wanted(s, &segment))
			r = pass_on(s, &segment, s->totals.last_ns, interface,
				    e);
	}
	return r;
}

/* A fragment.  Returns: true: it makes @segment whole.
 * @begins:	@segment is what it begins */
static bool join(struct scan *s, const struct reader_packet *p, bool begins,
		 struct segment *segment)
{
	struct segment first = *segment;
	struct ip_fragment f;
	bool whole;

	first.frame = p->number;
	if (!packet_fragment(p->interface->linktype, p->data, p->captured,
			     p->length, &f))
		return begins;
	f.point = place_of(s, p);
	whole = defrag_add(s->defrag, &f, begins ? &first : NULL, p->time_ns,
			   segment);
	s->totals.joined += !whole;
	return whole;
}

/* What the filter leaves, counted.  Returns: 1: a segment that is wanted. */
static int decode(struct scan *s, const struct reader_packet *p,
		  struct segment *ret, struct err *e)
{
	struct import_totals *t = &s->totals;
	const int wanted = s->filter ? filter_wants(s->filter, p, e) : 1;
	enum packet_verdict v;

	t->filtered += wanted == 0;
	if (wanted <= 0)
		return wanted;
	v = packet_decode(p->interface->linktype, p->data, p->captured,
			  p->length, ret);
	if (v != PACKET_TCP && v != PACKET_FRAGMENT) {
		count_undecoded(s, v, p);
		return 0;
	}
	if ((v == PACKET_FRAGMENT || ret->fragmented) &&
	    !join(s, p, v == PACKET_TCP, ret))
		return 0;
	return is_wanted(s, ret);
}

/* May take_plain() take what comes after @p from its interface?  Only take()
 * changes that. */
static bool is_plain(const struct scan *s, const struct reader_packet *p)
{
	return s->all_wanted && is_there_still(s, p) &&
	       p->interface->linktype == LINK_ETHERNET &&
	       !defrag_waits(s->defrag);
}

/* What take() does with most packets, with fewer detours.  The interface is
 * known: one that no segment came from gets no number. */
static enum bundle_room take_plain(struct scan *s,
				   const struct reader_packet *p)
{
	const struct bundle_frame frame = {
		.data = p->data,
		.captured = p->captured,
		.wire_bytes = p->length,
		.number = p->number,
		.time_ns = p->time_ns,
		.interface = s->number,
	};
	const enum bundle_room room = bundler_add_frame(s->bundler, &frame);

	if (room == BUNDLE_NOT_PLAIN)
		return room;
	s->totals.packets++;
	s->totals.tcp++;
	s->totals.last_ns = p->time_ns;
	return room;
}

static int take(const struct reader_packet *p, void *arg, struct err *e)
{
	struct scan *s = arg;
	struct segment segment;
	int r;

	if (!s->totals.packets++)
		s->totals.first_ns = p->time_ns;
	s->totals.last_ns = p->time_ns;
	r = defrag_waits(s->defrag) ? give_up(s, p->time_ns, e) : 0;
	if (r < 0)
		return r;
	r = decode(s, p, &segment, e);
	if (r <= 0)
		return r;
	segment.frame = p->number;
	return pass_on(s, &segment, p->time_ns, place_of(s, p), e);
}

static void tell(const struct connection *c, void *arg)
{
	struct scan *s = arg;
	struct judgement j;

	if (!s->q->tally) {
		record_put_connection(s->w, c);
		return;
	}
	judge(c, &j);
	tally_add(s->q->tally, c, &j);
}

static int take_other(struct scan *s, const struct reader_packet *p,
		      struct err *e)
{
	const int r = take(p, s, e);

	s->plain = is_plain(s, p);
	return r;
}

static int take_few(struct scan *s, const struct reader_packet *few, int n,
		    struct err *e)
{
	int r = 0;

	for (int i = 0; r == 0 && i < n; i++) {
		const struct reader_packet *p = &few[i];
		enum bundle_room room = BUNDLE_NOT_PLAIN;

		if (s->plain && is_there_still(s, p))
			room = take_plain(s, p);
		if (room == BUNDLE_NOT_PLAIN)
			r = take_other(s, p, e);
		else if (room == BUNDLE_FULL)
			r = send_on(s, e);
	}
	return r;
}

static int read_all(struct scan *s, struct source *source, struct err *e)
{
	struct reader_packet few[FEW];
	struct err other;
	int r;

	while ((r = source_next_few(source, few, FEW, e)) > 0) {
		r = take_few(s, few, r, e);
		if (r < 0 || *s->q->stop)
			break;
	}
	s->totals.stopped = *s->q->stop;
	if (r == 0)
		r = give_up(s, INT64_MAX, e);
	if (r >= 0)
		r = send_on(s, e);
	else
		(void)send_on(s, &other);
	if (s->lane) {
		const int followed = lane_end(s->lane, e);

		r = followed < 0 ? followed : r;
	}
	flow_flush(s->flow, tell, s);
	return r < 0 ? r : 0;
}

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* What has ended is told soon, also when nothing more comes. */
static int watch(struct scan *s, struct err *e)
{
	struct tap *tap = s->q->tap;
	int r = 0;

	while (r == 0 && !*s->q->stop && !s->w->failed) {
		r = tap_drain(tap, WATCH_WAIT_MS, take, s, e);
		if (r == 0)
			r = give_up(s, now_ns(), e);
		flow_tick(s->flow, now_ns());
		record_flush(s->w);
	}
	/* the kernel hands over what it has when its buffer's time is up */
	if (r == 0)
		r = tap_drain(tap, TAP_LATE_MS, take, s, e);
	s->totals.dropped = tap_dropped(tap);
	if (r == 0)
		r = give_up(s, INT64_MAX, e);
	flow_flush(s->flow, tell, s);
	return r;
}

static int begin(struct scan *s, struct source **ret, struct err *e)
{
	struct flow_limits limits = {
		/* in a bundle, connections end in the order of its chains */
		.over = OVER_KEPT + BUNDLE_MAX,
		.over_ns = s->q->tap ? WATCH_OVER_NS : 0,
		.connections = s->q->connections_max,
		.fn = tell,
		.arg = s,
	};
	int r = 0;

	/* where it fails the result is the same, later for some captures */
	(void)!getrandom(&limits.secret, sizeof(limits.secret), 0);
	if (!s->q->tap)
		r = source_open(ret, s->q->files, s->q->n, s->q->stop, e);
	if (r == 0)
		r = defrag_new(&s->defrag, e);
	if (r == 0)
		r = flow_new(&s->flow, e);
	if (r == 0) {
		flow_limit(s->flow, &limits);
		if (s->q->tally)
			flow_spare_zeek(s->flow);
		if (!s->q->tap)
			r = bundler_new(&s->bundler, s->flow, e);
	}
	if (r == 0 && s->lane)
		lane_begin(s->lane, follow, s);
	return r;
}

void scan(const struct import_request *q, const struct filter *filter,
	  struct lane *lane, struct record_writer *w)
{
	struct scan s = {
		.q = q,
		.filter = filter,
		.all_wanted = !filter && !q->port && !q->tap,
		.lane = lane,
		.w = w,
	};
	own_source struct source *source = NULL;
	const char *cut = NULL;
	struct err e = { .code = 0 };
	int r = begin(&s, &source, &e);

	if (r == 0 && q->tap) {
		r = watch(&s, &e);
	} else if (r == 0) {
		r = read_all(&s, source, &e);
		cut = s.totals.stopped ? NULL : source_cut(source);
	} else if (*q->stop) {
		s.totals.stopped = true; /* before the headers were whole */
		r = 0;
	}
	if (s.defrag) {
		s.totals.fragments = defrag_lost(s.defrag);
		s.totals.joined -= s.totals.fragments;
	}
	if (r < 0)
		record_put(w, RECORD_ERROR, &e, sizeof(e));
	if (cut)
		record_put(w, RECORD_CUT, cut, strlen(cut) + 1);
	if (q->tally)
		record_put(w, RECORD_TALLY, q->tally, sizeof(*q->tally));
	record_put(w, RECORD_TOTALS, &s.totals, sizeof(s.totals));
	record_flush(w);
	flow_free(s.flow);
	bundler_free(s.bundler);
	defrag_free(s.defrag);
}
