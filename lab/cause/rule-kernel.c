/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel said -> the cause. */
#include "lab/base/own.h"
#include "lab/cause/rule-parts.h"

#include <netinet/tcp.h>
#include <string.h>

#define FIN_WAIT_LEAST_NS INT64_C(1000000000)

enum { FIN = 1, SYN = 2, ACK = 16 }; /* RFC 9293 3.1 */

static bool always(const struct evidence *e)
{
	(void)e;
	return true;
}

static bool had_unread(const struct evidence *e)
{
	return e->event->unread > 0;
}

/* SOCK_DESTROY alone tells before the socket has left its state. */
static bool was_alive(const struct evidence *e)
{
	return e->event->state && e->event->state != TCP_CLOSE;
}

static bool waited_for_fin(const struct evidence *e)
{
	return e->event->state == TCP_FIN_WAIT2 && e->event->unowned;
}

/* Of a listener that was closed. */
static bool was_queued(const struct evidence *e)
{
	return e->event->unowned;
}

static bool is_lingering_close(const struct evidence *e)
{
	return e->event->closing && e->event->lingers;
}

/* The program goes on with the socket. */
static bool is_no_close(const struct evidence *e)
{
	return !e->event->closing;
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
	return e->reset->phase == PHASE_HANDSHAKE ||
	       e->event->state == TCP_SYN_RECV;
}

static bool lost_before(const struct evidence *e)
{
	return e->earlier_lost;
}

/* A FIN-WAIT-2 lasts for whole seconds (net.ipv4.tcp_fin_timeout). */
static bool had_closed(const struct evidence *e)
{
	const int64_t lasted_ns = e->reset->time_ns - e->connection->start_ns;

	return lasted_ns >= FIN_WAIT_LEAST_NS &&
	       (e->connection->ending == ENDING_FIN_RST ||
		e->connection->ending == ENDING_FIN_BOTH_ECHO_RST);
}

static bool answers_bytes(const struct evidence *e)
{
	return e->event->trigger_bytes > 0;
}

static bool answers_data(const struct evidence *e)
{
	return answers_bytes(e) || (e->event->trigger_flags & FIN);
}

static bool answers_syn(const struct evidence *e)
{
	return (e->event->trigger_flags & (SYN | ACK)) == SYN;
}

/* With ACK or without: a SYN has no place in a connection that there is. */
static bool brings_syn(const struct evidence *e)
{
	return e->event->trigger_flags & SYN;
}

/* It answers a segment under addresses that the connection did not have where
 * it was sent.  Two legs of it can meet there: a container that dials its own
 * published port. */
static bool is_untranslated(const struct evidence *e)
{
	const struct connection *c = e->connection;
	const size_t n = c->n_legs < FLOW_LEGS_MAX ? c->n_legs : FLOW_LEGS_MAX;
	const struct sighting *s = &e->reset->sightings[0];
	const bool client = e->reset->side == SIDE_CLIENT;
	const struct ip_endpoint *from = client ? &s->src : &s->dst;
	const struct ip_endpoint *to = client ? &s->dst : &s->src;
	bool others = false;

	for (size_t i = 0; e->reset->n_sightings && i < n; i++) {
		const struct leg *leg = &c->legs[i];

		if (leg->point.node != s->point.node ||
		    leg->point.interface != s->point.interface)
			continue;
		if (ip_endpoint_equal(&leg->client, from) &&
		    ip_endpoint_equal(&leg->server, to))
			return e->untranslated;
		others = true;
	}
	return e->untranslated || others;
}

static bool lost_translation(const struct evidence *e)
{
	return from_the_middle(e) || is_untranslated(e);
}

static bool lost_entry(const struct evidence *e)
{
	return lost_translation(e) && e->entry_gone;
}

/* The socket may well be there: under the address that is not known here. */
static bool forgotten(const struct evidence *e)
{
	return e->entry_gone;
}

static bool distrusted(const struct evidence *e)
{
	return lost_translation(e) && e->tracked && !e->entry_gone;
}

/* A FIN with no bytes of its own, behind bytes that were lost.  Bytes that were
 * lost before they could be captured only the program's account can tell from
 * the FIN that acknowledges one of a TCP_LINGER2.  Source: "Receive out of
 * order FIN after close()", tcp_rcv_state_process(), net/ipv4/tcp_input.c,
 * Linux 6.18.
 */
static bool ends_lost_bytes(const struct evidence *e)
{
	return (e->event->trigger_flags & FIN) && !answers_bytes(e) &&
	       (e->reset->refused_bytes ||
		(e->program && !e->program->linger2));
}

static bool is_fin(const struct evidence *e)
{
	return !program_has_linger2(e) && (e->event->trigger_flags & FIN);
}

static bool data_to_linger2(const struct evidence *e)
{
	return program_has_linger2(e) &&
	       (answers_bytes(e) || ends_lost_bytes(e));
}

static bool data_to_proxy(const struct evidence *e)
{
	return e->relayed && answers_data(e);
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
	ROW("TCP_DISCONNECT_WITH_DATA", is_no_close, DISCONNECTED, CERTAIN),
	ROW("TCP_DISCONNECT_WITH_DATA", always, LINGER_ZERO, CERTAIN),
	/* the socket of a closed FIN-WAIT-2 is nobody's, too */
	ROW("TCP_STATE", waited_for_fin, FIN_WAIT_TIMEOUT, STRONG),
	ROW("TCP_STATE", was_alive, ABORTED, CERTAIN),
	ROW("TCP_STATE", was_queued, LISTENER_CLOSED, CERTAIN),
	ROW("TCP_STATE", is_lingering_close, LINGER_ZERO, CERTAIN),
	ROW("TCP_STATE", is_no_close, DISCONNECTED, CERTAIN),
	/* both directions may have been shut before */
	ROW("TCP_STATE", program_disconnected, DISCONNECTED, CERTAIN),
	/* only FIN-WAIT with TCP_LINGER2, and connect() do without linger */
	ROW("TCP_STATE", always, DISCONNECTED, LIKELY),
	ROW("TCP_ABORT_ON_DATA", data_to_linger2, LINGER2, STRONG),
	ROW("TCP_ABORT_ON_DATA", data_to_proxy, PROXY_CLOSED, CERTAIN),
	ROW("TCP_ABORT_ON_DATA", answers_bytes, LATE_DATA, CERTAIN),
	ROW("TCP_ABORT_ON_DATA", ends_lost_bytes, LATE_DATA, CERTAIN),
	ROW("TCP_ABORT_ON_DATA", is_fin, LINGER2, LIKELY),
	/* an empty segment without FIN has it for no other reason */
	ROW("TCP_ABORT_ON_DATA", always, LINGER2, CERTAIN),
	ROW("TCP_TIMEWAIT_SOCKET", brings_syn, OLD_CONNECTION, CERTAIN),
	ROW("TCP_TIMEWAIT_SOCKET", data_to_proxy, PROXY_CLOSED, CERTAIN),
	ROW("TCP_TIMEWAIT_SOCKET", answers_data, LATE_DATA, CERTAIN),
	ROW("TCP_TIMEWAIT_SOCKET", always, LATE_DATA, STRONG),
	ROW("NO_SOCKET", answers_syn, REFUSED, CERTAIN),
	ROW("NO_SOCKET", lost_entry, NAT_EXPIRED, CERTAIN),
	ROW("NO_SOCKET", distrusted, NAT_INVALID, STRONG),
	ROW("NO_SOCKET", lost_translation, NAT_LOST, CERTAIN),
	ROW("NO_SOCKET", forgotten, NAT_EXPIRED, STRONG),
	ROW("NO_SOCKET", lost_before, RESET_LOST, CERTAIN),
	ROW("NO_SOCKET", had_closed, FIN_WAIT_EXPIRED, STRONG),
	ROW("NO_SOCKET", always, SOCKET_GONE, CERTAIN),
	ROW("TCP_INVALID_ACK_SEQUENCE", shares_its_port, SNAT_PORT_REUSE,
	    STRONG),
	ROW("TCP_INVALID_ACK_SEQUENCE", was_challenged, HALF_OPEN, CERTAIN),
	ROW("TCP_INVALID_ACK_SEQUENCE", always, OLD_CONNECTION, CERTAIN),
	ROW("TCP_RFC7323_PAWS", shares_its_port, SNAT_PORT_REUSE, STRONG),
	ROW("TCP_RFC7323_PAWS", always, OLD_TIMESTAMP, CERTAIN),
	/* a full queue is met by what ends the handshake: no SYN */
	ROW("INVALID_SYN", brings_syn, SYN_AGAIN, CERTAIN),
	ROW("INVALID_SYN", always, ACCEPT_OVERFLOW, CERTAIN),
	/* it met the listener of a proxy */
	ROW("TCP_FLAGS", lost_entry, NAT_EXPIRED, CERTAIN),
	ROW("TCP_FLAGS", distrusted, NAT_INVALID, STRONG),
	ROW("TCP_FLAGS", from_the_middle, NAT_LOST, CERTAIN),
	ROW("TCP_FLAGS", is_handshake, BAD_HANDSHAKE, CERTAIN),
	/* the listener gets what does not fit a half-open connection */
	ROW("TCP_FLAGS", is_astray, BAD_HANDSHAKE, CERTAIN),
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

/* Is @reason that of a rule, or one of the family that it names? */
static bool is_named(const char *rule, const char *reason)
{
	return rule == mptcp_prefix ? !strncmp(rule, reason, strlen(rule))
				    : !strcmp(rule, reason);
}

void rule_judge_by_kernel(const struct evidence *e, struct verdict *v)
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
