/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/packet-list.h"

#include "lab/base/clock.h"
#include "lab/base/num.h"
#include "lab/base/side.h"
#include "lab/cause/cause.h"
#include "lab/cmd/why.h"
#include "lab/flow/ending.h"

#include <string.h>

#define RED    "\033[31;1m"
#define NORMAL "\033[0m"

enum {
	INFO_MAX = 100, /* columns before the next one */
	/* packets that a folded list still has */
	AT_BEGIN = 20,
	AT_END = 10,
	AROUND_RST = 8,
};

struct widths {
	size_t number, source, destination, info;
	bool why; /* some packet has one */
};

static size_t wider(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t address_width(const struct ip_endpoint *ep)
{
	char buf[IP_TEXT_MAX];

	return strlen(ip_addr_text(&ep->addr, buf));
}

/* Near an end, or near an RST; @i is one of many. */
static bool is_near(const struct packet_list *l, size_t i)
{
	const size_t n = l->t->n_packets;
	const size_t from = i > AROUND_RST ? i - AROUND_RST : 0;

	if (i < AT_BEGIN || i + AT_END >= n)
		return true;
	for (size_t j = from; j < n && j <= i + AROUND_RST; j++)
		if (l->t->packets[j].flags & TCP_FLAG_RST)
			return true;
	return false;
}

static bool is_folded(const struct packet_list *l, size_t i)
{
	return !l->all && l->t->n_packets > PACKET_LIST_ROWS && !is_near(l, i);
}

/* A long one does not push the column behind it away. */
static void measure_info(const struct packet_list *l, size_t i,
			 struct widths *w)
{
	own_text struct text info = { .s = NULL }, why = { .s = NULL };

	why_add(&why, l->connection, l->point, i);
	if (!why.n)
		return;
	w->why = true;
	transcript_add_info(l->t, i, &info);
	if (info.n <= INFO_MAX)
		w->info = wider(w->info, text_columns(text_str(&info)));
}

static struct widths widths_of(const struct packet_list *l)
{
	const size_t address = wider(address_width(&l->leg->client),
				     address_width(&l->leg->server));
	struct widths w = { strlen("No."), wider(address, strlen("Source")),
			    wider(address, strlen("Destination")),
			    strlen("Info"), false };

	for (size_t i = 0; i < l->t->n_packets; i++)
		if (!is_folded(l, i))
			measure_info(l, i, &w);
	for (size_t n = l->t->n_packets, digits = 1; n; n /= 10, digits++)
		w.number = wider(w.number, digits);
	return w;
}

static void add_head(struct text *out, const struct widths *w)
{
	text_addf(out, "%*s  %-11s  %-*s   %-*s  %-8s  %-*s%s\n",
		  (int)w->number, "No.", "Time", (int)w->source, "Source",
		  (int)w->destination, "Destination", "Protocol",
		  w->why ? (int)w->info : 0, "Info", w->why ? "  Why" : "");
}

static void add_packet(struct text *out, const struct packet_list *l,
		       const struct widths *w, size_t i)
{
	const struct transcript_packet *p = &l->t->packets[i];
	const int64_t after_ns = p->time_ns - l->connection->start_ns;
	const bool red = l->color && (p->flags & TCP_FLAG_RST);
	own_text struct text info = { .s = NULL }, why = { .s = NULL };
	char source[IP_TEXT_MAX], destination[IP_TEXT_MAX];

	text_addf(
		out, "%s%*zu  %lld.%09lld  %-*s → %-*s  %-8s  ", red ? RED : "",
		(int)w->number, i + 1, (long long)(after_ns / NS_PER_S),
		(long long)(after_ns % NS_PER_S), (int)w->source,
		ip_addr_text(&p->segment.src.addr, source), (int)w->destination,
		ip_addr_text(&p->segment.dst.addr, destination),
		transcript_protocol(l->t, i));
	transcript_add_info(l->t, i, &info);
	why_add(&why, l->connection, l->point, i);
	text_add(out, text_str(&info));
	if (why.n)
		text_addf(out, "%*s  %s",
			  (int)w->info - (int)text_columns(text_str(&info)) > 0
				  ? (int)w->info -
					    (int)text_columns(text_str(&info))
				  : 0,
			  "", why.s);
	text_addf(out, "%s\n", red ? NORMAL : "");
}

static void add_indented(struct text *out, const char *lines, size_t indent)
{
	while (*lines) {
		const size_t n = strcspn(lines, "\n");

		text_addf(out, "%*s%.*s\n", (int)indent, "", (int)n, lines);
		lines += n + !!lines[n];
	}
}

/* --- what an RST was about -------------------------------------------------
 */

/* The reset that this packet is a sighting of, or NULL. */
static const struct stored_reset *reset_of(const struct packet_list *l,
					   const struct transcript_packet *p)
{
	return trial_view_reset(l->connection, l->leg, p->time_ns);
}

static int add_names(struct text *out, const struct transcript *t, int side,
		     struct stream_range r, struct err *e)
{
	const size_t before = out->n;
	const int result = transcript_add_names(t, side, r, out, e);

	if (result == 0 && out->n == before)
		text_addf(out, "%llu bytes",
			  (unsigned long long)(r.to - r.from));
	return result;
}

/* A bare RST answers a segment. */
static int add_late(struct text *out, const struct transcript *t, size_t i,
		    struct err *e)
{
	struct stream_range r;
	int result;

	if (!transcript_late(t, i, &r)) {
		text_add(out, "it answers a segment that nobody took, without "
			      "data");
		return 0;
	}
	text_add(out, "it answers what came too late: ");
	result = add_names(out, t, !t->packets[i].side, r, e);
	return result;
}

/* The last frame of the other side that was there before packet @i. */
static const struct transcript_frame *last_frame(const struct transcript *t,
						 size_t i)
{
	const struct transcript_frame *last = NULL;

	for (size_t j = 0; j < t->n_frames; j++) {
		const struct transcript_frame *f = &t->frames[j];

		if (f->packet < i && f->side != t->packets[i].side &&
		    (!last || f->at > last->at))
			last = f;
	}
	return last;
}

/* An RST,ACK is a decision of its sender: nothing on the wire says why. */
static int add_decision(struct text *out, const struct transcript *t, size_t i,
			struct err *e)
{
	const struct transcript_frame *f = last_frame(t, i);

	(void)e;
	text_add(out, "its own decision; whether bytes were unread is not on "
		      "the wire");
	if (f)
		text_addf(out,
			  ", the last frame that came before is %s, "
			  "%llu bytes",
			  f->name, (unsigned long long)f->bytes);
	return 0;
}

static int add_refusal(struct text *out, const struct transcript *t, size_t i,
		       struct err *e)
{
	(void)t;
	(void)i;
	(void)e;
	text_add(out, "it answers a segment without ACK, such as a SYN to a "
		      "closed port");
	return 0;
}

/* Names as enum reset_form has them. */
static const struct {
	const char *form;
	int (*add)(struct text *out, const struct transcript *t, size_t i,
		   struct err *e);
} reasons[] = {
	{ "rst", add_late },
	{ "rst-ack", add_decision },
	{ "rst-ack-zero", add_refusal },
};

/* "PING(ACK) 17 bytes, unread for 2.1 ms" */
static void add_frame(struct text *out, const struct stored_frame *f)
{
	const bool late = !strcmp(f->what, "late");
	char time[NUM_TIME_BYTES];

	if (!f->frames) {
		text_addf(out, "of which frame is not known: %s",
			  f->why ? f->why : f->what);
		return;
	}
	text_addf(out, late ? "%s came too late" : "%s, unread", f->frames);
	if (f->wait_ns >= 0)
		text_addf(out, late ? ", %s after its FIN" : " for %s",
			  num_time_text(f->wait_ns, time));
}

static int add_reason(struct text *out, const struct packet_list *l,
		      const struct stored_reset *r, size_t i, struct err *e)
{
	for (size_t j = 0; j < ARRAY_SIZE(reasons); j++)
		if (!strcmp(reasons[j].form, r->form))
			return reasons[j].add(out, l->t, i, e);
	text_addf(out, "its form is %s", r->form);
	return 0;
}

/* The wire alone looks like more than one cause. */
static bool is_other(const struct packet_list *l, enum cause like)
{
	const char *cause = l->connection->cause;

	return cause && strcmp(cause, cause_infos[like].name) != 0 &&
	       strcmp(cause, cause_infos[CAUSE_UNKNOWN].name) != 0;
}

/* What the cause in the last column leaves to be said. */
static int add_known(struct text *out, const struct packet_list *l, size_t i,
		     struct err *e)
{
	const bool answer = !(l->t->packets[i].flags & TCP_FLAG_ACK);
	struct stream_range r;

	if (!answer) {
		text_add(out, "its own decision");
		return 0;
	}
	if (!transcript_late(l->t, i, &r)) {
		text_add(out, "it answers a segment without data");
		return 0;
	}
	text_add(out, "it answers ");
	return add_names(out, l->t, !l->t->packets[i].side, r, e);
}

/* Below the packet: which RST it is, who sent it, what about. */
static int add_why(struct text *out, const struct packet_list *l, size_t indent,
		   size_t i, struct err *e)
{
	const struct stored_reset *r = reset_of(l, &l->t->packets[i]);
	int result = 0;

	text_addf(out, "%*s^ ", (int)indent, "");
	if (!r) {
		text_add(out, "an RST beyond those that the run describes\n");
		return 0;
	}
	text_addf(out, "RST %u, %s: sent by the %s (%s)", r->number,
		  r->echo ? "an echo" : "the first", r->emitter, r->node);
	if (r->echo) {
		text_add(out, "; the connection was over");
	} else {
		text_add(out, "; ");
		if (r->first && l->connection->frame.what)
			add_frame(out, &l->connection->frame);
		else if (r->first &&
			 !strcmp(r->form, reset_form_names[FORM_RST]) &&
			 is_other(l, CAUSE_LATE_DATA))
			result = add_known(out, l, i, e);
		else if (r->first &&
			 !strcmp(r->form, reset_form_names[FORM_RSTACK]) &&
			 is_other(l, CAUSE_CLOSE_UNREAD))
			result = add_known(out, l, i, e);
		else
			result = add_reason(out, l, r, i, e);
	}
	text_add(out, "\n");
	return result;
}

/* --- the list --------------------------------------------------------------
 */

static int add_below(struct text *out, const struct packet_list *l,
		     size_t indent, size_t i, struct err *e)
{
	const struct transcript_packet *p = &l->t->packets[i];

	for (size_t j = 0; l->verbose && j < p->n_frames; j++)
		add_indented(out, l->t->frames[p->first + j].details, indent);
	return p->flags & TCP_FLAG_RST ? add_why(out, l, indent, i, e) : 0;
}

static bool is_cut(const struct transcript *t)
{
	for (size_t i = 0; i < t->n_packets; i++)
		if (t->packets[i].notes & NOTE_CUT)
			return true;
	return false;
}

static void add_doubts(struct text *out, const struct packet_list *l)
{
	const size_t before_all = out->n;

	for (int side = 0; side < SIDES; side++) {
		const size_t before = out->n;

		transcript_add_doubt(l->t, side, out);
		if (out->n > before)
			text_add(out, "\n");
	}
	if (out->n > before_all && is_cut(l->t))
		text_add(out, "`rstlab run --snap BYTES` captures more of each "
			      "frame\n");
	if (l->t->not_kept)
		text_addf(out, "and %llu packets more\n",
			  (unsigned long long)l->t->not_kept);
}

static void add_folded(struct text *out, size_t *folded)
{
	if (*folded)
		text_addf(out, "     %zu packets more; --all lists them\n",
			  *folded);
	*folded = 0;
}

int packet_list_add(struct text *out, const struct packet_list *l,
		    struct err *e)
{
	const struct widths w = widths_of(l);
	size_t folded = 0;
	int r = 0;

	add_head(out, &w);
	for (size_t i = 0; r == 0 && i < l->t->n_packets; i++) {
		if (is_folded(l, i)) {
			folded++;
			continue;
		}
		add_folded(out, &folded);
		add_packet(out, l, &w, i);
		r = add_below(out, l, w.number + 2, i, e);
	}
	if (r == 0)
		add_doubts(out, l);
	if (r == 0 && out->failed)
		r = err_no_memory(e);
	return r;
}
