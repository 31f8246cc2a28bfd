/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For each cause evidence that shows it, and the nearest that does not; most
 * of it what the kernel said.
 */
#include "tests/unit/cause-trace.h"

static const struct pair pairs[] = {
	{ CAUSE_CLOSE_UNREAD,
	  CONFIDENCE_CERTAIN,
	  { DECIDES("TCP_ABORT_ON_CLOSE", .unread = 17) },
	  { DECIDES("TCP_ABORT_ON_CLOSE", .unread = 17, .mptcp = true) },
	  CAUSE_MPTCP_FASTCLOSE },
	{ CAUSE_LINGER_ZERO,
	  CONFIDENCE_CERTAIN,
	  { DECIDES("TCP_STATE", .state = TCP_CLOSE, .closing = true,
		    .lingers = true) },
	  { DECIDES("TCP_STATE", .state = TCP_CLOSE, .lingers = true) },
	  CAUSE_DISCONNECTED },
	{ CAUSE_LINGER2,
	  CONFIDENCE_CERTAIN,
	  { DECIDES("TCP_ABORT_ON_LINGER", .state = TCP_CLOSE) },
	  { DECIDES("TCP_STATE", .state = TCP_CLOSE, .closing = true,
		    .lingers = true) },
	  CAUSE_LINGER_ZERO },
	{ CAUSE_LINGER2,
	  CONFIDENCE_CERTAIN, /* at the ACK of its FIN */
	  { ANSWERS("TCP_ABORT_ON_DATA", ACK), .ending = ENDING_FIN_RST },
	  { ANSWERS("TCP_ABORT_ON_DATA", ACK, .trigger_bytes = 17),
	    .ending = ENDING_FIN_RST, .program = { .closed = true } },
	  CAUSE_LATE_DATA },
	{ CAUSE_DISCONNECTED,
	  CONFIDENCE_CERTAIN,
	  { DECIDES("TCP_STATE", .state = TCP_CLOSE) },
	  { DECIDES("TCP_STATE", .state = TCP_ESTABLISHED) },
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
	    .flags = { .listened = true, .filter = FILTER_DID } },
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
	  { ANSWERS("INVALID_SYN", SYN | ACK) },
	  { ANSWERS("INVALID_SYN", ACK) },
	  CAUSE_ACCEPT_OVERFLOW },
	{ CAUSE_OLD_CONNECTION, /* it met FIN-WAIT-2 */
	  CONFIDENCE_CERTAIN,
	  { ANSWERS("TCP_TIMEWAIT_SOCKET", SYN | ACK),
	    .ending = ENDING_FIN_RST },
	  { ANSWERS("TCP_TIMEWAIT_SOCKET", FIN | ACK),
	    .ending = ENDING_FIN_RST },
	  CAUSE_LATE_DATA },
	{ CAUSE_BAD_HANDSHAKE, /* its right ACK was lost behind the point */
	  CONFIDENCE_CERTAIN,
	  { ANSWERS("TCP_FLAGS", ACK, .state = TCP_LISTEN), .astray = true },
	  { ANSWERS("TCP_FLAGS", ACK, .state = TCP_LISTEN) },
	  CAUSE_STRAY_TO_LISTENER },
	{ CAUSE_BAD_HANDSHAKE, /* TCP Fast Open: the child exists already */
	  CONFIDENCE_CERTAIN,
	  { ANSWERS("TCP_TOO_OLD_ACK", ACK, .state = TCP_SYN_RECV) },
	  { ANSWERS("TCP_TOO_OLD_ACK", ACK, .state = TCP_FIN_WAIT1) },
	  CAUSE_BAD_SEGMENT },
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
	    .flags = { .listened = true, .filter = FILTER_MAY } },
	  CAUSE_REJECTED },
	{ CAUSE_REJECTED,
	  CONFIDENCE_CERTAIN,
	  { .form = FORM_RST,
	    .emitter = EMITTER_MIDDLE,
	    .flags = { .listened = true, .filter = FILTER_DID } },
	  { .form = FORM_RST,
	    .nobody = true,
	    .emitter = EMITTER_MIDDLE,
	    .flags = { .listened = true, .filter = FILTER_DID } },
	  CAUSE_FORGED },
	{ CAUSE_REJECTED, /* its rule has no counter */
	  CONFIDENCE_STRONG,
	  { .form = FORM_RST,
	    .emitter = EMITTER_MIDDLE,
	    .flags = { .listened = true, .filter = FILTER_MAY } },
	  { .form = FORM_RST,
	    .emitter = EMITTER_MIDDLE,
	    .flags = { .listened = true, .filter = FILTER_UNKNOWN } },
	  CAUSE_UNKNOWN },
	{ CAUSE_FORGED, /* a raw socket of a node that was watched */
	  CONFIDENCE_CERTAIN,
	  { .form = FORM_RST,
	    .flags = { .listened = true, .filter = FILTER_NOT } },
	  { .form = FORM_RST,
	    .flags = { .listened = true, .filter = FILTER_DID } },
	  CAUSE_REJECTED },
	{ CAUSE_FORGED,
	  CONFIDENCE_LIKELY,
	  { .form = FORM_RST,
	    .nobody = true,
	    .emitter = EMITTER_MIDDLE,
	    .flags = { .listened = true } },
	  { .form = FORM_RST,
	    .emitter = EMITTER_MIDDLE,
	    .flags = { .listened = true, .filter = FILTER_DID } },
	  CAUSE_REJECTED },
};

static void each_cause_has_a_trace_that_shows_it(void **state)
{
	(void)state;
	assert_shown(pairs, ARRAY_SIZE(pairs));
}

static void each_cause_has_a_near_trace_that_does_not_show_it(void **state)
{
	(void)state;
	assert_near_is_another(pairs, ARRAY_SIZE(pairs));
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

/* A segment can be captured before the kernel tells of it. */
static void an_event_that_is_late_is_missed_by_nobody(void **state)
{
	const struct trace counted = { .form = FORM_RST,
				       .flags = { .listened = true,
						  .filter = FILTER_NOT },
				       .counters = { .out_rsts = 1 } };

	(void)state;
	assert_int_equal(judge(&counted).cause, CAUSE_SOCKET_GONE);
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
		cmocka_unit_test(an_event_that_is_late_is_missed_by_nobody),
		cmocka_unit_test(
			a_counter_that_denies_the_event_takes_certainty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
