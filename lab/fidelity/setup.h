/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * setup - what to ask a container engine for, so that it makes what a topology
 * mirrors.  Pure.
 */
#ifndef LAB_FIDELITY_SETUP_H
#define LAB_FIDELITY_SETUP_H

#include "lab/base/err.h"
#include "lab/spec/topology.h"

enum engine_kind { ENGINE_DOCKER, ENGINE_PODMAN, ENGINES };
/* Each ends with NULL. */
extern const char *const engine_names[];  /* as --against has them */
extern const char *const engine_titles[]; /* as `mirrors:` begins */

/* A network to be made, beside the engine's default. */
struct setup_network {
	const char *word; /* in `mirrors:` */
	bool internal, no_icc, host;
};

struct setup {
	enum engine_kind engine;
	const struct setup_network *network; /* NULL: the default bridge */
	/* what `run -p HOST:CONTAINER` has; 0: nothing is published */
	uint16_t host_port, container_port;
	/* versions that the topology mirrors, major * 1000 + minor */
	unsigned from, to;
	const char *daemon_option; /* that the daemon must have, or NULL */
};

/**
 * setup_of() - read `mirrors:` and the nodes of @t
 *
 * Errors:	ERR_EMPTY: there is nothing to compare @t with
 */
int setup_of(const struct topology *t, enum engine_kind engine,
	     struct setup *ret, struct err *e);

/* Is "20.10.24+dfsg1" one of the versions that are mirrored? */
bool setup_covers(const struct setup *s, const char *version);

/* The node of that kind, first in the file; -1: there is none. */
int setup_node(const struct topology *t, enum node_kind kind);

#endif
