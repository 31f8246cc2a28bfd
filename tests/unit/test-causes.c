/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For each cause evidence that shows it, and the nearest that does not; in
 * the first column of the comments the row of the scenario is described.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/base/own.h"
#include "lab/cause/rule.h"

#include <netinet/tcp.h>
#include <string.h>

enum { FIN = 1, SYN = 2, ACK = 16 };

/* Which endpoints the legs and the reset have. */
enum nat { NAT_NONE, NAT_SOURCE, NAT_UNTRANSLATED };

/* What of the evidence is not usual: a client sends the reset in an open
 * connection to which the server had sent 17 bytes. */
struct trace {
	enum reset_form form; /* FORM_RSTACK is a decision */
	enum phase phase;     /* 0: PHASE_DATA */
	enum ending ending;   /* 0: as the form has it */
	enum emitter emitter;
	enum nat nat;
	bool nobody;  /* no node sent it */
	bool at_once; /* not a minute after the connection began */
	struct evidence_event event;	   /* .reason NULL: none */
	struct evidence_program program;   /* all zero: none */
	struct evidence_death death;	   /* all zero: none */
	struct evidence_counters counters; /* .out_rsts 0: none */
	struct evidence flags;
};

struct pair {
	enum cause cause;
	enum confidence confidence;
	struct trace shows, near;
	enum cause instead; /* what the near one is */
};

/* A kernel event. */
#define SAYS(name, ...) .event = { .reason = name, __VA_ARGS__ }
#define DECIDES(name, ...) \
	.form = FORM_RSTACK, SAYS(name, .active = true, __VA_ARGS__)
#define ANSWERS(name, flag, ...) \
	.form = FORM_RST, SAYS(name, .trigger_flags = (flag), __VA_ARGS__)

static const struct pair pairs[] = {
	{ CAUSE_CLOSE_UNREAD,
	  CONFIDENCE_CERTAIN,
	  { DECIDES("TCP_ABORT_ON_CLOSE", .unread = 17) },
	  { DECIDES("TCP_ABORT_ON_CLOSE", .unread = 17, .mptcp = true) },
	  CAUSE_MPTCP_FASTCLOSE },
	{ CAUSE_LINGER_ZERO,
	  CONFIDENCE_CERTAIN,
	  { DECIDES("TCP_STATE", .state = TCP_CLOSE),
	    .program = { .linger_zero = true, .closed = true } },
	  { DECIDES("TCP_STATE", .state = TCP_CLOSE),
	    .program = { .disconnected = true } },
	  CAUSE_DISCONNECTED },
	{ CAUSE_LINGER2,
	  CONFIDENCE_CERTAIN,
	  { DECIDES("TCP_ABORT_ON_LINGER", .state = TCP_CLOSE) },
	  { DECIDES("TCP_STATE", .state = TCP_CLOSE) },
	  CAUSE_LINGER_ZERO },
	{ CAUSE_LINGER2,
	  CONFIDENCE_STRONG, /* at the ACK of its FIN */
	  { ANSWERS("TCP_ABORT_ON_DATA", ACK), .ending = ENDING_FIN_RST,
	    .program = { .linger2 = true, .closed = true } },
	  { ANSWERS("TCP_ABORT_ON_DATA", ACK, .trigger_bytes = 17),
	    .ending = ENDING_FIN_RST, .program = { .closed = true } },
	  CAUSE_LATE_DATA },
	{ CAUSE_DISCONNECTED,
	  CONFIDENCE_CERTAIN,
	  { DECIDES("TCP_STATE", .state = TCP_CLOSE),
	    .program = { .disconnected = true } },
	  { DECIDES("TCP_STATE", .state = TCP_ESTABLISHED),
	    .program = { .closed = true } },
	  CAUSE_ABORTED },
	{ CAUSE_ABORTED,
	  CONFIDENCE_CERTAIN,
	  { DECIDES("TCP_STATE", .state = TCP_ESTABLISHED) },
	  { DECIDES("TCP_STATE", .state = TCP_CLOSE, .unowned = true) },
	  CAUSE_LISTENER_CLOSED },
	{ CAUSE_LISTENER_CLOSED,
	  CONFIDENCE_CERTAIN,
	  { DECIDES("TCP_STATE", .state = TCP_CLOSE, .unowned = true) },
	  { DECIDES("TCP_STATE", .state = TCP_FIN_WAIT2, .unowned = true) },
	  CAUSE_FIN_WAIT_TIMEOUT },
	{ CAUSE_FIN_WAIT_TIMEOUT,
	  CONFIDENCE_STRONG,
	  { DECIDES("TCP_STATE", .state = TCP_FIN_WAIT2, .unowned = true),
	    .ending = ENDING_FIN_RSTACK },
	  { DECIDES("TCP_STATE", .state = TCP_CLOSE, .unowned = true) },
	  CAUSE_LISTENER_CLOSED },
	{ CAUSE_KEEPALIVE,
	  CONFIDENCE_CERTAIN,
	  { DECIDES("TCP_KEEPALIVE_TIMEOUT") },
	  { DECIDES("TCP_ABORT_ON_MEMORY") },
	  CAUSE_NO_MEMORY },
	{ CAUSE_NO_MEMORY,
	  CONFIDENCE_CERTAIN,
	  { DECIDES("TCP_ABORT_ON_MEMORY") },
	  { DECIDES("TCP_ABORT_ON_CLOSE", .unread = 1) },
	  CAUSE_CLOSE_UNREAD },
	{ CAUSE_MPTCP_FASTCLOSE,
	  CONFIDENCE_CERTAIN,
	  { DECIDES("TCP_ABORT_ON_CLOSE", .mptcp = true) },
	  { DECIDES("TCP_ABORT_ON_CLOSE", .unread = 17) },
	  CAUSE_CLOSE_UNREAD },
	{ CAUSE_MPTCP_SUBFLOW,
	  CONFIDENCE_CERTAIN,
	  { DECIDES("MPTCP_RST_EMIDDLEBOX", .mptcp = true) },
	  { DECIDES("TCP_ABORT_ON_CLOSE", .mptcp = true) },
	  CAUSE_MPTCP_FASTCLOSE },
	{ CAUSE_LATE_DATA,
	  CONFIDENCE_CERTAIN,
	  { ANSWERS("TCP_TIMEWAIT_SOCKET", ACK, .trigger_bytes = 17),
	    .ending = ENDING_FIN_RST },
	  { ANSWERS("TCP_TIMEWAIT_SOCKET", SYN), .ending = ENDING_FIN_RST },
	  CAUSE_OLD_CONNECTION },
	{ CAUSE_OLD_CONNECTION,
	  CONFIDENCE_CERTAIN, /* a SYN,ACK to a FIN-WAIT-2 */
	  { ANSWERS("TCP_TIMEWAIT_SOCKET", SYN | ACK),
	    .ending = ENDING_FIN_RST },
	  { ANSWERS("TCP_TIMEWAIT_SOCKET", ACK, .trigger_bytes = 17),
	    .ending = ENDING_FIN_RST },
	  CAUSE_LATE_DATA },
	{ CAUSE_FIN_WAIT_EXPIRED,
	  CONFIDENCE_STRONG,
	  { ANSWERS("NO_SOCKET", FIN | ACK), .ending = ENDING_FIN_RST },
	  { ANSWERS("NO_SOCKET", ACK, .trigger_bytes = 17) },
	  CAUSE_SOCKET_GONE },
	{ CAUSE_SOCKET_GONE,
	  CONFIDENCE_CERTAIN,
	  { ANSWERS("NO_SOCKET", ACK), .ending = ENDING_FIN_RST,
	    .at_once = true },
	  { ANSWERS("NO_SOCKET", FIN | ACK), .ending = ENDING_FIN_RST },
	  CAUSE_FIN_WAIT_EXPIRED },
	{ CAUSE_REFUSED,
	  CONFIDENCE_CERTAIN,
	  { .form = FORM_RSTACK_ZERO,
	    .phase = PHASE_HANDSHAKE,
	    SAYS("NO_SOCKET", .trigger_flags = SYN) },
	  { .form = FORM_RSTACK_ZERO,
	    .phase = PHASE_HANDSHAKE,
	    .flags = { .listened = true } },
	  CAUSE_REJECTED },
	{ CAUSE_SOCKET_GONE,
	  CONFIDENCE_CERTAIN,
	  { ANSWERS("NO_SOCKET", ACK, .trigger_bytes = 17) },
	  { ANSWERS("NO_SOCKET", ACK, .trigger_bytes = 17),
	    .flags = { .earlier_lost = true } },
	  CAUSE_RESET_LOST },
	{ CAUSE_RESET_LOST,
	  CONFIDENCE_CERTAIN,
	  { ANSWERS("NO_SOCKET", ACK), .flags = { .earlier_lost = true } },
	  { ANSWERS("NO_SOCKET", ACK) },
	  CAUSE_SOCKET_GONE },
	{ CAUSE_HALF_OPEN,
	  CONFIDENCE_CERTAIN,
	  { ANSWERS("TCP_INVALID_ACK_SEQUENCE", ACK), .phase = PHASE_HANDSHAKE,
	    .ending = ENDING_SYN_CHALLENGE_RST },
	  { ANSWERS("TCP_INVALID_ACK_SEQUENCE", ACK), .phase = PHASE_HANDSHAKE,
	    .ending = ENDING_SYN_CHALLENGE_RST, .nat = NAT_SOURCE },
	  CAUSE_SNAT_PORT_REUSE },
	{ CAUSE_HALF_OPEN,
	  CONFIDENCE_CERTAIN,
	  { ANSWERS("TCP_INVALID_ACK_SEQUENCE", ACK), .phase = PHASE_HANDSHAKE,
	    .ending = ENDING_SYN_CHALLENGE_RST, .nat = NAT_SOURCE,
	    .program = { .redialled = true } },
	  { ANSWERS("TCP_INVALID_ACK_SEQUENCE", ACK), .phase = PHASE_HANDSHAKE,
	    .ending = ENDING_SYN_CHALLENGE_RST, .nat = NAT_SOURCE,
	    .program = { .closed = true } },
	  CAUSE_SNAT_PORT_REUSE },
	{ CAUSE_SNAT_PORT_REUSE,
	  CONFIDENCE_STRONG,
	  { ANSWERS("TCP_INVALID_ACK_SEQUENCE", ACK), .phase = PHASE_HANDSHAKE,
	    .ending = ENDING_SYN_SYNACK_RST, .nat = NAT_SOURCE },
	  { ANSWERS("TCP_INVALID_ACK_SEQUENCE", ACK), .phase = PHASE_HANDSHAKE,
	    .ending = ENDING_SYN_SYNACK_RST },
	  CAUSE_OLD_CONNECTION },
	{ CAUSE_OLD_CONNECTION,
	  CONFIDENCE_CERTAIN,
	  { ANSWERS("TCP_INVALID_ACK_SEQUENCE", SYN | ACK),
	    .phase = PHASE_HANDSHAKE, .ending = ENDING_SYN_SYNACK_RST },
	  { ANSWERS("TCP_RFC7323_PAWS", SYN | ACK), .phase = PHASE_HANDSHAKE,
	    .ending = ENDING_SYN_SYNACK_RST },
	  CAUSE_OLD_TIMESTAMP },
	{ CAUSE_OLD_TIMESTAMP,
	  CONFIDENCE_CERTAIN,
	  { ANSWERS("TCP_RFC7323_PAWS", SYN | ACK), .phase = PHASE_HANDSHAKE,
	    .ending = ENDING_SYN_SYNACK_RST },
	  { ANSWERS("TCP_INVALID_ACK_SEQUENCE", SYN | ACK),
	    .phase = PHASE_HANDSHAKE, .ending = ENDING_SYN_SYNACK_RST },
	  CAUSE_OLD_CONNECTION },
	{ CAUSE_ACCEPT_OVERFLOW,
	  CONFIDENCE_CERTAIN,
	  { ANSWERS("INVALID_SYN", ACK) },
	  { ANSWERS("INVALID_SYN", SYN) },
	  CAUSE_SYN_AGAIN },
	{ CAUSE_SYN_AGAIN,
	  CONFIDENCE_CERTAIN,
	  { ANSWERS("INVALID_SYN", SYN) },
	  { ANSWERS("INVALID_SYN", ACK) },
	  CAUSE_ACCEPT_OVERFLOW },
	{ CAUSE_SYN_AGAIN,
	  CONFIDENCE_CERTAIN,
	  { ANSWERS("INVALID_SYN", SYN | ACK) },
	  { ANSWERS("INVALID_SYN", ACK, .trigger_bytes = 1) },
	  CAUSE_ACCEPT_OVERFLOW },
	{ CAUSE_BAD_HANDSHAKE,
	  CONFIDENCE_CERTAIN,
	  { ANSWERS("TCP_FLAGS", ACK, .state = TCP_LISTEN),
	    .phase = PHASE_HANDSHAKE },
	  { ANSWERS("TCP_FLAGS", ACK, .state = TCP_LISTEN) },
	  CAUSE_STRAY_TO_LISTENER },
	{ CAUSE_STRAY_TO_LISTENER,
	  CONFIDENCE_CERTAIN,
	  { ANSWERS("TCP_FLAGS", ACK, .state = TCP_LISTEN) },
	  { ANSWERS("TCP_FLAGS", ACK, .state = TCP_FIN_WAIT1) },
	  CAUSE_BAD_SEGMENT },
	{ CAUSE_BAD_SEGMENT,
	  CONFIDENCE_CERTAIN,
	  { ANSWERS("TCP_ACK_UNSENT_DATA", ACK, .state = TCP_FIN_WAIT1) },
	  { ANSWERS("TCP_ACK_UNSENT_DATA", ACK), .phase = PHASE_HANDSHAKE },
	  CAUSE_BAD_HANDSHAKE },
	{ CAUSE_NAT_LOST,
	  CONFIDENCE_CERTAIN,
	  { ANSWERS("NO_SOCKET", ACK), .nat = NAT_UNTRANSLATED },
	  { ANSWERS("NO_SOCKET", ACK) },
	  CAUSE_SOCKET_GONE },
	{ CAUSE_NAT_EXPIRED,
	  CONFIDENCE_CERTAIN,
	  { ANSWERS("NO_SOCKET", ACK), .emitter = EMITTER_MIDDLE,
	    .flags = { .tracked = true, .entry_gone = true } },
	  { ANSWERS("NO_SOCKET", ACK), .emitter = EMITTER_MIDDLE,
	    .flags = { .tracked = true } },
	  CAUSE_NAT_INVALID },
	{ CAUSE_NAT_INVALID,
	  CONFIDENCE_STRONG,
	  { ANSWERS("NO_SOCKET", ACK), .nat = NAT_UNTRANSLATED,
	    .flags = { .tracked = true } },
	  { ANSWERS("NO_SOCKET", ACK), .nat = NAT_UNTRANSLATED },
	  CAUSE_NAT_LOST },
	{ CAUSE_PROXY_CLOSED,
	  CONFIDENCE_CERTAIN,
	  { ANSWERS("TCP_TIMEWAIT_SOCKET", ACK, .trigger_bytes = 180),
	    .ending = ENDING_FIN_RST, .emitter = EMITTER_MIDDLE,
	    .flags = { .relayed = true } },
	  { ANSWERS("TCP_TIMEWAIT_SOCKET", ACK, .trigger_bytes = 180),
	    .ending = ENDING_FIN_RST },
	  CAUSE_LATE_DATA },
	{ CAUSE_USER_NETWORK,
	  CONFIDENCE_CERTAIN,
	  { .form = FORM_RSTACK,
	    .emitter = EMITTER_MIDDLE,
	    .flags = { .user_network = true, .listened = true } },
	  { .form = FORM_RSTACK,
	    .emitter = EMITTER_MIDDLE,
	    .flags = { .listened = true } },
	  CAUSE_REJECTED },
	{ CAUSE_REJECTED,
	  CONFIDENCE_CERTAIN,
	  { .form = FORM_RST,
	    .emitter = EMITTER_MIDDLE,
	    .flags = { .listened = true, .filter_counted = true } },
	  { .form = FORM_RST,
	    .nobody = true,
	    .emitter = EMITTER_MIDDLE,
	    .flags = { .listened = true, .filter_counted = true } },
	  CAUSE_FORGED },
	{ CAUSE_FORGED,
	  CONFIDENCE_LIKELY,
	  { .form = FORM_RST,
	    .nobody = true,
	    .emitter = EMITTER_MIDDLE,
	    .flags = { .listened = true } },
	  { .form = FORM_RST,
	    .emitter = EMITTER_MIDDLE,
	    .flags = { .listened = true } },
	  CAUSE_REJECTED },
	{ CAUSE_FORGED,
	  CONFIDENCE_STRONG, /* a raw socket of a node without such a rule */
	  { .form = FORM_RST,
	    .flags = { .listened = true, .unfiltered = true } },
	  { .form = FORM_RST, .flags = { .listened = true } },
	  CAUSE_REJECTED },
	/* without kernel events: the counter that grew, and it alone */
	{ CAUSE_CLOSE_UNREAD,
	  CONFIDENCE_STRONG,
	  { .form = FORM_RSTACK, .counters = { .out_rsts = 1, .on_close = 1 } },
	  { .form = FORM_RSTACK, .counters = { .out_rsts = 1, .on_data = 1 } },
	  CAUSE_LINGER_ZERO },
	{ CAUSE_KEEPALIVE,
	  CONFIDENCE_STRONG,
	  { .form = FORM_RSTACK,
	    .counters = { .out_rsts = 1, .on_timeout = 1 } },
	  { .form = FORM_RSTACK,
	    .counters = { .out_rsts = 1, .on_memory = 1 } },
	  CAUSE_NO_MEMORY },
	{ CAUSE_LINGER2,
	  CONFIDENCE_STRONG,
	  { .form = FORM_RSTACK,
	    .counters = { .out_rsts = 1, .on_linger = 1 } },
	  { .form = FORM_RSTACK, .counters = { .out_rsts = 1 } },
	  CAUSE_ABORTED },
	{ CAUSE_PROXY_CLOSED,
	  CONFIDENCE_LIKELY,
	  { .form = FORM_RST,
	    .ending = ENDING_FIN_RST,
	    .emitter = EMITTER_MIDDLE,
	    .flags = { .relayed = true } },
	  { .form = FORM_RST,
	    .ending = ENDING_FIN_RST,
	    .emitter = EMITTER_MIDDLE },
	  CAUSE_NAT_LOST },
	/* what the queue held when the socket was destroyed; a FIN is one */
	{ CAUSE_CLOSE_UNREAD,
	  CONFIDENCE_STRONG,
	  { .form = FORM_RSTACK,
	    .ending = ENDING_RSTACK_AFTER_PEER_FIN,
	    .death = { .unread = 18 } },
	  { .form = FORM_RSTACK,
	    .ending = ENDING_RSTACK_AFTER_PEER_FIN,
	    .death = { .unread = 1 },
	    .counters = { .out_rsts = 1, .on_data = 1 } },
	  CAUSE_LINGER_ZERO },
	/* connection tracking is heard as an ordinary user too */
	{ CAUSE_NAT_EXPIRED,
	  CONFIDENCE_STRONG,
	  { .form = FORM_RST,
	    .emitter = EMITTER_MIDDLE,
	    .flags = { .tracked = true, .entry_gone = true } },
	  { .form = FORM_RST, .emitter = EMITTER_MIDDLE },
	  CAUSE_NAT_LOST },
};

static const struct ip_endpoint client = { { 4, { 10, 0, 0, 2 } }, 40000 };
static const struct ip_endpoint server = { { 4, { 10, 0, 0, 1 } }, 8080 };
static const struct ip_endpoint inner = { { 4, { 10, 0, 0, 9 } }, 80 };
static const struct ip_endpoint outer = { { 4, { 10, 0, 1, 1 } }, 61000 };

static void make_legs(const struct trace *t, struct connection *c,
		      struct reset *r)
{
	c->n_legs = 2;
	for (size_t i = 0; i < c->n_legs; i++) {
		c->legs[i].client = client;
		c->legs[i].server = server;
	}
	if (t->nat == NAT_SOURCE)
		c->legs[1].client = outer;
	r->n_sightings = 1;
	r->sightings[0].src = client;
	r->sightings[0].dst = t->nat == NAT_UNTRANSLATED ? inner : server;
}

static bool is_given(const void *p, size_t size)
{
	const char *bytes = p;

	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return true;
	return false;
}

static struct verdict judge(const struct trace *t)
{
	struct connection c = {
		.ending = t->ending		? t->ending
			  : t->form == FORM_RST ? ENDING_RST
						: ENDING_RSTACK,
		.phase = t->phase ? t->phase : PHASE_DATA,
		.bytes = { 0, 17 },
		.judged = true,
	};
	struct reset r = { .time_ns = t->at_once ? 0 : INT64_C(61000000000),
			   .side = SIDE_CLIENT,
			   .form = t->form,
			   .phase = c.phase,
			   .emitter_node = t->nobody ? FLOW_NOBODY : 1 };
	struct evidence e = t->flags;

	make_legs(t, &c, &r);
	e.connection = &c;
	e.reset = &r;
	e.emitter = t->emitter;
	if (t->event.reason)
		e.event = &t->event;
	if (is_given(&t->program, sizeof(t->program)))
		e.program = &t->program;
	if (is_given(&t->death, sizeof(t->death)))
		e.death = &t->death;
	if (t->counters.out_rsts)
		e.counters = &t->counters;
	return rule_judge(&e);
}

static void each_cause_has_a_trace_that_shows_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		const struct verdict v = judge(&pairs[i].shows);

		assert_string_equal(cause_infos[v.cause].name,
				    cause_infos[pairs[i].cause].name);
		assert_string_equal(confidence_names[v.confidence],
				    confidence_names[pairs[i].confidence]);
		assert_null(v.contrary);
	}
}

static void each_cause_has_a_near_trace_that_does_not_show_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		const struct verdict v = judge(&pairs[i].near);

		assert_int_not_equal(v.cause, pairs[i].cause);
		assert_string_equal(cause_infos[v.cause].name,
				    cause_infos[pairs[i].instead].name);
	}
}

static void no_cause_is_left_out(void **state)
{
	bool has[CAUSES] = { [CAUSE_UNKNOWN] = true };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		has[pairs[i].cause] = true;
	for (size_t i = 0; i < CAUSES; i++)
		if (!has[i])
			fail_msg("no trace shows %s", cause_infos[i].name);
}

/* A deed that the kernel did not count is none of its TCP's. */
static void a_reset_that_was_not_counted_is_a_filters(void **state)
{
	struct connection c = { .ending = ENDING_RST, .phase = PHASE_DATA };
	struct reset r = { .form = FORM_RST,
			   .phase = PHASE_DATA,
			   .emitter_node = 1 };
	const struct evidence_counters none = { .out_rsts = 0 };
	const struct evidence e = { .connection = &c,
				    .reset = &r,
				    .counters = &none };
	const struct verdict v = rule_judge(&e);

	(void)state;
	assert_string_equal(cause_infos[v.cause].name, "rejected");
	assert_string_equal(confidence_names[v.confidence], "strong");
}

static void a_counter_that_denies_the_event_takes_certainty(void **state)
{
	static const struct trace t = {
		DECIDES("TCP_ABORT_ON_CLOSE", .unread = 17),
		.counters = { .out_rsts = 1, .on_data = 1 }
	};
	const struct verdict v = judge(&t);

	(void)state;
	assert_string_equal(cause_infos[v.cause].name, "close-unread");
	assert_string_equal(confidence_names[v.confidence], "strong");
	assert_string_equal(v.contrary,
			    "the kernel says unread bytes and did not count "
			    "them (TCPAbortOnClose)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cause_has_a_trace_that_shows_it),
		cmocka_unit_test(
			each_cause_has_a_near_trace_that_does_not_show_it),
		cmocka_unit_test(no_cause_is_left_out),
		cmocka_unit_test(a_reset_that_was_not_counted_is_a_filters),
		cmocka_unit_test(
			a_counter_that_denies_the_event_takes_certainty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
