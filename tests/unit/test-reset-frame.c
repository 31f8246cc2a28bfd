/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Segments of a batch -> the frame that a reset was about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/run/reset-frame.h"
#include "tests/unit/wire.h"

enum { CLIENT, SERVER };
enum {
	F = TCP_FLAG_FIN,
	S = TCP_FLAG_SYN,
	R = TCP_FLAG_RST,
	P = TCP_FLAG_PSH,
	A = TCP_FLAG_ACK,
};

static const struct flow_point point = { 1, 2 };
static const struct ip_endpoint ends[] = {
	{ { 4, { 10, 0, 0, 1 } }, 0, 40000 },
	{ { 4, { 10, 0, 0, 2 } }, 0, 50051 },
};

/* One connection while it is told, a microsecond from segment to segment. */
struct told {
	struct keep *keep;
	int64_t now_ns;
	struct connection c;
};

static struct told began(void)
{
	struct told t = { .now_ns = 1000 };
	struct err e;

	assert_int_equal(keep_new(&t.keep, &e), 0);
	t.c.start_ns = t.now_ns;
	return t;
}

static void send_at(struct told *t, struct flow_point at, int side,
		    unsigned flags, uint32_t seq, uint32_t ack,
		    const struct wire *payload)
{
	static const struct wire none;
	const struct wire *w = payload ? payload : &none;
	const struct segment s = {
		.src = ends[side],
		.dst = ends[!side],
		.seq = 1000 + seq,
		.ack = flags & A ? 1000 + ack : 0,
		.flags = (uint8_t)flags,
		.window_scale = 0xff,
		.payload_bytes = (uint32_t)w->n,
		.payload_captured = (uint32_t)w->n,
	};
	struct err e;

	assert_int_equal(keep_add(t->keep,
				  &(struct kept_at){ at, t->now_ns += 1000 },
				  &s, w->at, &e),
			 0);
	t->c.end_ns = t->now_ns;
}

static void send(struct told *t, int side, unsigned flags, uint32_t seq,
		 uint32_t ack, const struct wire *payload)
{
	send_at(t, point, side, flags, seq, ack, payload);
}

static void send_rst(struct told *t, unsigned flags, uint32_t seq, uint32_t ack)
{
	send(t, CLIENT, R | flags, seq, ack, NULL);
	t->c.n_resets = 1;
	t->c.resets[0] = (struct reset){
		.time_ns = t->now_ns,
		.side = SIDE_CLIENT,
		.form = flags & A ? FORM_RSTACK : FORM_RST,
		.n_sightings = 1,
		.sightings = { { .point = point,
				 .time_ns = t->now_ns,
				 .src = ends[CLIENT],
				 .dst = ends[SERVER] } },
	};
}

/* Both sides have spoken HTTP/2: the client 24 + 9 bytes, the server 9. */
static void speak(struct told *t)
{
	struct wire c = { .n = 0 }, s = { .n = 0 };

	wire_magic(&c);
	WIRE_FRAME(&c, HTTP2_SETTINGS, 0, 0, "");
	WIRE_FRAME(&s, HTTP2_SETTINGS, 0, 0, "");
	send(t, CLIENT, S, 0, 0, NULL);
	send(t, SERVER, S | A, 0, 1, NULL);
	send(t, CLIENT, P | A, 1, 1, &c);
	send(t, SERVER, P | A, 1, 34, &s);
}

static void send_ping_ack(struct told *t, uint32_t ack)
{
	struct wire w = { .n = 0 };

	WIRE_FRAME(&w, HTTP2_PING, HTTP2_FLAG_ACK, 0, "rstlab..");
	send(t, SERVER, P | A, 10, ack, &w);
}

/* What is found of @t, as one line; frees it. */
static void end(struct told *t, const struct verdict *v, const char *wanted)
{
	own_text struct text name = { .s = NULL }, said = { .s = NULL };
	struct store_frame f;
	struct err e;
	const int r = reset_frame_find(t->keep, &t->c, v, &name, &f, &e);

	assert_true(r >= 0);
	if (r)
		text_addf(&said, "%s: %s, %lld bytes, %lld ns",
			  frame_fate_names[f.what], f.frames ? f.frames : f.why,
			  (long long)f.bytes, (long long)f.wait_ns);
	assert_string_equal(text_str(&said), wanted);
	keep_free(t->keep);
}

static const struct verdict unread_17 = { .cause = CAUSE_CLOSE_UNREAD,
					  .unread = 17,
					  .late = -1 };
static const struct verdict late_17 = { .cause = CAUSE_LATE_DATA,
					.unread = -1,
					.late = 17 };

static void an_unread_frame_is_named_with_the_time_it_lay(void **state)
{
	struct told t = began();

	(void)state;
	speak(&t);
	send_ping_ack(&t, 34);
	send(&t, CLIENT, F | A, 34, 27, NULL);
	send_rst(&t, A, 35, 27);
	end(&t, &unread_17, "unread: PING(ACK) 17 bytes, 17 bytes, 2000 ns");
}

static void a_late_frame_is_named_with_the_time_since_the_fin(void **state)
{
	struct told t = began();

	(void)state;
	speak(&t);
	send(&t, CLIENT, F | A, 34, 10, NULL);
	send(&t, SERVER, A, 10, 35, NULL);
	send_ping_ack(&t, 35);
	send_rst(&t, 0, 35, 0);
	end(&t, &late_17, "late: PING(ACK) 17 bytes, 17 bytes, 2000 ns");
}

static void what_nobody_counted_is_unknown(void **state)
{
	const struct verdict v = { .cause = CAUSE_CLOSE_UNREAD,
				   .unread = -1,
				   .late = -1 };
	struct told t = began();

	(void)state;
	speak(&t);
	send_ping_ack(&t, 34);
	send_rst(&t, A, 34, 27);
	end(&t, &v,
	    "unknown: how many bytes were unread is not on the wire, and "
	    "nothing else told it, -1 bytes, -1 ns");
}

static void an_answer_to_a_fin_is_about_no_frame(void **state)
{
	struct told t = began();

	(void)state;
	speak(&t);
	send(&t, CLIENT, F | A, 34, 10, NULL);
	send(&t, SERVER, F | A, 10, 35, NULL);
	send_rst(&t, 0, 35, 0);
	end(&t, &late_17,
	    "unknown: it answers a segment without data, -1 bytes, -1 ns");
}

static void an_encrypted_connection_is_not_guessed_at(void **state)
{
	struct wire hello = { .n = 0 };
	struct told t = began();

	(void)state;
	WIRE(&hello, "\x16\x03\x01\x02\x05\x01\x02\x01\xfc\x03\x03");
	send(&t, CLIENT, S, 0, 0, NULL);
	send(&t, SERVER, S | A, 0, 1, NULL);
	send(&t, CLIENT, P | A, 1, 1, &hello);
	send_rst(&t, A, 12, 1);
	end(&t, &unread_17,
	    "unknown: the connection is encrypted (TLS), -1 bytes, -1 ns");
}

static void what_is_no_http2_is_not_asked_about(void **state)
{
	struct wire hello = { .n = 0 };
	struct told t = began();

	(void)state;
	WIRE(&hello, "GET / HTTP/1.1\r\n");
	send(&t, CLIENT, S, 0, 0, NULL);
	send(&t, SERVER, S | A, 0, 1, NULL);
	send(&t, CLIENT, P | A, 1, 1, &hello);
	send_rst(&t, A, 17, 1);
	end(&t, &unread_17, "");
}

static void other_points_and_other_trials_do_not_mix(void **state)
{
	static const struct flow_point elsewhere = { 2, 2 };
	struct wire junk = { .n = 0 };
	struct told t = began();

	(void)state;
	WIRE(&junk, "junk from another point or another time");
	send(&t, SERVER, P | A, 10, 34, &junk);
	t.now_ns += 1000;
	t.c.start_ns = t.now_ns;
	speak(&t);
	send_at(&t, elsewhere, SERVER, P | A, 10, 34, &junk);
	send_ping_ack(&t, 34);
	send_rst(&t, A, 34, 27);
	end(&t, &unread_17, "unread: PING(ACK) 17 bytes, 17 bytes, 1000 ns");
}

static void what_was_forgotten_is_not_found(void **state)
{
	struct told t = began();

	(void)state;
	speak(&t);
	send_ping_ack(&t, 34);
	send_rst(&t, A, 34, 27);
	keep_forget(t.keep);
	end(&t, &unread_17, "");
}

/* A batch of bulk transfers takes no more memory than it may. */
static void beyond_its_bound_it_says_that_it_is_full(void **state)
{
	static struct wire bulk = { .n = sizeof(bulk.at) };
	struct told t = began();

	(void)state;
	speak(&t);
	send_rst(&t, A, 34, 10);
	for (int i = 0; i < KEEP_BYTES_MAX / (int)sizeof(bulk.at); i++)
		send_at(&t, (struct flow_point){ 3, 3 }, SERVER, A, 10, 34,
			&bulk);
	assert_true(keep_is_full(t.keep));
	end(&t, &unread_17,
	    "unknown: the trials beside it sent more than is kept of a batch, "
	    "-1 bytes, -1 ns");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unread_frame_is_named_with_the_time_it_lay),
		cmocka_unit_test(
			a_late_frame_is_named_with_the_time_since_the_fin),
		cmocka_unit_test(what_nobody_counted_is_unknown),
		cmocka_unit_test(an_answer_to_a_fin_is_about_no_frame),
		cmocka_unit_test(an_encrypted_connection_is_not_guessed_at),
		cmocka_unit_test(what_is_no_http2_is_not_asked_about),
		cmocka_unit_test(other_points_and_other_trials_do_not_mix),
		cmocka_unit_test(what_was_forgotten_is_not_found),
		cmocka_unit_test(beyond_its_bound_it_says_that_it_is_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
