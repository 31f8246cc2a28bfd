/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pause - the only program of a container that is compared with a lab: it is
 * there, so that the container is.
 *
 * Static, because the container's image holds nothing else.  The kernel spares
 * PID 1 every signal that it has no handler for, so it waits for the one that
 * an engine stops containers with.
 */
#include <signal.h>

int main(void)
{
	sigset_t end;
	int which;

	(void)sigemptyset(&end);
	(void)sigaddset(&end, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &end, NULL);
	return sigwait(&end, &which) == 0 ? 0 : 1;
}
