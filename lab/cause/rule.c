/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cause/rule.h"

#include "lab/base/own.h"

#include <string.h>

enum { FIN = 1, SYN = 2, ACK = 16 }; /* RFC 9293 3.1 */

typedef bool (*holds_fn)(const struct evidence *e);

/* --- what the kernel said --------------------------------------------------
 */

static bool always(const struct evidence *e)
{
	(void)e;
	return true;
}

static bool had_unread(const struct evidence *e)
{
	return e->event->unread > 0;
}

static bool program_lingered(const struct evidence *e)
{
	return e->program && e->program->linger_zero;
}

static bool was_established(const struct evidence *e)
{
	return e->event->established;
}

static bool nobody_accepted(const struct evidence *e)
{
	return e->event ? e->event->unowned
			: e->program && e->program->never_accepted;
}

static bool program_is_known(const struct evidence *e)
{
	return e->program != NULL;
}

static bool answers_data(const struct evidence *e)
{
	return e->event->trigger_bytes > 0 || (e->event->trigger_flags & FIN);
}

static bool answers_syn(const struct evidence *e)
{
	return (e->event->trigger_flags & (SYN | ACK)) == SYN;
}

static bool from_the_middle(const struct evidence *e)
{
	return e->emitter == EMITTER_MIDDLE;
}

static const struct leg *leg_like(const struct connection *c,
				  const struct ip_endpoint *client,
				  const struct ip_endpoint *server)
{
	const size_t n = c->n_legs < FLOW_LEGS_MAX ? c->n_legs : FLOW_LEGS_MAX;

	for (size_t i = 0; i < n; i++)
		if (ip_endpoint_equal(&c->legs[i].client, client) &&
		    ip_endpoint_equal(&c->legs[i].server, server))
			return &c->legs[i];
	return NULL;
}

/* It answers a segment under addresses that the connection never had. */
static bool is_untranslated(const struct evidence *e)
{
	const struct sighting *s = &e->reset->sightings[0];
	const bool client = e->reset->side == SIDE_CLIENT;

	return e->reset->n_sightings && e->connection->n_legs &&
	       !leg_like(e->connection, client ? &s->src : &s->dst,
			 client ? &s->dst : &s->src);
}

static bool lost_translation(const struct evidence *e)
{
	return from_the_middle(e) || is_untranslated(e);
}

static bool program_has_linger2(const struct evidence *e)
{
	return e->program && e->program->linger2;
}

/* Source: enum sk_rst_reason, include/net/rstreason.h, Linux 6.18.  close()
 * with SO_LINGER 0, a disconnect, SOCK_DESTROY and a closed listener all say
 * TCP_STATE. */
static const struct reason_rule {
	const char *reason;
	holds_fn holds;
	enum cause cause;
	enum confidence confidence;
} reason_rules[] = {
	{ "TCP_ABORT_ON_CLOSE", had_unread, CAUSE_CLOSE_UNREAD,
	  CONFIDENCE_CERTAIN },
	{ "TCP_ABORT_ON_CLOSE", always, CAUSE_CLOSE_UNREAD, CONFIDENCE_STRONG },
	{ "TCP_ABORT_ON_LINGER", always, CAUSE_LINGER2, CONFIDENCE_CERTAIN },
	{ "TCP_ABORT_ON_MEMORY", always, CAUSE_NO_MEMORY, CONFIDENCE_CERTAIN },
	{ "TCP_KEEPALIVE_TIMEOUT", always, CAUSE_KEEPALIVE,
	  CONFIDENCE_CERTAIN },
	{ "TCP_DISCONNECT_WITH_DATA", always, CAUSE_LINGER_ZERO,
	  CONFIDENCE_CERTAIN },
	{ "TCP_STATE", program_lingered, CAUSE_LINGER_ZERO,
	  CONFIDENCE_CERTAIN },
	{ "TCP_STATE", nobody_accepted, CAUSE_LISTENER_CLOSED,
	  CONFIDENCE_CERTAIN },
	{ "TCP_STATE", was_established, CAUSE_ABORTED, CONFIDENCE_CERTAIN },
	{ "TCP_STATE", program_is_known, CAUSE_ABORTED, CONFIDENCE_STRONG },
	{ "TCP_STATE", always, CAUSE_LINGER_ZERO, CONFIDENCE_LIKELY },
	{ "TCP_ABORT_ON_DATA", program_has_linger2, CAUSE_LINGER2,
	  CONFIDENCE_STRONG },
	{ "TCP_ABORT_ON_DATA", answers_data, CAUSE_LATE_DATA,
	  CONFIDENCE_CERTAIN },
	{ "TCP_ABORT_ON_DATA", always, CAUSE_LATE_DATA, CONFIDENCE_STRONG },
	{ "TCP_TIMEWAIT_SOCKET", answers_syn, CAUSE_OLD_CONNECTION,
	  CONFIDENCE_CERTAIN },
	{ "TCP_TIMEWAIT_SOCKET", answers_data, CAUSE_LATE_DATA,
	  CONFIDENCE_CERTAIN },
	{ "TCP_TIMEWAIT_SOCKET", always, CAUSE_LATE_DATA, CONFIDENCE_STRONG },
	{ "NO_SOCKET", answers_syn, CAUSE_REFUSED, CONFIDENCE_CERTAIN },
	{ "NO_SOCKET", lost_translation, CAUSE_NAT_LOST, CONFIDENCE_CERTAIN },
	{ "NO_SOCKET", always, CAUSE_SOCKET_GONE, CONFIDENCE_CERTAIN },
	{ "TCP_INVALID_ACK_SEQUENCE", always, CAUSE_OLD_CONNECTION,
	  CONFIDENCE_CERTAIN },
	{ "TCP_RFC7323_PAWS", always, CAUSE_OLD_CONNECTION,
	  CONFIDENCE_CERTAIN },
	{ "INVALID_SYN", answers_syn, CAUSE_BAD_SEGMENT, CONFIDENCE_CERTAIN },
	{ "INVALID_SYN", always, CAUSE_ACCEPT_OVERFLOW, CONFIDENCE_CERTAIN },
	/* it met the listener of a proxy */
	{ "TCP_FLAGS", from_the_middle, CAUSE_NAT_LOST, CONFIDENCE_CERTAIN },
	{ "TCP_FLAGS", always, CAUSE_BAD_SEGMENT, CONFIDENCE_CERTAIN },
	{ "TCP_TOO_OLD_ACK", always, CAUSE_BAD_SEGMENT, CONFIDENCE_CERTAIN },
	{ "TCP_OLD_ACK", always, CAUSE_BAD_SEGMENT, CONFIDENCE_CERTAIN },
	{ "TCP_ACK_UNSENT_DATA", always, CAUSE_BAD_SEGMENT,
	  CONFIDENCE_CERTAIN },
};

/* --- what the wire and the program show ------------------------------------
 */

/* Bytes that came from the peer and were not read, or -1. */
static int64_t unread_of(const struct evidence *e)
{
	const int peer = !e->reset->side;

	if (!e->program || e->program->read_bytes < 0)
		return -1;
	return (int64_t)e->connection->bytes[peer] - e->program->read_bytes;
}

static bool is_of_user_network(const struct evidence *e)
{
	return e->user_network;
}

static bool is_unheard(const struct evidence *e)
{
	return e->listened && e->reset->emitter_node != FLOW_NOBODY;
}

static bool is_of_nobody(const struct evidence *e)
{
	return e->reset->emitter_node == FLOW_NOBODY;
}

static bool refuses_syn(const struct evidence *e)
{
	return e->reset->form == FORM_RSTACK_ZERO &&
	       e->reset->phase == PHASE_HANDSHAKE;
}

static bool refuses_syn_between(const struct evidence *e)
{
	return refuses_syn(e) && from_the_middle(e);
}

static bool is_decision(const struct evidence *e)
{
	return e->reset->form == FORM_RSTACK &&
	       e->reset->phase != PHASE_HANDSHAKE;
}

static bool lingers_on_wire(const struct evidence *e)
{
	return is_decision(e) && program_lingered(e) && unread_of(e) <= 0;
}

static bool leaves_bytes(const struct evidence *e)
{
	return is_decision(e) && unread_of(e) > 0;
}

static bool leaves_bytes_perhaps(const struct evidence *e)
{
	return is_decision(e) && !from_the_middle(e) &&
	       e->connection->bytes[!e->reset->side] > 0 && !e->program;
}

static bool drops_queue(const struct evidence *e)
{
	return is_decision(e) && nobody_accepted(e);
}

static bool is_answer(const struct evidence *e)
{
	return e->reset->form == FORM_RST && e->reset->phase != PHASE_HANDSHAKE;
}

/* FIN, then a bare RST by the same side. */
static bool answers_after_fin(const struct evidence *e)
{
	return is_answer(e) && e->connection->ending == ENDING_FIN_RST;
}

static bool answers_after_close(const struct evidence *e)
{
	return answers_after_fin(e) && e->program && e->program->closed;
}

static bool answers_between(const struct evidence *e)
{
	return is_answer(e) && from_the_middle(e);
}

static bool answers_in_syn_sent(const struct evidence *e)
{
	const enum ending ending = e->connection->ending;

	return ending == ENDING_SYN_CHALLENGE_RST ||
	       (ending == ENDING_SYN_SYNACK_RST &&
		e->reset->side == SIDE_CLIENT && e->reset->form == FORM_RST);
}

static const struct wire_rule {
	holds_fn holds;
	enum cause cause;
	enum confidence confidence;
} wire_rules[] = {
	{ is_of_user_network, CAUSE_USER_NETWORK, CONFIDENCE_CERTAIN },
	{ is_unheard, CAUSE_REJECTED, CONFIDENCE_STRONG },
	{ is_of_nobody, CAUSE_FORGED, CONFIDENCE_LIKELY },
	{ refuses_syn_between, CAUSE_REJECTED, CONFIDENCE_LIKELY },
	{ refuses_syn, CAUSE_REFUSED, CONFIDENCE_STRONG },
	{ answers_in_syn_sent, CAUSE_OLD_CONNECTION, CONFIDENCE_STRONG },
	{ leaves_bytes, CAUSE_CLOSE_UNREAD, CONFIDENCE_STRONG },
	{ lingers_on_wire, CAUSE_LINGER_ZERO, CONFIDENCE_STRONG },
	{ drops_queue, CAUSE_LISTENER_CLOSED, CONFIDENCE_STRONG },
	{ leaves_bytes_perhaps, CAUSE_CLOSE_UNREAD, CONFIDENCE_LIKELY },
	{ answers_between, CAUSE_NAT_LOST, CONFIDENCE_LIKELY },
	{ answers_after_close, CAUSE_LATE_DATA, CONFIDENCE_STRONG },
	{ answers_after_fin, CAUSE_LATE_DATA, CONFIDENCE_LIKELY },
	{ is_answer, CAUSE_SOCKET_GONE, CONFIDENCE_LIKELY },
};

/* --- contrary evidence ------------------------------------------------------
 */

static bool form_says_answer(const struct evidence *e)
{
	return e->event && e->event->active && e->reset->form == FORM_RST;
}

static bool form_says_decision(const struct evidence *e)
{
	return e->event && !e->event->active && e->reset->form == FORM_RSTACK;
}

static bool read_it_all(const struct evidence *e)
{
	return e->event && e->event->unread && unread_of(e) == 0;
}

static const struct {
	holds_fn holds;
	const char *text;
} contraries[] = {
	{ form_says_answer,
	  "the kernel says a decision, the segment has the form of an answer" },
	{ form_says_decision,
	  "the kernel says an answer, the segment has the form of a decision" },
	{ read_it_all,
	  "the kernel says unread bytes, the program says that it read all" },
};

/* --- the verdict -------------------------------------------------------------
 */

static void judge_by_kernel(const struct evidence *e, struct verdict *v)
{
	for (size_t i = 0; i < ARRAY_SIZE(reason_rules); i++) {
		const struct reason_rule *rule = &reason_rules[i];

		if (strcmp(rule->reason, e->event->reason) != 0 ||
		    !rule->holds(e))
			continue;
		v->cause = rule->cause;
		v->confidence = rule->confidence;
		return;
	}
}

static void judge_by_wire(const struct evidence *e, struct verdict *v)
{
	for (size_t i = 0; i < ARRAY_SIZE(wire_rules); i++) {
		if (!wire_rules[i].holds(e))
			continue;
		v->cause = wire_rules[i].cause;
		v->confidence = wire_rules[i].confidence;
		return;
	}
}

static void weigh(const struct evidence *e, struct verdict *v)
{
	for (size_t i = 0; i < ARRAY_SIZE(contraries); i++) {
		if (v->confidence <= CONFIDENCE_LIKELY ||
		    !contraries[i].holds(e))
			continue;
		v->contrary = contraries[i].text;
		v->confidence--;
		return;
	}
}

struct verdict rule_judge(const struct evidence *e)
{
	struct verdict v = { .cause = CAUSE_UNKNOWN, .unread = -1, .late = -1 };

	if (e->event)
		judge_by_kernel(e, &v);
	/* A reason that this table does not know leaves the wire. */
	if (v.cause == CAUSE_UNKNOWN)
		judge_by_wire(e, &v);
	weigh(e, &v);
	if (v.cause == CAUSE_CLOSE_UNREAD)
		v.unread = e->event ? (int64_t)e->event->unread : unread_of(e);
	if (v.cause == CAUSE_LATE_DATA && e->event)
		v.late = (int64_t)e->event->trigger_bytes;
	return v;
}
