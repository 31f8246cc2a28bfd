/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * views - what a run holds of the sockets of its trials, and of what their
 * programs saw beside what was on the wire.
 */
#ifndef LAB_STORE_VIEWS_H
#define LAB_STORE_VIEWS_H

#include "lab/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One socket, in the words of ss. */
struct view_socket {
	char *role, *node, *state, *timer;
	uint64_t receive_queue, send_queue;
	bool orphan; /* no descriptor has it */
};

/* The point at which sockets are as they were destroyed, in state UNCONN. */
#define VIEWS_DESTROYED "destroyed"

/* Trials of a cell in which the same sockets were seen at one point. */
struct view_states {
	uint64_t number;	     /* of the point, from 1 */
	char *hold;		     /* NULL: after both programs were through;
				      * VIEWS_DESTROYED comes last */
	struct view_socket *sockets; /* the client's first, then the server's */
	size_t n;
	uint64_t trials;
};

/* Trials of a cell that were alike on the wire and for the programs. */
struct view_seen {
	char *wire;   /* endings, "fin-both + rstack"; NULL: no connection */
	char *rst;    /* who sent the first RSTs; NULL: nobody */
	char *app[2]; /* by side; NULL: unknown */
	char *outcome, *why; /* why: NULL where it explains itself */
	uint64_t trials;
};

/* Resets of a cell that were about the same HTTP/2 frames. */
struct view_frames {
	char *what;   /* "unread", "late", "unknown" */
	char *frames; /* "PING(ACK) 17 bytes"; NULL: unknown */
	char *why;    /* it is unknown; NULL: it is known */
	uint64_t connections;
	/* how long unread, or how late; < 0: of none is it known */
	int64_t least_ns, median_ns, most_ns;
};

struct views {
	struct view_states *states; /* by point, then most frequent first */
	size_t n_states;
	struct view_seen *seen; /* most frequent first */
	size_t n_seen;
	struct view_frames *frames; /* most frequent first */
	size_t n_frames;
};
void views_done(struct views *v);

struct db;
struct summary;

/* Fill .views of all cells of @s, which are there. */
int views_read(const struct db *db, struct summary *s, struct err *e);

#endif
