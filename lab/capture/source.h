/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source - the packets of one or several captures in the order of time.
 *
 * Several files are read as one capture, as mergecap would join them: a
 * capture that was cut into pieces is whole again.
 */
#ifndef LAB_CAPTURE_SOURCE_H
#define LAB_CAPTURE_SOURCE_H

#include "lab/capture/reader.h"

struct source_file {
	const char *name; /* for messages */
	int fd;		  /* borrowed */
	int copy_fd; /* 0, or what is read is written there too; borrowed */
};

struct source;

/* @stop: as reader_open() has it; its errors too */
int source_open(struct source **ret, const struct source_file *files, size_t n,
		const volatile sig_atomic_t *stop, struct err *e);
void source_close(struct source *s);
OWN_DEFINE(source, struct source, source_close)
#define own_source OWN(own_source_release)

/* As reader_next_few(); the first error of a file ends that file, and is told
 * by source_cut() when packets came before. */
int source_next_few(struct source *s, struct reader_packet *ret, int max,
		    struct err *e);

/* What is wrong with the end of a file, or NULL. */
const char *source_cut(const struct source *s);

#endif
