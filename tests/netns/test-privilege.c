/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trial runs privilege_run() in a process of its own, the lab's parent,
 * with two pipes: .hear carries what the body says, and closes when the last
 * process that descends from the body is gone.
 */
#include "tests/netns/netns-test.h"

#include "lab/base/own.h"
#include "lab/run/privilege.h"

#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int say_fd = -1; /* the body's end */

static void say(char c)
{
	if (write(say_fd, &c, 1) != 1)
		_exit(99);
}

struct trial {
	pid_t parent;
	int hear;
};

/* Exit status of the parent: of the body, or 100 after an error. */
static void be_parent(int (*body)(void *arg), void *arg)
{
	struct err e = { .code = 0 };
	const int status = privilege_run(body, arg, &e);

	if (status >= 0)
		_exit(status);
	(void)fprintf(stderr, "%s\n", e.text);
	_exit(e.class == ERR_HOST ? NETNS_TEST_SKIPPED : 100);
}

static struct trial begin(int (*body)(void *arg), void *arg)
{
	struct trial t;
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	t.parent = fork();
	assert_true(t.parent >= 0);
	if (t.parent == 0) {
		(void)close(fds[0]);
		say_fd = fds[1];
		be_parent(body, arg);
	}
	(void)close(fds[1]);
	t.hear = fds[0];
	return t;
}

/* The next character that the body says; 0: everybody is gone. */
static char hear(const struct trial *t)
{
	char c = 0;

	assert_true(read(t->hear, &c, 1) >= 0);
	return c;
}

/* Exit status of the parent, or 128 + signal. */
static int end(const struct trial *t)
{
	int status;

	assert_int_equal(waitpid(t->parent, &status, 0), t->parent);
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	if (WEXITSTATUS(status) == NETNS_TEST_SKIPPED)
		netns_skip("private namespaces");
	return WEXITSTATUS(status);
}

static void lose_rights(void)
{
	cap_t none = cap_init();

	assert_int_equal(cap_set_proc(none), 0);
	(void)cap_free(none);
}

/* In a namespace of one user there is no other to become: give that one an
 * ordinary number, and take its rights. */
static void become_ordinary_number(uid_t uid, gid_t gid)
{
	char map[32];

	if (unshare(CLONE_NEWUSER) < 0)
		netns_skip("a user namespace: %s", strerror(errno));
	(void)netns_test_write("/proc/self/setgroups", "deny");
	(void)snprintf(map, sizeof(map), "1000 %u 1", uid);
	assert_int_equal(netns_test_write("/proc/self/uid_map", map), 0);
	(void)snprintf(map, sizeof(map), "1000 %u 1", gid);
	assert_int_equal(netns_test_write("/proc/self/gid_map", map), 0);
	lose_rights();
}

/* Make the case an ordinary user, who has no right. */
static void become_ordinary(void)
{
	if (setresgid(65534, 65534, 65534) < 0 ||
	    setresuid(65534, 65534, 65534) < 0)
		become_ordinary_number(geteuid(), getegid());
	/* as after the exec of a program that the user may read */
	assert_int_equal(prctl(PR_SET_DUMPABLE, 1), 0);
}

/* --- bodies ----------------------------------------------------------------
 */

static int return_it(void *arg)
{
	return *(int *)arg;
}

/* Bit by bit, what a lab's home must be like. */
static int look_around(void *arg)
{
	struct if_nameindex *all = if_nameindex();
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq ifr = { .ifr_name = "lo" };
	bool empty = all && all[0].if_index && !all[1].if_index &&
		     ioctl(fd, SIOCGIFFLAGS, &ifr) == 0 &&
		     !(ifr.ifr_flags & IFF_UP);

	(void)arg;
	if_freenameindex(all);
	(void)close(fd);
	return (getpid() != 1) | !empty << 1 | (getuid() != 0) << 2 |
	       (access("/proc/self/status", R_OK) < 0) << 3 |
	       privilege_has_rights() << 4;
}

static int print_it(void *arg)
{
	(void)arg;
	printf(" inside");
	return 0;
}

/* A descendant that nobody waits for holds the pipe. */
static int hang_with_descendants(void *arg)
{
	(void)arg;
	if (fork() == 0)
		for (;;)
			(void)pause();
	say('r');
	while (pause() < 0)
		;
	return 0;
}

static volatile sig_atomic_t interrupts;

static void count_interrupt(int number)
{
	(void)number;
	interrupts++;
	say('i');
}

static void finish(int number)
{
	(void)number;
	_exit(40 + interrupts);
}

/* Count SIGINT; end with 40 + their number at SIGUSR1. */
static int count_interrupts(void *arg)
{
	(void)arg;
	(void)signal(SIGINT, count_interrupt);
	(void)signal(SIGUSR1, finish);
	say('r');
	while (pause() < 0)
		;
	return 0;
}

/* --- cases -----------------------------------------------------------------
 */

static void exit_status_is_that_of_the_body(void)
{
	static int statuses[] = { 0, 1, 6, 70, 255 };

	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		const struct trial t = begin(return_it, &statuses[i]);

		assert_int_equal(end(&t), statuses[i]);
	}
}

static void body_is_pid_1_of_an_empty_network(void)
{
	const struct trial t = begin(look_around, NULL);
	/* as root of the first user namespace it has the rights itself */
	const int expected = privilege_has_rights() ? 1 << 4 : 0;

	assert_int_equal(end(&t), expected);
}

static void an_ordinary_user_gets_the_same_without_rights_outside(void)
{
	become_ordinary();
	assert_false(privilege_has_rights());
	const struct trial t = begin(look_around, NULL);

	assert_int_equal(end(&t), 0);
}

static void what_is_printed_comes_out_once(void)
{
	char got[64] = "";
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		(void)dup2(fds[1], STDOUT_FILENO);
		printf("before");
		struct err e;
		const int r = privilege_run(print_it, NULL, &e);

		printf(" after\n");
		(void)fflush(stdout);
		_exit(r < 0 && e.class == ERR_HOST ? NETNS_TEST_SKIPPED : r);
	}
	(void)close(fds[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WEXITSTATUS(status) == NETNS_TEST_SKIPPED)
		netns_skip("private namespaces");
	assert_true(read(fds[0], got, sizeof(got) - 1) > 0);
	assert_string_equal(got, "before inside after\n");
}

static void killing_the_parent_leaves_nobody(void)
{
	const struct trial t = begin(hang_with_descendants, NULL);

	if (hear(&t) != 'r')
		(void)end(&t);
	assert_int_equal(kill(t.parent, SIGKILL), 0);
	assert_int_equal(hear(&t), 0);
	assert_int_equal(end(&t), 128 + SIGKILL);
}

/* The first child of @pid, in our own numbers. */
static pid_t child_of(pid_t pid)
{
	char path[64];
	own_file FILE *f = NULL;
	int child;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid,
		       pid);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%d", &child) != 1)
		netns_skip("%s", path);
	return child;
}

static void killing_the_child_leaves_nobody(void)
{
	const struct trial t = begin(hang_with_descendants, NULL);

	if (hear(&t) != 'r')
		(void)end(&t);
	assert_int_equal(kill(child_of(t.parent), SIGKILL), 0);
	assert_int_equal(hear(&t), 0);
	assert_int_equal(end(&t), 128 + SIGKILL);
}

static void killing_the_parent_of_an_ordinary_user_leaves_nobody(void)
{
	become_ordinary();
	killing_the_parent_leaves_nobody();
}

static void signals_to_the_parent_alone_are_passed_on(void)
{
	const struct trial t = begin(count_interrupts, NULL);

	if (hear(&t) != 'r')
		(void)end(&t);
	assert_int_equal(kill(t.parent, SIGINT), 0);
	assert_int_equal(hear(&t), 'i');
	assert_int_equal(kill(t.parent, SIGUSR1), 0);
	assert_int_equal(end(&t), 41);
}

static void unhandled_signals_end_the_lab_as_they_end_a_program(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		const struct trial t = begin(hang_with_descendants, NULL);

		if (hear(&t) != 'r')
			(void)end(&t);
		assert_int_equal(kill(t.parent, signals[i]), 0);
		assert_int_equal(hear(&t), 0);
		assert_int_equal(end(&t), 128 + signals[i]);
	}
}

static void a_broken_pipe_does_not_end_the_parent(void)
{
	const struct trial t = begin(count_interrupts, NULL);

	if (hear(&t) != 'r')
		(void)end(&t);
	assert_int_equal(kill(t.parent, SIGPIPE), 0);
	assert_int_equal(kill(t.parent, SIGUSR1), 0);
	assert_int_equal(end(&t), 40);
}

/* The parent stands still until the child is gone and two signals wait for it.
 * It takes the one with the lower number, SIGUSR1, and sees that it is over. */
static void a_signal_at_the_very_end_does_not_end_the_parent(void)
{
	const struct trial t = begin(count_interrupts, NULL);
	struct pollfd child = { .events = POLLIN };
	siginfo_t how;

	if (hear(&t) != 'r')
		(void)end(&t);
	child.fd = (int)syscall(SYS_pidfd_open, child_of(t.parent), 0);
	assert_int_equal(kill(t.parent, SIGSTOP), 0);
	assert_int_equal(waitid(P_PID, (id_t)t.parent, &how, WSTOPPED), 0);
	assert_int_equal(kill(child_of(t.parent), SIGUSR1), 0);
	assert_int_equal(poll(&child, 1, -1), 1);
	assert_int_equal(kill(t.parent, SIGUSR1), 0);
	assert_int_equal(kill(t.parent, SIGPIPE), 0);
	assert_int_equal(kill(t.parent, SIGCONT), 0);
	assert_int_equal(end(&t), 40);
}

/* Take a terminal, and run the body in its foreground. */
static int in_terminal(const char *slave)
{
	struct err e;
	int fd;

	if (setsid() < 0)
		return 100;
	fd = open(slave, O_RDWR); /* becomes the controlling terminal */
	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
		return NETNS_TEST_SKIPPED;
	return privilege_run(count_interrupts, NULL, &e);
}

/* ^C goes to the whole foreground group: passing it on would count twice.
 * The parent takes pending signals in the order of their numbers, so that
 * SIGINT is dealt with when SIGUSR1 is. */
static void an_interrupt_of_the_terminal_comes_once(void)
{
	const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct trial t;
	int fds[2];

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		netns_skip("a pseudo terminal: %s", strerror(errno));
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	t.parent = fork();
	if (t.parent == 0) {
		say_fd = fds[1];
		_exit(in_terminal(ptsname(master)));
	}
	(void)close(fds[1]);
	t.hear = fds[0];
	if (hear(&t) != 'r')
		(void)end(&t);
	assert_int_equal(write(master, "\003", 1), 1);
	assert_int_equal(hear(&t), 'i');
	assert_int_equal(kill(t.parent, SIGUSR1), 0);
	assert_int_equal(end(&t), 41);
}

/* --- refusals --------------------------------------------------------------
 */

/* user.max_user_namespaces belongs to a user namespace: set it in a new one,
 * then lose all rights there. */
static void a_switched_off_user_namespace_is_named_with_its_fix(void)
{
	const uid_t uid = geteuid();
	const gid_t gid = getegid();
	struct err e = { .code = 0 };
	int zero = 0;

	if (unshare(CLONE_NEWUSER) < 0 ||
	    netns_test_become_root(uid, gid) < 0 ||
	    netns_test_write("/proc/sys/user/max_user_namespaces", "0") < 0)
		netns_skip("a limit of its own: %s", strerror(errno));
	lose_rights();
	assert_true(privilege_run(return_it, &zero, &e) < 0);
	assert_string_equal(e.text,
			    "cannot make private namespaces: "
			    "user.max_user_namespaces is 0: run "
			    "`sudo rstlab ...`, or "
			    "`sudo sysctl user.max_user_namespaces=15000`");
	assert_int_equal(e.class, ERR_HOST);
}

static void a_lab_without_pid_namespaces_is_told_the_limit(void)
{
	const uid_t uid = geteuid();
	const gid_t gid = getegid();
	struct err e = { .code = 0 };
	int zero = 0;

	if (unshare(CLONE_NEWUSER) < 0 ||
	    netns_test_become_root(uid, gid) < 0 ||
	    netns_test_write("/proc/sys/user/max_pid_namespaces", "0") < 0)
		netns_skip("a limit of its own: %s", strerror(errno));
	assert_true(privilege_run(return_it, &zero, &e) < 0);
	assert_string_equal(e.text,
			    "cannot make private namespaces: "
			    "user.max_pid_namespaces is 0: run "
			    "`sudo sysctl user.max_pid_namespaces=15000`");
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		netns_test(exit_status_is_that_of_the_body),
		netns_test(body_is_pid_1_of_an_empty_network),
		netns_test(
			an_ordinary_user_gets_the_same_without_rights_outside),
		netns_test(what_is_printed_comes_out_once),
		netns_test(killing_the_parent_leaves_nobody),
		netns_test(killing_the_child_leaves_nobody),
		netns_test(
			killing_the_parent_of_an_ordinary_user_leaves_nobody),
		netns_test(signals_to_the_parent_alone_are_passed_on),
		netns_test(unhandled_signals_end_the_lab_as_they_end_a_program),
		netns_test(a_broken_pipe_does_not_end_the_parent),
		netns_test(a_signal_at_the_very_end_does_not_end_the_parent),
		netns_test(an_interrupt_of_the_terminal_comes_once),
		netns_test(a_switched_off_user_namespace_is_named_with_its_fix),
		netns_test(a_lab_without_pid_namespaces_is_told_the_limit),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
