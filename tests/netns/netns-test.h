/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netns-test - cmocka cases in namespaces of their own.
 *
 *   static void a_link_carries_frames(void) { ... assert_int_equal(...); }
 *   const struct CMUnitTest tests[] = { netns_test(a_link_carries_frames) };
 *   return cmocka_run_group_tests(tests, NULL, NULL);
 *
 * Each case runs in a child with a private network and mount namespace, and
 * as root of a user namespace where the caller is not root.  Its result
 * travels by exit status.  A case that this machine cannot run is skipped
 * with the reason, or fails where RSTLAB_MUST_RUN=1 says that it must run;
 * unless it is about something that the kernel lacks.
 */
#ifndef TESTS_NETNS_TEST_H
#define TESTS_NETNS_TEST_H

/* cmocka wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	NETNS_TEST_SKIPPED = 77,
	NETNS_TEST_LACKING = 78,
	NETNS_TEST_DEADLINE_S = 60
};

struct netns_test_case {
	void (*run)(void);
};

#define netns_test(fn)                                     \
	{                                                  \
		.name = #fn, .test_func = netns_test_run,  \
		.initial_state = &(struct netns_test_case) \
		{                                          \
			fn                                 \
		}                                          \
	}

#define netns_leave(status, ...)                            \
	do {                                                \
		(void)fprintf(stderr, "cannot run here: "); \
		(void)fprintf(stderr, __VA_ARGS__);         \
		(void)fprintf(stderr, "\n");                \
		exit(status);                               \
	} while (0)

/* Leave a case that this machine cannot run. */
#define netns_skip(...) netns_leave(NETNS_TEST_SKIPPED, __VA_ARGS__)

/* Leave a case about @what, which the kernel was asked for and has not: that is
 * a skip also where all must run, by these words (build-aux/count-cases.sh). */
#define netns_lacks(what) \
	netns_leave(NETNS_TEST_LACKING, "the kernel lacks %s", what)

/* Success wanted; what the machine lacks is a skip. */
#define assert_done(r, e)                                \
	do {                                             \
		const int done_ = (r);                   \
                                                         \
		if (done_ < 0 && (e)->class == ERR_HOST) \
			netns_skip("%s", (e)->text);     \
		if (done_ < 0)                           \
			fail_msg("%s", (e)->text);       \
	} while (0)

static inline int netns_test_write(const char *path, const char *text)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		(void)close(fd);
	return n < 0 ? -1 : 0;
}

/* The caller's user becomes root of the new user namespace. */
static inline int netns_test_become_root(uid_t uid, gid_t gid)
{
	char map[64];

	(void)netns_test_write("/proc/self/setgroups", "deny");
	(void)snprintf(map, sizeof(map), "0 %u 1", (unsigned)uid);
	if (netns_test_write("/proc/self/uid_map", map) < 0)
		return -1;
	(void)snprintf(map, sizeof(map), "0 %u 1", (unsigned)gid);
	return netns_test_write("/proc/self/gid_map", map);
}

static inline void netns_test_unshare(void)
{
	const uid_t uid = geteuid();
	const gid_t gid = getegid();

	if (uid != 0 && (unshare(CLONE_NEWUSER) < 0 ||
			 netns_test_become_root(uid, gid) < 0))
		netns_skip("a user namespace: %s", strerror(errno));
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
		netns_skip("private namespaces: %s", strerror(errno));
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		netns_skip("a private mount namespace: %s", strerror(errno));
}

/* In the child: a failed assertion aborts, so that cmocka's loop over the
 * cases does not go on here. */
static inline void netns_test_child(const struct netns_test_case *c)
{
	const struct rlimit no_core = { 0, 0 };

	(void)setenv("CMOCKA_TEST_ABORT", "1", 1);
	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)alarm(NETNS_TEST_DEADLINE_S);
	netns_test_unshare();
	c->run();
	exit(0); /* not _exit: leaks are looked for here */
}

static inline void netns_test_run(void **state)
{
	const char *must = getenv("RSTLAB_MUST_RUN");
	int status = 0;
	pid_t child;

	(void)fflush(NULL);
	child = fork();
	if (child == 0)
		netns_test_child(*state);
	if (child < 0 || waitpid(child, &status, 0) != child)
		fail_msg("cannot run a case: %s", strerror(errno));
	if (WIFEXITED(status) && (WEXITSTATUS(status) == NETNS_TEST_LACKING ||
				  (WEXITSTATUS(status) == NETNS_TEST_SKIPPED &&
				   !(must && !strcmp(must, "1")))))
		skip();
	if (WIFSIGNALED(status))
		fail_msg("the case was ended by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		fail_msg("the case ended with status %d", WEXITSTATUS(status));
}

#endif
