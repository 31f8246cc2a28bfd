/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  The caller unshares its namespaces and forks.  A new PID
 * namespace holds only what is forked after unshare(), so the child is its
 * PID 1: when it ends, however it ends, the kernel kills everything in it.
 * When the parent ends first, the parent-death signal kills the child; that a
 * parent may have died before the signal was armed is seen on a pipe whose
 * other end only the parent held.
 *
 * Signals of the terminal reach both processes, since they are one process
 * group; a signal sent by kill(2) reaches the parent alone, and is passed on.
 * The kernel spares PID 1 every signal it has no handler for (signal(7),
 * pid_namespaces(7)), so the child gets handlers that do the default.
 */
#include "lab/run/privilege.h"

#include "lab/base/own.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

static inline void own_cap_release(cap_t *c)
{
	if (*c)
		(void)cap_free(*c);
}
#define own_cap OWN(own_cap_release)

/* Did this process come out of privilege_run() with a user namespace? */
static bool took_user_namespace;

/* How many files the caller of privilege_run() might open; 0: not known. */
static struct rlimit callers_files;

/* What building a lab needs: namespaces, links, captures. */
static const cap_value_t lab_rights[] = { CAP_SYS_ADMIN, CAP_NET_ADMIN,
					  CAP_NET_RAW };

static bool has_lab_rights(void)
{
	own_cap cap_t now = cap_get_proc();

	for (size_t i = 0; now && i < ARRAY_SIZE(lab_rights); i++) {
		cap_flag_value_t on = CAP_CLEAR;

		if (cap_get_flag(now, lab_rights[i], CAP_EFFECTIVE, &on) < 0 ||
		    on != CAP_SET)
			return false;
	}
	return now != NULL;
}

bool privilege_has_rights(void)
{
	return !took_user_namespace && has_lab_rights();
}

/* --- why namespaces may be refused --------------------------------------- */

static const struct refusal {
	const char *key;     /* of the sysctl, as sysctl(8) writes it */
	const char *forbids; /* its value that forbids */
	const char *allows;  /* one that does not */
	bool unprivileged;   /* matters to an ordinary user only */
} refusals[] = {
	{ "user.max_user_namespaces", "0", "15000", true },
	{ "kernel.unprivileged_userns_clone", "0", "1", true },
	{ "kernel.apparmor_restrict_unprivileged_userns", "1", "0", true },
	{ "user.max_pid_namespaces", "0", "15000", false },
	{ "user.max_net_namespaces", "0", "15000", false },
	{ "user.max_mnt_namespaces", "0", "15000", false },
};

/* Is the sysctl there, with exactly that value? */
static bool sysctl_is(const char *key, const char *value)
{
	char path[128] = "/proc/sys/", text[32] = "";
	own_file FILE *f = NULL;

	(void)snprintf(path, sizeof(path), "/proc/sys/%s", key);
	*strchr(path + strlen("/proc/sys/"), '.') = '/';
	f = fopen(path, "re");
	if (!f || !fgets(text, sizeof(text), f))
		return false;
	text[strcspn(text, "\n")] = '\0';
	return strcmp(text, value) == 0;
}

/* @code: errno of the refused call; @user: a user namespace was wanted. */
static int refused(int code, bool user, struct err *e)
{
	static const char what[] = "cannot make private namespaces";

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *r = &refusals[i];

		if ((r->unprivileged && !user) ||
		    !sysctl_is(r->key, r->forbids))
			continue;
		return err_set(e, ERR_HOST, code,
			       "%s: %s is %s: %s`sudo sysctl %s=%s`", what,
			       r->key, r->forbids,
			       r->unprivileged ? "run `sudo rstlab ...`, or "
					       : "run ",
			       r->key, r->allows);
	}
	if (user)
		return err_set(e, ERR_HOST, code,
			       "%s: %s: a container's seccomp profile or a "
			       "chroot may forbid it: run `sudo rstlab ...`, "
			       "or give the container --privileged",
			       what, strerror(code));
	return err_set(e, ERR_HOST, code, "%s: %s", what, strerror(code));
}

/* --- making the namespaces ----------------------------------------------- */

static int write_file(const char *path, const char *text)
{
	own_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return -errno;
	return 0;
}

/* Make the caller root of its new user namespace, and of nothing else.
 * Source: user_namespaces(7), "Defining user and group ID mappings" */
static int map_root(uid_t uid, gid_t gid)
{
	char uid_map[32], gid_map[32];
	int r;

	(void)snprintf(uid_map, sizeof(uid_map), "0 %u 1", uid);
	(void)snprintf(gid_map, sizeof(gid_map), "0 %u 1", gid);
	r = write_file("/proc/self/setgroups", "deny");
	if (r == 0)
		r = write_file("/proc/self/gid_map", gid_map);
	if (r == 0)
		r = write_file("/proc/self/uid_map", uid_map);
	return r;
}

/*
 * A namespace made from here gets a connection table of its own.  Else all
 * share the machine's, which is so large that asking a node for its sockets
 * takes 5 ms instead of 0.03.  Linux before 6.1 cannot: then it is slower.
 *
 * Source: net/ipv4/tcp_ipv4.c, tcp_set_hashinfo(), Linux 6.1
 */
static void give_nodes_own_tables(void)
{
	(void)write_file("/proc/sys/net/ipv4/tcp_child_ehash_entries", "16384");
}

static int enter_namespaces(bool user, struct err *e)
{
	const int flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET;
	const uid_t uid = geteuid();
	const gid_t gid = getegid();
	int r;

	if (unshare(flags | (user ? CLONE_NEWUSER : 0)) < 0)
		return refused(errno, user, e);
	r = user ? map_root(uid, gid) : 0;
	if (r < 0)
		return refused(-r, user, e);
	/* What is mounted from here on never shows outside. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return refused(errno, user, e);
	give_nodes_own_tables();
	return 0;
}

/* --- the child ------------------------------------------------------------ */

static void end_as_by_signal(int number)
{
	_exit(128 + number);
}

static void handle_default_signals(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	const struct sigaction end = { .sa_handler = end_as_by_signal };
	struct sigaction now;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (sigaction(signals[i], NULL, &now) == 0 &&
		    now.sa_handler == SIG_DFL)
			(void)sigaction(signals[i], &end, NULL);
}

/* A mount namespace apart from the parent's, whose /proc must go on showing
 * the parent itself.  Some containers forbid a new /proc: then the old one
 * stays, which shows the right processes under other numbers. */
static void mount_own_proc(void)
{
	if (unshare(CLONE_NEWNS) == 0)
		(void)mount("proc", "/proc", "proc",
			    MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

/* @alive: read end of a pipe whose write end only the parent holds. */
static void die_with_parent(int alive)
{
	struct pollfd hup = { .fd = alive };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (poll(&hup, 1, 0) > 0)
		_exit(128 + SIGKILL);
}

/* A lab holds some ten descriptors for each node.  The soft limit is low only
 * for the sake of programs that use select(2), and the lab is none. */
static void allow_many_files(void)
{
	struct rlimit all;

	if (getrlimit(RLIMIT_NOFILE, &callers_files) < 0)
		return;
	all = callers_files;
	all.rlim_cur = all.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &all);
}

struct start {
	int (*body)(void *arg);
	void *arg;
	int alive[2];	   /* a pipe */
	sigset_t old_mask; /* of the caller */
	bool user;
};

static void run_child(const struct start *s)
{
	int status;

	(void)close(s->alive[1]);
	die_with_parent(s->alive[0]);
	(void)close(s->alive[0]);
	took_user_namespace = s->user;
	mount_own_proc();
	allow_many_files();
	handle_default_signals();
	(void)sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
	status = s->body(s->arg);
	if (fflush(NULL) != 0 && status == 0)
		status = 7; /* the result was not written: ERR_SYSTEM */
	_exit(status);
}

/* --- the parent ----------------------------------------------------------- */

/* Sent by kill(2) or the like, and not by the terminal. */
static bool sent_to_us(const siginfo_t *si)
{
	return si->si_code == SI_USER || si->si_code == SI_TKILL ||
	       si->si_code == SI_QUEUE;
}

static int status_of(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status)
					: WEXITSTATUS(wait_status);
}

/* All signals are blocked here, so that none ends or stops the parent. */
static int pass_signals_until_end(pid_t child)
{
	sigset_t all;
	int status;

	(void)sigfillset(&all);
	while (waitpid(child, &status, WNOHANG) != child) {
		siginfo_t si;

		if (sigwaitinfo(&all, &si) > 0 && sent_to_us(&si))
			(void)kill(child, si.si_signo);
	}
	return status_of(status);
}

/* What came while the child ended has nobody left to go to.  Unblocked it would
 * end the parent, and the status of a lab that had done its work. */
static void drop_pending_signals(void)
{
	static const struct timespec now;
	sigset_t all;

	(void)sigfillset(&all);
	while (sigtimedwait(&all, NULL, &now) > 0)
		;
}

/* A program that ran in the foreground had the terminal; only a process
 * outside of the PID namespace can name our group to give it back. */
static void take_terminal_back(void)
{
	if (tcgetpgrp(STDIN_FILENO) != getpgrp())
		(void)tcsetpgrp(STDIN_FILENO, getpgrp());
}

static int run_parent(pid_t child, struct start *s)
{
	const bool foreground = tcgetpgrp(STDIN_FILENO) == getpgrp();
	int status;

	(void)close(s->alive[0]);
	status = pass_signals_until_end(child);
	(void)close(s->alive[1]);
	if (foreground)
		take_terminal_back();
	drop_pending_signals();
	return status;
}

int privilege_run(int (*body)(void *arg), void *arg, struct err *e)
{
	struct start s = { .body = body,
			   .arg = arg,
			   .user = !has_lab_rights() };
	sigset_t all;
	pid_t child;
	int r;

	r = enter_namespaces(s.user, e);
	if (r < 0)
		return r;
	if (pipe2(s.alive, O_CLOEXEC) < 0)
		return err_errno(e, "start the lab's process");
	/* An inherited SIG_IGN would reap the child behind our back. */
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &s.old_mask);
	(void)fflush(NULL); /* or the child would print it again */
	child = fork();
	if (child == 0)
		run_child(&s);
	if (child < 0)
		r = err_errno(e, "start the lab's process");
	else
		r = run_parent(child, &s);
	(void)sigprocmask(SIG_SETMASK, &s.old_mask, NULL);
	return r;
}

/* --- giving up ------------------------------------------------------------ */

/* Source: moby oci/caps/defaults.go, v20.10 to v29 */
static const cap_value_t docker_rights[] = {
	CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FSETID,	     CAP_FOWNER,
	CAP_MKNOD,   CAP_NET_RAW,      CAP_SETGID,	     CAP_SETUID,
	CAP_SETFCAP, CAP_SETPCAP,      CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT,
	CAP_KILL,    CAP_AUDIT_WRITE,
};

static bool docker_keeps(cap_value_t right)
{
	for (size_t i = 0; i < ARRAY_SIZE(docker_rights); i++)
		if (docker_rights[i] == right)
			return true;
	return false;
}

/* What no exec may bring back. */
static int drop_bounding(enum privilege_set set, struct err *e)
{
	for (cap_value_t c = 0; c < cap_max_bits(); c++) {
		if (set == PRIVILEGE_DOCKER && docker_keeps(c))
			continue;
		if (cap_get_bound(c) == CAP_SET && cap_drop_bound(c) < 0)
			return err_errno(e, "drop capability %d for good", c);
	}
	if (cap_reset_ambient() < 0)
		return err_errno(e, "drop ambient capabilities");
	return 0;
}

/* In a user namespace of one id there is nobody else to become: EINVAL. */
static int become_user(const struct privilege_user *u, struct err *e)
{
	if (geteuid() != 0)
		return 0;
	if (setresgid(u->gid, u->gid, u->gid) < 0) {
		if (errno == EINVAL)
			return 0;
		return err_errno(e, "change to group %u", u->gid);
	}
	if (setgroups(0, NULL) < 0)
		return err_errno(e, "leave the supplementary groups");
	if (setresuid(u->uid, u->uid, u->uid) < 0)
		return err_errno(e, "change to user %u", u->uid);
	return 0;
}

static int keep_rights(enum privilege_set set, struct err *e)
{
	own_cap cap_t now = cap_get_proc(), kept = cap_init();

	if (!now || !kept)
		return err_errno(e, "read capabilities");
	for (size_t i = 0;
	     set == PRIVILEGE_DOCKER && i < ARRAY_SIZE(docker_rights); i++) {
		const cap_value_t right = docker_rights[i];
		cap_flag_value_t on = CAP_CLEAR;

		(void)cap_get_flag(now, right, CAP_PERMITTED, &on);
		if (cap_set_flag(kept, CAP_PERMITTED, 1, &right, on) < 0 ||
		    cap_set_flag(kept, CAP_EFFECTIVE, 1, &right, on) < 0)
			return err_errno(e, "keep capability %d", right);
	}
	if (cap_set_proc(kept) < 0)
		return err_errno(e, "drop capabilities");
	return 0;
}

int privilege_drop(enum privilege_set set, const struct privilege_user *user,
		   struct err *e)
{
	static const struct privilege_user nobody = { 65534, 65534 };
	int r;

	if (callers_files.rlim_max)
		(void)setrlimit(RLIMIT_NOFILE, &callers_files);
	if (set == PRIVILEGE_LAB)
		return 0;
	r = drop_bounding(set, e);
	if (r == 0 && set == PRIVILEGE_NONE)
		r = become_user(user ? user : &nobody, e);
	if (r == 0)
		r = keep_rights(set, e);
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_errno(e, "forbid new privileges");
	return 0;
}
