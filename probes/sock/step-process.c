/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps that are about processes: what a child inherits, and what a signal
 * ends.
 */
#include "probes/sock/step.h"

#include "probes/protocol.h"
#include "probes/sock/steps.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child has the connection, and nothing else of ours. */
static _Noreturn void keep(const struct run *r)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (r->player->listener >= 0)
		(void)close(r->player->listener);
	for (int i = 0; i < r->player->n_fillers; i++)
		(void)close(r->player->fillers[i]);
	if (r->second > 0)
		(void)close(r->second);
	(void)close(PROBE_CONTROL_FD);
	(void)close(PROBE_SHARED_FD);
	(void)close(PROBE_PEER_FD);
	for (;;)
		(void)pause();
}

int step_fork(struct run *r, int64_t number)
{
	pid_t child;

	(void)number;
	if (r->child)
		return EALREADY;
	child = fork();
	if (child < 0)
		return errno;
	if (child == 0)
		keep(r);
	r->child = child;
	return 0;
}

int step_end_child(struct run *r, int64_t number)
{
	const pid_t child = r->child;

	(void)number;
	r->child = 0;
	if (!child)
		return ECHILD;
	(void)kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0)
		if (errno != EINTR)
			return errno;
	return 0;
}

int step_send_flags(const struct run *r)
{
	return r->by_sigpipe ? 0 : MSG_NOSIGNAL;
}

/* Runs in a process of its own, as kill does, see trial.c. */
int step_sigpipe(struct run *r, int64_t number)
{
	(void)number;
	r->by_sigpipe = true;
	return signal(SIGPIPE, SIG_DFL) == SIG_ERR ? errno : 0;
}

/* Runs in a process of its own, see trial.c. */
int step_kill(struct run *r, int64_t number)
{
	(void)r;
	(void)number;
	(void)kill(getpid(), SIGKILL);
	abort(); /* not reached */
}
