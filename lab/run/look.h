/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * look - write down the sockets of a trial, in every node: at each hold, and
 * when both programs are through.
 */
#ifndef LAB_RUN_LOOK_H
#define LAB_RUN_LOOK_H

#include "lab/base/err.h"
#include "lab/net/sockdiag.h"
#include "lab/spec/workload.h"
#include "lab/store/socket.h"

#include <stdint.h>

struct lab;

enum { LOOK_AFTER = -1 }; /* in the place of a hold's number */

struct look_socket {
	enum store_role role;
	uint16_t node;
	struct sockdiag_socket socket;
};

/* What was seen at one point of one trial. */
struct look {
	int64_t hold; /* number of the hold, or LOOK_AFTER */
	int64_t time_ns;
	struct look_socket *sockets;
	size_t n, cap;
};

/* Those of the trial under way; zeroed is empty. */
struct look_list {
	struct look *items;
	size_t n, cap;
};
void look_list_done(struct look_list *l);

/**
 * look_at() - look at the sockets of the trial, and add that to .looks of @lab
 * @hold:	number of the hold, or LOOK_AFTER
 *
 * The trial is alone in its batch.  When it is over, the sockets that were
 * destroyed are told apart, too (deaths_await()).  Waits until nothing is under
 * way between the sockets, but not for long: a connection that cannot get on is
 * shown as it is.
 *
 * Errors:	ERR_SYSTEM
 */
int look_at(struct lab *lab, int64_t hold, struct err *e);

/* Store what was seen of the trial, which is @row there. */
int look_store(const struct lab *lab, const struct workload *w,
	       struct store *store, int64_t row, struct err *e);

#endif
