/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * program - one program of the user, running in a node: its end, and what it
 * prints.
 *
 * Nothing here waits, but for what was killed.  Of what a program prints the
 * beginning and the end are kept, however much it is.
 */
#ifndef LAB_RUN_PROGRAM_H
#define LAB_RUN_PROGRAM_H

#include "lab/base/err.h"
#include "lab/base/text.h"
#include "lab/run/child.h"

#include <poll.h>
#include <stdbool.h>

/* Kept of each end of an output. */
enum { PROGRAM_KEPT_BYTES = 8192 };

enum program_stream { PROGRAM_OUT, PROGRAM_ERR, PROGRAM_STREAMS };

struct program_output {
	int fd;		/* -1: it came to its end */
	uint64_t bytes; /* since program_forget(), kept or not */
	char head[PROGRAM_KEPT_BYTES], tail[PROGRAM_KEPT_BYTES]; /* a ring */
};

struct program {
	pid_t pid; /* of its init; 0: nothing of it is left */
	int pidfd, status_fd;
	int input_fd; /* -1: it was not to be told anything */
	bool ended;   /* the program itself; what it forked may live on */
	int status;   /* when .ended: its exit status, or 128 + signal */
	struct program_output outputs[PROGRAM_STREAMS];
};

/**
 * program_start() - start it below an init of its own, see child_start()
 * @s:		the descriptors of its outputs and its status are filled in
 * @told:	it has a standard input, for program_tell()
 *
 * Errors:	as child_start()
 */
int program_start(struct program *p, struct child_spec *s, bool told,
		  struct err *e);

/* Tell it to begin the next trial: an empty line.  One that has ended does not
 * hear it. */
void program_tell(const struct program *p);

/* Has it printed a whole line since program_forget()? */
bool program_answered(const struct program *p);

/* Take what it has printed and whether it has ended. */
void program_take(struct program *p);

/* Where news of it come; @fds has room for PROGRAM_FDS. */
enum { PROGRAM_FDS = PROGRAM_STREAMS + 2 };
void program_watch(const struct program *p, struct pollfd *fds);

/* Ask it to end: SIGTERM. */
void program_ask(struct program *p);

/* End it and all that it left behind, take the last of what it printed, and
 * close everything; what is kept stays readable.  May be called twice. */
void program_kill(struct program *p);

/* Forget what was printed so far. */
void program_forget(struct program *p);

/* Room for what is kept, with the mark where something was cut out. */
enum { PROGRAM_TEXT_MAX = 2 * PROGRAM_KEPT_BYTES + 64 };

/* Write it into @buf of PROGRAM_TEXT_MAX bytes.  Returns: how many. */
size_t program_output_get(const struct program_output *o, char *buf);

/* Add the last line that is not empty, without control characters. */
void program_last_line(const struct program_output *o, struct text *out);

#endif
