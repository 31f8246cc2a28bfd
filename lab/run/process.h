/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * process - the programs of a topology besides the two probes: relays,
 * user-mode networks, and the wires between tap devices.
 *
 * Each is one executable in the directory of the probes, without any right,
 * with its descriptors from 3 on: a control socket (SOCK_SEQPACKET) first,
 * then taps.  Its settings are arguments.  When it is ready it sends one byte
 * on the control socket; when the socket closes, it ends.  probes/control.h
 * is the other side of this.
 */
#ifndef LAB_RUN_PROCESS_H
#define LAB_RUN_PROCESS_H

#include "lab/base/err.h"
#include "lab/net/net.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process_set;

/**
 * process_start() - start everything that @net's topology asks for
 * @seed:	for the wires
 *
 * Returns when all are ready: relays and forwards listen, wires carry.
 *
 * Errors:	ERR_HOST: what is not installed, with the package's name;
 *		ERR_INPUT: an address that cannot be listened at
 */
int process_start(struct process_set **ret, const struct net *net,
		  const char *libexec, uint64_t seed, struct err *e);

/* NULL when all live; else what died, in words. */
const char *process_check(struct process_set *p);

/**
 * process_pause() - let relays and user-mode networks stand still
 * @on:	false: let them go on
 *
 * Returns when they do.  Wires carry on.
 *
 * Returns: 0; or EOPNOTSUPP, when the topology has none
 */
int process_pause(struct process_set *p, bool on, struct err *e);

/* Wait until none of them has anything to do, for at most 100 ms: one that has
 * then spins, or the machine has no time for it.  Returns: has none? */
bool process_await_rest(const struct process_set *p);

/* The relays of a node end, as docker-proxy does when its container loses its
 * network. */
void process_end_relays(struct process_set *p, const char *node);

/* Start again what has ended so.  Errors: as process_start() */
int process_begin_relays(struct process_set *p, const char *node,
			 struct err *e);

void process_stop(struct process_set *p);

#endif
