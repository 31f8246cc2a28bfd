/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cost COMMAND... - print what it costs: wall seconds, CPU seconds of it and
 * its descendants, and the peak resident KiB of the largest of them.
 *
 * The kernel counts what the process held before it executes COMMAND to its
 * peak (exec_mmap() in fs/exec.c of Linux 6.18), so that is done by a program
 * as small as this.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

/* With its output thrown away. */
static int start(pid_t *ret, char **command)
{
	posix_spawn_file_actions_t actions;
	int r = posix_spawn_file_actions_init(&actions);

	for (int fd = STDOUT_FILENO; r == 0 && fd <= STDERR_FILENO; fd++)
		r = posix_spawn_file_actions_addopen(&actions, fd, "/dev/null",
						     O_WRONLY, 0);
	return r ? r
		 : posix_spawnp(ret, command[0], &actions, NULL, command,
				environ);
}

int main(int argc, char **argv)
{
	const double began_s = now_s();
	struct rusage used;
	int status = 0;
	pid_t pid;

	if (argc < 2 || start(&pid, argv + 1) != 0 ||
	    wait4(pid, &status, 0, &used) < 0 || status != 0) {
		(void)fprintf(stderr, "cost: %s has failed\n",
			      argc < 2 ? "nothing" : argv[1]);
		return 1;
	}
	return printf("%.3f %.3f %ld\n", now_s() - began_s,
		      seconds(&used.ru_utime) + seconds(&used.ru_stime),
		      used.ru_maxrss) < 0;
}
