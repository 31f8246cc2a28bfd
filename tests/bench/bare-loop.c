/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bare-loop N - what clean-close-client asks of the kernel, and nothing else:
 * one thread connects over loopback, exchanges 64 bytes each way, closes as
 * the client and then as the server, N times.  Prints trials per second.
 */
#include "lab/base/clock.h"
#include "lab/base/num.h"
#include "lab/base/own.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

enum { PAYLOAD_BYTES = 64 };

static int listen_anywhere(struct sockaddr_in *ret)
{
	own_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(*ret);

	*ret = (struct sockaddr_in){ .sin_family = AF_INET };
	ret->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)ret, sizeof(*ret)) < 0 ||
	    listen(fd, 128) < 0 ||
	    getsockname(fd, (struct sockaddr *)ret, &len) < 0)
		return -1;
	return take_fd(&fd);
}

/* Send PAYLOAD_BYTES from @a to @b. */
static bool pass(int a, int b)
{
	char buf[PAYLOAD_BYTES] = { 0 };

	return send(a, buf, sizeof(buf), 0) == sizeof(buf) &&
	       recv(b, buf, sizeof(buf), MSG_WAITALL) == sizeof(buf);
}

static bool trial(int listener, const struct sockaddr_in *to)
{
	own_fd int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	own_fd int server = -1;
	char c;

	if (client < 0 ||
	    connect(client, (const struct sockaddr *)to, sizeof(*to)) < 0)
		return false;
	server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (server < 0 || !pass(client, server) || !pass(server, client))
		return false;
	(void)close(take_fd(&client));
	return recv(server, &c, 1, 0) == 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to;
	own_fd int listener = listen_anywhere(&to);
	int64_t n, begin, per_s;

	if (argc != 2 || !num_parse(argv[1], 1, 10000000, &n)) {
		fprintf(stderr, "usage: %s N\n", argv[0]);
		return 2;
	}
	begin = clock_now_ns();
	for (int64_t i = 0; i < n; i++) {
		if (!trial(listener, &to)) {
			perror(argv[0]);
			return 7;
		}
	}
	per_s = n * NS_PER_S / (clock_now_ns() - begin);
	printf("%" PRId64 "\n", per_s);
	return 0;
}
