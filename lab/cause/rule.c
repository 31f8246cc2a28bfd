/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cause/rule.h"

#include "lab/base/own.h"

#include <netinet/tcp.h>
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

/* SOCK_DESTROY alone tells before the socket has left its state. */
static bool was_alive(const struct evidence *e)
{
	return e->event->state == TCP_ESTABLISHED ||
	       e->event->state == TCP_CLOSE_WAIT;
}

static bool waited_for_fin(const struct evidence *e)
{
	return e->event->state == TCP_FIN_WAIT2 && e->event->unowned;
}

static bool was_destroyed(const struct evidence *e)
{
	return e->program && e->program->destroyed;
}

static bool program_disconnected(const struct evidence *e)
{
	return e->program && e->program->disconnected;
}

static bool is_mptcp(const struct evidence *e)
{
	return e->event->mptcp;
}

static bool met_listener(const struct evidence *e)
{
	return e->event->state == TCP_LISTEN;
}

static bool is_handshake(const struct evidence *e)
{
	return e->reset->phase == PHASE_HANDSHAKE;
}

static bool lost_before(const struct evidence *e)
{
	return e->earlier_lost;
}

static bool had_closed(const struct evidence *e)
{
	return e->connection->ending == ENDING_FIN_RST ||
	       e->connection->ending == ENDING_FIN_BOTH_ECHO_RST;
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

static bool lost_entry(const struct evidence *e)
{
	return lost_translation(e) && e->entry_gone;
}

static bool distrusted(const struct evidence *e)
{
	return lost_translation(e) && e->tracked && !e->entry_gone;
}

/* Does the client's own endpoint change on the way? */
static bool is_source_translated(const struct evidence *e)
{
	const struct connection *c = e->connection;
	const size_t n = c->n_legs < FLOW_LEGS_MAX ? c->n_legs : FLOW_LEGS_MAX;

	for (size_t i = 1; i < n; i++)
		if (!ip_endpoint_equal(&c->legs[i].client, &c->legs[0].client))
			return true;
	return false;
}

static bool was_challenged(const struct evidence *e)
{
	return e->connection->ending == ENDING_SYN_CHALLENGE_RST;
}

static bool program_has_linger2(const struct evidence *e)
{
	return e->program && e->program->linger2;
}

/* --- what the counters say -------------------------------------------------
 */

/* Only one of the family grew, and by no more than resets were sent. */
static bool only(const struct evidence *e, int64_t grown)
{
	const struct evidence_counters *c = e->counters;

	return c && grown > 0 && grown <= c->out_rsts &&
	       grown == c->on_close + c->on_data + c->on_linger + c->on_memory +
				c->on_timeout;
}

static bool counted_as_linger(const struct evidence *e)
{
	return e->counters && only(e, e->counters->on_data);
}

static bool counted_as_none(const struct evidence *e)
{
	const struct evidence_counters *c = e->counters;

	return c && c->out_rsts > 0 &&
	       !(c->on_close | c->on_data | c->on_linger | c->on_memory |
		 c->on_timeout);
}

static bool data_to_proxy(const struct evidence *e)
{
	return from_the_middle(e) && answers_data(e);
}

/* A reason that begins so, when nothing else is said. */
static const char mptcp_prefix[] = "MPTCP_RST_";

/* Source: enum sk_rst_reason, include/net/rstreason.h, Linux 6.18.  close()
 * with SO_LINGER 0, a disconnect, SOCK_DESTROY and a closed listener all say
 * TCP_STATE. */
static const struct reason_rule {
	const char *reason;
	holds_fn holds;
	enum cause cause;
	enum confidence confidence;
} reason_rules[] = {
#define ROW(reason, holds, cause, confidence)                         \
	{                                                             \
		reason, holds, CAUSE_##cause, CONFIDENCE_##confidence \
	}
	/* clang-format off */
	ROW("TCP_ABORT_ON_CLOSE", is_mptcp, MPTCP_FASTCLOSE, CERTAIN),
	ROW("TCP_ABORT_ON_CLOSE", had_unread, CLOSE_UNREAD, CERTAIN),
	ROW("TCP_ABORT_ON_CLOSE", always, CLOSE_UNREAD, STRONG),
	ROW("TCP_ABORT_ON_LINGER", always, LINGER2, CERTAIN),
	ROW("TCP_ABORT_ON_MEMORY", always, NO_MEMORY, CERTAIN),
	ROW("TCP_KEEPALIVE_TIMEOUT", always, KEEPALIVE, CERTAIN),
	ROW("TCP_DISCONNECT_WITH_DATA", program_disconnected, DISCONNECTED,
	    CERTAIN),
	ROW("TCP_DISCONNECT_WITH_DATA", always, LINGER_ZERO, CERTAIN),
	ROW("TCP_STATE", waited_for_fin, FIN_WAIT_TIMEOUT, STRONG),
	ROW("TCP_STATE", was_alive, ABORTED, CERTAIN),
	ROW("TCP_STATE", program_lingered, LINGER_ZERO, CERTAIN),
	ROW("TCP_STATE", program_disconnected, DISCONNECTED, CERTAIN),
	ROW("TCP_STATE", nobody_accepted, LISTENER_CLOSED, CERTAIN),
	ROW("TCP_STATE", program_is_known, DISCONNECTED, STRONG),
	ROW("TCP_STATE", counted_as_linger, LINGER_ZERO, STRONG),
	ROW("TCP_STATE", counted_as_none, DISCONNECTED, STRONG),
	ROW("TCP_STATE", always, LINGER_ZERO, LIKELY),
	ROW("TCP_ABORT_ON_DATA", program_has_linger2, LINGER2, STRONG),
	ROW("TCP_ABORT_ON_DATA", data_to_proxy, PROXY_CLOSED, CERTAIN),
	ROW("TCP_ABORT_ON_DATA", answers_data, LATE_DATA, CERTAIN),
	ROW("TCP_ABORT_ON_DATA", always, LATE_DATA, STRONG),
	ROW("TCP_TIMEWAIT_SOCKET", answers_syn, OLD_CONNECTION, CERTAIN),
	ROW("TCP_TIMEWAIT_SOCKET", data_to_proxy, PROXY_CLOSED, CERTAIN),
	ROW("TCP_TIMEWAIT_SOCKET", answers_data, LATE_DATA, CERTAIN),
	ROW("TCP_TIMEWAIT_SOCKET", always, LATE_DATA, STRONG),
	ROW("NO_SOCKET", answers_syn, REFUSED, CERTAIN),
	ROW("NO_SOCKET", lost_entry, NAT_EXPIRED, CERTAIN),
	ROW("NO_SOCKET", distrusted, NAT_INVALID, STRONG),
	ROW("NO_SOCKET", lost_translation, NAT_LOST, CERTAIN),
	ROW("NO_SOCKET", lost_before, RESET_LOST, CERTAIN),
	ROW("NO_SOCKET", had_closed, FIN_WAIT_EXPIRED, STRONG),
	ROW("NO_SOCKET", always, SOCKET_GONE, CERTAIN),
	ROW("TCP_INVALID_ACK_SEQUENCE", is_source_translated, SNAT_PORT_REUSE,
	    STRONG),
	ROW("TCP_INVALID_ACK_SEQUENCE", was_challenged, HALF_OPEN, CERTAIN),
	ROW("TCP_INVALID_ACK_SEQUENCE", always, OLD_CONNECTION, CERTAIN),
	ROW("TCP_RFC7323_PAWS", is_source_translated, SNAT_PORT_REUSE, STRONG),
	ROW("TCP_RFC7323_PAWS", always, OLD_TIMESTAMP, CERTAIN),
	ROW("INVALID_SYN", answers_syn, SYN_AGAIN, CERTAIN),
	ROW("INVALID_SYN", always, ACCEPT_OVERFLOW, CERTAIN),
	/* it met the listener of a proxy */
	ROW("TCP_FLAGS", lost_entry, NAT_EXPIRED, CERTAIN),
	ROW("TCP_FLAGS", distrusted, NAT_INVALID, STRONG),
	ROW("TCP_FLAGS", from_the_middle, NAT_LOST, CERTAIN),
	ROW("TCP_FLAGS", is_handshake, BAD_HANDSHAKE, CERTAIN),
	ROW("TCP_FLAGS", met_listener, STRAY_TO_LISTENER, CERTAIN),
	ROW("TCP_FLAGS", always, BAD_SEGMENT, CERTAIN),
	ROW("TCP_TOO_OLD_ACK", is_handshake, BAD_HANDSHAKE, CERTAIN),
	ROW("TCP_TOO_OLD_ACK", always, BAD_SEGMENT, CERTAIN),
	ROW("TCP_OLD_ACK", is_handshake, BAD_HANDSHAKE, CERTAIN),
	ROW("TCP_OLD_ACK", always, BAD_SEGMENT, CERTAIN),
	ROW("TCP_ACK_UNSENT_DATA", is_handshake, BAD_HANDSHAKE, CERTAIN),
	ROW("TCP_ACK_UNSENT_DATA", always, BAD_SEGMENT, CERTAIN),
	ROW(mptcp_prefix, always, MPTCP_SUBFLOW, CERTAIN),
	/* clang-format on */
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

static bool has_sender(const struct evidence *e)
{
	return !e->event && e->reset->emitter_node != FLOW_NOBODY;
}

/* Neither told nor counted by the TCP of the node that it left. */
static bool is_unheard(const struct evidence *e)
{
	return has_sender(e) && e->listened;
}

static bool is_uncounted(const struct evidence *e)
{
	return has_sender(e) && e->counters && !e->counters->out_rsts;
}

static bool is_of_filter(const struct evidence *e)
{
	return (is_unheard(e) || is_uncounted(e)) && e->filter_counted;
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

/* Its TCP or its filter?  Only the counters could tell. */
static bool refuses_syn_between(const struct evidence *e)
{
	return refuses_syn(e) && from_the_middle(e) && !e->counters &&
	       !e->event;
}

static bool is_decision(const struct evidence *e)
{
	return e->reset->form == FORM_RSTACK &&
	       e->reset->phase != PHASE_HANDSHAKE;
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

static bool counts_unread(const struct evidence *e)
{
	return is_decision(e) && e->counters && only(e, e->counters->on_close);
}

static bool counts_linger2(const struct evidence *e)
{
	return is_decision(e) && e->counters && only(e, e->counters->on_linger);
}

static bool counts_no_memory(const struct evidence *e)
{
	return is_decision(e) && e->counters && only(e, e->counters->on_memory);
}

static bool counts_timeout(const struct evidence *e)
{
	return is_decision(e) && e->counters &&
	       only(e, e->counters->on_timeout);
}

static bool counts_linger_zero(const struct evidence *e)
{
	return is_decision(e) && counted_as_linger(e);
}

static bool says_destroyed(const struct evidence *e)
{
	return is_decision(e) && was_destroyed(e);
}

static bool says_disconnected(const struct evidence *e)
{
	return is_decision(e) && program_disconnected(e);
}

static bool is_uncounted_decision(const struct evidence *e)
{
	return is_decision(e) && counted_as_none(e) && !e->program;
}

static bool lingers2_on_wire(const struct evidence *e)
{
	return program_has_linger2(e) &&
	       (is_decision(e) || answers_after_fin(e));
}

static bool answers_after_close(const struct evidence *e)
{
	return answers_after_fin(e) && e->program && e->program->closed;
}

/* FIN, then a bare RST by a proxy's machine. */
static bool answers_for_proxy(const struct evidence *e)
{
	return answers_after_fin(e) && from_the_middle(e);
}

static bool answers_between(const struct evidence *e)
{
	return is_answer(e) && from_the_middle(e);
}

static bool answers_after_loss(const struct evidence *e)
{
	return answers_between(e) && e->entry_gone;
}

static bool is_half_open(const struct evidence *e)
{
	return was_challenged(e) && !is_source_translated(e);
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
	{ is_of_filter, CAUSE_REJECTED, CONFIDENCE_CERTAIN },
	{ is_unheard, CAUSE_REJECTED, CONFIDENCE_STRONG },
	{ is_uncounted, CAUSE_REJECTED, CONFIDENCE_STRONG },
	{ is_of_nobody, CAUSE_FORGED, CONFIDENCE_LIKELY },
	{ refuses_syn_between, CAUSE_REJECTED, CONFIDENCE_LIKELY },
	{ refuses_syn, CAUSE_REFUSED, CONFIDENCE_STRONG },
	{ is_half_open, CAUSE_HALF_OPEN, CONFIDENCE_STRONG },
	{ answers_in_syn_sent, CAUSE_OLD_CONNECTION, CONFIDENCE_STRONG },
	{ lingers2_on_wire, CAUSE_LINGER2, CONFIDENCE_STRONG },
	{ says_destroyed, CAUSE_ABORTED, CONFIDENCE_STRONG },
	{ says_disconnected, CAUSE_DISCONNECTED, CONFIDENCE_STRONG },
	{ leaves_bytes, CAUSE_CLOSE_UNREAD, CONFIDENCE_STRONG },
	{ lingers_on_wire, CAUSE_LINGER_ZERO, CONFIDENCE_STRONG },
	{ drops_queue, CAUSE_LISTENER_CLOSED, CONFIDENCE_STRONG },
	{ counts_unread, CAUSE_CLOSE_UNREAD, CONFIDENCE_STRONG },
	{ counts_linger2, CAUSE_LINGER2, CONFIDENCE_STRONG },
	{ counts_no_memory, CAUSE_NO_MEMORY, CONFIDENCE_STRONG },
	{ counts_timeout, CAUSE_KEEPALIVE, CONFIDENCE_STRONG },
	{ counts_linger_zero, CAUSE_LINGER_ZERO, CONFIDENCE_STRONG },
	{ is_uncounted_decision, CAUSE_ABORTED, CONFIDENCE_LIKELY },
	{ leaves_bytes_perhaps, CAUSE_CLOSE_UNREAD, CONFIDENCE_LIKELY },
	{ answers_for_proxy, CAUSE_PROXY_CLOSED, CONFIDENCE_LIKELY },
	{ answers_after_loss, CAUSE_NAT_EXPIRED, CONFIDENCE_STRONG },
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

static bool was_not_counted(const struct evidence *e)
{
	return e->event && e->counters && !e->counters->out_rsts;
}

static bool unread_not_counted(const struct evidence *e)
{
	return e->event && e->event->unread && !e->event->mptcp &&
	       !strcmp(e->event->reason, "TCP_ABORT_ON_CLOSE") && e->counters &&
	       !e->counters->on_close;
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
	{ was_not_counted,
	  "the kernel tells of a reset that it did not count (OutRsts)" },
	{ unread_not_counted,
	  "the kernel says unread bytes and did not count them "
	  "(TCPAbortOnClose)" },
};

/* --- the verdict -------------------------------------------------------------
 */

/* Is @reason that of a rule, or one of the family that it names? */
static bool is_named(const char *rule, const char *reason)
{
	return rule == mptcp_prefix ? !strncmp(rule, reason, strlen(rule))
				    : !strcmp(rule, reason);
}

static void judge_by_kernel(const struct evidence *e, struct verdict *v)
{
	for (size_t i = 0; i < ARRAY_SIZE(reason_rules); i++) {
		const struct reason_rule *rule = &reason_rules[i];

		if (!is_named(rule->reason, e->event->reason) ||
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
