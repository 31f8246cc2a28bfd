/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each cause: evidence that shows it, and the nearest that does not.
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

/* A reset by the client of an established connection to which the server had
 * sent 17 bytes; what a case says is changed. */
struct scene {
	struct connection connection;
	struct reset reset;
	struct evidence_event event;
	struct evidence_program program;
	struct evidence evidence;
};

static struct scene *scene(enum reset_form form)
{
	static struct scene s;

	s = (struct scene){
		.connection = { .ending = form == FORM_RST ? ENDING_RST
							   : ENDING_RSTACK,
				.phase = PHASE_DATA,
				.bytes = { 0, 17 },
				.judged = true },
		.reset = { .side = SIDE_CLIENT,
			   .form = form,
			   .phase = PHASE_DATA,
			   .usual_ttl = 64,
			   .taken_bytes = 17,
			   .emitter_node = 1 },
		.program = { .read_bytes = 0, .closed = true },
		.evidence = { .emitter = EMITTER_CLIENT },
	};
	s.evidence.connection = &s.connection;
	s.evidence.reset = &s.reset;
	return &s;
}

static struct scene *kernel_says(enum reset_form form, const char *reason)
{
	struct scene *s = scene(form);

	s->event.reason = reason;
	s->event.active = form == FORM_RSTACK;
	s->event.trigger_flags = ACK;
	s->evidence.event = &s->event;
	s->evidence.listened = true;
	return s;
}

static struct scene *program_tells(enum reset_form form)
{
	struct scene *s = scene(form);

	s->evidence.program = &s->program;
	return s;
}

static void assert_verdict(const struct scene *s, enum cause cause,
			   enum confidence confidence)
{
	const struct verdict v = rule_judge(&s->evidence);

	assert_string_equal(cause_infos[v.cause].name, cause_infos[cause].name);
	assert_string_equal(confidence_names[v.confidence],
			    confidence_names[confidence]);
}

/* --- what the kernel said --------------------------------------------------
 */

static void unread_bytes_at_close_are_certain(void **state)
{
	struct scene *s = kernel_says(FORM_RSTACK, "TCP_ABORT_ON_CLOSE");

	(void)state;
	s->event.unread = 17;
	assert_verdict(s, CAUSE_CLOSE_UNREAD, CONFIDENCE_CERTAIN);
	assert_int_equal(rule_judge(&s->evidence).unread, 17);
}

static void without_unread_bytes_the_same_reason_is_less_sure(void **state)
{
	(void)state;
	assert_verdict(kernel_says(FORM_RSTACK, "TCP_ABORT_ON_CLOSE"),
		       CAUSE_CLOSE_UNREAD, CONFIDENCE_STRONG);
}

static void a_program_that_read_all_contradicts_unread_bytes(void **state)
{
	struct scene *s = kernel_says(FORM_RSTACK, "TCP_ABORT_ON_CLOSE");

	(void)state;
	s->event.unread = 17;
	s->program.read_bytes = 17;
	s->evidence.program = &s->program;
	assert_verdict(s, CAUSE_CLOSE_UNREAD, CONFIDENCE_STRONG);
	assert_string_equal(
		rule_judge(&s->evidence).contrary,
		"the kernel says unread bytes, the program says that it read "
		"all");
}

static void tcp_state_with_linger_0_is_linger_zero(void **state)
{
	struct scene *s = kernel_says(FORM_RSTACK, "TCP_STATE");

	(void)state;
	s->event.closing = s->event.lingers = true;
	assert_verdict(s, CAUSE_LINGER_ZERO, CONFIDENCE_CERTAIN);
}

static void tcp_state_without_a_close_is_a_disconnect_or_an_abort(void **state)
{
	struct scene *s = kernel_says(FORM_RSTACK, "TCP_STATE");

	(void)state;
	s->event.lingers = true; /* it is set, and nobody closes */
	assert_verdict(s, CAUSE_DISCONNECTED, CONFIDENCE_CERTAIN);
	s->event.state = TCP_ESTABLISHED; /* SOCK_DESTROY */
	assert_verdict(s, CAUSE_ABORTED, CONFIDENCE_CERTAIN);
}

/* Both directions may have been shut by shutdown(). */
static void tcp_state_of_a_shut_socket_is_a_likely_disconnect(void **state)
{
	struct scene *s = kernel_says(FORM_RSTACK, "TCP_STATE");

	(void)state;
	s->event.closing = true;
	assert_verdict(s, CAUSE_DISCONNECTED, CONFIDENCE_LIKELY);
	s->program.disconnected = true;
	s->evidence.program = &s->program;
	assert_verdict(s, CAUSE_DISCONNECTED, CONFIDENCE_CERTAIN);
}

static void a_queue_that_goes_with_its_listener_is_told_apart(void **state)
{
	struct scene *s = kernel_says(FORM_RSTACK, "TCP_STATE");

	(void)state;
	s->event.unowned = true;
	assert_verdict(s, CAUSE_LISTENER_CLOSED, CONFIDENCE_CERTAIN);
	/* without the kernel the script tells it */
	s = program_tells(FORM_RSTACK);
	s->program.read_bytes = 17;
	s->program.never_accepted = true;
	assert_verdict(s, CAUSE_LISTENER_CLOSED, CONFIDENCE_STRONG);
}

static void bytes_after_close_are_late_data(void **state)
{
	struct scene *s = kernel_says(FORM_RST, "TCP_ABORT_ON_DATA");

	(void)state;
	s->event.trigger_bytes = 17;
	assert_verdict(s, CAUSE_LATE_DATA, CONFIDENCE_CERTAIN);
	assert_int_equal(rule_judge(&s->evidence).late, 17);
	s->event.reason = "TCP_TIMEWAIT_SOCKET";
	assert_verdict(s, CAUSE_LATE_DATA, CONFIDENCE_CERTAIN);
}

static void an_empty_segment_after_linger2_is_no_late_data(void **state)
{
	struct scene *s = kernel_says(FORM_RST, "TCP_ABORT_ON_DATA");

	(void)state;
	assert_verdict(s, CAUSE_LINGER2, CONFIDENCE_CERTAIN);
	/* with bytes it may be either */
	s->program.linger2 = true;
	s->evidence.program = &s->program;
	s->event.trigger_bytes = 17;
	assert_verdict(s, CAUSE_LINGER2, CONFIDENCE_STRONG);
}

static void a_fin_behind_lost_bytes_is_late_data(void **state)
{
	struct scene *s = kernel_says(FORM_RST, "TCP_ABORT_ON_DATA");

	(void)state;
	s->event.trigger_flags = FIN | ACK;
	/* the bytes may have been lost before they were captured */
	assert_verdict(s, CAUSE_LINGER2, CONFIDENCE_LIKELY);
	s->reset.refused_bytes = 17;
	assert_verdict(s, CAUSE_LATE_DATA, CONFIDENCE_CERTAIN);
	s->reset.refused_bytes = 0;
	s->evidence.program = &s->program;
	assert_verdict(s, CAUSE_LATE_DATA, CONFIDENCE_CERTAIN);
	/* a FIN may also be what acknowledges that of such a socket */
	s->program.linger2 = true;
	assert_verdict(s, CAUSE_LINGER2, CONFIDENCE_CERTAIN);
	s->reset.refused_bytes = 17;
	assert_verdict(s, CAUSE_LINGER2, CONFIDENCE_STRONG);
}

static void a_syn_into_time_wait_belongs_to_an_old_connection(void **state)
{
	struct scene *s = kernel_says(FORM_RST, "TCP_TIMEWAIT_SOCKET");

	(void)state;
	s->event.trigger_flags = SYN;
	assert_verdict(s, CAUSE_OLD_CONNECTION, CONFIDENCE_CERTAIN);
	s->event.trigger_flags = SYN | ACK;
	assert_verdict(s, CAUSE_OLD_CONNECTION, CONFIDENCE_CERTAIN);
}

static void no_socket_depends_on_the_segment_and_the_place(void **state)
{
	struct scene *s = kernel_says(FORM_RST, "NO_SOCKET");

	(void)state;
	s->event.trigger_flags = SYN;
	assert_verdict(s, CAUSE_REFUSED, CONFIDENCE_CERTAIN);
	s->event.trigger_flags = ACK;
	assert_verdict(s, CAUSE_SOCKET_GONE, CONFIDENCE_CERTAIN);
	s->evidence.emitter = EMITTER_MIDDLE;
	assert_verdict(s, CAUSE_NAT_LOST, CONFIDENCE_CERTAIN);
	s->event.reason = "TCP_FLAGS"; /* a proxy listens there */
	assert_verdict(s, CAUSE_NAT_LOST, CONFIDENCE_CERTAIN);
}

/* The client knows its server as 10.0.0.1:8080, and answers 10.0.0.9:80. */
static void an_answer_to_untranslated_addresses_is_nat(void **state)
{
	const struct ip_endpoint server = { { 4, { 10, 0, 0, 1 } }, 0, 8080 };
	const struct ip_endpoint inner = { { 4, { 10, 0, 0, 9 } }, 0, 80 };
	const struct ip_endpoint client = { { 4, { 10, 0, 0, 2 } }, 0, 40000 };
	struct scene *s = kernel_says(FORM_RST, "NO_SOCKET");

	(void)state;
	s->connection.n_legs = 1;
	s->connection.legs[0].client = client;
	s->connection.legs[0].server = server;
	s->reset.n_sightings = 1;
	s->reset.sightings[0].src = client;
	s->reset.sightings[0].dst = server;
	assert_verdict(s, CAUSE_SOCKET_GONE, CONFIDENCE_CERTAIN);
	s->reset.sightings[0].dst = inner;
	assert_verdict(s, CAUSE_NAT_LOST, CONFIDENCE_CERTAIN);
}

static void an_overflow_is_told_as_an_invalid_syn(void **state)
{
	struct scene *s = kernel_says(FORM_RST, "INVALID_SYN");

	(void)state;
	assert_verdict(s, CAUSE_ACCEPT_OVERFLOW, CONFIDENCE_CERTAIN);
	s->event.trigger_flags = SYN;
	assert_verdict(s, CAUSE_SYN_AGAIN, CONFIDENCE_CERTAIN);
	s->event.trigger_flags = SYN | ACK;
	assert_verdict(s, CAUSE_SYN_AGAIN, CONFIDENCE_CERTAIN);
}

static void reasons_with_one_meaning_each(void **state)
{
	static const struct {
		const char *reason;
		enum reset_form form;
		enum cause cause;
	} rows[] = {
		{ "TCP_ABORT_ON_LINGER", FORM_RSTACK, CAUSE_LINGER2 },
		{ "TCP_ABORT_ON_MEMORY", FORM_RSTACK, CAUSE_NO_MEMORY },
		{ "TCP_KEEPALIVE_TIMEOUT", FORM_RSTACK, CAUSE_KEEPALIVE },
		{ "TCP_DISCONNECT_WITH_DATA", FORM_RSTACK, CAUSE_DISCONNECTED },
		{ "TCP_INVALID_ACK_SEQUENCE", FORM_RST, CAUSE_OLD_CONNECTION },
		{ "TCP_RFC7323_PAWS", FORM_RST, CAUSE_OLD_TIMESTAMP },
		{ "TCP_FLAGS", FORM_RST, CAUSE_BAD_SEGMENT },
		{ "TCP_TOO_OLD_ACK", FORM_RST, CAUSE_BAD_SEGMENT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_verdict(kernel_says(rows[i].form, rows[i].reason),
			       rows[i].cause, CONFIDENCE_CERTAIN);
}

static void a_form_that_denies_the_reason_takes_certainty(void **state)
{
	struct scene *s = kernel_says(FORM_RST, "TCP_KEEPALIVE_TIMEOUT");

	(void)state;
	s->event.active = true;
	assert_verdict(s, CAUSE_KEEPALIVE, CONFIDENCE_STRONG);
	assert_string_equal(rule_judge(&s->evidence).contrary,
			    "the kernel says a decision, the segment has the "
			    "form of an answer");
}

static void a_reason_of_a_later_kernel_leaves_the_wire(void **state)
{
	struct scene *s = kernel_says(FORM_RST, "TCP_NEW_REASON");

	(void)state;
	s->connection.ending = ENDING_FIN_RST;
	s->reset.refused_bytes = 17;
	assert_verdict(s, CAUSE_LATE_DATA, CONFIDENCE_LIKELY);
}

/* --- what it did not say -----------------------------------------------------
 */

static void silence_of_a_kernel_that_was_heard_is_none_of_its_tcp(void **state)
{
	struct scene *s = scene(FORM_RST);

	(void)state;
	s->evidence.listened = true;
	assert_verdict(s, CAUSE_UNKNOWN, CONFIDENCE_UNKNOWN);
	s->evidence.filter = FILTER_DID;
	assert_verdict(s, CAUSE_REJECTED, CONFIDENCE_CERTAIN);
	s->evidence.filter = FILTER_MAY;
	assert_verdict(s, CAUSE_REJECTED, CONFIDENCE_STRONG);
	s->evidence.filter = FILTER_NOT;
	assert_verdict(s, CAUSE_FORGED, CONFIDENCE_CERTAIN);
	/* nobody listened: the wire alone */
	s->evidence.listened = false;
	assert_verdict(s, CAUSE_SOCKET_GONE, CONFIDENCE_LIKELY);
}

static void a_segment_of_no_node_is_a_third_partys(void **state)
{
	struct scene *s = scene(FORM_RST);

	(void)state;
	s->reset.emitter_node = FLOW_NOBODY;
	s->evidence.listened = true;
	s->evidence.emitter = EMITTER_MIDDLE;
	assert_verdict(s, CAUSE_FORGED, CONFIDENCE_LIKELY);
}

static void a_user_network_is_no_filter(void **state)
{
	struct scene *s = scene(FORM_RSTACK);

	(void)state;
	s->evidence.listened = true;
	s->evidence.emitter = EMITTER_MIDDLE;
	s->evidence.user_network = true;
	assert_verdict(s, CAUSE_USER_NETWORK, CONFIDENCE_CERTAIN);
}

/* --- wire and program --------------------------------------------------------
 */

static void bytes_that_the_program_did_not_read_are_strong(void **state)
{
	struct scene *s = program_tells(FORM_RSTACK);

	(void)state;
	s->program.read_bytes = 10;
	assert_verdict(s, CAUSE_CLOSE_UNREAD, CONFIDENCE_STRONG);
	assert_int_equal(rule_judge(&s->evidence).unread, 7);
}

static void a_program_that_read_all_and_did_not_linger_is_unknown(void **state)
{
	struct scene *s = program_tells(FORM_RSTACK);

	(void)state;
	s->program.read_bytes = 17;
	assert_verdict(s, CAUSE_UNKNOWN, CONFIDENCE_UNKNOWN);
}

static void linger_0_with_all_read_is_strong(void **state)
{
	struct scene *s = program_tells(FORM_RSTACK);

	(void)state;
	s->program.read_bytes = 17;
	s->program.linger_zero = true;
	assert_verdict(s, CAUSE_LINGER_ZERO, CONFIDENCE_STRONG);
}

/* The kernel tests for unread bytes first: __tcp_close(), Linux 6.18. */
static void linger_0_with_unread_bytes_is_close_unread(void **state)
{
	struct scene *s = program_tells(FORM_RSTACK);

	(void)state;
	s->program.linger_zero = true;
	assert_verdict(s, CAUSE_CLOSE_UNREAD, CONFIDENCE_STRONG);
}

static void bytes_that_came_after_the_reset_were_not_unread(void **state)
{
	struct scene *s = program_tells(FORM_RSTACK);

	(void)state;
	s->program.linger_zero = true;
	s->reset.taken_bytes = s->program.read_bytes;
	assert_verdict(s, CAUSE_LINGER_ZERO, CONFIDENCE_STRONG);
}

static void a_bare_rst_after_ones_own_fin_is_late_data(void **state)
{
	struct scene *s = program_tells(FORM_RST);

	(void)state;
	s->connection.ending = ENDING_FIN_RST;
	s->reset.refused_bytes = 17;
	assert_verdict(s, CAUSE_LATE_DATA, CONFIDENCE_STRONG);
	s->evidence.program = NULL;
	assert_verdict(s, CAUSE_LATE_DATA, CONFIDENCE_LIKELY);
	/* what was answered held no data */
	s->reset.refused_bytes = 0;
	assert_verdict(s, CAUSE_UNKNOWN, CONFIDENCE_UNKNOWN);
}

static void a_bare_rst_without_a_fin_is_a_socket_that_is_gone(void **state)
{
	(void)state;
	assert_verdict(program_tells(FORM_RST), CAUSE_SOCKET_GONE,
		       CONFIDENCE_LIKELY);
}

static void the_same_from_in_between_is_nat(void **state)
{
	struct scene *s = scene(FORM_RST);

	(void)state;
	s->evidence.emitter = EMITTER_MIDDLE;
	assert_verdict(s, CAUSE_NAT_LOST, CONFIDENCE_LIKELY);
}

static void a_refused_syn_is_strong_and_a_likely_filter_between(void **state)
{
	struct scene *s = scene(FORM_RSTACK_ZERO);

	(void)state;
	s->connection.ending = ENDING_SYN_RSTACK;
	s->reset.phase = PHASE_HANDSHAKE;
	s->reset.side = SIDE_SERVER;
	s->evidence.emitter = EMITTER_SERVER;
	assert_verdict(s, CAUSE_REFUSED, CONFIDENCE_STRONG);
	s->evidence.emitter = EMITTER_MIDDLE;
	assert_verdict(s, CAUSE_REJECTED, CONFIDENCE_LIKELY);
}

static void a_challenge_in_syn_sent_is_a_half_open_connection(void **state)
{
	struct scene *s = scene(FORM_RST);

	(void)state;
	s->connection.ending = ENDING_SYN_CHALLENGE_RST;
	s->reset.phase = PHASE_HANDSHAKE;
	assert_verdict(s, CAUSE_HALF_OPEN, CONFIDENCE_STRONG);
	s->connection.ending = ENDING_SYN_SYNACK_RST;
	s->reset.astray = true;
	assert_verdict(s, CAUSE_OLD_CONNECTION, CONFIDENCE_STRONG);
	s->reset.side = SIDE_SERVER;
	assert_verdict(s, CAUSE_UNKNOWN, CONFIDENCE_UNKNOWN);
}

static void a_name_of_no_cause_is_none(void **state)
{
	(void)state;
	assert_int_equal(cause_named("close-unred"), CAUSES);
}

static void every_cause_is_described(void **state)
{
	(void)state;
	for (int i = 0; i < CAUSES; i++) {
		assert_non_null(cause_infos[i].name);
		assert_true(strlen(cause_infos[i].sentence) > 0);
		assert_true(strlen(cause_infos[i].help) > 0);
		assert_true(strlen(cause_infos[i].change) > 0);
		assert_true(strlen(cause_infos[i].shows) > 0);
		assert_true(strlen(cause_infos[i].is_not) > 0);
		assert_true(strlen(cause_infos[i].reasons) > 0);
		assert_true(strlen(cause_infos[i].counters) > 0);
		assert_true(strlen(cause_infos[i].source) > 0);
		assert_int_equal(cause_named(cause_infos[i].name), i);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(cause_infos[i].name,
						cause_infos[j].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unread_bytes_at_close_are_certain),
		cmocka_unit_test(
			without_unread_bytes_the_same_reason_is_less_sure),
		cmocka_unit_test(
			a_program_that_read_all_contradicts_unread_bytes),
		cmocka_unit_test(tcp_state_with_linger_0_is_linger_zero),
		cmocka_unit_test(
			tcp_state_without_a_close_is_a_disconnect_or_an_abort),
		cmocka_unit_test(
			tcp_state_of_a_shut_socket_is_a_likely_disconnect),
		cmocka_unit_test(
			a_queue_that_goes_with_its_listener_is_told_apart),
		cmocka_unit_test(bytes_after_close_are_late_data),
		cmocka_unit_test(
			an_empty_segment_after_linger2_is_no_late_data),
		cmocka_unit_test(a_fin_behind_lost_bytes_is_late_data),
		cmocka_unit_test(
			a_syn_into_time_wait_belongs_to_an_old_connection),
		cmocka_unit_test(
			no_socket_depends_on_the_segment_and_the_place),
		cmocka_unit_test(an_answer_to_untranslated_addresses_is_nat),
		cmocka_unit_test(an_overflow_is_told_as_an_invalid_syn),
		cmocka_unit_test(reasons_with_one_meaning_each),
		cmocka_unit_test(a_form_that_denies_the_reason_takes_certainty),
		cmocka_unit_test(a_reason_of_a_later_kernel_leaves_the_wire),
		cmocka_unit_test(
			silence_of_a_kernel_that_was_heard_is_none_of_its_tcp),
		cmocka_unit_test(a_segment_of_no_node_is_a_third_partys),
		cmocka_unit_test(a_user_network_is_no_filter),
		cmocka_unit_test(
			bytes_that_the_program_did_not_read_are_strong),
		cmocka_unit_test(
			a_program_that_read_all_and_did_not_linger_is_unknown),
		cmocka_unit_test(linger_0_with_all_read_is_strong),
		cmocka_unit_test(linger_0_with_unread_bytes_is_close_unread),
		cmocka_unit_test(
			bytes_that_came_after_the_reset_were_not_unread),
		cmocka_unit_test(a_bare_rst_after_ones_own_fin_is_late_data),
		cmocka_unit_test(
			a_bare_rst_without_a_fin_is_a_socket_that_is_gone),
		cmocka_unit_test(the_same_from_in_between_is_nat),
		cmocka_unit_test(
			a_refused_syn_is_strong_and_a_likely_filter_between),
		cmocka_unit_test(
			a_challenge_in_syn_sent_is_a_half_open_connection),
		cmocka_unit_test(a_name_of_no_cause_is_none),
		cmocka_unit_test(every_cause_is_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
