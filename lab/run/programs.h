/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * programs - the driver of workloads with `exec:`: programs of the user as
 * client and server.
 *
 * How it works.  The server is started, for each trial or once for all that
 * follow each other in a lab, and is ready when sock_diag shows its listening
 * socket in its node.  Then the client runs, one process for each trial.  When
 * it has ended, the server gets some time to close its connections; a server
 * of one trial is then asked to end (SIGTERM), and made to.  Each program has
 * an init and a PID namespace of its own, so whatever it forks ends with it.
 *
 * One trial is played at a time: its connections are those that were made
 * meanwhile to the addresses that the topology is about.  A client that has
 * many trials is told of the next as soon as nobody holds a connection of the
 * last one; what a run of them left in the rings is analysed after it.
 */
#ifndef LAB_RUN_PROGRAMS_H
#define LAB_RUN_PROGRAMS_H

#include "lab/run/driver.h"

/* What a lab keeps of them between two trials. */
struct programs;
void programs_free(struct programs *p); /* ends what runs; NULL is fine */

/* Another workload is next in the lab: end a server that lives on. */
void programs_yield(struct lab *lab);

/* Between two trials: end the TIME-WAITs at the server's address, for which all
 * that could still come was awaited.  A server that closed first and does not
 * set SO_REUSEADDR could not listen for a minute (RFC 9293 3.6.1). */
int programs_clear_address(const struct lab *lab, struct err *e);

extern const struct driver driver_programs;

#endif
