/* SPDX-License-Identifier: GPL-2.0-or-later */
/* calls - what the scripts of a stored trial did, step by step. */
#ifndef LAB_CMD_CALLS_H
#define LAB_CMD_CALLS_H

#include "lab/store/trial.h"

struct call_made {
	int side;
	char *step, *error;	  /* "recv", "ECONNRESET" or NULL */
	char *named;		  /* of step "fault" which one, ...; or NULL */
	int64_t result;		  /* bytes, or 0 */
	int64_t start_ns, end_ns; /* monotonic */
};

struct calls {
	struct call_made *items;
	size_t n;
};

/* Those of both sides; none where the programs are not scripts. */
int calls_read(const struct stored_trial *t, struct calls *ret, struct err *e);
void calls_done(struct calls *c);
#define own_calls OWN(calls_done)

/* When it is of interest: when it returned, of one that waits for something or
 * failed; else when it began. */
int64_t calls_time(const struct call_made *c);

/* Between the two scripts, unknown to the kernel. */
bool calls_is_inner(const struct call_made *c);

/* "recv 64", "recv-eof ECONNRESET", "fault link-down"; the caller frees it;
 * NULL: no memory. */
char *calls_text(const struct call_made *c);

/* The last step of that side that is called @step and began before @time_ns,
 * or NULL. */
const struct call_made *calls_last(const struct calls *c, int side,
				   const char *step, int64_t time_ns);

/* What that side read; -1: not known. */
int64_t calls_read_bytes(const struct calls *c, int side);

#endif
