/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps that speak HTTP/2. */
#include "tests/netns/sock-test.h"

#define STEP1(id, n)         \
	{                    \
		STEP_##id, n \
	}
#define FRAME(id)      STEP1(FRAME, FRAME_##id)
#define RECV_FRAME(id) STEP1(RECV_FRAME, FRAME_##id)

/* Play both and look at the client's call @i. */
static void client_sees(const struct script *client,
			const struct script *server, size_t i, int step,
			int error, int64_t bytes)
{
	const struct script scripts[SIDES] = { *client, *server };

	start();
	play(scripts);
	assert_call(result(SIDE_CLIENT, 0, 1), i, step, error, bytes);
	probe_pair_stop(pair);
}

static void a_frame_has_its_bytes(void)
{
	const struct script client = SCRIPT(
		CONNECT, FRAME(PREFACE), FRAME(SETTINGS), FRAME(SETTINGS_ACK),
		FRAME(WINDOW_UPDATE), FRAME(PING), FRAME(PING_ACK),
		FRAME(GOAWAY), FRAME(RST_STREAM), FRAME(MESSAGE), CLOSE);
	const struct script server = SCRIPT(LISTEN, ACCEPT, RECV_EOF, CLOSE);
	static const int64_t bytes[] = { 24, 9, 9, 13, 17, 17, 17, 13, 21 };
	const struct script scripts[SIDES] = { client, server };

	start();
	play(scripts);
	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++)
		assert_call(result(SIDE_CLIENT, 0, 1), 1 + i, STEP_FRAME, 0,
			    bytes[i]);
	probe_pair_stop(pair);
}

static void a_frame_is_read_after_those_before_it(void)
{
	const struct script client =
		SCRIPT(CONNECT, RECV_FRAME(PING_ACK), READABLE(13), CLOSE);
	const struct script server =
		SCRIPT(LISTEN, ACCEPT, FRAME(SETTINGS), FRAME(PING),
		       FRAME(PING_ACK), FRAME(WINDOW_UPDATE), RECV_EOF, CLOSE);

	client_sees(&client, &server, 1, STEP_RECV_FRAME, 0, 9 + 17 + 17);
}

static void the_preface_is_told_from_a_frame(void)
{
	const struct script client = SCRIPT(CONNECT, RECV_FRAME(PREFACE),
					    RECV_FRAME(LAST_MESSAGE), CLOSE);
	const struct script server =
		SCRIPT(LISTEN, ACCEPT, FRAME(SETTINGS), FRAME(PREFACE),
		       FRAME(LAST_MESSAGE), CLOSE);

	client_sees(&client, &server, 1, STEP_RECV_FRAME, 0, 9 + 24);
}

static void a_peer_that_closes_before_the_frame_is_told(void)
{
	const struct script client = SCRIPT(CONNECT, RECV_FRAME(GOAWAY), CLOSE);
	const struct script server = SCRIPT(LISTEN, ACCEPT, FRAME(PING), CLOSE);

	client_sees(&client, &server, 1, STEP_RECV_FRAME, ENODATA, 17);
}

/* Zeros are empty DATA frames; the last of 64 is cut off. */
static void a_frame_that_is_cut_off_is_told(void)
{
	const struct script client = SCRIPT(CONNECT, RECV_FRAME(GOAWAY));
	const struct script server = SCRIPT(LISTEN, ACCEPT, SEND(64), CLOSE);

	client_sees(&client, &server, 1, STEP_RECV_FRAME, ENODATA, 64);
}

/* A preface that is out of step has an 'I' where the type would be. */
static void what_is_no_http2_is_told(void)
{
	const struct script client = SCRIPT(CONNECT, RECV_FRAME(GOAWAY));
	const struct script server =
		SCRIPT(LISTEN, ACCEPT, SEND(1), FRAME(PREFACE), CLOSE);

	client_sees(&client, &server, 1, STEP_RECV_FRAME, EPROTO, 9);
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		netns_test(a_frame_has_its_bytes),
		netns_test(a_frame_is_read_after_those_before_it),
		netns_test(the_preface_is_told_from_a_frame),
		netns_test(a_peer_that_closes_before_the_frame_is_told),
		netns_test(a_frame_that_is_cut_off_is_told),
		netns_test(what_is_no_http2_is_told),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
