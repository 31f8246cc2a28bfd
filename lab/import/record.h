/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record - what the process that reads a capture tells the one that stores and
 * prints: connections, names and totals, through a pipe.  Private to
 * lab/import.
 *
 * The reader of the pipe trusts nothing: who wrote it has parsed a file that
 * anyone may have made.
 */
#ifndef LAB_IMPORT_RECORD_H
#define LAB_IMPORT_RECORD_H

#include "lab/flow/flow.h"

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

enum record_type {
	RECORD_CONNECTION,
	RECORD_INTERFACE, /* struct record_interface */
	RECORD_TOTALS,	  /* struct import_totals */
	RECORD_TALLY,	  /* struct tally */
	RECORD_CUT,	  /* why the end was not the end: text with its 0 */
	RECORD_ERROR,	  /* struct err */
	RECORDS
};

/* Names that many interfaces have; the rest are called after the last. */
enum { RECORD_INTERFACES_MAX = 64, RECORD_NAME_MAX = 64 };

struct record_interface {
	uint16_t number; /* flow_point.interface */
	uint32_t linktype;
	char name[RECORD_NAME_MAX];
};

enum { RECORD_BUFFER_BYTES = 64 << 10 };

struct record_writer {
	int fd;	     /* borrowed */
	bool failed; /* nobody reads */
	size_t n;
	uint8_t buf[RECORD_BUFFER_BYTES];
};

void record_put(struct record_writer *w, enum record_type type,
		const void *bytes, size_t n);
void record_put_connection(struct record_writer *w, const struct connection *c);
void record_flush(struct record_writer *w);

struct record_reader {
	int fd; /* borrowed */
	/* a wish to end is passed on once: it may not have been told */
	const volatile sig_atomic_t *stop;
	pid_t writer; /* 0 when it is told, or not to be told */
	size_t at, end;
	bool eof;
	uint8_t buf[RECORD_BUFFER_BYTES];
};

struct record {
	enum record_type type;
	const uint8_t *bytes; /* until the next call */
	size_t n;
};

/* Returns: 1, 0 at the end, or a negative errno. */
int record_get(struct record_reader *r, struct record *ret, struct err *e);

/* Returns: false: nothing that a connection can be. */
bool record_get_connection(const struct record *r, struct connection *ret);

#endif
