/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor - what this machine can do, found out by really trying. */
#ifndef LAB_CMD_DOCTOR_H
#define LAB_CMD_DOCTOR_H

#include "lab/base/err.h"

#include <stddef.h>

enum doctor_state {
	DOCTOR_OK,
	DOCTOR_INFO, /* cannot, and nothing needs it yet */
	DOCTOR_WARN, /* cannot; some results will differ */
	DOCTOR_FAIL, /* cannot; the default run needs it */
	DOCTOR_STATES
};
extern const char *const doctor_state_names[DOCTOR_STATES];

struct doctor_check {
	const char *name; /* "packet filter with NAT" */
	const char *why;  /* who needs it */
	const char *fix;  /* one command, or NULL: see the error's text */
	enum doctor_state when_missing;
	/* In a child inside private namespaces; 0, or -errno with @e set. */
	int (*probe)(struct err *e);
};
extern const struct doctor_check doctor_checks[]; /* end with .name NULL */

struct doctor_finding {
	enum doctor_state state;
	char text[1024]; /* what was refused, or "" */
};

enum { DOCTOR_CHECKS_MAX = 24 };

/* All of them, in the order of doctor_checks[]. */
struct doctor_findings {
	struct doctor_finding findings[DOCTOR_CHECKS_MAX];
	size_t n;
};

/* Needs: to be inside privilege_run() */
void doctor_probe(struct doctor_findings *ret);

#endif
