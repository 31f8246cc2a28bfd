/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runtime - can the programs of the selected workloads run on this machine?
 *
 * A workload may have a `check`: a command that succeeds where its programs
 * can run, and prints their version.  What needs a program that cannot is left
 * out of the run, and the user is told how to install it.
 */
#ifndef LAB_CMD_RUNTIME_H
#define LAB_CMD_RUNTIME_H

#include "lab/cmd/selection.h"

/**
 * runtime_look() - run the checks, and drop the workloads that cannot run
 * @libexec:	the directory of the probes
 * @notes:	a line for each that is left out, and one for each version;
 *		filled in also when it fails
 * @versions:	a JSON object, of the version by workload
 * @ret_left_out: by cell, topology by topology, as run_request.left_out: where
 *		only the server of the cell cannot run; NULL: none.  Freed by
 *		the caller
 *
 * Errors:	ERR_HOST: none is left
 */
int runtime_look(struct selection *s, const char *libexec, struct text *notes,
		 struct text *versions, bool **ret_left_out, struct err *e);

#endif
