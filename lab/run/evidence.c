/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  The kernel tells in which namespace a reset was sent, and a
 * namespace is a node of a lab.  An event is that of a reset when both are of
 * one node and carry the same number: NAT changes addresses and ports behind
 * the socket, sequence numbers it leaves alone.
 */
#include "lab/run/evidence.h"

#include "lab/base/clock.h"
#include "lab/base/grow.h"
#include "lab/cause/kernel.h"
#include "lab/run/counted.h"

#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

struct home {
	uint32_t netns; /* inode number */
	size_t lab;
	uint16_t node;
	struct evidence_sent sent;
};

struct told {
	struct kernel_event event;
	uint16_t node;
};

struct told_list {
	struct told *items;
	size_t n, cap;
};

struct evidence_source {
	struct kernel *kernel;
	const struct lab *labs;
	size_t n_labs;
	struct home *homes; /* sorted by .netns */
	size_t n_homes;
	struct told_list *told; /* by lab */
	bool out_of_memory;
};

static int by_netns(const void *a, const void *b)
{
	const struct home *x = a, *y = b;

	return (x->netns > y->netns) - (x->netns < y->netns);
}

static int watch_lab(struct evidence_source *s, size_t lab, struct err *e)
{
	const struct lab *l = &s->labs[lab];

	for (size_t i = 0; i < l->n_nodes; i++) {
		struct home *h = &s->homes[s->n_homes];
		const int netns = l->nodes[i].net->netns;
		int r = kernel_netns(netns, &h->netns, e);

		if (r == 0)
			r = kernel_watch(s->kernel, netns, e);
		if (r < 0)
			return r;
		h->lab = lab;
		h->node = (uint16_t)i;
		s->n_homes++;
	}
	return 0;
}

static int watch_all(struct evidence_source *s, struct err *e)
{
	size_t nodes = 0;
	int r = 0;

	for (size_t i = 0; i < s->n_labs; i++)
		nodes += s->labs[i].n_nodes;
	s->homes = calloc(nodes + 1, sizeof(*s->homes));
	s->told = calloc(s->n_labs + 1, sizeof(*s->told));
	if (!s->homes || !s->told)
		return err_no_memory(e);
	for (size_t i = 0; r == 0 && i < s->n_labs; i++)
		r = watch_lab(s, i, e);
	qsort(s->homes, s->n_homes, sizeof(*s->homes), by_netns);
	return r;
}

int evidence_open(struct evidence_source **ret, const struct lab *labs,
		  size_t n, struct err *e)
{
	own_evidence struct evidence_source *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return err_no_memory(e);
	s->labs = labs;
	s->n_labs = n;
	r = kernel_open(&s->kernel, e);
	if (r == 0)
		r = watch_all(s, e);
	if (r < 0)
		return r;
	*ret = take_ptr(&s);
	return 0;
}

void evidence_close(struct evidence_source *s)
{
	if (!s)
		return;
	kernel_close(s->kernel);
	for (size_t i = 0; s->told && i < s->n_labs; i++)
		free(s->told[i].items);
	free(s->told);
	free(s->homes);
	free(s);
}

static struct told *next_told(struct told_list *list)
{
	return GROW(list->items, list->n, list->cap) ? &list->items[list->n++]
						     : NULL;
}

static void keep(const struct kernel_event *event, void *arg)
{
	struct evidence_source *s = arg;
	const struct home key = { .netns = event->netns };
	struct home *h = bsearch(&key, s->homes, s->n_homes, sizeof(*s->homes),
				 by_netns);
	struct told *t;

	if (!h || event->kind == KERNEL_RECEIVED)
		return;
	h->sent.resets++;
	h->sent.on_close += !event->mptcp &&
			    !strcmp(kernel_reason(s->kernel, event->reason),
				    "TCP_ABORT_ON_CLOSE");
	t = next_told(&s->told[h->lab]);
	if (!t) {
		s->out_of_memory = true;
		return;
	}
	*t = (struct told){ .event = *event, .node = h->node };
}

int evidence_take(struct evidence_source *s, struct err *e)
{
	const int r = kernel_read(s->kernel, keep, s, e);

	if (s->out_of_memory)
		return err_no_memory(e);
	return r < 0 ? r : 0;
}

struct evidence_sent evidence_sent(const struct evidence_source *s,
				   const struct lab *lab, uint16_t node)
{
	for (size_t i = 0; s && i < s->n_homes; i++)
		if (&s->labs[s->homes[i].lab] == lab &&
		    s->homes[i].node == node)
			return s->homes[i].sent;
	return (struct evidence_sent){ .resets = 0 };
}

void evidence_forget(struct evidence_source *s, const struct lab *lab)
{
	s->told[lab - s->labs].n = 0;
}

uint64_t evidence_lost(const struct evidence_source *s)
{
	return s ? kernel_lost(s->kernel) : 0;
}

/* The number by which an answer to this segment carries it on: its own
 * acknowledgement as the sequence number, or without one, its end as the
 * acknowledgement (RFC 9293 3.10.7.1). */
static bool answers(const struct kernel_event *event, const struct reset *r)
{
	const bool acked = event->trigger_flags & TH_ACK;
	const bool syn = event->trigger_flags & TH_SYN;
	const bool fin = event->trigger_flags & TH_FIN;

	return acked ? r->seq == event->trigger_ack
		     : r->ack == event->trigger_end + syn + fin;
}

static bool same_ports(const struct kernel_event *event, const struct reset *r)
{
	const struct sighting *seen = &r->sightings[0];

	return reset_is_forwarded(r) || seen->src.port == event->sport ||
	       seen->dst.port == event->dport;
}

/* RFC 9293 3.10.7.1; tcp_send_active_reset(), net/ipv4/tcp_output.c */
static bool carries_ack(const struct kernel_event *event)
{
	return event->kind == KERNEL_ACTIVE || !(event->trigger_flags & TH_ACK);
}

/* An active one carries the next number to be sent, or less where the peer's
 * window ends before (tcp_acceptable_seq(), net/ipv4/tcp_output.c). */
static bool is_of(const struct told *t, const struct reset *r)
{
	if (t->node != r->emitter_node || !same_ports(&t->event, r) ||
	    carries_ack(&t->event) != !!(r->flags & TH_ACK))
		return false;
	if (t->event.kind == KERNEL_PASSIVE)
		return answers(&t->event, r);
	return (int32_t)(t->event.snd_nxt - r->seq) >= 0 &&
	       (int32_t)(r->seq - t->event.snd_una) >= 0;
}

/* Decisions and answers do not look alike on the wire. */
static bool looks_like(const struct told *t, const struct reset *r)
{
	return (t->event.kind == KERNEL_ACTIVE) == (r->form == FORM_RSTACK);
}

/* Of several with one number the first that looks so is the first reset's: a
 * second segment that is answered alike comes later. */
static const struct told *first_of(const struct told_list *list,
				   const struct reset *r)
{
	const struct told *found = NULL;

	for (size_t i = 0; i < list->n; i++) {
		const struct told *t = &list->items[i];

		if (!is_of(t, r))
			continue;
		if (looks_like(t, r))
			return t;
		if (!found)
			found = t;
	}
	return found;
}

bool evidence_denies(const struct evidence_source *s, const struct lab *lab,
		     const struct reset *r)
{
	return s && !kernel_lost(s->kernel) &&
	       !first_of(&s->told[lab - s->labs], r);
}

/* One that was never captured as a reset of the connection. */
static bool is_of_none(const struct told *t, const struct connection *c)
{
	for (size_t i = 0; i < c->n_resets && i < FLOW_RESETS_MAX; i++)
		if (is_of(t, &c->resets[i]))
			return false;
	return true;
}

/* Did the node send another before, which nobody captured? */
static bool lost_earlier(const struct told_list *list, const struct told *mine,
			 const struct connection *c)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct kernel_event *e = &list->items[i].event;

		if (list->items[i].node == mine->node &&
		    e->time_ns < mine->event.time_ns &&
		    e->sport == mine->event.sport &&
		    e->dport == mine->event.dport &&
		    is_of_none(&list->items[i], c))
			return true;
	}
	return false;
}

static struct evidence_event event_of(const struct evidence_source *s,
				      const struct told *t)
{
	return (struct evidence_event){
		.reason = kernel_reason(s->kernel, t->event.reason),
		.active = t->event.kind == KERNEL_ACTIVE,
		.unowned = t->event.unowned,
		.mptcp = t->event.mptcp,
		.closing = t->event.shut == 3,
		.lingers = t->event.lingers,
		.state = t->event.state,
		.unread = t->event.unread,
		.trigger_flags = t->event.trigger_flags,
		.trigger_bytes = t->event.trigger_end - t->event.trigger_seq,
	};
}

/* Where a user-mode network hands its frames to the guest. */
static bool is_of_user_network(const struct lab *lab, const struct reset *r)
{
	const struct sighting *s = &r->sightings[0];

	for (size_t i = 0; i < lab->n_guests; i++) {
		const struct flow_point *p = &lab->guests[i].point;

		if (s->point.node != p->node)
			continue;
		if (s->direction == FLOW_IN &&
		    s->point.interface == p->interface)
			return true;
		/* it came in as another connection's, from no node */
		if (s->direction == FLOW_OUT && r->emitter_node == FLOW_NOBODY)
			return true;
	}
	return false;
}

static const struct evidence_program *program_of(const struct evidence_case *c,
						 enum emitter emitter)
{
	switch (emitter) {
	case EMITTER_CLIENT:
		return c->programs[SIDE_CLIENT];
	case EMITTER_SERVER:
		return c->programs[SIDE_SERVER];
	default:
		return NULL;
	}
}

/* At the first sighting an RST still has the addresses of its socket. */
static bool find_death(const struct lab *lab, const struct reset *r,
		       struct evidence_death *ret)
{
	const struct sighting *s = &r->sightings[0];
	const struct death *d =
		r->n_sightings
			? deaths_find(lab, r->emitter_node, &s->src, &s->dst)
			: NULL;

	if (!d)
		return false;
	*ret = (struct evidence_death){
		.unread = d->socket.receive_queue,
		.disconnected = d->socket.remote.port == 0,
	};
	return true;
}

static struct ip_endpoint endpoint(uint16_t family, const uint8_t *bytes,
				   uint16_t port)
{
	struct ip_endpoint p = { .addr.family = family == AF_INET ? 4 : 6,
				 .port = port };

	memcpy(p.addr.bytes, bytes, ip_addr_bytes(p.addr.family));
	return p;
}

/* An event without a socket has the ends of the segment as TCP was given it,
 * when all translation was done. */
static void note_tracks(const struct lab *lab, const struct told *t,
			struct evidence *ret)
{
	const struct sighting *s = &ret->reset->sightings[0];
	struct track_ends ends = { .src = s->src, .dst = s->dst };

	if (t && !t->event.has_socket) {
		const struct kernel_event *x = &t->event;

		ends.src = endpoint(x->family, x->saddr, x->sport);
		ends.dst = endpoint(x->family, x->daddr, x->dport);
		ends.of_socket = true;
	}
	tracks_judge(lab, &ends, ret);
}

bool evidence_judge(const struct evidence_source *s, struct lab *lab,
		    const struct evidence_case *c, struct verdict *ret)
{
	const struct reset *r = connection_first_reset(c->connection);
	struct evidence e = { .connection = c->connection, .reset = r };
	struct evidence_event event;
	struct evidence_death death;
	const struct told *t;

	if (!r)
		return false;
	if (find_death(lab, r, &death))
		e.death = &death;
	t = s ? first_of(&s->told[lab - s->labs], r) : NULL;
	if (t) {
		event = event_of(s, t);
		e.event = &event;
		e.earlier_lost =
			lost_earlier(&s->told[lab - s->labs], t, c->connection);
	}
	note_tracks(lab, t, &e);
	e.counters = counted_at(lab, r->emitter_node);
	if (!e.event)
		e.filter = filtered_at(lab, &e);
	e.listened = s && !kernel_lost(s->kernel);
	e.user_network = is_of_user_network(lab, r);
	e.relayed = (r->side == SIDE_CLIENT ? c->client_node
					    : c->server_node) == FLOW_NOBODY;
	e.emitter = reset_emitter(r, c->client_node, c->server_node);
	e.program = program_of(c, e.emitter);
	*ret = rule_judge(&e);
	return true;
}

/* --- what a script tells ---------------------------------------------------
 */

static bool accepted(const struct probe_result *r)
{
	for (uint8_t i = 0; i < r->n_calls; i++)
		if ((r->calls[i].step == STEP_ACCEPT ||
		     r->calls[i].step == STEP_CONNECT) &&
		    !r->calls[i].error)
			return true;
	return false;
}

static unsigned connections(const struct probe_result *r)
{
	unsigned n = 0;

	for (uint8_t i = 0; i < r->n_calls; i++)
		n += r->calls[i].step == STEP_ACCEPT ||
		     r->calls[i].step == STEP_CONNECT;
	return n;
}

/* The n-th call is that of the script's n-th step.  Whatever stopped it, the
 * probe closes what is left. */
struct evidence_program evidence_account(const struct script *script,
					 const struct probe_result *r)
{
	struct evidence_program p = { .closed = true };

	for (uint8_t i = 0; i < r->n_calls && i < script->n_steps; i++) {
		const struct probe_call *c = &r->calls[i];

		if (c->step == STEP_LINGER && !c->error)
			p.linger_zero = script->steps[i].number == 0;
		p.redialled |= c->step == STEP_REDIAL;
		if (c->step == STEP_UNCONNECT && !c->error)
			p.disconnected = true;
		if (c->step == STEP_LINGER2 && !c->error)
			p.linger2 = script->steps[i].number < 0;
		if (c->step == STEP_FAULT && !c->error)
			p.destroyed |= script->steps[i].number == FAULT_ABORT;
		if (c->step == STEP_RECV || c->step == STEP_RECV_EOF ||
		    c->step == STEP_RECV_FRAME)
			p.read_bytes += c->result;
		if (c->step == STEP_CLOSE_LISTENER && !c->error)
			p.never_accepted = !accepted(r);
	}
	if (connections(r) > 1)
		p.read_bytes = -1; /* of which is not told */
	return p;
}
