/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trial - one trial of a stored run with all that is known of it, and lists to
 * choose one from.
 */
#ifndef LAB_STORE_TRIAL_H
#define LAB_STORE_TRIAL_H

#include "lab/base/err.h"
#include "lab/base/ip.h"
#include "lab/base/own.h"
#include "lab/base/side.h"

#include <stdbool.h>
#include <stdint.h>

/* The texts of one of the structures below live as long as it does. */
struct stored_texts {
	char **items;
	size_t n;
};

struct stored_cell {
	int64_t id;
	const char *topology, *workload;
	const char *params; /* JSON object */
	uint64_t trials, resets;
	uint32_t example; /* number of its first trial with a reset, or else of
			   * its first; 0: it has none */
	const char *outcome; /* of the example */
};

struct stored_cells {
	struct stored_texts texts;
	const char *run, *command, *seed;
	bool has_clock;	  /* there are captures */
	int64_t clock_ns; /* from the times here to those in the captures */
	struct stored_cell *cells;
	size_t n;
};

/* Errors:	as summary_read() */
int stored_cells_read(const char *dir, struct stored_cells *ret, struct err *e);
void stored_cells_done(struct stored_cells *c);
#define own_stored_cells OWN(stored_cells_done)

/* The cell with that row id, or NULL. */
const struct stored_cell *stored_cell_of(const struct stored_cells *c,
					 int64_t id);

struct stored_leg {
	const char *node, *interface;
	struct ip_endpoint client, server; /* as seen there */
	int64_t first_ns;
	uint32_t packets;
};

struct stored_sighting {
	const char *node, *interface;
	const char *direction; /* "in", "out"; NULL: both at once */
	int64_t time_ns;
	struct ip_endpoint src, dst; /* as written in it here */
};

struct stored_reset {
	uint32_t number; /* from 1, in the order of time */
	bool first, echo;
	int64_t time_ns;
	const char *side, *emitter, *node, *form, *phase;
	uint32_t seq, ack; /* raw */
	uint8_t ttl;	   /* where it was first seen */
	struct stored_sighting *sightings;
	size_t n_sightings;
};

/* The HTTP/2 frame that the first reset was about. */
struct stored_frame {
	const char *what;   /* "unread", "late", "unknown"; NULL: no HTTP/2 */
	const char *frames; /* or NULL */
	const char *why;    /* it is unknown, or NULL */
	int64_t wait_ns;    /* < 0: not known */
};

struct stored_connection {
	int64_t id, start_ns, duration_ns;
	struct ip_endpoint client, server;
	uint64_t bytes[SIDES]; /* payload sent */
	const char *ending;
	bool judged;
	/* Is that end the program itself, or something in between?  Of runs
	 * that do not tell both are true. */
	bool from_client, to_server;
	const char *cause, *confidence; /* NULL: it was not reset */
	const char *contrary;		/* what does not fit, or NULL */
	const char *kernel_reason;	/* NULL: not heard, or not kept */
	int64_t cause_bytes;		/* unread or late; -1: not known */
	struct stored_frame frame;
	struct stored_leg *legs; /* in the order of first sighting */
	size_t n_legs;
	struct stored_reset *resets;
	size_t n_resets;
};

struct stored_trial {
	struct stored_texts texts;
	int64_t id;
	uint32_t number;
	int64_t start_ns;
	const char *outcome, *why;
	const char *client_app, *server_app; /* or NULL */
	const char *calls[SIDES];	     /* JSON, or NULL */
	struct stored_connection *connections;
	size_t n;
};

/**
 * stored_trial_read() - trial @number of cell @cell
 * Errors:	ERR_EMPTY: there is none of that number; the text says which
 *		there are
 */
int stored_trial_read(const char *dir, int64_t cell, uint32_t number,
		      struct stored_trial *ret, struct err *e);
void stored_trial_done(struct stored_trial *t);
#define own_stored_trial OWN(stored_trial_done)

/* One trial of a list, with the endings of its connections; NULL: none. */
struct stored_line {
	uint32_t number;
	const char *outcome, *endings, *senders, *client_app, *server_app;
};
typedef int (*stored_line_fn)(const struct stored_line *l, void *arg,
			      struct err *e);

/* The trials of a cell with an RST, echoes included, in their order. */
int stored_resets_each(const char *dir, int64_t cell, stored_line_fn fn,
		       void *arg, struct err *e);

#endif
