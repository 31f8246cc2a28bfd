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
	const uint64_t sent = e->connection->bytes[!e->reset->side];

	if (!e->program || e->program->read_bytes < 0)
		return -1;
	return (int64_t)(sent - e->reset->bytes_after) - e->program->read_bytes;
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

/* Nor has the node a filter that does: a raw socket. */
static bool is_of_raw_socket(const struct evidence *e)
{
	return (is_unheard(e) || is_uncounted(e)) && e->unfiltered;
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
	       e->connection->bytes[!e->reset->side] > 0 && !e->program &&
	       !e->death;
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

/* Where the program had read all that was ever sent, no data were answered. */
static bool answers_after_close(const struct evidence *e)
{
	return answers_after_fin(e) && e->program && e->program->closed &&
	       unread_of(e) != 0;
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
	{ is_of_raw_socket, CAUSE_FORGED, CONFIDENCE_STRONG },
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
