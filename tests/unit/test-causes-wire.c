/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Without the kernel's events: evidence that shows a cause, and the nearest
 * that does not.
 */
#include "tests/unit/cause-trace.h"

static const struct pair pairs[] = {
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
	/* and the numbers and options of the segment */
	{ CAUSE_ACCEPT_OVERFLOW,
	  CONFIDENCE_STRONG,
	  { .form = FORM_RST,
	    .side = SIDE_SERVER,
	    .counters = { .out_rsts = 1, .embryonic = 1, .overflows = 1 } },
	  { .form = FORM_RST,
	    .side = SIDE_SERVER,
	    .counters = { .out_rsts = 1, .embryonic = 1 } },
	  CAUSE_UNKNOWN },
	{ CAUSE_OLD_TIMESTAMP,
	  CONFIDENCE_STRONG,
	  { .form = FORM_RST,
	    .phase = PHASE_HANDSHAKE,
	    .ending = ENDING_SYN_SYNACK_RST,
	    .counters = { .out_rsts = 1, .paws_active = 1 } },
	  { .form = FORM_RST,
	    .phase = PHASE_HANDSHAKE,
	    .ending = ENDING_SYN_SYNACK_RST,
	    .counters = { .out_rsts = 1 } },
	  CAUSE_SOCKET_GONE },
	{ CAUSE_OLD_CONNECTION,
	  CONFIDENCE_STRONG,
	  { .form = FORM_RST,
	    .phase = PHASE_HANDSHAKE,
	    .ending = ENDING_SYN_SYNACK_RST,
	    .astray = true },
	  { .form = FORM_RST,
	    .phase = PHASE_HANDSHAKE,
	    .ending = ENDING_SYN_SYNACK_RST },
	  CAUSE_SOCKET_GONE },
	{ CAUSE_SNAT_PORT_REUSE,
	  CONFIDENCE_STRONG,
	  { .form = FORM_RST,
	    .phase = PHASE_HANDSHAKE,
	    .ending = ENDING_SYN_SYNACK_RST,
	    .astray = true,
	    .nat = NAT_SOURCE },
	  { .form = FORM_RST,
	    .phase = PHASE_HANDSHAKE,
	    .ending = ENDING_SYN_SYNACK_RST,
	    .astray = true },
	  CAUSE_OLD_CONNECTION },
	{ CAUSE_BAD_HANDSHAKE,
	  CONFIDENCE_STRONG,
	  { .form = FORM_RST,
	    .side = SIDE_SERVER,
	    .mute = true,
	    .astray = true,
	    .counters = { .out_rsts = 1 } },
	  { .form = FORM_RST,
	    .side = SIDE_SERVER,
	    .mute = true,
	    .counters = { .out_rsts = 1 } },
	  CAUSE_SOCKET_GONE },
	{ CAUSE_MPTCP_FASTCLOSE,
	  CONFIDENCE_STRONG,
	  { .form = FORM_RSTACK,
	    .mptcp = MPTCP_FASTCLOSE_BIT | MPTCP_TCPRST_BIT },
	  { .form = FORM_RSTACK },
	  CAUSE_CLOSE_UNREAD },
	{ CAUSE_MPTCP_SUBFLOW,
	  CONFIDENCE_STRONG,
	  { .form = FORM_RSTACK, .mptcp = MPTCP_TCPRST_BIT },
	  { .form = FORM_RSTACK,
	    .mptcp = MPTCP_FASTCLOSE_BIT | MPTCP_TCPRST_BIT },
	  CAUSE_MPTCP_FASTCLOSE },
	/* two were reset, and one of them counted: it is not known which */
	{ CAUSE_CLOSE_UNREAD,
	  CONFIDENCE_STRONG,
	  { .form = FORM_RSTACK, .counters = { .out_rsts = 2, .on_close = 2 } },
	  { .form = FORM_RSTACK,
	    .program = { .read_bytes = 17, .closed = true },
	    .counters = { .out_rsts = 2, .on_close = 1 } },
	  CAUSE_UNKNOWN },
	{ CAUSE_SOCKET_GONE,
	  CONFIDENCE_LIKELY,
	  { .form = FORM_RST, .counters = { .out_rsts = 2 } },
	  { .form = FORM_RST, .counters = { .out_rsts = 1, .captured = 2 } },
	  CAUSE_UNKNOWN },
	/* the entry went, too: what came late was still translated */
	{ CAUSE_LATE_DATA,
	  CONFIDENCE_STRONG,
	  { .form = FORM_RST,
	    .ending = ENDING_FIN_RST,
	    .refused = 17,
	    .program = { .closed = true },
	    .flags = { .tracked = true, .entry_gone = true } },
	  { .form = FORM_RST,
	    .ending = ENDING_FIN_RST,
	    .refused = 17,
	    .program = { .closed = true },
	    .flags = { .tracked = true,
		       .entry_gone = true,
		       .untranslated = true } },
	  CAUSE_NAT_EXPIRED },
	/* connection tracking is heard as an ordinary user too */
	{ CAUSE_NAT_EXPIRED,
	  CONFIDENCE_STRONG,
	  { .form = FORM_RST,
	    .emitter = EMITTER_MIDDLE,
	    .flags = { .tracked = true, .entry_gone = true } },
	  { .form = FORM_RST, .emitter = EMITTER_MIDDLE },
	  CAUSE_NAT_LOST },
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

/* Then only a rule or a raw socket is left, or it is not known which. */
static void a_reset_that_was_not_counted_is_none_of_its_tcp(void **state)
{
	static const struct {
		enum evidence_filter filter;
		enum cause cause;
		enum confidence confidence;
	} rows[] = {
		{ FILTER_DID, CAUSE_REJECTED, CONFIDENCE_CERTAIN },
		{ FILTER_MAY, CAUSE_REJECTED, CONFIDENCE_STRONG },
		{ FILTER_NOT, CAUSE_FORGED, CONFIDENCE_STRONG },
		{ FILTER_UNKNOWN, CAUSE_UNKNOWN, CONFIDENCE_UNKNOWN },
	};
	struct connection c = { .ending = ENDING_RST, .phase = PHASE_DATA };
	struct reset r = { .form = FORM_RST,
			   .phase = PHASE_DATA,
			   .usual_ttl = 64,
			   .emitter_node = 1 };
	struct evidence_counters counters = { .captured = 1 };
	struct evidence e = { .connection = &c,
			      .reset = &r,
			      .counters = &counters };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct verdict v;

		e.filter = rows[i].filter;
		v = rule_judge(&e);
		assert_string_equal(cause_infos[v.cause].name,
				    cause_infos[rows[i].cause].name);
		assert_int_equal(v.confidence, rows[i].confidence);
	}
	/* it was, before it was captured */
	counters.ahead = 1;
	assert_int_equal(rule_judge(&e).cause, CAUSE_SOCKET_GONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cause_has_a_trace_that_shows_it),
		cmocka_unit_test(
			each_cause_has_a_near_trace_that_does_not_show_it),
		cmocka_unit_test(
			a_reset_that_was_not_counted_is_none_of_its_tcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
