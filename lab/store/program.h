/* SPDX-License-Identifier: GPL-2.0-or-later */
/* program - how a program of the user ended in a trial, and what it printed. */
#ifndef LAB_STORE_PROGRAM_H
#define LAB_STORE_PROGRAM_H

#include "lab/base/side.h"
#include "lab/store/store.h"

#include <stddef.h>

struct store_printed {
	const char *bytes; /* what is kept; any bytes */
	size_t n;
	uint64_t printed; /* more than .n: something was cut out */
};

struct store_program {
	int64_t trial; /* row */
	enum side side;
	const char *command;		 /* as a shell reads it */
	bool stopped;			 /* by the lab: .status is nothing */
	int status;			 /* exit status, or 128 + signal */
	struct store_printed outputs[2]; /* standard output and error */
};

int store_put_program(struct store *s, const struct store_program *p,
		      struct err *e);

#endif
