/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  One channel, one call, and the channel is given up: what
 * every stub does.  As in a program with blocking stubs nobody looks at the
 * connection while the program thinks.  With client-lifetime=lab a line on
 * standard input begins each, and one on standard output ends it.
 */
#include "probes/grpc/greeter.h"

#include "lab/base/clock.h"

#include <grpc/support/alloc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* One call while it runs. */
struct talk {
	const struct greeter *g;
	grpc_completion_queue *queue;
	grpc_channel *channel;
	grpc_call *call;
	grpc_metadata_array first, last;
	grpc_byte_buffer *request, *answer;
	grpc_status_code status;
	grpc_slice details;
	const char *error; /* what gRPC says of it; freed by gpr_free() */
	unsigned answers;
};

static bool batch(struct talk *t, const grpc_op *ops, size_t n)
{
	return greeter_batch(t->call, t->queue, ops, n);
}

static void take_answer(struct talk *t)
{
	char text[GREETER_TEXT_MAX];

	if (t->answer && !strcmp(greeter_text(t->answer, text), "Hello world"))
		t->answers++;
	grpc_byte_buffer_destroy(t->answer);
	t->answer = NULL;
}

static grpc_op op_first(void)
{
	return (grpc_op){ .op = GRPC_OP_SEND_INITIAL_METADATA };
}

/* Sending takes the bytes out of a message, so each is a new one. */
static grpc_op op_send(struct talk *t)
{
	grpc_byte_buffer_destroy(t->request);
	t->request = greeter_message("world");
	return (grpc_op){ .op = GRPC_OP_SEND_MESSAGE,
			  .data.send_message.send_message = t->request };
}

static grpc_op op_done(void)
{
	return (grpc_op){ .op = GRPC_OP_SEND_CLOSE_FROM_CLIENT };
}

static grpc_op op_headers(struct talk *t)
{
	return (grpc_op){
		.op = GRPC_OP_RECV_INITIAL_METADATA,
		.data.recv_initial_metadata.recv_initial_metadata = &t->first,
	};
}

static grpc_op op_answer(struct talk *t)
{
	return (grpc_op){ .op = GRPC_OP_RECV_MESSAGE,
			  .data.recv_message.recv_message = &t->answer };
}

static grpc_op op_status(struct talk *t)
{
	return (grpc_op){
		.op = GRPC_OP_RECV_STATUS_ON_CLIENT,
		.data.recv_status_on_client = { .trailing_metadata = &t->last,
						.status = &t->status,
						.status_details = &t->details,
						.error_string = &t->error },
	};
}

/* All in one batch, as the stubs of C++ and Python have it. */
static bool ask_once(struct talk *t)
{
	const grpc_op ops[] = { op_first(),    op_send(t),   op_done(),
				op_headers(t), op_answer(t), op_status(t) };
	const bool done = batch(t, ops, 6);

	take_answer(t);
	return done;
}

static bool read_answer(struct talk *t)
{
	const grpc_op op = op_answer(t);
	const bool done = batch(t, &op, 1) && t->answer;

	take_answer(t);
	return done;
}

static bool ask_for_stream(struct talk *t)
{
	const grpc_op ops[] = { op_first(), op_send(t), op_done(),
				op_headers(t) };
	const grpc_op status = op_status(t);
	bool done = batch(t, ops, 4);

	while (done && read_answer(t))
		;
	return batch(t, &status, 1) && done;
}

static bool converse(struct talk *t)
{
	const grpc_op ops[] = { op_first() };
	const grpc_op ends[] = { op_done(), op_status(t) };
	const grpc_op headers = op_headers(t);
	bool done = batch(t, ops, 1);

	for (int i = 0; done && i < GREETER_MESSAGES; i++) {
		const grpc_op send = op_send(t);

		done = batch(t, &send, 1);
		if (done && i == 0)
			done = batch(t, &headers, 1);
		done = done && read_answer(t);
	}
	return batch(t, ends, 2) && done;
}

static bool (*const talks[])(struct talk *t) = {
	[GREETER_UNARY] = ask_once,
	[GREETER_SERVER_STREAM] = ask_for_stream,
	[GREETER_BIDI] = converse,
};

static grpc_channel *open_channel(const struct greeter *g)
{
	const char *cert = getenv("RSTLAB_TLS_CERT");
	struct greeter_args args;
	grpc_channel_credentials *creds;
	grpc_channel *channel;

	greeter_fill_args(g, &args);
	if (g->tls)
		args.items[args.list.num_args++] = (grpc_arg){
			.type = GRPC_ARG_STRING,
			.key = (char *)(uintptr_t)
				GRPC_SSL_TARGET_NAME_OVERRIDE_ARG,
			.value.string = (char *)(uintptr_t) "greeter.rstlab"
		};
	creds = g->tls ? grpc_ssl_credentials_create(cert, NULL, NULL, NULL)
		       : grpc_insecure_credentials_create();
	channel = grpc_channel_create(g->address, creds, &args.list);
	grpc_channel_credentials_release(creds);
	return channel;
}

static void think(int64_t ns)
{
	const struct timespec t = { ns / NS_PER_S, ns % NS_PER_S };

	if (ns)
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

static void begin(struct talk *t)
{
	grpc_slice method =
		grpc_slice_from_static_string(greeter_methods[t->g->call]);

	t->queue = grpc_completion_queue_create_for_pluck(NULL);
	t->channel = open_channel(t->g);
	t->call = grpc_channel_create_call(
		t->channel, NULL, GRPC_PROPAGATE_DEFAULTS, t->queue, method,
		NULL, greeter_deadline(), NULL);
	grpc_metadata_array_init(&t->first);
	grpc_metadata_array_init(&t->last);
	t->details = grpc_empty_slice();
	t->status = GRPC_STATUS_UNKNOWN;
}

static void end(struct talk *t)
{
	grpc_byte_buffer_destroy(t->request);
	grpc_call_unref(t->call);
	think(t->g->think_ns);
	grpc_channel_destroy(t->channel);
	grpc_completion_queue_shutdown(t->queue);
	grpc_completion_queue_destroy(t->queue);
	grpc_metadata_array_destroy(&t->first);
	grpc_metadata_array_destroy(&t->last);
	grpc_slice_unref(t->details);
	gpr_free((void *)(uintptr_t)t->error);
}

static int verdict(const struct talk *t, bool done)
{
	const unsigned wanted =
		t->g->call == GREETER_UNARY ? 1 : GREETER_MESSAGES;

	if (t->status != GRPC_STATUS_OK || !done)
		fprintf(stderr, "grpc-status %d: %.*s\n", (int)t->status,
			(int)GRPC_SLICE_LENGTH(t->details),
			(const char *)GRPC_SLICE_START_PTR(t->details));
	else if (t->answers != wanted)
		fprintf(stderr, "%u answers instead of %u\n", t->answers,
			wanted);
	else
		return 0;
	return 1;
}

static int talk_once(const struct greeter *g)
{
	struct talk t = { .g = g };
	bool done;
	int status;

	begin(&t);
	done = talks[g->call](&t);
	status = verdict(&t, done);
	end(&t);
	return status;
}

int greeter_client(const struct greeter *g)
{
	int c, status = 0;

	if (!g->stays)
		return talk_once(g);
	while (status == 0 && (c = getchar()) != EOF) {
		if (c != '\n')
			continue;
		status = talk_once(g);
		if (status == 0)
			puts("ok");
		(void)fflush(stdout);
	}
	return status;
}
