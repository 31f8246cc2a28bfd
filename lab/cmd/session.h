/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session - what `rstlab import` and `rstlab watch` have in common: all but
 * their options. */
#ifndef LAB_CMD_SESSION_H
#define LAB_CMD_SESSION_H

#include "lab/cmd/verb.h"

struct import_options {
	const char *interface;	  /* watch: instead of files */
	uint32_t connections_max; /* watch */
	uint32_t port;
	const char *as, *filter, *beside, *output;
	int format; /* index into request_formats() */
	bool json, no_store, quiet;
	int color;
};

/* Returns: the exit status, or a negative errno. */
int session_run(const struct call *c, struct err *e);

#endif
