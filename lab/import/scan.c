/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/import/scan.h"

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

/* So many segments pass while memory is fetched. */
enum { EXPECT_AHEAD = 8 };

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
	uint64_t secret; /* of .flow, whose thread writes beside its own */
	struct defrag *defrag;
	struct import_totals totals;
	struct place places[RECORD_INTERFACES_MAX];
	uint16_t n_places;
	/* the last packet's, as most are of one */
	const struct reader_interface *interface;
	uint32_t serial, index;
	uint16_t number;
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

static uint16_t place_of(struct scan *s, const struct reader_packet *p)
{
	const uint32_t index = sll2_index(p);

	if (p->interface != s->interface || p->interface->serial != s->serial ||
	    index != s->index) {
		s->number = find_place(s, p->interface, index);
		s->interface = p->interface;
		s->serial = p->interface->serial;
		s->index = index;
	}
	return s->number;
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

/* Whoever is told of a connection knows its places. */
static int follow(struct scan *s, const struct flow_item *item, struct err *e)
{
	while (s->n_told <= item->point.interface)
		tell_place(s, s->n_told++);
	if (s->w->failed)
		return err_set(e, ERR_SYSTEM, EPIPE, "nobody listens");
	return flow_add(s->flow, item, e);
}

static int follow_all(const struct flow_item *items, size_t n, void *arg,
		      struct err *e)
{
	struct scan *s = arg;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (i + EXPECT_AHEAD < n)
			flow_expect(s->flow, &items[i + EXPECT_AHEAD]);
		r = follow(s, &items[i], e);
	}
	return r;
}

/* To whichever thread it is that follows.  What can be said of a segment alone
 * is said here: the other has more to do. */
static int pass_on(struct scan *s, struct flow_item *item, int64_t time_ns,
		   uint16_t place, struct err *e)
{
	item->time_ns = time_ns;
	item->ends = flow_ends(s->secret, &item->segment);
	item->point = (struct flow_point){ 0, place };
	item->direction = FLOW_UNKNOWN;
	if (!s->lane)
		return follow(s, item, e);
	lane_send(s->lane);
	return 0;
}

/* Segments of which fragments will not come any more, as far as they did. */
static int give_up(struct scan *s, int64_t now_ns, struct err *e)
{
	struct segment segment;
	uint16_t interface;
	int r = 0;

	while (r == 0 &&
	       defrag_give_up(s->defrag, now_ns, &segment, &interface)) {
		struct flow_item own, *item;

		s->totals.joined--;
		if (!is_wanted(s, &segment))
			continue;
		item = s->lane ? lane_next(s->lane) : &own;
		if (!item)
			return -ECANCELED; /* lane_end() says why */
		item->segment = segment;
		r = pass_on(s, item, s->totals.last_ns, interface, e);
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

static int take(const struct reader_packet *p, void *arg, struct err *e)
{
	struct scan *s = arg;
	struct flow_item own, *item;
	int r;

	if (!s->totals.packets++)
		s->totals.first_ns = p->time_ns;
	s->totals.last_ns = p->time_ns;
	r = defrag_waits(s->defrag) ? give_up(s, p->time_ns, e) : 0;
	if (r < 0)
		return r;
	item = s->lane ? lane_next(s->lane) : &own;
	if (!item)
		return -ECANCELED;
	r = decode(s, p, &item->segment, e);
	if (r <= 0)
		return r;
	item->segment.frame = p->number;
	return pass_on(s, item, p->time_ns, place_of(s, p), e);
}

static void tell(const struct connection *c, void *arg)
{
	struct scan *s = arg;
	struct judgement j;

	if (!s->q->tally) {
		record_put_connection(s->w, c);
		return;
	}
	j = judge(c);
	tally_add(s->q->tally, c, &j);
}

static int read_all(struct scan *s, struct source *source, struct err *e)
{
	struct reader_packet p;
	int r;

	while ((r = source_next(source, &p, e)) > 0) {
		r = take(&p, s, e);
		if (r < 0 || *s->q->stop)
			break;
	}
	s->totals.stopped = *s->q->stop;
	if (r == 0)
		r = give_up(s, INT64_MAX, e);
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
		.over = OVER_KEPT,
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
		s->secret = flow_secret(s->flow);
	}
	if (r == 0 && s->lane)
		lane_begin(s->lane, follow_all, s);
	return r;
}

void scan(const struct import_request *q, const struct filter *filter,
	  struct lane *lane, struct record_writer *w)
{
	struct scan s = { .q = q, .filter = filter, .lane = lane, .w = w };
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
	defrag_free(s.defrag);
}
