/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/fidelity/kept.h"

#include "lab/base/own.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>

static struct kept *kept_new(enum engine_kind kind, struct err *e)
{
	struct kept *k = mmap(NULL, sizeof(*k), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint32_t random = 0;

	if (k == MAP_FAILED) {
		(void)err_errno(e, "share memory with the other processes");
		return NULL;
	}
	(void)getrandom(&random, sizeof(random), 0);
	k->kind = kind;
	(void)snprintf(k->id, sizeof(k->id), "rstlab-%08x", random);
	return k;
}

/* The other end is held by the two processes that do not wait here. */
static void wait_until_closed(int fd)
{
	char c;

	while (read(fd, &c, 1) < 0 && errno == EINTR)
		;
}

static int remove_all(struct kept *k)
{
	struct engine g;
	int r = engine_open(&g, k->kind, k->id, &k->trouble);

	if (r < 0)
		return r;
	r = engine_remove(&g, &k->trouble);
	engine_close(&g);
	return r;
}

static void become_remover(struct kept *k, const int *alive)
{
	(void)setsid();
	(void)close(alive[1]);
	wait_until_closed(alive[0]);
	_exit(atomic_load(&k->made) && remove_all(k) < 0);
}

static void become_worker(struct kept *k, kept_fn body, void *arg,
			  const sigset_t *mask)
{
	int r;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	r = body(k, arg, &k->err);
	(void)fflush(NULL);
	_exit(r < 0 ? err_exit_status(&k->err) : r);
}

/* Those of the terminal reach the worker without us. */
static void pass_on(pid_t worker, const siginfo_t *si)
{
	if (si->si_signo != SIGCHLD &&
	    (si->si_code == SI_USER || si->si_code == SI_TKILL ||
	     si->si_code == SI_QUEUE))
		(void)kill(worker, si->si_signo);
}

/* All signals are blocked here. */
static int wait_for(pid_t worker)
{
	sigset_t all;
	siginfo_t si;
	int status;

	(void)sigfillset(&all);
	while (waitpid(worker, &status, WNOHANG) != worker)
		if (sigwaitinfo(&all, &si) > 0)
			pass_on(worker, &si);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

struct forks {
	pid_t remover, worker;
	int alive[2];
};

static int fork_both(struct kept *k, struct forks *f, kept_fn body, void *arg,
		     const sigset_t *mask)
{
	(void)fflush(NULL);
	if (pipe2(f->alive, O_CLOEXEC) < 0)
		return -errno;
	f->remover = fork();
	if (f->remover == 0)
		become_remover(k, f->alive);
	(void)close(f->alive[0]);
	f->worker = f->remover < 0 ? -1 : fork();
	if (f->worker == 0)
		become_worker(k, body, arg, mask);
	return f->worker < 0 ? -errno : 0;
}

int kept_run(enum engine_kind kind, kept_fn body, void *arg,
	     struct err *ret_trouble, struct err *e)
{
	struct forks f = { .remover = -1 };
	struct kept *k = kept_new(kind, e);
	sigset_t all, mask;
	int r;

	if (!k)
		return -e->code;
	/* An inherited SIG_IGN would reap the children behind our back. */
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &mask);
	r = fork_both(k, &f, body, arg, &mask);
	if (r < 0)
		(void)err_set(e, ERR_SYSTEM, -r, "start another process");
	else
		r = wait_for(f.worker);
	(void)close(f.alive[1]);
	if (f.remover > 0)
		(void)waitpid(f.remover, NULL, 0);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	*ret_trouble = k->trouble;
	if (r >= 0 && k->err.code) {
		*e = k->err;
		r = -e->code;
	}
	(void)munmap(k, sizeof(*k));
	return r;
}
