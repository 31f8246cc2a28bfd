/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection told packet by packet -> the packet list.  Sequence numbers are
 * relative to the ISNs, which wrap soon.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/flow/transcript.h"
#include "tests/unit/wire.h"

enum { CLIENT, SERVER };
enum {
	F = TCP_FLAG_FIN,
	S = TCP_FLAG_SYN,
	R = TCP_FLAG_RST,
	P = TCP_FLAG_PSH,
	A = TCP_FLAG_ACK,
};

static const uint32_t isn[] = { 0xfffffff0U, 0x7ffffff0U };

struct told {
	struct transcript *t;
	int64_t now_ns;
};

static void begin(struct told *t)
{
	const struct ip_endpoint client = { { 4, { 10, 0, 0, 1 } }, 0, 40000 };
	struct err e;

	*t = (struct told){ .now_ns = 1000 };
	assert_int_equal(transcript_new(&t->t, &client, &e), 0);
}

/* @cut: bytes of the payload that were not captured */
static void send_cut(struct told *t, int side, unsigned flags, uint32_t seq,
		     uint32_t ack, const struct wire *payload, uint32_t cut)
{
	static const struct wire none;
	const struct wire *w = payload ? payload : &none;
	const bool bare = (flags & R) && !(flags & A);
	struct segment s = {
		.src = { { 4, { 10, 0, 0, side ? 2 : 1 } },
			 0,
			 side ? 50051 : 40000 },
		.dst = { { 4, { 10, 0, 0, side ? 1 : 2 } },
			 0,
			 side ? 40000 : 50051 },
		.seq = isn[side] + seq,
		.ack = flags & A ? isn[!side] + ack : 0,
		.flags = (uint8_t)flags,
		.window = bare ? 0 : 501,
		.window_scale = flags & S ? 7 : 0xff,
		.mss = flags & S ? 1460 : 0,
		.payload_bytes = (uint32_t)w->n,
		.payload_captured = (uint32_t)w->n - cut,
	};
	struct err e;

	assert_int_equal(transcript_add(t->t, t->now_ns += 1000, &s, w->at, &e),
			 0);
}

static void send(struct told *t, int side, unsigned flags, uint32_t seq,
		 uint32_t ack, const struct wire *payload)
{
	send_cut(t, side, flags, seq, ack, payload, 0);
}

static const struct wire *text(const char *s)
{
	static struct wire w;

	w.n = 0;
	wire_put(&w, s, strlen(s));
	return &w;
}

static void shake_hands(struct told *t)
{
	send(t, CLIENT, S, 0, 0, NULL);
	send(t, SERVER, S | A, 0, 1, NULL);
	send(t, CLIENT, A, 1, 1, NULL);
}
#define HANDSHAKE                                                         \
	"TCP 40000 → 50051 [SYN] Seq=0 Win=501 Len=0 MSS=1460 WS=128\n" \
	"TCP 50051 → 40000 [SYN, ACK] Seq=0 Ack=1 Win=501 Len=0 "       \
	"MSS=1460 WS=128\n"                                               \
	"TCP 40000 → 50051 [ACK] Seq=1 Ack=1 Win=64128 Len=0\n"

static void finish(struct told *t)
{
	struct err e;

	assert_int_equal(transcript_finish(t->t, &e), 0);
}

static void end(struct told *t, const char *wanted)
{
	own_text struct text out = { .s = NULL };

	for (size_t i = 0; i < t->t->n_packets; i++) {
		text_addf(&out, "%s ", transcript_protocol(t->t, i));
		transcript_add_info(t->t, i, &out);
		text_add(&out, "\n");
	}
	for (int side = 0; side < 2; side++)
		transcript_add_doubt(t->t, side, &out);
	assert_string_equal(text_str(&out), wanted);
	transcript_free(t->t);
}

static void numbers_are_relative_and_windows_scaled(void **state)
{
	struct told t;

	(void)state;
	begin(&t);
	shake_hands(&t);
	send(&t, CLIENT, P | A, 1, 1, text("request"));
	send(&t, SERVER, P | A, 1, 8, text("17 bytes response"));
	send(&t, CLIENT, F | A, 8, 18, NULL);
	send(&t, CLIENT, R, 9, 0, NULL);
	finish(&t);
	end(&t, HANDSHAKE
	    "TCP 40000 → 50051 [PSH, ACK] Seq=1 Ack=1 Win=64128 Len=7\n"
	    "TCP 50051 → 40000 [PSH, ACK] Seq=1 Ack=8 Win=64128 Len=17\n"
	    "TCP 40000 → 50051 [FIN, ACK] Seq=8 Ack=18 Win=64128 Len=0\n"
	    "TCP 40000 → 50051 [RST] Seq=9 Win=0 Len=0\n");
}

static void what_comes_again_or_astray_is_noted(void **state)
{
	struct told t;

	(void)state;
	begin(&t);
	shake_hands(&t);
	send(&t, CLIENT, P | A, 1, 1, text("abc"));
	send(&t, CLIENT, P | A, 1, 1, text("abc"));
	send(&t, CLIENT, P | A, 7, 1, text("ghi"));
	send(&t, CLIENT, P | A, 4, 1, text("def"));
	send(&t, CLIENT, P | A, 4, 1, text("def"));
	send(&t, CLIENT, A, 9, 1, NULL);
	send(&t, CLIENT, A, 10, 1, NULL);
	finish(&t);
	end(&t, HANDSHAKE
	    "TCP 40000 → 50051 [PSH, ACK] Seq=1 Ack=1 Win=64128 Len=3\n"
	    "TCP [TCP Retransmission] 40000 → 50051 [PSH, ACK] Seq=1 Ack=1 "
	    "Win=64128 Len=3\n"
	    "TCP [TCP Previous segment not captured] 40000 → 50051 [PSH, ACK] "
	    "Seq=7 Ack=1 Win=64128 Len=3\n"
	    "TCP [TCP Out-Of-Order] 40000 → 50051 [PSH, ACK] Seq=4 Ack=1 "
	    "Win=64128 Len=3\n"
	    "TCP [TCP Retransmission] 40000 → 50051 [PSH, ACK] Seq=4 Ack=1 "
	    "Win=64128 Len=3\n"
	    "TCP [TCP Keep-Alive] 40000 → 50051 [ACK] Seq=9 Ack=1 Win=64128 "
	    "Len=0\n"
	    "TCP 40000 → 50051 [ACK] Seq=10 Ack=1 Win=64128 Len=0\n");
}

/* Frames of both sides; the server's preface comes before the client's. */
static void greet(struct told *t, struct wire *client, struct wire *server)
{
	client->n = server->n = 0;
	WIRE_FRAME(server, HTTP2_SETTINGS, 0, 0, "");
	send(t, SERVER, P | A, 1, 1, server);
	wire_magic(client);
	WIRE_FRAME(client, HTTP2_SETTINGS, 0, 0, "");
	wire_grpc_request(client, 1);
	send(t, CLIENT, P | A, 1, 10, client);
}
#define GREETING                                     \
	"HTTP2 SETTINGS[0]\n"                        \
	"GRPC Magic, SETTINGS[0], HEADERS[1]: POST " \
	"/helloworld.Greeter/SayHello\n"

/* The server's answer to a PING meets a client that has closed. */
static void the_late_frame_of_a_bare_rst_is_named(void **state)
{
	own_text struct text names = { .s = NULL };
	struct stream_range r = { 0, 0 };
	struct wire c, s;
	uint32_t seq;
	struct told t;
	struct err e;

	(void)state;
	begin(&t);
	shake_hands(&t);
	greet(&t, &c, &s);
	seq = 1 + (uint32_t)c.n;
	send(&t, CLIENT, F | A, seq, 10, NULL);
	send(&t, SERVER, A, 10, seq + 1, NULL);
	s.n = 0;
	WIRE_FRAME(&s, HTTP2_PING, HTTP2_FLAG_ACK, 0, "12345678");
	send(&t, SERVER, P | A, 10, seq + 1, &s);
	send(&t, CLIENT, R, seq + 1, 0, NULL);
	finish(&t);
	assert_true(transcript_late(t.t, 8, &r));
	assert_int_equal(r.from, 9);
	assert_int_equal(r.to, 26);
	assert_int_equal(transcript_add_names(t.t, SERVER, r, &names, &e), 0);
	assert_string_equal(text_str(&names), "PING(ACK) 17 bytes");
	assert_false(transcript_late(t.t, 7, &r));	 /* no RST */
	assert_false(transcript_unread(t.t, 8, 17, &r)); /* no ACK */
	transcript_free(t.t);
}

/* Its last segment before the RST had no bytes: they were not late. */
static void an_rst_to_a_segment_without_bytes_has_no_late_frame(void **state)
{
	struct stream_range r;
	struct told t;

	(void)state;
	begin(&t);
	shake_hands(&t);
	send(&t, SERVER, P | A, 1, 1, text("response"));
	send(&t, CLIENT, F | A, 1, 9, NULL);
	send(&t, SERVER, A, 9, 2, NULL);
	send(&t, CLIENT, R, 2, 0, NULL);
	finish(&t);
	assert_false(transcript_late(t.t, 6, &r));
	transcript_free(t.t);
}

/* The server's FIN is answered, too, by an RST of its own. */
static void a_fin_behind_the_rst_does_not_hide_the_late_frame(void **state)
{
	struct stream_range r = { 0, 0 };
	struct told t;

	(void)state;
	begin(&t);
	shake_hands(&t);
	send(&t, SERVER, P | A, 1, 1, text("response"));
	send(&t, CLIENT, F | A, 1, 9, NULL);
	send(&t, SERVER, A, 9, 2, NULL);
	send(&t, SERVER, P | A, 9, 2, text("late"));
	send(&t, CLIENT, R, 2, 0, NULL);
	send(&t, SERVER, F | A, 13, 2, NULL);
	send(&t, CLIENT, R, 2, 0, NULL);
	finish(&t);
	assert_true(transcript_late(t.t, 7, &r));
	assert_int_equal(r.from, 8);
	assert_int_equal(r.to, 12);
	assert_false(transcript_late(t.t, 9, &r)); /* that of the FIN */
	transcript_free(t.t);
}

/* Its question is captured behind it, a moment later. */
static void an_rst_may_be_captured_before_what_it_answers(void **state)
{
	struct stream_range r = { 0, 0 };
	struct told t;

	(void)state;
	begin(&t);
	shake_hands(&t);
	send(&t, SERVER, P | A, 1, 1, text("response"));
	send(&t, CLIENT, F | A, 1, 9, NULL);
	send(&t, SERVER, A, 9, 2, NULL);
	send(&t, CLIENT, R, 2, 0, NULL);
	send(&t, SERVER, P | A, 9, 2, text("late"));
	finish(&t);
	assert_true(transcript_late(t.t, 6, &r));
	assert_int_equal(r.from, 8);
	assert_int_equal(r.to, 12);
	transcript_free(t.t);
}

/* Closed with the last 17 bytes unread, and with the peer's FIN behind them. */
static void the_unread_frame_of_an_rst_ack_is_named(void **state)
{
	(void)state;
	for (uint32_t fin = 0; fin < 2; fin++) {
		own_text struct text names = { .s = NULL };
		struct stream_range r = { 0, 0 };
		struct wire c, s;
		struct told t;
		struct err e;

		begin(&t);
		shake_hands(&t);
		greet(&t, &c, &s);
		s.n = 0;
		WIRE_FRAME(&s, HTTP2_GOAWAY, 0, 0, "\0\0\0\1\0\0\0\0");
		WIRE_FRAME(&s, HTTP2_PING, HTTP2_FLAG_ACK, 0, "12345678");
		send(&t, SERVER, P | A | (fin ? F : 0), 10, 1 + (uint32_t)c.n,
		     &s);
		send(&t, CLIENT, R | A, 1 + (uint32_t)c.n, 10 + 34 + fin, NULL);
		finish(&t);
		assert_true(transcript_unread(t.t, 6, 17, &r));
		assert_int_equal(r.from, 9 + 17);
		assert_int_equal(r.to, 9 + 34);
		assert_int_equal(
			transcript_add_names(t.t, SERVER, r, &names, &e), 0);
		assert_string_equal(text_str(&names), "PING(ACK) 17 bytes");
		/* the kernel cannot have more unread than there was */
		assert_false(transcript_unread(t.t, 6, 44, &r));
		assert_false(transcript_unread(t.t, 6, 0, &r));
		assert_false(transcript_late(t.t, 6, &r));
		transcript_free(t.t);
	}
}

static void frames_belong_to_the_segment_with_their_last_byte(void **state)
{
	struct wire c, s, one = { .n = 0 }, two = { .n = 0 };
	struct told t;

	(void)state;
	begin(&t);
	shake_hands(&t);
	greet(&t, &c, &s);
	s.n = 0;
	WIRE_FRAME(&s, HTTP2_PING, 0, 0, "12345678");
	WIRE_FRAME(&s, HTTP2_GOAWAY, 0, 0, "\0\0\0\1\0\0\0\0");
	wire_put(&one, s.at, 12);
	wire_put(&two, s.at + 12, s.n - 12);
	/* the second half comes first */
	send(&t, SERVER, P | A, 10 + 12, 1, &two);
	send(&t, SERVER, P | A, 10, 1, &one);
	finish(&t);
	end(&t, HANDSHAKE GREETING
	    "HTTP2 [TCP Previous segment not captured] PING[0], GOAWAY[0]: "
	    "NO_ERROR\n"
	    "TCP [TCP Out-Of-Order] 50051 → 40000 [PSH, ACK] Seq=10 Ack=1 "
	    "Win=64128 Len=12\n");
}

static void a_capture_that_starts_in_the_middle_says_so(void **state)
{
	struct wire s = { .n = 0 };
	struct told t;

	(void)state;
	begin(&t);
	WIRE_FRAME(&s, HTTP2_SETTINGS, 0, 0, "");
	send(&t, SERVER, P | A, 100, 50, &s);
	send(&t, CLIENT, A, 50, 109, NULL);
	finish(&t);
	end(&t, "TCP 50051 → 40000 [PSH, ACK] Seq=1 Ack=1 Win=501 Len=9\n"
		"TCP 40000 → 50051 [ACK] Seq=1 Ack=10 Win=501 Len=0\n"
		"what the server sent is not decoded: the beginning of the "
		"connection was not captured");
}

static void what_the_snap_length_cut_is_said(void **state)
{
	struct wire c, s;
	struct told t;

	(void)state;
	begin(&t);
	shake_hands(&t);
	greet(&t, &c, &s);
	c.n = 0;
	WIRE_FRAME(&c, HTTP2_DATA, 0, 1, "\0\0\0\0\7\n\5world");
	WIRE_FRAME(&c, HTTP2_PING, 0, 0, "12345678");
	send_cut(&t, CLIENT, P | A, 1 + 24 + 9 + 72, 10, &c, 30);
	finish(&t);
	/* where the PING began was in what is missing */
	assert_int_equal(t.t->http2[CLIENT], HTTP2_LOST);
	assert_int_equal(t.t->http2[SERVER], HTTP2_DECODED);
	transcript_free(t.t);
}

static void tls_and_text_stay_what_they_are(void **state)
{
	struct wire hello = { .n = 0 };
	struct told t;

	(void)state;
	begin(&t);
	shake_hands(&t);
	WIRE(&hello, "\x16\3\1\0\5hello");
	send(&t, CLIENT, P | A, 1, 1, &hello);
	finish(&t);
	end(&t, HANDSHAKE
	    "TLS 40000 → 50051 [PSH, ACK] Seq=1 Ack=1 Win=64128 Len=10\n");
}

/* What answers like an HTTP/2 server to a client that is none. */
static void frames_without_a_client_that_speaks_http2_are_dropped(void **state)
{
	struct wire s = { .n = 0 };
	struct told t;

	(void)state;
	begin(&t);
	shake_hands(&t);
	WIRE_FRAME(&s, HTTP2_SETTINGS, 0, 0, "");
	send(&t, SERVER, P | A, 1, 1, &s);
	send(&t, CLIENT, P | A, 1, 10, text("what is this?"));
	finish(&t);
	end(&t, HANDSHAKE
	    "TCP 50051 → 40000 [PSH, ACK] Seq=1 Ack=1 Win=64128 Len=9\n"
	    "TCP 40000 → 50051 [PSH, ACK] Seq=1 Ack=10 Win=64128 Len=13\n");
}

/* The answer to a SYN has raw sequence number 0, whatever that is. */
static void a_refusal_is_shown_as_tshark_does(void **state)
{
	struct told t;

	(void)state;
	begin(&t);
	send(&t, CLIENT, S, 0, 0, NULL);
	send(&t, SERVER, R | A, 0U - isn[SERVER], 1, NULL);
	finish(&t);
	end(&t, "TCP 40000 → 50051 [SYN] Seq=0 Win=501 Len=0 MSS=1460 "
		"WS=128\n"
		"TCP 50051 → 40000 [RST, ACK] Seq=1 Ack=1 Win=501 Len=0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_relative_and_windows_scaled),
		cmocka_unit_test(what_comes_again_or_astray_is_noted),
		cmocka_unit_test(the_late_frame_of_a_bare_rst_is_named),
		cmocka_unit_test(
			an_rst_to_a_segment_without_bytes_has_no_late_frame),
		cmocka_unit_test(
			a_fin_behind_the_rst_does_not_hide_the_late_frame),
		cmocka_unit_test(an_rst_may_be_captured_before_what_it_answers),
		cmocka_unit_test(the_unread_frame_of_an_rst_ack_is_named),
		cmocka_unit_test(
			frames_belong_to_the_segment_with_their_last_byte),
		cmocka_unit_test(a_capture_that_starts_in_the_middle_says_so),
		cmocka_unit_test(what_the_snap_length_cut_is_said),
		cmocka_unit_test(tls_and_text_stay_what_they_are),
		cmocka_unit_test(
			frames_without_a_client_that_speaks_http2_are_dropped),
		cmocka_unit_test(a_refusal_is_shown_as_tshark_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
