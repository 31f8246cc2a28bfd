/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * own-share NAME COMMAND... - run the command, and print the microseconds of
 * processor time of all processes that were called NAME meanwhile.
 *
 * How it works.  Their clocks are read every few milliseconds, for as long as
 * they live.  So the end of each is lacking: take differences.  It wants a
 * /proc in which nobody else has that name.
 */
#include "lab/base/clock.h"
#include "lab/base/own.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOK_NS (5 * NS_PER_MS)

enum { PIDS = 65536 };
static int64_t cpu_ns[PIDS]; /* by PID: what its clock last showed */

static bool is_called(const char *pid, const char *name)
{
	char path[64], comm[32] = "";
	own_fd int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, comm, sizeof(comm) - 1) <= 0)
		return false;
	comm[strcspn(comm, "\n")] = '\0';
	return !strcmp(comm, name);
}

static void look(const char *name)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		const int pid = atoi(entry->d_name);
		struct timespec t;
		clockid_t clock;

		if (pid > 0 && pid < PIDS && is_called(entry->d_name, name) &&
		    clock_getcpuclockid(pid, &clock) == 0 &&
		    clock_gettime(clock, &t) == 0)
			cpu_ns[pid] = t.tv_sec * NS_PER_S + t.tv_nsec;
	}
	if (proc)
		(void)closedir(proc);
}

int main(int argc, char **argv)
{
	const struct timespec pause = { .tv_nsec = LOOK_NS };
	int64_t own_ns = 0;
	int status = -1;
	pid_t pid;

	if (argc < 3 ||
	    posix_spawnp(&pid, argv[2], NULL, NULL, argv + 2, environ) != 0) {
		(void)fprintf(stderr, "usage: own-share NAME COMMAND...\n");
		return 2;
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		look(argv[1]);
		(void)nanosleep(&pause, NULL);
	}
	for (int i = 0; i < PIDS; i++)
		own_ns += cpu_ns[i];
	if (status != 0)
		return 1;
	return printf("%" PRId64 "\n", (int64_t)(own_ns / NS_PER_US)) < 0;
}
