/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ask - run a command of this machine and take what it says, for so long. */
#ifndef LAB_CMD_ASK_H
#define LAB_CMD_ASK_H

#include "lab/base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { ASK_MAX = 16384, ASK_SECONDS = 20 };

struct answer {
	int error;	    /* it could not be started: an errno; else 0 */
	bool in_time;	    /* else it was killed, with all that it started */
	int status;	    /* as of waitpid() */
	char said[ASK_MAX]; /* the end of both its outputs, as a string */
	size_t n;
};

/* Standard input is empty.  Errors: ERR_SYSTEM: no pipe. */
int ask_command(const char *const *argv, struct answer *ret, struct err *e);

/* Copy its last line that is not empty, without control characters. */
void ask_last_line(const struct answer *a, char *buf, size_t size);

#endif
