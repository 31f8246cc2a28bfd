/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command - what is executed for one side of a workload with `exec:`: the
 * words with their values, the environment, the user.
 */
#ifndef LAB_RUN_COMMAND_H
#define LAB_RUN_COMMAND_H

#include "lab/base/err.h"
#include "lab/base/text.h"
#include "lab/run/privilege.h"
#include "lab/spec/topology.h"
#include "lab/spec/workload.h"

struct command_place {
	const struct topology *topology;
	const struct workload *workload; /* whose program it is */
	const char *libexec;		 /* where rstlab's own programs are */
	uint64_t seed;			 /* of the run */
	uint32_t trial;			 /* in its cell; 0: of no trial */
};

struct command {
	char **argv, **envp; /* NULL-terminated */
	struct text shown;   /* the command as a shell reads it */
	enum privilege_set rights;
	bool has_user;
	struct privilege_user user;
};

/**
 * command_make() - the command of @side
 * @isolation:	of its node: Docker's containers keep Docker's rights
 *
 * The environment is the caller's, with the variables RSTLAB_... of
 * exec_values.  As real root in a node that is no container, the program is
 * run by the user of the workload, or by who called sudo, or by nobody, with
 * HOME, USER and LOGNAME as that user has them.
 *
 * Errors:	ERR_INPUT: no such user; ERR_HOST: another user is wanted, and
 *		rstlab is not run by root
 */
int command_make(struct command *ret, const struct command_place *place,
		 int side, enum isolation isolation, struct err *e);
void command_done(struct command *c);
#define own_command OWN(command_done)

#endif
