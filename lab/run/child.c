/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  The program is looked for and opened by the lab, which may
 * see more than the child will; the child shuts itself in, step by step, and
 * executes the open file.  Both ends of a pipe close on exec: when the lab
 * reads its end, it gets the child's error, or nothing once exec succeeded.
 *
 * Where the program gets an init, the child is that init: shut in, it forks
 * once more, and the second child executes the file.
 */
#include "lab/run/child-parts.h"

#include "lab/base/own.h"
#include "lab/run/hosts.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { FIRST_FD = 3 };

/* What the child needs besides its spec. */
struct birth {
	const struct child_spec *spec;
	const char *path;  /* of the program, for messages and scripts */
	int program;	   /* O_PATH */
	int status;	   /* where the init writes; 0: there is none */
	int tell[2];	   /* pipe for a struct err */
	sigset_t old_mask; /* of the lab */
};

/* --- shutting itself in, in the child ------------------------------------- */

/* As a new process of a shell has them: exec keeps what is ignored. */
static void default_signals(const sigset_t *mask)
{
	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
}

static int enter_node(const struct net_node *node, struct err *e)
{
	if (setns(node->netns, CLONE_NEWNET) < 0)
		return err_errno(e, "enter its network");
	return 0;
}

/* No name server is within reach of a node, and waiting for one takes seconds.
 * With an empty file the resolver asks the node itself, which refuses at once
 * (resolv.conf(5)). */
static void hide_name_servers(void)
{
	(void)mount("/dev/null", "/etc/resolv.conf", NULL, MS_BIND, NULL);
}

/* Own mounts and /proc, which some containers forbid; own host name. */
static int enter_container(const struct child_spec *s, struct err *e)
{
	const struct topology_node *node = s->node->spec;
	const bool init = s->status_fd > 0;

	if (node->isolation != ISOLATION_DOCKER && !init)
		return 0;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_errno(e, "make its mounts private");
	(void)mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		    NULL);
	if (init)
		hide_name_servers();
	if (init && hosts_enter((enum localhost)s->localhost, e) < 0)
		return -e->code;
	if (node->isolation != ISOLATION_DOCKER)
		return 0;
	if (sethostname(node->name, strlen(node->name)) < 0)
		return err_errno(e, "set its host name");
	return 0;
}

/* Keep the first @n of the processors that the lab may use; 0: all. */
static int take_cpus(uint32_t n, struct err *e)
{
	cpu_set_t allowed, kept;
	uint32_t taken = 0;

	if (n == 0)
		return 0;
	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return err_errno(e, "read the allowed processors");
	CPU_ZERO(&kept);
	for (int cpu = 0; cpu < CPU_SETSIZE && taken < n; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		CPU_SET(cpu, &kept);
		taken++;
	}
	if (taken < n)
		return err_set(e, ERR_HOST, EINVAL,
			       "it wants %u processors, only %u are allowed", n,
			       taken);
	if (sched_setaffinity(0, sizeof(kept), &kept) < 0)
		return err_errno(e, "choose its processors");
	return 0;
}

/* A group of its own that has the terminal, if the lab had it, so that
 * Ctrl-C ends the program and not the lab. */
static void take_terminal(void)
{
	sigset_t ttou, old;

	if (tcgetpgrp(STDIN_FILENO) != getpgrp() || setpgid(0, 0) < 0)
		return;
	(void)sigemptyset(&ttou);
	(void)sigaddset(&ttou, SIGTTOU);
	(void)sigprocmask(SIG_BLOCK, &ttou, &old);
	(void)tcsetpgrp(STDIN_FILENO, getpgrp());
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
}

static int set_standard(const struct child_spec *s, struct err *e)
{
	int fd;

	if (s->output_fd && dup2(s->output_fd, STDOUT_FILENO) < 0)
		return err_errno(e, "set its standard output");
	if (s->error_fd && dup2(s->error_fd, STDERR_FILENO) < 0)
		return err_errno(e, "set its standard error");
	if (s->foreground) {
		take_terminal();
		return 0;
	}
	fd = s->input_fd ?: open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
		return err_errno(e, "set its standard input");
	return 0;
}

/* Move *@fd out of the way of 0, 1, 2 and the program's own. */
static int raise_fd(int *fd, struct err *e)
{
	const int high = fcntl(*fd, F_DUPFD_CLOEXEC, FIRST_FD + CHILD_FDS_MAX);

	if (high < 0)
		return err_errno(e, "duplicate a descriptor");
	*fd = high;
	return 0;
}

/* The program's descriptors become 3, 4, ...; the rest closes on exec. */
static int place_fds(struct birth *b, struct err *e)
{
	int fds[CHILD_FDS_MAX], r;
	const size_t n = b->spec->n_fds;

	r = raise_fd(&b->program, e);
	if (r == 0)
		r = raise_fd(&b->tell[1], e);
	if (r == 0 && b->status)
		r = raise_fd(&b->status, e);
	for (size_t i = 0; r == 0 && i < n; i++) {
		fds[i] = b->spec->fds[i];
		r = raise_fd(&fds[i], e);
	}
	for (size_t i = 0; r == 0 && i < n; i++)
		if (dup2(fds[i], FIRST_FD + (int)i) < 0)
			r = err_errno(e, "duplicate a descriptor");
	if (r == 0 && syscall(SYS_close_range, FIRST_FD + (unsigned)n, ~0U,
			      CLOSE_RANGE_CLOEXEC) < 0)
		r = err_errno(e, "close the lab's descriptors");
	return r;
}

/* Giving up rights clears the parent-death signal (prctl(2)), so it comes
 * after; a lab that is gone by then no longer holds its end of the pipe. */
static void die_with_lab(int tell)
{
	struct pollfd gone = { .fd = tell };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (poll(&gone, 1, 0) > 0 && gone.revents & POLLERR)
		_exit(128 + SIGKILL);
}

static int exec_program(const struct birth *b, struct err *e)
{
	char *const *envp = b->spec->envp ? b->spec->envp : environ;

	(void)syscall(SYS_execveat, b->program, "", b->spec->argv, envp,
		      AT_EMPTY_PATH);
	/* A script's interpreter cannot open a descriptor that closes on
	 * exec (execveat(2), BUGS): it needs the path. */
	if (errno == ENOENT)
		(void)execve(b->path, b->spec->argv, envp);
	if (errno == ENOENT)
		return err_set(e, ERR_INPUT, ENOEXEC,
			       "execute '%s': its interpreter is missing",
			       b->path);
	return err_set(e, ERR_INPUT, errno, "execute '%s': %s", b->path,
		       strerror(errno));
}

/* --- an init, for the programs of the user -------------------------------- */

/* Reap what has ended.  Returns: is nothing left? */
static bool reap(int status_fd, pid_t *program)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == *program) {
			*program = 0;
			(void)!write(status_fd, &status, sizeof(status));
		}
	return pid < 0 && errno == ECHILD;
}

/* Keep no descriptor but the one to tell the status on: what the program
 * writes to must come to its end when the program does. */
static void let_go(int status_fd)
{
	(void)dup2(status_fd, FIRST_FD);
	(void)syscall(SYS_close_range, FIRST_FD + 1, ~0U, 0);
	(void)dup2(STDIN_FILENO, STDOUT_FILENO);
	(void)dup2(STDIN_FILENO, STDERR_FILENO);
}

/* PID 1 gets no signal that it has no handler for, but for those that it
 * blocks (pid_namespaces(7)); all are blocked here. */
static void be_init(int status_fd, pid_t program)
{
	sigset_t all;

	let_go(status_fd);
	(void)sigfillset(&all);
	while (!reap(FIRST_FD, &program)) {
		siginfo_t si;

		if (sigwaitinfo(&all, &si) == SIGTERM)
			(void)kill(program ? program : -1, SIGTERM);
	}
	_exit(0);
}

/* Goes on as the program, leaving its init behind.  A core file of a program
 * that is meant to crash a thousand times helps nobody. */
static int fork_program(struct birth *b, struct err *e)
{
	struct rlimit core;
	sigset_t all;
	pid_t pid;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	pid = fork();
	if (pid < 0)
		return err_errno(e, "make a process below its init");
	if (pid > 0)
		be_init(b->status, pid);
	(void)sigprocmask(SIG_SETMASK, &b->old_mask, NULL);
	(void)setsid();
	if (getrlimit(RLIMIT_CORE, &core) == 0) {
		core.rlim_cur = 0;
		(void)setrlimit(RLIMIT_CORE, &core);
	}
	return 0;
}

static int become(struct birth *b, struct err *e)
{
	const struct child_spec *s = b->spec;
	int r;

	(void)close(b->tell[0]);
	default_signals(&b->old_mask);
	r = enter_node(s->node, e);
	if (r == 0)
		r = enter_container(s, e);
	if (r == 0)
		r = take_cpus(s->node->spec->cpus, e);
	if (r == 0)
		r = set_standard(s, e);
	if (r == 0)
		r = place_fds(b, e);
	if (r == 0)
		r = privilege_drop(s->rights, s->user, e);
	if (r < 0)
		return r;
	die_with_lab(b->tell[1]);
	if (b->status)
		r = fork_program(b, e);
	return r < 0 ? r : exec_program(b, e);
}

static void run_child(struct birth *b)
{
	struct err e = { .code = 0 };

	(void)become(b, &e);
	/* less than PIPE_BUF: whole or not at all */
	_exit(write(b->tell[1], &e, sizeof(e)) < 0 ? 126 : 127);
}

/* --- the lab's side ------------------------------------------------------- */

/* Like fork(), into the namespaces of a container where the node is one, or of
 * an init.
 * Only the calling thread lives on in the child. */
static pid_t clone_for(const struct topology_node *node, bool init)
{
	const bool container = node->isolation == ISOLATION_DOCKER;
	const long flags = CLONE_NEWPID | CLONE_NEWNS | SIGCHLD |
			   (container ? CLONE_NEWUTS | CLONE_NEWIPC : 0);

	if (!container && !init)
		return fork();
	return (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
}

/* Wait for exec.  Returns: 0, or the child's error. */
static int hear(int fd, struct err *e)
{
	struct err told;
	ssize_t n;

	do
		n = read(fd, &told, sizeof(told));
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return 0;
	if (n != sizeof(told))
		return err_set(e, ERR_SYSTEM, EIO, "it died before it began");
	*e = told;
	return -e->code;
}

static pid_t give_birth(struct birth *b, struct err *e)
{
	sigset_t all;
	pid_t pid;

	/* A handler of the lab must not run in the child. */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &b->old_mask);
	pid = clone_for(b->spec->node->spec, b->status > 0);
	if (pid == 0)
		run_child(b);
	(void)sigprocmask(SIG_SETMASK, &b->old_mask, NULL);
	if (pid < 0)
		return err_errno(e, "make a process");
	return pid;
}

static pid_t start(const struct child_spec *s, int *ret_pidfd, struct err *e)
{
	char path[4096];
	own_fd int program = -1, hear_fd = -1, tell_fd = -1, pidfd = -1;
	struct birth b = { .spec = s, .path = path, .status = s->status_fd };
	pid_t pid;
	int r;

	r = child_find_program(s, path, sizeof(path), &program, e);
	if (r < 0)
		return r;
	if (pipe2(b.tell, O_CLOEXEC) < 0)
		return err_errno(e, "make a pipe");
	hear_fd = b.tell[0];
	tell_fd = b.tell[1];
	b.program = program;
	pid = give_birth(&b, e);
	if (pid < 0)
		return pid;
	(void)close(take_fd(&tell_fd));
	r = hear(hear_fd, e);
	if (r == 0 && ret_pidfd) {
		pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
		if (pidfd < 0) {
			r = err_errno(e, "watch it");
			(void)kill(pid, SIGKILL);
		}
	}
	if (r < 0) {
		(void)child_wait(pid);
		return r;
	}
	if (ret_pidfd)
		*ret_pidfd = take_fd(&pidfd);
	return pid;
}

pid_t child_start(const struct child_spec *s, int *ret_pidfd, struct err *e)
{
	const pid_t pid = start(s, ret_pidfd, e);

	if (pid < 0)
		return err_add(e, "start '%s' in node '%s'", s->argv[0],
			       s->node->spec->name);
	return pid;
}
