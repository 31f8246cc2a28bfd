/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cause/rule.h"

#include "lab/base/own.h"
#include "lab/cause/rule-parts.h"

#include <string.h>

/* --- what the wire and the program show ------------------------------------
 */

/* Bytes that the peer had sent by then and that were not read, or -1. */
static int64_t unread_of(const struct evidence *e)
{
	if (!e->program || e->program->read_bytes < 0)
		return -1;
	return e->reset->taken_bytes - e->program->read_bytes;
}

static bool is_of_user_network(const struct evidence *e)
{
	return e->user_network;
}

static bool has_sender(const struct evidence *e)
{
	return !e->event && e->reset->emitter_node != FLOW_NOBODY;
}

/* Not told by the TCP of the node that it left, nor counted: a segment can be
 * captured before its event is told. */
static bool is_unheard(const struct evidence *e)
{
	return has_sender(e) && e->listened && (!e->counters || has_foreign(e));
}

/* Nor any other that was captured with it. */
static bool is_uncounted(const struct evidence *e)
{
	return has_sender(e) && e->counters && !e->counters->out_rsts &&
	       !e->counters->ahead;
}

static bool is_foreign(const struct evidence *e)
{
	return is_unheard(e) || is_uncounted(e);
}

static bool is_of_filter(const struct evidence *e)
{
	return is_foreign(e) && e->filter == FILTER_DID;
}

static bool is_of_filter_perhaps(const struct evidence *e)
{
	return is_foreign(e) && e->filter == FILTER_MAY;
}

/* Neither TCP nor filter: every way out of the kernel was watched. */
static bool is_unheard_raw(const struct evidence *e)
{
	return is_unheard(e) && e->filter == FILTER_NOT;
}

static bool is_uncounted_raw(const struct evidence *e)
{
	return is_uncounted(e) && e->filter == FILTER_NOT;
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

/* One of those that were captured is foreign.  This one?  A decision has what
 * only the socket knows: its options and window. */
static bool may_be_foreign(const struct evidence *e)
{
	return has_sender(e) && has_foreign(e) &&
	       e->reset->form != FORM_RSTACK &&
	       (e->filter != FILTER_NOT || !refuses_syn(e));
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

/* And bytes of the peer that were not acknowledged. */
static bool refuses_after_fin(const struct evidence *e)
{
	return answers_after_fin(e) && e->reset->refused_bytes;
}

/* A side that never said a word may have a listener as well as nothing. */
static bool is_answer_of_gone(const struct evidence *e)
{
	return is_answer(e) && !is_astray(e) && e->reset->usual_ttl &&
	       e->connection->ending != ENDING_FIN_RST &&
	       (!e->counters || !e->counters->embryonic);
}

static bool fastcloses(const struct evidence *e)
{
	return e->reset->mptcp & MPTCP_FASTCLOSE_BIT;
}

static bool ends_subflow(const struct evidence *e)
{
	return e->reset->mptcp & MPTCP_TCPRST_BIT;
}

static bool lingers_on_wire(const struct evidence *e)
{
	return is_decision(e) && program_lingered(e) && unread_of(e) <= 0;
}

static bool leaves_bytes(const struct evidence *e)
{
	return is_decision(e) && unread_of(e) > 0;
}

/* Bytes in the queue when the socket was destroyed, or -1.  The peer's FIN
 * counts as one there. */
static int64_t unread_at_death(const struct evidence *e)
{
	const bool fin = e->connection->ending == ENDING_RSTACK_AFTER_PEER_FIN;

	if (!e->death || e->death->disconnected)
		return -1;
	return (int64_t)e->death->unread - fin;
}

static bool dies_with_bytes(const struct evidence *e)
{
	return is_decision(e) && unread_at_death(e) > 0;
}

static bool leaves_bytes_perhaps(const struct evidence *e)
{
	return is_decision(e) && !from_the_middle(e) &&
	       e->reset->taken_bytes > 0 && !e->program && !e->death &&
	       (!e->counters || e->counters->on_close);
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

/* A server that has sent nothing may have had it in its queue only. */
static bool is_uncounted_decision(const struct evidence *e)
{
	const enum side side = e->reset->side;

	return is_decision(e) && counted_as_none(e) && !e->program &&
	       (side == SIDE_CLIENT || e->connection->bytes[side]);
}

static bool lingers2_on_wire(const struct evidence *e)
{
	return program_has_linger2(e) &&
	       (is_decision(e) || answers_after_fin(e));
}

/* Under the addresses of the connection: else the socket may still be there. */
static bool answers_after_close(const struct evidence *e)
{
	return refuses_after_fin(e) && e->program && e->program->closed &&
	       !e->untranslated;
}

/* FIN, then a bare RST by a proxy's machine. */
static bool answers_for_proxy(const struct evidence *e)
{
	return answers_after_fin(e) && e->relayed;
}

static bool answers_between(const struct evidence *e)
{
	return is_answer(e) && from_the_middle(e);
}

static bool answers_after_loss(const struct evidence *e)
{
	return is_answer(e) && e->entry_gone;
}

static bool is_half_open(const struct evidence *e)
{
	return was_challenged(e) && !shares_its_port(e);
}

/* By a client that has no connection yet. */
static bool is_of_syn_sent(const struct evidence *e)
{
	const enum ending ending = e->connection->ending;

	return ending == ENDING_SYN_CHALLENGE_RST ||
	       (ending == ENDING_SYN_SYNACK_RST &&
		e->reset->side == SIDE_CLIENT && e->reset->form == FORM_RST);
}

/* What it was sent acknowledges what it never sent. */
static bool answers_old_one(const struct evidence *e)
{
	return is_of_syn_sent(e) && is_astray(e);
}

static bool answers_translated(const struct evidence *e)
{
	return answers_old_one(e) && shares_its_port(e);
}

static bool counts_old_stamp(const struct evidence *e)
{
	return is_of_syn_sent(e) && e->counters && e->counters->paws_active > 0;
}

/* The answer fits, and nobody waits for it any more. */
static bool gave_up_connecting(const struct evidence *e)
{
	return is_of_syn_sent(e) && !is_astray(e) && !was_challenged(e);
}

/* Each answer that was captured ended a handshake for want of room. */
static bool counts_overflow(const struct evidence *e)
{
	const struct evidence_counters *c = e->counters;

	return c && is_answer(e) && !is_astray(e) && c->overflows > 0 &&
	       c->embryonic > 0 && c->embryonic == c->captured - c->decisions;
}

static bool has_bad_handshake(const struct evidence *e)
{
	return is_answer(e) && is_astray(e) && e->counters &&
	       e->reset->side == SIDE_SERVER && e->reset->usual_ttl &&
	       !e->connection->bytes[SIDE_SERVER];
}

static const struct wire_rule {
	holds_fn holds;
	enum cause cause;
	enum confidence confidence;
} wire_rules[] = {
	{ is_of_user_network, CAUSE_USER_NETWORK, CONFIDENCE_CERTAIN },
	{ is_of_filter, CAUSE_REJECTED, CONFIDENCE_CERTAIN },
	{ is_of_filter_perhaps, CAUSE_REJECTED, CONFIDENCE_STRONG },
	{ is_unheard_raw, CAUSE_FORGED, CONFIDENCE_CERTAIN },
	{ is_uncounted_raw, CAUSE_FORGED, CONFIDENCE_STRONG },
	{ is_foreign, CAUSE_UNKNOWN, CONFIDENCE_UNKNOWN },
	{ is_of_nobody, CAUSE_FORGED, CONFIDENCE_LIKELY },
	{ lingers2_on_wire, CAUSE_LINGER2, CONFIDENCE_STRONG },
	{ answers_after_close, CAUSE_LATE_DATA, CONFIDENCE_STRONG },
	{ answers_after_loss, CAUSE_NAT_EXPIRED, CONFIDENCE_STRONG },
	{ may_be_foreign, CAUSE_UNKNOWN, CONFIDENCE_UNKNOWN },
	{ fastcloses, CAUSE_MPTCP_FASTCLOSE, CONFIDENCE_STRONG },
	{ ends_subflow, CAUSE_MPTCP_SUBFLOW, CONFIDENCE_STRONG },
	{ refuses_syn_between, CAUSE_REJECTED, CONFIDENCE_LIKELY },
	{ refuses_syn, CAUSE_REFUSED, CONFIDENCE_STRONG },
	{ is_half_open, CAUSE_HALF_OPEN, CONFIDENCE_STRONG },
	{ answers_translated, CAUSE_SNAT_PORT_REUSE, CONFIDENCE_STRONG },
	{ answers_old_one, CAUSE_OLD_CONNECTION, CONFIDENCE_STRONG },
	{ counts_old_stamp, CAUSE_OLD_TIMESTAMP, CONFIDENCE_STRONG },
	{ gave_up_connecting, CAUSE_SOCKET_GONE, CONFIDENCE_LIKELY },
	{ counts_overflow, CAUSE_ACCEPT_OVERFLOW, CONFIDENCE_STRONG },
	{ has_bad_handshake, CAUSE_BAD_HANDSHAKE, CONFIDENCE_STRONG },
	{ says_destroyed, CAUSE_ABORTED, CONFIDENCE_STRONG },
	{ says_disconnected, CAUSE_DISCONNECTED, CONFIDENCE_STRONG },
	{ dies_with_bytes, CAUSE_CLOSE_UNREAD, CONFIDENCE_STRONG },
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
	{ answers_between, CAUSE_NAT_LOST, CONFIDENCE_LIKELY },
	{ refuses_after_fin, CAUSE_LATE_DATA, CONFIDENCE_LIKELY },
	{ is_answer_of_gone, CAUSE_SOCKET_GONE, CONFIDENCE_LIKELY },
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

static bool died_empty(const struct evidence *e)
{
	return e->event && e->event->active && e->event->unread &&
	       unread_at_death(e) == 0;
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
	{ died_empty,
	  "the kernel says unread bytes, and destroyed the socket without "
	  "any" },
	{ was_not_counted,
	  "the kernel tells of a reset that it did not count (OutRsts)" },
	{ unread_not_counted,
	  "the kernel says unread bytes and did not count them "
	  "(TCPAbortOnClose)" },
};

/* --- the verdict -------------------------------------------------------------
 */

/* Unrolled, the table costs no more than a chain of conditions would. */
static void judge_by_wire(const struct evidence *e, struct verdict *v)
{
#pragma GCC unroll 64
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

/* By the best that is known of it. */
static int64_t bytes_left(const struct evidence *e)
{
	const int64_t at_death = unread_at_death(e);

	if (e->event)
		return e->event->unread;
	return at_death > 0 ? at_death : unread_of(e);
}

struct verdict rule_judge(const struct evidence *e)
{
	struct verdict v = { .cause = CAUSE_UNKNOWN, .unread = -1, .late = -1 };

	if (e->event) {
		v.reason = e->event->reason;
		rule_judge_by_kernel(e, &v);
	}
	/* A reason that this table does not know leaves the wire. */
	if (v.cause == CAUSE_UNKNOWN)
		judge_by_wire(e, &v);
	weigh(e, &v);
	if (v.cause == CAUSE_CLOSE_UNREAD)
		v.unread = bytes_left(e);
	if (v.cause == CAUSE_LATE_DATA && e->event)
		v.late = (int64_t)e->event->trigger_bytes;
	return v;
}
