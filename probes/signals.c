/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/signals.h"

#include "lab/base/own.h"

#include <signal.h>

void probe_ignore_signals(void)
{
	/* SIGPIPE: a broken connection is a result */
	static const int signals[] = { SIGPIPE, SIGINT,	 SIGTERM, SIGQUIT,
				       SIGHUP,	SIGTSTP, SIGTTIN, SIGTTOU };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		(void)signal(signals[i], SIG_IGN);
}
