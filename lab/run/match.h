/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * match - which trial made a connection, and who are its two sides?  Pure.
 *
 * How it works.  Between client and server there may be a relay or a user-mode
 * network: then a trial has two connections, the client's own and the one that
 * leads on to the server.  The client's is known by the endpoint that the
 * client's probe reports, the server's by the peer that the server's probe
 * accepted.  Where a port was used twice in a batch, time decides, and it does
 * where neither probe can tell: a relay was refused by a server that does not
 * listen, a second connection was made.  Only connections to one of the
 * addresses that the topology is about are taken in that way; the rest are
 * strays.
 */
#ifndef LAB_RUN_MATCH_H
#define LAB_RUN_MATCH_H

#include "lab/flow/flow.h"
#include "probes/protocol.h"

struct match_place {
	uint16_t client_node, server_node; /* where the two programs run */
	struct ip_endpoint connect;	   /* what the client dials */
	bool by_name; /* it dials localhost, whichever address that is */
	struct ip_endpoint listen;	  /* may be 0.0.0.0 or :: */
	const struct ip_endpoint *beyond; /* where relays and the like lead */
	size_t n_beyond;
};

/* What both probes told of one trial; NULL: nothing. */
struct match_trial {
	const struct probe_result *app[SIDES];
	/* It was told to begin at .begin_ns, when the one before was over:
	 * what was dialled earlier is not its own. */
	bool in_turn;
};

/* From the first step of either side to the last; of a trial that nobody told
 * of: now, and 0. */
void match_trial_time(const struct match_trial *told, int64_t *ret_begin,
		      int64_t *ret_duration);

struct match {
	int trial; /* place in the list, or -1: a stray */
	/* Is this side the program of that name, or something that stands
	 * between the two? */
	bool program[SIDES];
};

/* @trials:	in the order in which they ran */
struct match match_connection(const struct match_place *p,
			      const struct match_trial *trials, size_t n,
			      const struct connection *c);

#endif
