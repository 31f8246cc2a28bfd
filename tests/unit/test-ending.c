/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each ending told by a trace that shows it and by the nearest that does not.
 * What is expected stands in one line: ending, phase of the first reset, how
 * many resets and how many of them are no echo, Zeek's state and history,
 * Wireshark's completeness, and whether something is still to come.
 */
#include "tests/unit/story.h"

#include <stdio.h>

#define OPENED	 "C>S S; S>C SA; C>S A; "
#define REQUEST	 "C>S PA 10; S>C A; "
#define RESPONSE "S>C PA 17; C>S A; "
#define TALKED	 OPENED REQUEST RESPONSE

struct tale {
	const char *words, *lines, *want;
};

static const struct tale handshake[] = {
	{ "nobody answers", "C>S S; C>S S", "syn-only none 0/0 S0 S 1 open" },
	{ "refused", "C>S S; S>C RAZ", "syn-rstack handshake 1/1 REJ Sr 37" },
	{ "refused each time the SYN is sent again",
	  "C>S S; S>C RAZ; C>S S; S>C RAZ",
	  "syn-rstack handshake 2/1 REJ Sr 37" },
	{ "refused by a bare RST", "C>S S; S>C R seq=0",
	  "syn-rstack handshake 1/1 REJ Sr 33" },
	{ "the client takes its SYN back", "C>S S; C>S R",
	  "syn-rst handshake 1/1 RSTOS0 SR 33" },
	{ "the client does not know the SYN-ACK", "C>S S; S>C SA; C>S R",
	  "syn-synack-rst handshake 1/1 RSTO ShR 35" },
	{ "the client acknowledges it first", "C>S S; S>C SA; C>S A; C>S R",
	  "rst data 1/1 RSTO ShAR 39" },
	{ "the server drops a request in SYN-RECEIVED", "C>S S; S>C SA; S>C RA",
	  "rstack handshake 1/1 RSTR Shr 39" },
	{ "the server answers a bad ACK in SYN-RECEIVED",
	  "C>S S; S>C SA; S>C R", "rst handshake 1/1 RSTR Shr 35" },
	{ "the SYN-ACK is never acknowledged", "C>S S; S>C SA; S>C SA",
	  "established none 0/0 S1 Sh 3 open" },
	{ "an old connection challenges the SYN",
	  "C>S S; S>C A seq=7000 ack=5000; C>S R seq=5000",
	  "syn-challenge-rst handshake 1/1 RSTOS0 SaR 37" },
	{ "the challenge alone", "C>S S; S>C A seq=7000 ack=5000",
	  "syn-only none 0/0 S0 Sa 5 open" },
	{ "the SYN gets through once the old connection is gone",
	  "C>S S; S>C A seq=7000 ack=5000; C>S R seq=5000; C>S S; S>C SA;"
	  "C>S A; C>S FA; S>C FA; C>S A",
	  "syn-challenge-rst handshake 1/1 RSTO SaRhAFf 55" },
	{ "it got through, and is still open",
	  "C>S S; S>C A seq=7000 ack=5000; C>S R seq=5000; C>S S; S>C SA;"
	  "C>S A",
	  "syn-challenge-rst handshake 1/1 RSTO SaRhA 39 open" },
	{ "both open at once",
	  "C>S S; S>C S; C>S SA; S>C SA; C>S A; C>S FA; S>C FA;"
	  "C>S A",
	  "fin-both none 0/0 SF SsAFf 23" },
};

static const struct tale data[] = {
	{ "still open", TALKED, "established none 0/0 S1 ShADad 15 open" },
	{ "unread data at close", OPENED "S>C PA 17; C>S A; C>S RA",
	  "rstack data 1/1 RSTO ShAdR 47" },
	{ "linger 0 without data", OPENED "C>S RA",
	  "rstack data 1/1 RSTO ShAR 39" },
	{ "the server aborts", TALKED "S>C RA",
	  "rstack data 1/1 RSTR ShADadr 47" },
	{ "data to a socket that is gone", TALKED "S>C PA 5; C>S R",
	  "rst data 1/1 RSTO ShADadR 47" },
	{ "and once more: an echo", TALKED "S>C PA 5; C>S R; S>C PA 5; C>S R",
	  "rst data 2/1 RSTO ShADadR 47" },
	{ "both abort at once", TALKED "C>S RA; S>C RA",
	  "rstack data 2/1 RSTR ShADadRr 47" },
};

static const struct tale closing[] = {
	{ "both close", TALKED "C>S FA; S>C FA; C>S A",
	  "fin-both none 0/0 SF ShADadFf 31" },
	{ "the last ACK is missing", TALKED "C>S FA; S>C FA",
	  "fin-both none 0/0 SF ShADadFf 31 open" },
	{ "the server closes first", TALKED "S>C FA; C>S FA; S>C A",
	  "fin-both none 0/0 SF ShADadfF 31" },
	{ "both close at once",
	  TALKED "C>S FA; S>C FA ack=11; C>S A; S>C A ack=12",
	  "fin-both none 0/0 SF ShADadFf 31" },
	{ "a FIN is sent again", TALKED "C>S FA; C>S FA seq=11; S>C FA; C>S A",
	  "fin-both none 0/0 SF ShADadFf 31" },
	{ "only the client closes", TALKED "C>S FA; S>C A",
	  "half-closed-c none 0/0 S2 ShADadF 31 open" },
	{ "only the server closes", TALKED "S>C FA; C>S A",
	  "half-closed-s none 0/0 S3 ShADadf 31 open" },
	{ "unread data, then shutdown and close", TALKED "C>S FA; C>S RA",
	  "fin-rstack closing 1/1 RSTO ShADadFR 63" },
	{ "late data to a closed socket",
	  OPENED REQUEST "C>S FA; S>C A; S>C PA 17; C>S R",
	  "fin-rst closing 1/1 RSTO ShADaFdR 63" },
	{ "an answer without data (TCP_LINGER2)", OPENED "C>S FA; S>C A; C>S R",
	  "fin-rst closing 1/1 RSTO ShAFaR 55" },
	{ "the server too refuses late data",
	  OPENED "S>C FA; C>S A; C>S PA 5; S>C R",
	  "fin-rst closing 1/1 RSTR ShAfDr 63" },
	{ "the peer closes, then unread data at close",
	  OPENED "S>C FPA 17; C>S A; C>S RA",
	  "rstack-after-peer-fin closing 1/1 RSTO ShAfR 63" },
	{ "the peer's FIN meets no socket", TALKED "S>C FA; C>S R",
	  "rst-after-peer-fin closing 1/1 RSTO ShADadfR 63" },
	{ "the FIN of a socket that was reset earns an echo",
	  TALKED "C>S FA; C>S RA; S>C FA; C>S R",
	  "fin-rstack closing 2/1 SF ShADadFRf 63" },
};

static const struct tale crossing[] = {
	{ "an RST after both FINs",
	  TALKED "C>S FA; S>C FA; C>S A; S>C FA seq=18; C>S R",
	  "fin-both+echo-rst after 1/0 SF ShADadFfR 63" },
	{ "the FIN finds the client's socket gone",
	  TALKED "C>S FA; S>C A; S>C FA; C>S R",
	  "fin-both+echo-rst after 1/0 SF ShADadFfR 63" },
	{ "data and FIN cross the client's FIN: the data is refused",
	  OPENED REQUEST "C>S FA; S>C PA 17; S>C FA; C>S R; C>S R",
	  "fin-rst closing 2/1 SF ShADaFdfR 63" },
	{ "data and FIN in one segment are refused",
	  OPENED REQUEST "C>S FA; S>C FPA 17; C>S R",
	  "fin-rst closing 1/1 SF ShADaFfR 63" },
	{ "unread data: decided before the server's FIN was seen",
	  OPENED REQUEST "S>C PA 17; C>S A; C>S FA; S>C FA; C>S RA ack=18",
	  "fin-rstack closing 1/1 SF ShADadFfR 63" },
	{ "decided after it: nothing was left to refuse",
	  OPENED REQUEST "S>C PA 17; C>S A; C>S FA; S>C FA; C>S RA ack=19",
	  "fin-both+echo-rst after 1/0 SF ShADadFfR 63" },
};

static void summary(const struct connection *c, size_t unfinished, char *ret,
		    size_t n)
{
	size_t real = 0;

	for (size_t i = 0; i < c->n_resets; i++)
		real += !c->resets[i].echo;
	assert_true(connection_was_reset(c) == (real > 0));
	(void)snprintf(ret, n, "%s %s %zu/%zu %s %s %u%s",
		       ending_infos[c->ending].name, phase_names[c->phase],
		       c->n_resets, real, c->zeek_state, c->zeek_history,
		       c->completeness, unfinished ? " open" : "");
}

static void check(const struct tale *tales, size_t n)
{
	static struct story_end end;

	for (size_t i = 0; i < n; i++) {
		struct story st;
		char got[128];
		size_t unfinished;

		story_begin(&st, NULL, 0);
		story_tell(&st, tales[i].lines);
		unfinished = flow_unfinished(st.flow);
		story_end(&st, &end);
		assert_int_equal(end.n, 1);
		assert_true(end.c[0].judged);
		summary(&end.c[0], unfinished, got, sizeof(got));
		if (strcmp(got, tales[i].want))
			print_message("# %s\n", tales[i].words);
		assert_string_equal(got, tales[i].want);
	}
}

static void handshakes_end_as_the_wire_says(void **state)
{
	(void)state;
	check(handshake, ARRAY_SIZE(handshake));
}

static void open_connections_end_as_the_wire_says(void **state)
{
	(void)state;
	check(data, ARRAY_SIZE(data));
}

static void closing_connections_end_as_the_wire_says(void **state)
{
	(void)state;
	check(closing, ARRAY_SIZE(closing));
}

static void fins_that_cross_are_judged_by_what_the_resetter_knew(void **state)
{
	(void)state;
	check(crossing, ARRAY_SIZE(crossing));
}

static enum reset_form form_after(const char *lines)
{
	static struct story_end end;
	struct story st;

	story_begin(&st, NULL, 0);
	story_tell(&st, lines);
	story_end(&st, &end);
	assert_int_equal(end.c[0].n_resets, 1);
	return end.c[0].resets[0].form;
}

static void an_active_reset_looks_like_its_connection(void **state)
{
	(void)state;
	assert_int_equal(form_after(TALKED "C>S RA"), FORM_RSTACK);
	/* a full receive buffer: window 0, but timestamps */
	assert_int_equal(form_after(TALKED "C>S RA win=0"), FORM_RSTACK);
	/* neither, in a connection that has timestamps: not Linux */
	assert_int_equal(form_after(TALKED "C>S RA win=0 nots"), FORM_ODD);
	/* neither, in one that has none */
	assert_int_equal(form_after("C>S S nots; S>C SA nots; C>S A nots;"
				    "C>S RA win=0 nots"),
			 FORM_RSTACK);
}

static void a_passive_reset_is_bare(void **state)
{
	(void)state;
	assert_int_equal(form_after(TALKED "C>S R"), FORM_RST);
	assert_int_equal(form_after("C>S S; S>C RAZ"), FORM_RSTACK_ZERO);
}

static void every_name_is_there_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENDINGS; i++) {
		assert_non_null(ending_infos[i].name);
		assert_non_null(ending_infos[i].wire);
		assert_non_null(ending_infos[i].zeek);
		assert_non_null(ending_infos[i].completeness);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(ending_infos[i].name,
						ending_infos[j].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handshakes_end_as_the_wire_says),
		cmocka_unit_test(open_connections_end_as_the_wire_says),
		cmocka_unit_test(closing_connections_end_as_the_wire_says),
		cmocka_unit_test(
			fins_that_cross_are_judged_by_what_the_resetter_knew),
		cmocka_unit_test(an_active_reset_looks_like_its_connection),
		cmocka_unit_test(a_passive_reset_is_bare),
		cmocka_unit_test(every_name_is_there_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
