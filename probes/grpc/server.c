/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  Calls come by one queue and are answered one after the other,
 * each on a queue of its own: a trial has one.
 */
#include "probes/grpc/greeter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One call while it is answered. */
struct talk {
	grpc_completion_queue *queue;
	grpc_call *call;
	grpc_call_details details;
	grpc_metadata_array metadata;
	grpc_byte_buffer *request;
	int cancelled;
};

static bool batch(struct talk *t, const grpc_op *ops, size_t n)
{
	return greeter_batch(t->call, t->queue, ops, n);
}

static const grpc_op op_first = { .op = GRPC_OP_SEND_INITIAL_METADATA };

static grpc_op op_status(grpc_status_code code)
{
	return (grpc_op){
		.op = GRPC_OP_SEND_STATUS_FROM_SERVER,
		.data.send_status_from_server.status = code,
	};
}

static grpc_op op_answer(grpc_byte_buffer *answer)
{
	return (grpc_op){ .op = GRPC_OP_SEND_MESSAGE,
			  .data.send_message.send_message = answer };
}

/* When the client has had it all. */
static grpc_op op_close(struct talk *t)
{
	return (grpc_op){ .op = GRPC_OP_RECV_CLOSE_ON_SERVER,
			  .data.recv_close_on_server.cancelled =
				  &t->cancelled };
}

static bool read_request(struct talk *t)
{
	const grpc_op op = { .op = GRPC_OP_RECV_MESSAGE,
			     .data.recv_message.recv_message = &t->request };

	grpc_byte_buffer_destroy(t->request);
	t->request = NULL;
	return batch(t, &op, 1) && t->request;
}

static grpc_byte_buffer *make_answer(const struct talk *t)
{
	char name[GREETER_TEXT_MAX], text[GREETER_TEXT_MAX + 8];

	(void)snprintf(text, sizeof(text), "Hello %s",
		       greeter_text(t->request, name));
	return greeter_message(text);
}

/* Headers, answer and trailers in one go, as the generated servers do. */
static void answer_once(struct talk *t)
{
	grpc_byte_buffer *answer;

	if (!read_request(t))
		return;
	answer = make_answer(t);
	(void)batch(t,
		    (grpc_op[]){ op_first, op_answer(answer),
				 op_status(GRPC_STATUS_OK), op_close(t) },
		    4);
	grpc_byte_buffer_destroy(answer);
}

static bool answer(struct talk *t)
{
	grpc_byte_buffer *message = make_answer(t);
	const grpc_op op = op_answer(message);
	const bool done = batch(t, &op, 1);

	grpc_byte_buffer_destroy(message);
	return done;
}

static void finish(struct talk *t)
{
	(void)batch(t, (grpc_op[]){ op_status(GRPC_STATUS_OK), op_close(t) },
		    2);
}

static void answer_with_stream(struct talk *t)
{
	bool done = read_request(t) && batch(t, &op_first, 1);

	for (int i = 0; done && i < GREETER_MESSAGES; i++)
		done = answer(t);
	if (done)
		finish(t);
}

static void converse(struct talk *t)
{
	bool done = batch(t, &op_first, 1);

	while (done && read_request(t))
		done = answer(t);
	if (done)
		finish(t);
}

static void refuse(struct talk *t)
{
	(void)batch(t,
		    (grpc_op[]){ op_first, op_status(GRPC_STATUS_UNIMPLEMENTED),
				 op_close(t) },
		    3);
}

static void (*const talks[])(struct talk *t) = {
	[GREETER_UNARY] = answer_once,
	[GREETER_SERVER_STREAM] = answer_with_stream,
	[GREETER_BIDI] = converse,
};

static void serve(struct talk *t)
{
	size_t i = 0;

	while (i <= GREETER_BIDI &&
	       grpc_slice_str_cmp(t->details.method, greeter_methods[i]) != 0)
		i++;
	(i <= GREETER_BIDI ? talks[i] : refuse)(t);
}

static void talk_begin(struct talk *t)
{
	*t = (struct talk){ .call = NULL };
	t->queue = grpc_completion_queue_create_for_pluck(NULL);
	grpc_call_details_init(&t->details);
	grpc_metadata_array_init(&t->metadata);
}

static void talk_end(struct talk *t)
{
	grpc_byte_buffer_destroy(t->request);
	if (t->call)
		grpc_call_unref(t->call);
	grpc_call_details_destroy(&t->details);
	grpc_metadata_array_destroy(&t->metadata);
	grpc_completion_queue_shutdown(t->queue);
	grpc_completion_queue_destroy(t->queue);
}

static grpc_server_credentials *credentials(const struct greeter *g)
{
	grpc_ssl_pem_key_cert_pair pair = {
		.private_key = getenv("RSTLAB_TLS_KEY"),
		.cert_chain = getenv("RSTLAB_TLS_CERT"),
	};

	if (!g->tls)
		return grpc_insecure_server_credentials_create();
	if (!pair.private_key || !pair.cert_chain)
		return NULL;
	return grpc_ssl_server_credentials_create_ex(
		NULL, &pair, 1, GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE, NULL);
}

static bool listen_at(const struct greeter *g, grpc_server *server)
{
	grpc_server_credentials *creds = credentials(g);
	int port = 0;

	if (creds)
		port = grpc_server_add_http2_port(server, g->address, creds);
	grpc_server_credentials_release(creds);
	if (port == 0)
		fprintf(stderr, "cannot listen at %s\n", g->address);
	return port != 0;
}

static void serve_for_ever(grpc_server *server, grpc_completion_queue *calls)
{
	struct talk t;

	for (;;) {
		grpc_event event;

		talk_begin(&t);
		if (grpc_server_request_call(server, &t.call, &t.details,
					     &t.metadata, t.queue, calls,
					     &t) != GRPC_CALL_OK)
			break;
		event = grpc_completion_queue_next(
			calls, gpr_inf_future(GPR_CLOCK_REALTIME), NULL);
		if (event.type != GRPC_OP_COMPLETE || !event.success)
			break;
		serve(&t);
		talk_end(&t);
	}
	talk_end(&t);
}

int greeter_server(const struct greeter *g)
{
	struct greeter_args args;
	grpc_completion_queue *calls =
		grpc_completion_queue_create_for_next(NULL);
	grpc_server *server;

	greeter_fill_args(g, &args);
	server = grpc_server_create(&args.list, NULL);
	grpc_server_register_completion_queue(server, calls, NULL);
	if (!listen_at(g, server))
		_Exit(1);
	grpc_server_start(server);
	serve_for_ever(server, calls);
	fprintf(stderr, "gRPC takes no more calls\n");
	_Exit(1);
}
