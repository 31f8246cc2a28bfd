/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/child.h"

#include "lab/base/clock.h"
#include "lab/base/own.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How often to look whether a process rests. */
#define REST_LOOK_NS (50 * NS_PER_US)

/* Ctrl-Z reached the program and not the lab, which cannot be suspended: who
 * pressed it would get no prompt, and nobody would wake the program.  A
 * SIGSTOP, or reading the terminal from the background, stops it as ever. */
static void keep_going(pid_t pid, int status)
{
	if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP)
		(void)kill(getpgid(pid) == pid ? -pid : pid, SIGCONT);
}

int child_wait(pid_t pid)
{
	for (;;) {
		int status;

		if (waitpid(pid, &status, WUNTRACED) < 0) {
			if (errno != EINTR)
				return -errno;
		} else if (WIFSIGNALED(status)) {
			return 128 + WTERMSIG(status);
		} else if (WIFEXITED(status)) {
			return WEXITSTATUS(status);
		} else {
			keep_going(pid, status);
		}
	}
}

/* Wait until the process is gone or @limit_ns. */
static bool gone_by(int pidfd, int64_t limit_ns)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int64_t left_ns;

	while ((left_ns = limit_ns - clock_now_ns()) > 0)
		if (poll(&p, 1, (int)(left_ns / NS_PER_MS) + 1) > 0)
			return true;
	return false;
}

int child_end(pid_t pid, int pidfd, int64_t limit_ns)
{
	if (!gone_by(pidfd, limit_ns))
		(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	return child_wait(pid);
}

/* proc_pid_stat(5): the state stands after the name. */
static bool is_at_rest(pid_t pid)
{
	char path[64], text[256] = "";
	const char *name_end;
	own_file FILE *f = NULL;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f || !fgets(text, sizeof(text), f))
		return true; /* not knowing, do not wait */
	name_end = strrchr(text, ')');
	return name_end && name_end[1] && strchr("STZ", name_end[2]);
}

bool child_await_rest(pid_t pid, int64_t limit_ns)
{
	const struct timespec pause = { .tv_nsec = REST_LOOK_NS };

	while (!is_at_rest(pid)) {
		if (clock_now_ns() >= limit_ns)
			return false;
		(void)nanosleep(&pause, NULL);
	}
	return true;
}

const char *child_status_text(int status, char *buf)
{
	if (status > 128)
		(void)snprintf(buf, CHILD_STATUS_MAX,
			       "killed by signal %d (%s)", status - 128,
			       strsignal(status - 128));
	else
		(void)snprintf(buf, CHILD_STATUS_MAX, "ended with status %d",
			       status);
	return buf;
}
