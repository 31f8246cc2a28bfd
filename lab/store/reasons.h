/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reasons - the causes of a run, with a trial of each to look at. */
#ifndef LAB_STORE_REASONS_H
#define LAB_STORE_REASONS_H

#include "lab/base/err.h"
#include "lab/base/own.h"

#include <stdint.h>

struct stored_reason {
	char *cause, *confidence;
	uint64_t connections; /* that were reset so */
	int64_t cell;	      /* of the first one */
	uint32_t trial;	      /* its number there */
};

struct stored_reasons {
	struct stored_reason *items; /* most connections first */
	size_t n;
};

/**
 * stored_reasons_read() - a row for each cause and confidence of the run in
 * @dir
 * Errors:	as summary_read()
 */
int stored_reasons_read(const char *dir, struct stored_reasons *ret,
			struct err *e);
void stored_reasons_done(struct stored_reasons *r);
#define own_stored_reasons OWN(stored_reasons_done)

#endif
