/* SPDX-License-Identifier: GPL-2.0-or-later */
/* imported - keep what was imported as a run, one trial for each connection. */
#ifndef LAB_CMD_IMPORTED_H
#define LAB_CMD_IMPORTED_H

#include "lab/cmd/undo.h"
#include "lab/import/import.h"
#include "lab/import/judge.h"
#include "lab/run/rundir.h"
#include "lab/store/store.h"

struct imported {
	const char *topology, *workload;
	const char *command, *capture;	 /* as typed; the files' names */
	const struct source_file *files; /* to explain from; not watched */
	size_t n_files;
	const char *wanted; /* what -o said, or NULL */
	const struct import *import;
	struct undo undo;
	struct store *store; /* NULL: nothing was kept yet */
	char id[RUNDIR_ID_MAX];
	char *dir;
	uint32_t trials;
};

/* Where to write what comes of standard input, which cannot be read again:
 * into the directory of the run.  The caller closes it. */
int imported_open_copy(struct imported *m, int *ret_fd, struct err *e);

/* Unless there is a copy, the directory is made with the first connection: what
 * is no capture leaves nothing behind. */
int imported_keep(struct imported *m, const struct connection *c,
		  const struct judgement *j, struct err *e);
/* @stopped: why not all was read, or NULL */
int imported_finish(struct imported *m, const char *stopped, struct err *e);
void imported_done(struct imported *m);

#endif
