/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import - captures made anywhere -> connections, by the same analysis that a
 * live run gets.
 *
 * How it works.  A process of its own, with no rights and few system calls
 * (jail.h), reads the files, decodes and follows the connections; this one is
 * told of each that has ended, through a pipe.  So what a forged capture may do
 * to a decoder stays there, and storing goes on beside reading.
 */
#ifndef LAB_IMPORT_IMPORT_H
#define LAB_IMPORT_IMPORT_H

#include "lab/base/own.h"
#include "lab/capture/source.h"
#include "lab/flow/flow.h"
#include "lab/import/tally.h"
#include "lab/import/tap.h"

#include <signal.h>

struct import_request {
	const struct source_file *files;
	size_t n;
	struct tap *tap; /* NULL, or an interface instead of files; borrowed */
	const char *filter;		   /* pcap-filter(7), or NULL */
	uint16_t port;			   /* of either side; 0: all */
	size_t connections_max;		   /* alive at a time; 0: no limit */
	const volatile sig_atomic_t *stop; /* not 0: end with what there is */
	/* Not NULL: they are only counted, here, and import_next() gives none.
	 * Then nothing is said of each, which takes as long as reading. */
	struct tally *tally;
};

/* Packets, by what became of them; they add up to .packets. */
struct import_totals {
	uint64_t packets;
	uint64_t filtered; /* not wanted by the filter or the port */
	uint64_t tcp;
	uint64_t other;	    /* no TCP */
	uint64_t joined;    /* IP fragments, with the last of each segment */
	uint64_t fragments; /* IP fragments whose others were not captured */
	uint64_t truncated; /* the snap length cut the header */
	uint64_t malformed;
	uint64_t unknown_link; /* of a link type that is not decoded */
	uint32_t linktype;     /* the first of these */
	uint64_t dropped;      /* lost by the capture of an interface */
	bool stopped;
	int64_t first_ns, last_ns; /* since 1970 */
};

struct import;

/**
 * import_open() - begin to read
 *
 * Errors:	ERR_INPUT: the filter is none; ERR_SYSTEM.  What is wrong with a
 *		file is told by import_next()
 */
int import_open(struct import **ret, const struct import_request *q,
		struct err *e);
void import_close(struct import *m);
OWN_DEFINE(import, struct import, import_close)
#define own_import OWN(own_import_release)

/**
 * import_next() - the next connection that has ended
 * @ret:	until the next call; times are those of the capture, since 1970
 *
 * Returns: 1, 0 at the end, or a negative errno.
 * Errors:	ERR_INPUT: not a capture, or damaged before its first packet;
 *		ERR_HOST: no seccomp; ERR_BUG: the reader died
 */
int import_next(struct import *m, const struct connection **ret, struct err *e);

/* At the end. */
const struct import_totals *import_totals(const struct import *m);

/* Why the end was not the end, or NULL. */
const char *import_cut(const struct import *m);

/* The name of a point's interface, fit for a file's name. */
const char *import_interface(const struct import *m, uint16_t interface);
bool import_has_interface(const struct import *m, uint16_t interface);

#endif
