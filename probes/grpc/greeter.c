/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/grpc/greeter.h"

#include "lab/base/clock.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/slice.h>

#include <stdio.h>
#include <string.h>

enum { DEADLINE_SECONDS = 8 }; /* below that of a trial */

const char *const greeter_methods[] = {
	[GREETER_UNARY] = "/helloworld.Greeter/SayHello",
	[GREETER_SERVER_STREAM] = "/helloworld.Greeter/SayHelloStreamReply",
	[GREETER_BIDI] = "/helloworld.Greeter/SayHelloBidiStream",
};

gpr_timespec greeter_deadline(void)
{
	return gpr_time_add(
		gpr_now(GPR_CLOCK_MONOTONIC),
		gpr_time_from_seconds(DEADLINE_SECONDS, GPR_TIMESPAN));
}

static void add_number(struct greeter_args *room, const char *key, int value)
{
	room->items[room->list.num_args++] =
		(grpc_arg){ .type = GRPC_ARG_INTEGER,
			    .key = (char *)(uintptr_t)key,
			    .value.integer = value };
}

void greeter_fill_args(const struct greeter *g, struct greeter_args *room)
{
	room->list = (grpc_channel_args){ .args = room->items };
	add_number(room, "grpc.enable_http_proxy", 0);
	if (g->no_probe)
		add_number(room, GRPC_ARG_HTTP2_BDP_PROBE, 0);
	if (g->stays) /* channels of one process share no connection */
		add_number(room, GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
	if (!g->keepalive_ns)
		return;
	/* Shorter than gRPC likes it: both sides must agree to that. */
	add_number(room, GRPC_ARG_KEEPALIVE_TIME_MS,
		   (int)((g->keepalive_ns + NS_PER_MS - 1) / NS_PER_MS));
	add_number(room, GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
	add_number(room, GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
	add_number(room, GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
		   1);
}

grpc_byte_buffer *greeter_message(const char *text)
{
	char bytes[GREETER_TEXT_MAX + 2];
	const int n = snprintf(bytes, sizeof(bytes), "\n%c%s",
			       (int)strnlen(text, GREETER_TEXT_MAX - 1), text);
	grpc_slice slice = grpc_slice_from_copied_buffer(bytes, (size_t)n);
	grpc_byte_buffer *message = grpc_raw_byte_buffer_create(&slice, 1);

	grpc_slice_unref(slice);
	return message;
}

const char *greeter_text(grpc_byte_buffer *message, char *buf)
{
	grpc_byte_buffer_reader reader;
	grpc_slice all;
	size_t n;

	*buf = '\0';
	if (!message || !grpc_byte_buffer_reader_init(&reader, message))
		return buf;
	all = grpc_byte_buffer_reader_readall(&reader);
	n = GRPC_SLICE_LENGTH(all);
	if (n > 2 && n - 2 < GREETER_TEXT_MAX) {
		memcpy(buf, GRPC_SLICE_START_PTR(all) + 2, n - 2);
		buf[n - 2] = '\0';
	}
	grpc_slice_unref(all);
	grpc_byte_buffer_reader_destroy(&reader);
	return buf;
}

bool greeter_batch(grpc_call *call, grpc_completion_queue *queue,
		   const grpc_op *ops, size_t n)
{
	grpc_event event;

	if (grpc_call_start_batch(call, ops, n, call, NULL) != GRPC_CALL_OK)
		return false;
	event = grpc_completion_queue_pluck(queue, call, greeter_deadline(),
					    NULL);
	return event.type == GRPC_OP_COMPLETE && event.success;
}
