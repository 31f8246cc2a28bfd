/* SPDX-License-Identifier: GPL-2.0-or-later */
/* step - what each step of a script does to the sockets of its side. */
#ifndef PROBES_SOCK_STEP_H
#define PROBES_SOCK_STEP_H

#include "probes/sock/pace.h"

#include <poll.h>
#include <sys/types.h>

struct duet;
struct loan;

/* What outlives a trial. */
struct player {
	struct pace pace;
	int side;
	int listener; /* -1: none */
	int room;     /* of its accept queue, when that is to be filled */
	int fillers[2], n_fillers; /* what fills it */
	struct ip_endpoint listening;
	struct loan *loan; /* where its sockets come from; NULL: from itself */
	const struct script (*scripts)[SIDES]; /* by number */
};

/* One side of one trial, while it runs. */
struct run {
	struct player *player;
	const struct probe_trial *trial;
	struct probe_result *result;	   /* in the shared memory */
	const struct probe_result *peer;   /* the other side's */
	int64_t deadline_ns;		   /* monotonic */
	int connections[SCRIPT_STEPS_MAX]; /* the newest last */
	size_t n_connections;
	int second;		  /* descriptor of a connection; 0: none */
	pid_t child;		  /* which holds a connection, too; 0: none */
	bool by_sigpipe;	  /* what a broken connection ends it by */
	uint32_t syncs, accepted; /* steps that succeeded */
	int64_t moved;		  /* bytes, by the current step */
	bool first;		  /* of its batch */
	bool was_ready;		  /* said so at the end of the trial before */
	bool timed_out;		  /* the deadline passed in the current step */
	bool left_alone;	  /* the other side ended before a sync */
	bool ready;		  /* as PROGRESS_READY says */
	/* In a process that plays both sides, see duet.h: what it waits for,
	 * and how far it was when it was asked last. */
	struct duet *duet; /* NULL: it has a process of its own */
	struct pollfd wait;
	int64_t wait_until_ns, seen_moved;
	uint8_t seen_calls;
};

/* Returns: 0, or the errno that ends the script. */
typedef int (*step_fn)(struct run *r, int64_t number);

/* What a step may look like, and what runs it: made from lab/spec/steps.def.
 * A step without its function step_NAME does not link. */
struct step_row {
	const char *name;
	enum step_argument argument;
	int sides;
	step_fn run;
};
extern const struct step_row step_rows[STEP_COUNT];

/* The newest connection, or -1. */
int step_current(const struct run *r);

/* SO_ERROR, which is cleared; or an errno. */
int step_socket_error(int fd);

/* Returns: 0, or an errno. */
int step_set_option(int fd, int level, int option, int value);

/* What send(2) is to do on a connection that is broken. */
int step_send_flags(const struct run *r);

/* Close what is open, newest connection first. */
void step_close_connections(struct run *r);
void step_drop_listener(struct player *p);

/* Let the lab perform fault @number on the current connection, if any, or,
 * when it is FAULT_COUNT, undo what this side asked for; or another of the
 * wishes of probes/protocol.h. */
int step_ask_lab(const struct run *r, uint32_t number);

#endif
