/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How an RST looked at each hop, and what became of it. */
#include "lab/cmd/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct ip_endpoint endpoint(const char *s)
{
	struct ip_endpoint ep = { .port = 0 };

	assert_true(ip_endpoint_parse(s, &ep));
	return ep;
}

/* A client's RST through a host that translates; it is seen at the first
 * @seen of three points. */
struct scene {
	struct stored_leg legs[3];
	struct stored_sighting sightings[3];
	struct stored_reset reset;
	struct stored_connection c;
	struct view_connection v;
};

static void set_up(struct scene *s, size_t seen)
{
	const struct ip_endpoint client = endpoint("10.0.0.2:40000");
	const struct ip_endpoint outer = endpoint("10.0.0.1:8080");
	const struct ip_endpoint inner = endpoint("172.17.0.2:80");

	*s = (struct scene){
		.legs = { { .node = "remote", .interface = "eth0" },
			  { .node = "host", .interface = "docker0" },
			  { .node = "web", .interface = "eth0" } },
		.sightings = { { .node = "remote",
				 .interface = "eth0",
				 .direction = "out",
				 .time_ns = 1000,
				 .src = client,
				 .dst = outer },
			       { .node = "host",
				 .interface = "docker0",
				 .direction = "out",
				 .time_ns = 3500,
				 .src = client,
				 .dst = inner },
			       { .node = "web",
				 .interface = "eth0",
				 .direction = "in",
				 .time_ns = 4000,
				 .src = client,
				 .dst = inner } },
		.reset = { .first = true,
			   .time_ns = 1000,
			   .side = "client",
			   .form = "rst",
			   .phase = "closing",
			   .emitter = "client",
			   .node = "remote",
			   .sightings = s->sightings,
			   .n_sightings = seen },
		.c = { .client = client,
		       .server = outer,
		       .cause = "late-data",
		       .confidence = "strong",
		       .legs = s->legs,
		       .n_legs = 3,
		       .resets = &s->reset,
		       .n_resets = 1 },
		.v = { .c = &s->c },
	};
}

static void each_hop_has_a_line_and_a_translation_is_named(void **state)
{
	own_text struct text out = { .s = NULL };
	struct scene s;

	(void)state;
	set_up(&s, 3);
	answer_way(&out, &s.v, NULL, NULL);
	assert_string_equal(
		text_str(&out),
		"remote:eth0   out  10.0.0.2:40000 → 10.0.0.1:8080  +0.0 us\n"
		"host:docker0  out  10.0.0.2:40000 → 172.17.0.2:80  +2.5 us  "
		"destination translated\n"
		"web:eth0      in   10.0.0.2:40000 → 172.17.0.2:80  +3.0 us\n");
}

static void an_rst_that_did_not_arrive_vanished(void **state)
{
	own_text struct text out = { .s = NULL };
	struct scene s;

	(void)state;
	set_up(&s, 2);
	answer_way(&out, &s.v, NULL, NULL);
	assert_non_null(strstr(text_str(&out),
			       "\nvanished: it was not seen at web:eth0, where "
			       "it should have arrived\n"));
}

/* As seen by the server's connection, which a relay made. */
static struct stored_connection beyond(struct stored_leg *leg)
{
	return (struct stored_connection){
		.client = endpoint("172.17.0.1:50000"),
		.server = endpoint("172.17.0.2:80"),
		.ending = "fin-both",
		.legs = leg,
		.n_legs = 1,
	};
}

static void a_relay_makes_something_else_of_it(void **state)
{
	own_text struct text out = { .s = NULL };
	struct stored_leg leg = { .node = "host", .interface = "docker0" };
	struct stored_connection next = beyond(&leg);
	struct scene s;

	(void)state;
	set_up(&s, 3);
	answer_way(&out, &s.v, &next, NULL);
	assert_non_null(strstr(
		text_str(&out),
		"\na relay in host ends it there; its connection "
		"172.17.0.1:50000 → 172.17.0.2:80 shows no RST: it ended as "
		"fin-both\n"));
	text_done(&out);
	next.cause = "proxy-closed";
	next.ending = "rst";
	answer_way(&out, &s.v, &next, NULL);
	assert_non_null(
		strstr(text_str(&out), "was reset too (proxy-closed, rst)\n"));
}

/* The client's RST does not go back to where the client is. */
static void a_relay_behind_the_sender_is_not_its_way(void **state)
{
	own_text struct text out = { .s = NULL };
	struct stored_leg leg = { .node = "host", .interface = "docker0" };
	struct stored_connection before = beyond(&leg);
	struct scene s;

	(void)state;
	set_up(&s, 3);
	answer_way(&out, &s.v, NULL, &before);
	assert_null(strstr(text_str(&out), "relay"));
}

static void the_answer_is_a_sentence_with_its_bytes(void **state)
{
	own_answer struct answer a = { .n = 0 };
	struct calls none = { .n = 0 };
	struct scene s;
	struct err e;

	(void)state;
	set_up(&s, 3);
	s.c.cause_bytes = 17;
	assert_int_equal(answer_make(&s.v, &none, &a, &e), 0);
	assert_string_equal(text_str(&a.sentence),
			    "The client (remote) reset the connection: bytes "
			    "arrived after the program had closed the socket "
			    "(17 bytes).");
	assert_string_equal(a.sure, "two independent sources agree");
}

/* A run of a newer version may know more causes. */
static void a_cause_of_a_newer_version_is_named(void **state)
{
	own_answer struct answer a = { .n = 0 };
	struct calls none = { .n = 0 };
	struct scene s;
	struct err e;

	(void)state;
	set_up(&s, 3);
	s.c.cause = "sunspots";
	s.c.confidence = "unknown";
	assert_int_equal(answer_make(&s.v, &none, &a, &e), 0);
	assert_string_equal(text_str(&a.sentence),
			    "The client (remote) reset the connection: "
			    "sunspots.");
	assert_string_equal(a.sure, "nothing tells");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			each_hop_has_a_line_and_a_translation_is_named),
		cmocka_unit_test(an_rst_that_did_not_arrive_vanished),
		cmocka_unit_test(a_relay_makes_something_else_of_it),
		cmocka_unit_test(a_relay_behind_the_sender_is_not_its_way),
		cmocka_unit_test(the_answer_is_a_sentence_with_its_bytes),
		cmocka_unit_test(a_cause_of_a_newer_version_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
