/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * side - the two ends of a connection.  Who sends the SYN is the client, who
 * answers it the server: so for the programs that play them, for what the
 * wire shows of them, and for what is stored.  Arrays of SIDES are indexed by
 * it.
 */
#ifndef LAB_BASE_SIDE_H
#define LAB_BASE_SIDE_H

enum side { SIDE_CLIENT, SIDE_SERVER };

enum { SIDES = 2 };

extern const char *const side_names[SIDES]; /* "client", "server" */

static inline enum side side_other(enum side side)
{
	return side == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
}

#endif
