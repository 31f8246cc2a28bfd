/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * captured - the packets of one connection at one point, out of the captures of
 * a run.
 *
 * How it works.  A capture holds thousands of connections, and ports come back;
 * but its times and those of the database are of one clock, so the endpoints at
 * that point and the time of the first segment name the connection.  It ends
 * where the next one between the same endpoints begins: what was sent last is
 * seen at the points behind a little later.
 */
#ifndef LAB_RUN_CAPTURED_H
#define LAB_RUN_CAPTURED_H

#include "lab/base/err.h"
#include "lab/base/text.h"
#include "lab/flow/transcript.h"
#include "lab/store/trial.h"

struct captured_query {
	const char *dir;   /* of the run */
	const char *label; /* topology and parameters, as param_label() */
	const struct stored_leg *leg;
	int64_t from_ns, to_ns; /* monotonic: when the first and the last
				 * segment were first seen */
	int64_t clock_ns;	/* from those to the capture's */
};

/* Add what stands before the name of the @i-th file of a point, from 0: an
 * imported capture may be of several. */
void captured_add_part(struct text *name, size_t i);

/**
 * captured_read() - read them
 * @ret:	finished; its times are monotonic
 * @ret_cut:	what is wrong with the end of the file, or NULL; the caller
 *		frees it
 *
 * Errors:	ERR_EMPTY: there is no such file, or the connection is not in it
 */
int captured_read(const struct captured_query *q, struct transcript **ret,
		  char **ret_cut, struct err *e);

#endif
