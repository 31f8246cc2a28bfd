/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findings - what a self-test found, for people and for programs, and how two
 * kernels differ in it.
 */
#ifndef LAB_CMD_FINDINGS_H
#define LAB_CMD_FINDINGS_H

#include "lab/run/selftest.h"

#include <jansson.h>
#include <stdio.h>

struct findings {
	const struct selftest *selftest;
	const char *id, *tool, *kernel;
	const char *run; /* what names the run to `rstlab explain` */
	uint32_t lacks;	 /* bits 1 << enum feature */
	bool complete;	 /* every trial that was planned ran */
};

/* Differences, skips, the kernel's probe vector and the totals. */
void findings_print(const struct findings *f, FILE *out);

/* The document rstlab.selftest/1; a new reference, NULL: out of memory. */
json_t *findings_json(const struct findings *f);

/**
 * findings_load() - the document that --json wrote into @path
 * Errors:	ERR_INPUT: no such file, or another document
 */
int findings_load(const char *path, json_t **ret, struct err *e);

/* One line for each way in which @here differs from @there, which is called
 * @name; what only one of them has is no difference.  Returns: how many. */
size_t findings_compare(json_t *here, json_t *there, const char *name,
			FILE *out);

#endif
