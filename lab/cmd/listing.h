/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listing - rows of words, printed in columns or as JSON. */
#ifndef LAB_CMD_LISTING_H
#define LAB_CMD_LISTING_H

#include "lab/base/err.h"
#include "lab/base/own.h"

#include <stdbool.h>
#include <stdio.h>

enum { LISTING_COLUMNS_MAX = 9 };

struct listing {
	const char *kind;	    /* "topologies" */
	const char *const *columns; /* names; NULL-terminated */
	bool heading;		    /* print the names above the columns */
	char *(*rows)[LISTING_COLUMNS_MAX];
	size_t n;
};

/* @values: as many as there are columns; copied. */
int listing_add(struct listing *l, const char *const *values, struct err *e);
void listing_done(struct listing *l);
#define own_listing OWN(listing_done)

/* Columns as wide as they need; the last is never padded. */
void listing_print(const struct listing *l, FILE *out);

/* One document, rstlab.list/1. */
int listing_print_json(const struct listing *l, FILE *out, struct err *e);

#endif
