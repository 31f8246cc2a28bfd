/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTTP/2 made by hand -> a line per frame, "C" from the client, "S" from the
 * server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/flow/http2-text.h"
#include "tests/unit/wire.h"

struct told {
	struct http2 *http2;
	struct text lines;
	struct text details;
	uint64_t at[2], end[2];
};

static void on_frame(const struct http2_frame *f, void *arg)
{
	struct told *t = arg;

	/* frames lie side by side, and each in what has gone by */
	assert_int_equal(f->at, t->end[f->side]);
	t->end[f->side] = f->at + f->bytes;
	text_addf(&t->lines, "%c ", f->side ? 'S' : 'C');
	http2_add_info(&t->lines, f);
	text_add(&t->lines, "\n");
	http2_add_details(&t->details, f, "");
}

static void begin(struct told *t)
{
	struct err e;

	*t = (struct told){ .http2 = NULL };
	assert_int_equal(http2_new(&t->http2, on_frame, t, &e), 0);
}

static void end(struct told *t, const char *wanted)
{
	assert_false(http2_failed(t->http2));
	assert_string_equal(text_str(&t->lines), wanted);
	text_done(&t->lines);
	text_done(&t->details);
	http2_free(t->http2);
}

/* Pieces of @piece bytes, as segments might cut them. */
static void feed(struct told *t, int side, const struct wire *w, size_t piece)
{
	for (size_t i = 0; i < w->n; i += piece) {
		const size_t n = w->n - i < piece ? w->n - i : piece;

		http2_data(t->http2, side,
			   &(struct stream_data){ .at = t->at[side] + i,
						  .data = w->at + i,
						  .n = n });
	}
	t->at[side] += w->n;
}

static void gap(struct told *t, int side, uint64_t n)
{
	http2_gap(t->http2, side, n);
	t->at[side] += n;
}

/* The client's preface and empty SETTINGS, the server's empty SETTINGS. */
static void greet(struct told *t)
{
	struct wire c = { .n = 0 }, s = { .n = 0 };

	wire_magic(&c);
	WIRE_FRAME(&c, HTTP2_SETTINGS, 0, 0, "");
	WIRE_FRAME(&s, HTTP2_SETTINGS, 0, 0, "");
	feed(t, 0, &c, c.n);
	feed(t, 1, &s, s.n);
}
#define GREETING "C Magic\nC SETTINGS[0]\nS SETTINGS[0]\n"

/* One of each type, and one that nobody knows. */
static const struct wire *one_of_each(void)
{
	static struct wire w;

	w.n = 0;
	wire_magic(&w);
	/* MAX_CONCURRENT_STREAMS 100, INITIAL_WINDOW_SIZE 65535 */
	WIRE_FRAME(&w, HTTP2_SETTINGS, 0, 0, "\0\3\0\0\0\x64\0\4\0\0\xff\xff");
	WIRE_FRAME(&w, HTTP2_SETTINGS, HTTP2_FLAG_ACK, 0, "");
	WIRE_FRAME(&w, HTTP2_WINDOW_UPDATE, 0, 0, "\0\0\0\5");
	WIRE_FRAME(&w, HTTP2_PRIORITY, 0, 1, "\0\0\0\0\x10");
	WIRE_FRAME(&w, HTTP2_PING, 0, 0, "\1\2\3\4\5\6\7\x8");
	WIRE_FRAME(&w, HTTP2_PING, HTTP2_FLAG_ACK, 0, "\1\2\3\4\5\6\7\x8");
	/* :method GET, :path / */
	WIRE_FRAME(&w, HTTP2_HEADERS, HTTP2_FLAG_END_HEADERS, 1, "\x82\x84");
	WIRE_FRAME(&w, HTTP2_DATA, HTTP2_FLAG_END_STREAM, 1, "hello");
	WIRE_FRAME(&w, HTTP2_RST_STREAM, 0, 1, "\0\0\0\x8");
	WIRE_FRAME(&w, 0x77, 0xff, 0x7fffffff, "whatever");
	/* last stream 1, ENHANCE_YOUR_CALM, and why */
	WIRE_FRAME(&w, HTTP2_GOAWAY, 0, 0, "\0\0\0\1\0\0\0\xbtoo many pings");
	return &w;
}

static void every_type_is_named_however_it_is_cut(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 40; piece++) {
		struct told t;

		begin(&t);
		feed(&t, 0, one_of_each(), piece);
		assert_int_equal(http2_state(t.http2, 0), HTTP2_DECODED);
		end(&t, "C Magic\n"
			"C SETTINGS[0]\n"
			"C SETTINGS(ACK)[0]\n"
			"C WINDOW_UPDATE[0]\n"
			"C PRIORITY[1]\n"
			"C PING[0]\n"
			"C PING(ACK)[0]\n"
			"C HEADERS[1]: GET /\n"
			"C DATA[1]\n"
			"C RST_STREAM[1]: CANCEL\n"
			"C UNKNOWN(0x77)[2147483647]\n"
			"C GOAWAY[0]: ENHANCE_YOUR_CALM\n");
	}
}

static void details_say_what_a_frame_holds(void **state)
{
	struct told t;

	(void)state;
	begin(&t);
	feed(&t, 0, one_of_each(), 100);
	assert_string_equal(
		text_str(&t.details),
		"Magic\n"
		"SETTINGS[0], length 12\n"
		"  MAX_CONCURRENT_STREAMS = 100\n"
		"  INITIAL_WINDOW_SIZE = 65535\n"
		"SETTINGS(ACK)[0], length 0, flags ACK\n"
		"WINDOW_UPDATE[0], length 4\n"
		"  increment 5\n"
		"PRIORITY[1], length 5\n"
		"PING[0], length 8\n"
		"  opaque 0102030405060708\n"
		"PING(ACK)[0], length 8, flags ACK\n"
		"  opaque 0102030405060708\n"
		"HEADERS[1]: GET /, length 2, flags END_HEADERS\n"
		"  :method: GET\n"
		"  :path: /\n"
		"DATA[1], length 5, flags END_STREAM\n"
		"RST_STREAM[1]: CANCEL, length 4\n"
		"UNKNOWN(0x77)[2147483647], length 8, flags 0x01, 0x02, 0x04, "
		"0x08, 0x10, 0x20, 0x40, 0x80\n"
		"GOAWAY[0]: ENHANCE_YOUR_CALM, length 22\n"
		"  last stream 1\n");
	text_done(&t.lines);
	text_done(&t.details);
	http2_free(t.http2);
}

static void http_status_and_grpc_status_are_two_things(void **state)
{
	struct wire c = { .n = 0 }, s = { .n = 0 };
	struct wire head = { .n = 0 }, trailer = { .n = 0 }, only = { .n = 0 };
	struct told t;

	(void)state;
	begin(&t);
	greet(&t);
	wire_grpc_request(&c, 1);
	/* not compressed, 7 bytes */
	WIRE_FRAME(&c, HTTP2_DATA, HTTP2_FLAG_END_STREAM, 1,
		   "\0\0\0\0\7\n\5world");
	wire_grpc_request(&c, 3);
	feed(&t, 0, &c, c.n);
	WIRE(&head, "\x88"); /* :status 200 */
	wire_header(&head, "content-type", "application/grpc");
	wire_frame(&s, HTTP2_HEADERS, HTTP2_FLAG_END_HEADERS, 1, &head);
	/* compressed, 3 bytes, and another of 0 */
	WIRE_FRAME(&s, HTTP2_DATA, 0, 1, "\1\0\0\0\3abc\0\0\0\0\0");
	wire_header(&trailer, "grpc-status", "0");
	wire_frame(&s, HTTP2_HEADERS,
		   HTTP2_FLAG_END_HEADERS | HTTP2_FLAG_END_STREAM, 1, &trailer);
	WIRE(&only, "\x88");
	wire_header(&only, "grpc-status", "14");
	wire_frame(&s, HTTP2_HEADERS,
		   HTTP2_FLAG_END_HEADERS | HTTP2_FLAG_END_STREAM, 3, &only);
	feed(&t, 1, &s, s.n);
	end(&t, GREETING "C HEADERS[1]: POST /helloworld.Greeter/SayHello\n"
			 "C DATA[1] (gRPC 7 bytes)\n"
			 "C HEADERS[3]: POST /helloworld.Greeter/SayHello\n"
			 "S HEADERS[1]: 200 OK\n"
			 "S DATA[1] (gRPC 3 bytes compressed, 0 bytes)\n"
			 "S HEADERS[1]: grpc-status 0 OK\n"
			 "S HEADERS[3]: 200 OK, grpc-status 14 UNAVAILABLE\n");
}

static void a_message_may_span_frames_and_cut_its_own_length(void **state)
{
	struct wire c = { .n = 0 };
	struct told t;

	(void)state;
	begin(&t);
	greet(&t);
	wire_grpc_request(&c, 1);
	WIRE_FRAME(&c, HTTP2_DATA, 0, 1, "\0\0\0");
	WIRE_FRAME(&c, HTTP2_DATA, 0, 1, "\0\x8one");
	WIRE_FRAME(&c, HTTP2_DATA, 0, 1, "two34\0\0\0\0\1x");
	feed(&t, 0, &c, 7);
	end(&t, GREETING "C HEADERS[1]: POST /helloworld.Greeter/SayHello\n"
			 "C DATA[1]\n"
			 "C DATA[1] (gRPC 8 bytes)\n"
			 "C DATA[1] (gRPC 1 bytes)\n");
}

static void data_that_is_no_grpc_has_no_messages(void **state)
{
	struct wire c = { .n = 0 };
	struct told t;

	(void)state;
	begin(&t);
	greet(&t);
	WIRE_FRAME(&c, HTTP2_HEADERS, HTTP2_FLAG_END_HEADERS, 1, "\x83\x84");
	WIRE_FRAME(&c, HTTP2_DATA, 0, 1, "\0\0\0\0\7\n\5world");
	feed(&t, 0, &c, c.n);
	end(&t, GREETING "C HEADERS[1]: POST /\nC DATA[1]\n");
}

static void padding_priority_and_continuation_are_no_headers(void **state)
{
	struct wire c = { .n = 0 };
	struct told t;

	(void)state;
	begin(&t);
	greet(&t);
	/* 2 bytes of padding, a priority of 5, :method GET; goes on */
	WIRE_FRAME(&c, HTTP2_HEADERS, HTTP2_FLAG_PADDED | HTTP2_FLAG_PRIORITY,
		   1, "\2\0\0\0\0\x10\x82PP");
	/* :path, its name the static table's, its value in two pieces */
	WIRE_FRAME(&c, HTTP2_CONTINUATION, 0, 1, "\x44\x3/a");
	WIRE_FRAME(&c, HTTP2_CONTINUATION, HTTP2_FLAG_END_HEADERS, 1, "b");
	/* a promise of stream 2, with 1 byte of padding */
	WIRE_FRAME(&c, HTTP2_PUSH_PROMISE,
		   HTTP2_FLAG_PADDED | HTTP2_FLAG_END_HEADERS, 1,
		   "\1\0\0\0\2\x82P");
	WIRE_FRAME(&c, HTTP2_DATA, HTTP2_FLAG_PADDED, 1, "\3dataPPP");
	feed(&t, 0, &c, 3);
	end(&t, GREETING "C HEADERS[1]\n"
			 "C CONTINUATION[1]\n"
			 "C CONTINUATION[1]: GET /ab\n"
			 "C PUSH_PROMISE[1]: GET \n"
			 "C DATA[1]\n");
}

static void lengths_that_a_type_cannot_have_are_said(void **state)
{
	struct wire c = { .n = 0 };
	struct told t;

	(void)state;
	begin(&t);
	greet(&t);
	WIRE_FRAME(&c, HTTP2_PING, 0, 0, "short");
	WIRE_FRAME(&c, HTTP2_SETTINGS, 0, 0, "\0\1\0\0\0");
	WIRE_FRAME(&c, HTTP2_GOAWAY, 0, 0, "\0\0\0\0");
	WIRE_FRAME(&c, HTTP2_DATA, HTTP2_FLAG_PADDED, 1, "\x9only");
	WIRE_FRAME(&c, HTTP2_HEADERS,
		   HTTP2_FLAG_PADDED | HTTP2_FLAG_END_HEADERS, 1, "\x9\x82");
	feed(&t, 0, &c, c.n);
	end(&t, GREETING "C PING[0] [malformed: length 5]\n"
			 "C SETTINGS[0] [malformed: length 5]\n"
			 "C GOAWAY[0] [malformed: length 4]\n"
			 "C DATA[1] [malformed: length 5]\n"
			 "C HEADERS[1] [malformed: length 2]\n");
}

static void bytes_missing_in_data_cost_only_themselves(void **state)
{
	struct wire head = { .n = 0 }, rest = { .n = 0 };
	struct told t;

	(void)state;
	begin(&t);
	greet(&t);
	wire_grpc_request(&head, 1);
	wire_head(&head, 105, HTTP2_DATA, 0, 1);
	WIRE(&head, "\0\0\0\0\x64twelve bytes");
	feed(&t, 0, &head, head.n);
	gap(&t, 0, 88);
	WIRE_FRAME(&rest, HTTP2_DATA, 0, 1, "\0\0\0\0\2ab");
	WIRE_FRAME(&rest, HTTP2_PING, 0, 0, "12345678");
	feed(&t, 0, &rest, rest.n);
	assert_int_equal(http2_state(t.http2, 0), HTTP2_DECODED);
	end(&t, GREETING "C HEADERS[1]: POST /helloworld.Greeter/SayHello\n"
			 "C DATA[1] (gRPC 100 bytes) [88 bytes not captured]\n"
			 "C DATA[1] (gRPC 2 bytes)\n"
			 "C PING[0]\n");
}

static void a_missing_message_length_ends_the_messages_of_a_stream(void **state)
{
	struct wire head = { .n = 0 }, rest = { .n = 0 };
	struct told t;

	(void)state;
	begin(&t);
	greet(&t);
	wire_grpc_request(&head, 1);
	wire_head(&head, 10, HTTP2_DATA, 0, 1);
	WIRE(&head, "\0\0");
	feed(&t, 0, &head, head.n);
	gap(&t, 0, 8);
	WIRE_FRAME(&rest, HTTP2_DATA, 0, 1, "\0\0\0\0\2ab");
	wire_grpc_request(&rest, 3);
	WIRE_FRAME(&rest, HTTP2_DATA, 0, 3, "\0\0\0\0\2ab");
	feed(&t, 0, &rest, rest.n);
	end(&t, GREETING "C HEADERS[1]: POST /helloworld.Greeter/SayHello\n"
			 "C DATA[1] [8 bytes not captured]\n"
			 "C DATA[1]\n"
			 "C HEADERS[3]: POST /helloworld.Greeter/SayHello\n"
			 "C DATA[3] (gRPC 2 bytes)\n");
}

/* What was missing may have entered the table: no later block is certain. */
static void missing_headers_cost_all_later_ones(void **state)
{
	struct wire head = { .n = 0 }, rest = { .n = 0 };
	struct told t;

	(void)state;
	begin(&t);
	greet(&t);
	wire_head(&head, 20, HTTP2_HEADERS, HTTP2_FLAG_END_HEADERS, 1);
	WIRE(&head, "\x82");
	feed(&t, 0, &head, head.n);
	gap(&t, 0, 19);
	WIRE_FRAME(&rest, HTTP2_DATA, 0, 1, "hello");
	WIRE_FRAME(&rest, HTTP2_HEADERS, HTTP2_FLAG_END_HEADERS, 3, "\x82");
	feed(&t, 0, &rest, rest.n);
	assert_int_equal(http2_state(t.http2, 0), HTTP2_DECODED);
	end(&t, GREETING
	    "C HEADERS[1] [19 bytes not captured]\n"
	    "C DATA[1]\n"
	    "C HEADERS[3] [headers need some that were not captured]\n");
}

static void bytes_missing_in_control_frames_leave_no_value(void **state)
{
	struct wire head = { .n = 0 }, rest = { .n = 0 };
	struct told t;

	(void)state;
	begin(&t);
	greet(&t);
	wire_head(&head, 8, HTTP2_GOAWAY, 0, 0);
	WIRE(&head, "\0\0\0\1");
	feed(&t, 0, &head, head.n);
	gap(&t, 0, 4);
	WIRE_FRAME(&rest, HTTP2_PING, 0, 0, "12345678");
	feed(&t, 0, &rest, rest.n);
	end(&t, GREETING "C GOAWAY[0] [4 bytes not captured]\nC PING[0]\n");
}

static void a_hole_over_a_frame_header_ends_the_decoding(void **state)
{
	struct wire head = { .n = 0 }, rest = { .n = 0 };
	struct told t;

	(void)state;
	begin(&t);
	greet(&t);
	WIRE_FRAME(&head, HTTP2_PING, 0, 0, "12345678");
	wire_head(&head, 10, HTTP2_DATA, 0, 1);
	feed(&t, 0, &head, head.n);
	gap(&t, 0, 11);
	WIRE_FRAME(&rest, HTTP2_PING, 0, 0, "12345678");
	feed(&t, 0, &rest, rest.n);
	assert_int_equal(http2_state(t.http2, 0), HTTP2_LOST);
	assert_int_equal(http2_state(t.http2, 1), HTTP2_DECODED);
	/* preface, SETTINGS, PING, DATA */
	assert_int_equal(http2_lost_at(t.http2, 0), 24 + 9 + 17 + 19);
	end(&t, GREETING "C PING[0]\nC DATA[1] [10 bytes not captured]\n");
}

static void a_start_in_the_middle_is_not_decoded(void **state)
{
	struct wire w = { .n = 0 };
	struct told t;

	(void)state;
	begin(&t);
	http2_start_in_the_middle(t.http2, 0);
	gap(&t, 1, 5);
	WIRE_FRAME(&w, HTTP2_SETTINGS, 0, 0, "");
	feed(&t, 0, &w, w.n);
	feed(&t, 1, &w, w.n);
	assert_int_equal(http2_state(t.http2, 0), HTTP2_MIDDLE);
	assert_int_equal(http2_state(t.http2, 1), HTTP2_MIDDLE);
	end(&t, "");
}

static void other_protocols_are_left_alone(void **state)
{
	struct wire http1 = { .n = 0 }, tls = { .n = 0 }, near = { .n = 0 };
	struct wire text = { .n = 0 }, few = { .n = 0 };
	const struct {
		const struct wire *w;
		int side;
		enum http2_state state;
	} cases[] = {
		{ &http1, 0, HTTP2_FOREIGN }, { &tls, 0, HTTP2_TLS },
		{ &tls, 1, HTTP2_TLS },	      { &near, 0, HTTP2_FOREIGN },
		{ &text, 1, HTTP2_FOREIGN },  { &few, 0, HTTP2_WAITING },
		{ &few, 1, HTTP2_WAITING },
	};

	(void)state;
	WIRE(&http1, "POST / HTTP/1.1\r\n");
	WIRE(&tls, "\x16\x3\1\0\xf0\1\0\0\xec\x3\x3");
	WIRE(&near, "PRI * HTTP/2.0\r\n\r\nSM\r\n\rX");
	WIRE(&text, "220 mail ready\r\n");
	WIRE(&few, "PRI");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct told t;

		begin(&t);
		feed(&t, cases[i].side, cases[i].w, 1);
		assert_int_equal(http2_state(t.http2, cases[i].side),
				 cases[i].state);
		end(&t, "");
	}
}

static void broken_headers_are_said_once_and_for_all(void **state)
{
	struct wire c = { .n = 0 };
	struct told t;

	(void)state;
	begin(&t);
	greet(&t);
	/* entry 126: neither table has it */
	WIRE_FRAME(&c, HTTP2_HEADERS, HTTP2_FLAG_END_HEADERS, 1, "\xfe");
	WIRE_FRAME(&c, HTTP2_HEADERS, HTTP2_FLAG_END_HEADERS, 3, "\x82");
	WIRE_FRAME(&c, HTTP2_PING, 0, 0, "12345678");
	feed(&t, 0, &c, c.n);
	end(&t, GREETING "C HEADERS[1] [headers broken]\n"
			 "C HEADERS[3] [headers broken]\n"
			 "C PING[0]\n");
}

/* One entry of 4 KB, then a thousand references of one byte each. */
static void a_bomb_of_headers_is_kept_small(void **state)
{
	struct wire c = { .n = 0 }, block = { .n = 0 };
	struct told t;

	(void)state;
	begin(&t);
	greet(&t);
	WIRE(&block, "\x40\1x\x7f\xa1\x1e"); /* 127 + 33 + 30 * 128: 4000 */
	for (int i = 0; i < 4000; i++)
		WIRE(&block, "a");
	for (int i = 0; i < 1000; i++)
		WIRE(&block, "\xbe"); /* the newest entry */
	wire_frame(&c, HTTP2_HEADERS, HTTP2_FLAG_END_HEADERS, 1, &block);
	WIRE_FRAME(&c, HTTP2_HEADERS, HTTP2_FLAG_END_HEADERS, 3, "\x82\x84");
	feed(&t, 0, &c, c.n);
	assert_non_null(strstr(text_str(&t.details),
			       "  and 985 headers more, not kept\n"));
	assert_true(t.details.n < 2 * HPACK_LIST_BYTES_MAX);
	end(&t, GREETING "C HEADERS[1]\nC HEADERS[3]: GET /\n");
}

/* The encoder asks for a table of 64 KiB, which is allowed, then for more. */
static void a_table_without_bound_is_refused(void **state)
{
	struct wire c = { .n = 0 };
	struct told t;

	(void)state;
	begin(&t);
	greet(&t);
	WIRE_FRAME(&c, HTTP2_HEADERS, HTTP2_FLAG_END_HEADERS, 1,
		   "\x3f\xe1\xff\x3\x82"); /* 31 + 65505 */
	WIRE_FRAME(&c, HTTP2_HEADERS, HTTP2_FLAG_END_HEADERS, 3,
		   "\x3f\xe2\xff\x3\x82");
	feed(&t, 0, &c, c.n);
	end(&t, GREETING "C HEADERS[1]: GET \n"
			 "C HEADERS[3] [headers broken]\n");
}

static void nothing_in_a_header_reaches_a_terminal(void **state)
{
	struct wire c = { .n = 0 };
	struct told t;

	(void)state;
	begin(&t);
	greet(&t);
	WIRE_FRAME(&c, HTTP2_HEADERS, HTTP2_FLAG_END_HEADERS, 1,
		   "\x82\x44\x5/\033[2J");
	feed(&t, 0, &c, c.n);
	end(&t, GREETING "C HEADERS[1]: GET /\\x1b[2J\n");
}

/* 16 MiB said, most of them not there: no more memory than for a PING. */
static void a_giant_frame_is_counted_through(void **state)
{
	struct wire head = { .n = 0 }, rest = { .n = 0 };
	struct told t;

	(void)state;
	begin(&t);
	greet(&t);
	wire_head(&head, 0xffffff, 0x77, 0, 0);
	feed(&t, 0, &head, head.n);
	gap(&t, 0, 0xffffff - 3);
	WIRE(&rest, "end");
	WIRE_FRAME(&rest, HTTP2_PING, 0, 0, "12345678");
	feed(&t, 0, &rest, rest.n);
	end(&t, GREETING
	    "C UNKNOWN(0x77)[0] [16777212 bytes not captured]\nC PING[0]\n");
}

static void streams_beyond_all_bounds_are_forgotten(void **state)
{
	struct wire request = { .n = 0 };
	struct told t;

	(void)state;
	begin(&t);
	greet(&t);
	wire_grpc_request(&request, 1);
	feed(&t, 0, &request, request.n);
	for (uint32_t i = 1; i <= 1100; i++) {
		struct wire w = { .n = 0 };

		/* the entries of the first request: content-type, :path */
		WIRE_FRAME(&w, HTTP2_HEADERS, HTTP2_FLAG_END_HEADERS, 2 * i + 1,
			   "\x83\xbf\xbe");
		feed(&t, 0, &w, w.n);
	}
	text_done(&t.lines);
	for (uint32_t stream = 1; stream < 2200; stream += 2198) {
		struct wire w = { .n = 0 };

		WIRE_FRAME(&w, HTTP2_DATA, 0, stream, "\0\0\0\0\1x");
		feed(&t, 0, &w, w.n);
	}
	end(&t, "C DATA[1]\nC DATA[2199] (gRPC 1 bytes)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_is_named_however_it_is_cut),
		cmocka_unit_test(details_say_what_a_frame_holds),
		cmocka_unit_test(http_status_and_grpc_status_are_two_things),
		cmocka_unit_test(
			a_message_may_span_frames_and_cut_its_own_length),
		cmocka_unit_test(data_that_is_no_grpc_has_no_messages),
		cmocka_unit_test(
			padding_priority_and_continuation_are_no_headers),
		cmocka_unit_test(lengths_that_a_type_cannot_have_are_said),
		cmocka_unit_test(bytes_missing_in_data_cost_only_themselves),
		cmocka_unit_test(
			a_missing_message_length_ends_the_messages_of_a_stream),
		cmocka_unit_test(missing_headers_cost_all_later_ones),
		cmocka_unit_test(
			bytes_missing_in_control_frames_leave_no_value),
		cmocka_unit_test(a_hole_over_a_frame_header_ends_the_decoding),
		cmocka_unit_test(a_start_in_the_middle_is_not_decoded),
		cmocka_unit_test(other_protocols_are_left_alone),
		cmocka_unit_test(broken_headers_are_said_once_and_for_all),
		cmocka_unit_test(a_bomb_of_headers_is_kept_small),
		cmocka_unit_test(a_table_without_bound_is_refused),
		cmocka_unit_test(nothing_in_a_header_reaches_a_terminal),
		cmocka_unit_test(a_giant_frame_is_counted_through),
		cmocka_unit_test(streams_beyond_all_bounds_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
