/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store - write a run into run.db; docs/result-format.md describes the file.
 *
 * One transaction per block: whatever kills the program, the database holds
 * whole blocks and says `complete = 0`.
 */
#ifndef LAB_STORE_STORE_H
#define LAB_STORE_STORE_H

#include "lab/base/err.h"
#include "lab/base/outcome.h"
#include "lab/base/own.h"
#include "lab/cause/rule.h"
#include "lab/flow/flow.h"

#include <stdbool.h>
#include <stdint.h>

/* PRAGMA user_version of the files this program writes. */
enum { STORE_VERSION = 3 };

struct store;

/* Create @path, which must not exist, with the schema. */
int store_create(struct store **ret, const char *path, struct err *e);
void store_close(struct store *s);
OWN_DEFINE(store, struct store, store_close)
#define own_store OWN(own_store_release)

struct store_run {
	const char *id, *tool, *kernel, *command;
	const char *started;	 /* RFC 3339, UTC */
	const char *environment; /* JSON object: CPU, virtualisation, ... */
	uint64_t seed;
	uint32_t trials_per_cell; /* asked for */
	uint32_t blocks;	  /* planned */
};
int store_put_run(struct store *s, const struct store_run *r, struct err *e);

/* The YAML text of what was run; a topology once, whatever its parameters. */
int store_put_topology(struct store *s, const char *name, const char *yaml,
		       struct err *e);
int store_put_workload(struct store *s, const char *name, const char *yaml,
		       struct err *e);
int store_put_cell(struct store *s, uint32_t cell, const char *topology,
		   const char *workload, const char *params_json,
		   struct err *e);

/* A topology with its parameters; @params: JSON object, sorted; NULL: {} */
struct store_place {
	const char *topology, *params, *node;
};
int store_put_sysctl(struct store *s, const struct store_place *place,
		     const char *key, const char *value, struct err *e);

/* Everything between belongs to one block. */
int store_begin_block(struct store *s, struct err *e);
int store_commit_block(struct store *s, struct err *e);

struct store_trial {
	uint32_t cell, number;	  /* number: from 1 in its cell */
	uint32_t block, position; /* position: in the block, from 0 */
	int64_t start_ns, duration_ns;
	enum outcome outcome;
	const char *why;	  /* for other and invalid; else NULL */
	const char *app[SIDES];	  /* "ok", "recv ECONNRESET" */
	const char *calls[SIDES]; /* JSON array of steps, or NULL */
};
/* Returns: the row's id, > 0, or a negative errno. */
int64_t store_put_trial(struct store *s, const struct store_trial *t,
			struct err *e);

/* How the numbers in a connection's points are called. */
struct store_names {
	const char *(*node)(const void *arg, uint16_t node);
	const char *(*interface)(const void *arg, struct flow_point p);
	const void *arg;
	uint16_t client_node, server_node; /* where the programs run */
};

/* What became of the bytes that a reset was about. */
enum frame_fate { FRAME_UNREAD, FRAME_LATE, FRAME_UNKNOWN, FRAME_FATES };
extern const char *const frame_fate_names[FRAME_FATES];

struct store_frame {
	enum frame_fate what;
	const char *frames; /* "PING(ACK) 17 bytes"; NULL: unknown */
	int64_t bytes;	    /* < 0: unknown */
	int64_t wait_ns;    /* how long unread, or how late; < 0: unknown */
	const char *why;    /* it is unknown, or NULL */
};

struct store_connection {
	int64_t trial; /* 0: of none; such a stray is kept, and is in no cell */
	uint32_t cell; /* of the trial; not used for a stray */
	const struct connection *connection;
	const struct verdict *verdict;	 /* NULL: it was not reset */
	const struct store_frame *frame; /* NULL: it is not about frames */
};

/* The connection with its legs, resets and their sightings. */
int store_put_connection(struct store *s, const struct store_connection *of,
			 const struct store_names *names, struct err *e);

/* One node's account at the end. */
struct store_books {
	struct store_place place;
	int64_t rst_wire;     /* resets born here, as captured */
	int64_t rst_counted;  /* OutRsts, as the kernel counted */
	int64_t rst_foreign;  /* sent from here, and not by its TCP: by a packet
			       * filter, or as `inject` asked */
	const char *counters; /* JSON object: name -> difference */
};
int store_put_books(struct store *s, const struct store_books *b,
		    struct err *e);

struct store_end {
	bool complete;
	const char *ended;   /* RFC 3339, UTC */
	const char *stopped; /* why it is not complete, or NULL */
	uint64_t packets, dropped;
};
int store_finish(struct store *s, const struct store_end *end, struct err *e);

/**
 * store_note_stop() - note in a run that failed half-way why it did
 * @dir:	of the run; its store is closed
 *
 * A reason that is there already stays.  On a full disk there may be no room
 * even for this.
 */
int store_note_stop(const char *dir, const char *why, struct err *e);

#endif
