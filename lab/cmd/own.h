/* SPDX-License-Identifier: GPL-2.0-or-later */
/* own - the workload that --server and --client make of two commands. */
#ifndef LAB_CMD_OWN_H
#define LAB_CMD_OWN_H

#include "lab/base/err.h"
#include "lab/spec/workload.h"

struct own_options {
	const char *server, *client; /* commands; NULL: none */
	const char *user;
	int server_lifetime; /* enum exec_lifetime */
	uint32_t connections;
	int64_t deadline_ns;
};

const char *const *own_lifetimes(void);

/* Was any of them given? */
bool own_wanted(const struct own_options *o);

/**
 * own_make() - make it; its name is "own"
 * @ret:	zeroed; .yaml is a file that would say the same
 *
 * Errors:	ERR_INPUT: no client, a quote that is not closed, an unknown
 *		{word}
 */
int own_make(const struct own_options *o, struct workload *ret, struct err *e);

#endif
