/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reader - captures that are files: pcap and pcapng, whoever wrote them.
 *
 * How it works.  The file is read() in large pieces into one buffer, and a
 * packet is lent out of it: no copy, and memory does not grow with the file.
 * Both byte orders, micro- and nanoseconds, several interfaces and sections;
 * blocks that say nothing about packets are stepped over.
 *
 * Source: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng
 */
#ifndef LAB_CAPTURE_READER_H
#define LAB_CAPTURE_READER_H

#include "lab/base/err.h"
#include "lab/base/own.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

enum { READER_NAME_MAX = 64 };

struct reader_interface {
	char name[READER_NAME_MAX]; /* "" when the file has none */
	uint32_t linktype;	    /* LINKTYPE_ value */
	uint32_t snap_bytes;	    /* 0: no limit */
	uint8_t resolution;	    /* if_tsresol: 10^-n s; bit 7: 2^-n s */
	int64_t offset_s;	    /* if_tsoffset */
	uint32_t serial;	    /* of all that the file describes, from 1 */
};

enum reader_direction { READER_UNKNOWN, READER_INBOUND, READER_OUTBOUND };

struct reader_packet {
	uint64_t number; /* from 1, as Wireshark counts */
	/* since 1970; 0 when the file has no time for it, or an earlier one;
	 * at most INT64_MAX / 2 */
	int64_t time_ns;
	const uint8_t *data;	   /* borrowed until the next call */
	uint32_t captured, length; /* bytes in the file, bytes on the wire */
	const struct reader_interface *interface; /* borrowed as .data */
	enum reader_direction direction;
};

struct reader;

/**
 * reader_open() - begin to read a capture
 * @fd:		where it begins; borrowed until reader_close()
 * @name:	for messages
 * @stop:	or NULL; once it is not 0, the capture is taken to end where it
 *		was read to, also while a pipe gives nothing
 *
 * Errors:	ERR_INPUT: a directory, or not a capture; says what it looks
 *		like instead.  ERR_SYSTEM: it cannot be read
 */
int reader_open(struct reader **ret, int fd, const char *name,
		const volatile sig_atomic_t *stop, struct err *e);

/**
 * reader_copy_to() - write all that is read, unpacked, to @fd as well
 *
 * Before the first packet.  What comes of a pipe is gone afterwards.
 *
 * Errors:	ERR_SYSTEM: the disk is full.  reader_next() has it too then
 */
int reader_copy_to(struct reader *r, int fd, struct err *e);

/**
 * reader_next() - the next packet
 *
 * Returns: 1, 0 at the end, or a negative errno.  A file that was cut off ends
 * like a whole one: ask reader_cut() then.
 * Errors:	ERR_INPUT: lengths that contradict each other; what came before
 *		was good
 */
int reader_next(struct reader *r, struct reader_packet *ret, struct err *e);

/**
 * reader_next_few() - as many of the next packets as are at hand
 * @ret:	room for @max, at least 1; all are borrowed until the next call
 *
 * Where each packet costs a few tens of nanoseconds, calls are a good part.
 * Returns: how many, at least 1; 0 and errors as reader_next()
 */
int reader_next_few(struct reader *r, struct reader_packet *ret, int max,
		    struct err *e);

/* Why the end was not the end: "FILE is cut off in packet 17"; else NULL. */
const char *reader_cut(const struct reader *r);

void reader_close(struct reader *r);
OWN_DEFINE(reader, struct reader, reader_close)
#define own_reader OWN(own_reader_release)

#endif
