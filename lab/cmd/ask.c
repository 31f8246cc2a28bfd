/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/ask.h"

#include "lab/base/clock.h"
#include "lab/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void keep(struct answer *a, const char *bytes, size_t n)
{
	if (a->n + n >= ASK_MAX) {
		const size_t half = ASK_MAX / 2 < a->n ? ASK_MAX / 2 : a->n;

		memmove(a->said, a->said + a->n - half, half);
		a->n = half;
	}
	memcpy(a->said + a->n, bytes, n);
	a->n += n;
	a->said[a->n] = '\0';
}

/* Returns: is @fd readable in time? */
static bool await(int fd, int64_t limit_ns)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	const int64_t left_ns = limit_ns - clock_now_ns();

	return left_ns > 0 && poll(&p, 1, (int)(left_ns / NS_PER_MS)) == 1;
}

/* Read what it prints until it closes its outputs.  Returns: in time? */
static bool listen_to(int fd, int64_t limit_ns, struct answer *a)
{
	char piece[4096];

	while (await(fd, limit_ns)) {
		const ssize_t n = read(fd, piece, sizeof(piece));

		if (n <= 0)
			return true;
		keep(a, piece, (size_t)n);
	}
	return false;
}

/* It may close its outputs and live on.  Returns: has it ended in time? */
static bool ends(pid_t pid, int64_t limit_ns)
{
	own_fd int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	return pidfd >= 0 && await(pidfd, limit_ns);
}

/* In a group of its own, so that whatever it starts ends with it. */
static int start(const char *const *argv, int out, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int r = posix_spawn_file_actions_init(&files);

	if (r)
		return r;
	r = posix_spawnattr_init(&attributes);
	if (r) {
		(void)posix_spawn_file_actions_destroy(&files);
		return r;
	}
	(void)posix_spawn_file_actions_addopen(&files, STDIN_FILENO,
					       "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	(void)posix_spawn_file_actions_adddup2(&files, out, STDERR_FILENO);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
	/* which leaves them as they are (posix_spawn(3p)) */
	r = posix_spawnp(ret, argv[0], &files, &attributes,
			 (char *const *)(uintptr_t)argv, environ);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&files);
	return r;
}

int ask_command(const char *const *argv, struct answer *ret, struct err *e)
{
	own_fd int in = -1, out = -1;
	const int64_t limit_ns = clock_now_ns() + ASK_SECONDS * NS_PER_S;
	int fds[2];
	pid_t pid;

	ret->n = 0;
	ret->said[0] = '\0';
	ret->in_time = true;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(e, "make a pipe");
	in = fds[0];
	out = fds[1];
	ret->error = start(argv, out, &pid);
	if (ret->error)
		return 0;
	(void)close(take_fd(&out));
	ret->in_time = listen_to(in, limit_ns, ret) && ends(pid, limit_ns);
	if (!ret->in_time)
		(void)kill(-pid, SIGKILL);
	while (waitpid(pid, &ret->status, 0) < 0 && errno == EINTR)
		;
	return 0;
}

void ask_last_line(const struct answer *a, char *buf, size_t size)
{
	size_t end = a->n, begin, n = 0;

	while (end > 0 && strchr(" \t\r\n", a->said[end - 1]) &&
	       a->said[end - 1])
		end--;
	for (begin = end; begin > 0 && a->said[begin - 1] != '\n';)
		begin--;
	for (; begin < end && n + 1 < size; begin++) {
		const unsigned char c = (unsigned char)a->said[begin];

		buf[n++] = c < ' ' || c == 0x7f ? '?' : (char)c;
	}
	buf[n] = '\0';
}
