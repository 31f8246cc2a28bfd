/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/stop.h"

#include "lab/base/clock.h"
#include "lab/base/own.h"

/* One request may come twice within moments: from the terminal or timeout(1)
 * to the whole process group, and passed on by the parent. */
#define SAME_REQUEST_NS (300 * NS_PER_MS)

volatile sig_atomic_t stop_wanted;
static int64_t first_ns; /* of the handler only */

/* PID 1 of a PID namespace cannot end itself by a signal, so the status says
 * by which one it was. */
static void handle(int number)
{
	const int64_t now_ns = clock_now_ns();

	if (!stop_wanted)
		first_ns = now_ns;
	else if (now_ns - first_ns > SAME_REQUEST_NS)
		_exit(128 + number);
	stop_wanted = 1;
}

static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

void stop_watch(void)
{
	struct sigaction sa = { .sa_handler = handle, .sa_flags = SA_RESTART };

	(void)sigemptyset(&sa.sa_mask);
	/* A second signal must not break in while the first is handled. */
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		(void)sigaddset(&sa.sa_mask, numbers[i]);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct sigaction old;

		if (sigaction(numbers[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			(void)sigaction(numbers[i], &sa, NULL);
	}
}

void stop_unwatch(void)
{
	struct sigaction now;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (sigaction(numbers[i], NULL, &now) == 0 &&
		    now.sa_handler == handle)
			(void)signal(numbers[i], SIG_DFL);
}
