/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * grpc-loop PROGRAM N - what `grpc-c` with client-lifetime=lab does, without
 * rstlab: one server, one client, N times a line that asks for a channel with
 * one call and a line that says it is over.  Prints microseconds per call, and
 * those of processor time.
 */
#include "lab/base/clock.h"
#include "lab/base/num.h"
#include "lab/base/own.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PORT = 50051, WARM = 20 };
#define ADDRESS "127.0.0.1:50051"

static pid_t start(const char *program, const char *role, int fd)
{
	const pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fd >= 0 &&
	    (dup2(fd, STDIN_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0))
		_exit(126);
	(void)execl(program, program, role, ADDRESS,
		    fd < 0 ? (char *)NULL : "client-lifetime=lab",
		    (char *)NULL);
	_exit(127);
}

static bool listens(void)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
					.sin_port = htons(PORT),
					.sin_addr = {
						htonl(INADDR_LOOPBACK) } };
	own_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0;
}

/* The processor time that @pid has had. */
static int64_t cpu_ns(pid_t pid)
{
	struct timespec t = { .tv_sec = 0 };
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) == 0)
		(void)clock_gettime(clock, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* Returns: microseconds per call, or -1. */
static int64_t talk(int fd, int64_t n)
{
	const int64_t begin_ns = clock_now_ns();
	char answer[16];

	for (int64_t i = 0; i < n; i++)
		if (write(fd, "\n", 1) != 1 ||
		    read(fd, answer, sizeof(answer)) <= 0)
			return -1;
	return (clock_now_ns() - begin_ns) / n / NS_PER_US;
}

int main(int argc, char **argv)
{
	int64_t n = 0, us = -1, used_ns = 0;
	int pair[2], waits = 0;
	pid_t server, client;

	if (argc != 3 || !num_parse(argv[2], 1, 10000000, &n) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		(void)fprintf(stderr, "usage: grpc-loop PROGRAM N\n");
		return 2;
	}
	server = start(argv[1], "server", -1);
	while (!listens() && waits++ < 2000)
		(void)usleep(5000);
	client = start(argv[1], "client", pair[1]);
	if (talk(pair[0], WARM) >= 0) {
		used_ns = cpu_ns(client) + cpu_ns(server);
		us = talk(pair[0], n);
		used_ns = cpu_ns(client) + cpu_ns(server) - used_ns;
	}
	(void)kill(client, SIGKILL);
	(void)kill(server, SIGKILL);
	while (wait(NULL) > 0)
		;
	if (us < 0) {
		(void)fprintf(stderr, "grpc-loop: the client has failed\n");
		return 1;
	}
	return printf("%" PRId64 " %" PRId64 "\n", us,
		      (int64_t)(used_ns / n / NS_PER_US)) < 0;
}
