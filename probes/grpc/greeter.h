/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * greeter - helloworld.Greeter by gRPC's C core: what client and server share.
 *
 * The messages are those of examples/protos/helloworld.proto of gRPC, written
 * by hand: one string, field 1.
 */
#ifndef PROBES_GRPC_GREETER_H
#define PROBES_GRPC_GREETER_H

#include <grpc/byte_buffer.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <stdbool.h>
#include <stdint.h>

enum greeter_call { GREETER_UNARY, GREETER_SERVER_STREAM, GREETER_BIDI };

/* Messages of a stream. */
enum { GREETER_MESSAGES = 3 };

struct greeter {
	const char *address;
	int call;     /* enum greeter_call */
	int no_probe; /* without BDP PINGs */
	int tls;
	int stays;	  /* a client for many trials, each begun by a line */
	int64_t think_ns; /* between the answer and the close */
	int64_t keepalive_ns; /* 0: none */
};

/* By enum greeter_call: "/helloworld.Greeter/SayHello", ... */
extern const char *const greeter_methods[];

/* All that this program ever waits for. */
gpr_timespec greeter_deadline(void);

/* Arguments of a channel or a server; valid as long as @room. */
struct greeter_args {
	grpc_arg items[8];
	grpc_channel_args list;
};
void greeter_fill_args(const struct greeter *g, struct greeter_args *room);

/* A string as a message; the caller destroys it. */
grpc_byte_buffer *greeter_message(const char *text);

/* The text of a message; @buf holds GREETER_TEXT_MAX bytes. */
enum { GREETER_TEXT_MAX = 128 };
const char *greeter_text(grpc_byte_buffer *message, char *buf);

/* Do @n operations of @call, and wait until they are over.  Returns: were all
 * done? */
bool greeter_batch(grpc_call *call, grpc_completion_queue *queue,
		   const grpc_op *ops, size_t n);

/* Both return the exit status. */
int greeter_client(const struct greeter *g);
int greeter_server(const struct greeter *g);

#endif
