/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rundir - the directory of a run: rstlab-runs/ID, and `latest` beside it. */
#ifndef LAB_RUN_RUNDIR_H
#define LAB_RUN_RUNDIR_H

#include "lab/base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { RUNDIR_ID_MAX = 40 };

/**
 * rundir_create() - make an empty directory for a new run
 * @wanted:	what -o said, or NULL: ./rstlab-runs/ID, with the symbolic
 *		link ./rstlab-runs/latest pointing at it
 * @ret_id:	RUNDIR_ID_MAX bytes; "20261121-074512-7341": UTC time and seed
 * @ret_path:	the caller frees it
 *
 * Errors:	ERR_INPUT when @wanted exists and is not an empty directory,
 *		or cannot be written
 */
int rundir_create(const char *wanted, uint64_t seed, char *ret_id,
		  char **ret_path, struct err *e);

/**
 * rundir_find() - the directory a person means by RUN
 * @run:	a directory with run.db, an ID below ./rstlab-runs, or "latest"
 *
 * Errors:	ERR_INPUT, with the nearest existing ID
 */
int rundir_find(const char *run, char **ret_path, struct err *e);

/**
 * rundir_newest() - the newest below ./rstlab-runs that @fits
 * @ret_path:	NULL: there is none; the caller frees it
 *
 * Errors:	out of memory
 */
int rundir_newest(bool (*fits)(const char *dir), char **ret_path,
		  struct err *e);

#endif
