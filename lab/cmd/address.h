/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * address - RUN:CELL:TRIAL, the name of a trial in messages and on the command
 * line.  A cell is TOPOLOGY/WORKLOAD, the topology with its parameters joined
 * by '+': "latest:host+cpus=1/late-data:17".
 */
#ifndef LAB_CMD_ADDRESS_H
#define LAB_CMD_ADDRESS_H

#include "lab/base/err.h"
#include "lab/base/text.h"
#include "lab/store/trial.h"

/* What was named; what was not is NULL, or 0. */
struct address {
	char *dir; /* of the run */
	struct stored_cells cells;
	const struct stored_cell *cell; /* one of them */
	uint32_t trial;
};

/**
 * address_find() - what @word means
 *
 * Errors:	ERR_INPUT: no such run, or none that can be read; ERR_EMPTY: no
 *		such cell in it; each with the nearest one
 */
int address_find(const char *word, struct address *ret, struct err *e);
void address_done(struct address *a);
#define own_address OWN(address_done)

/* Add "host+cpus=1/late-data". */
void address_add_cell(struct text *t, const struct stored_cell *c);

/* Add the topology and its parameters as the captures have it. */
void address_add_label(struct text *t, const struct stored_cell *c);

#endif
