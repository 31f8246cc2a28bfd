/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pcapng - write captures with interface names; libpcap cannot.
 *
 * Source: draft-ietf-opsawg-pcapng (SHB, IDB, NRB, EPB, ISB)
 */
#ifndef LAB_CAPTURE_PCAPNG_H
#define LAB_CAPTURE_PCAPNG_H

#include "lab/base/err.h"
#include "lab/base/own.h"

#include <stdbool.h>
#include <stdint.h>

struct pcapng_meta {
	const char *hardware, *os, *application, *comment; /* or NULL */
};

struct pcapng;

/* Create @path (must not exist) and write the section header. */
int pcapng_create(struct pcapng **ret, const char *path,
		  const struct pcapng_meta *meta, struct err *e);

struct pcapng_interface {
	const char *name, *description; /* or NULL */
	uint32_t linktype, snap_bytes;
};

/* Add an interface; times have nanosecond resolution.
 * Returns: its number in the file, or a negative errno. */
int pcapng_add_interface(struct pcapng *p, const struct pcapng_interface *i,
			 struct err *e);

struct pcapng_name {
	const uint8_t *bytes; /* of the address, network order */
	size_t n;	      /* 4 or 16 */
	const char *name;
};

/* Say whose addresses those are; no block is written for none. */
int pcapng_add_names(struct pcapng *p, const struct pcapng_name *names,
		     size_t n, struct err *e);

struct pcapng_frame {
	int interface;	 /* from pcapng_add_interface() */
	int64_t time_ns; /* since 1970, as files have it */
	const uint8_t *data;
	uint32_t captured, length; /* bytes kept, bytes on the wire */
	bool outgoing;
	const char *comment, *detail; /* two comments; or NULL */
};
int pcapng_write(struct pcapng *p, const struct pcapng_frame *f, struct err *e);

/* What the kernel counted on an interface, for its statistics at the end;
 * without it they hold only how many frames were written. */
void pcapng_count(struct pcapng *p, int interface, uint64_t received,
		  uint64_t dropped);

/* Flush and close; reports what earlier writes could not (disk full).  Frees
 * @p in every case. */
int pcapng_close(struct pcapng *p, struct err *e);
/* Close without a word, on the way out of an error. */
void pcapng_abandon(struct pcapng *p);
OWN_DEFINE(pcapng, struct pcapng, pcapng_abandon)
#define own_pcapng OWN(own_pcapng_release)

#endif
