/* SPDX-License-Identifier: GPL-2.0-or-later */
/* statement - the prepared statements of a store, for its parts only. */
#ifndef LAB_STORE_STATEMENT_H
#define LAB_STORE_STATEMENT_H

#include "lab/base/ip.h"
#include "lab/store/db.h"
#include "lab/store/store.h"

/* One row each in store.c. */
enum statement {
	PUT_RUN,
	PUT_TOPOLOGY,
	PUT_WORKLOAD,
	PUT_CELL,
	PUT_SYSCTL,
	PUT_TRIAL,
	PUT_CONNECTION,
	PUT_RESET,
	PUT_SIGHTING,
	PUT_CAUSE,
	PUT_FRAME,
	PUT_BOOKS,
	PUT_LOOK,
	PUT_SOCKET,
	PUT_DESTROYED,
	PUT_GROWTH,
	PUT_PROGRAM,
	PUT_SOURCE,
	PUT_MISMATCH,
	PUT_OBSERVED,
	END_RUN,
	BEGIN,
	COMMIT,
	STATEMENTS
};

/* The statement, ready for its parameters. */
struct db_row store_row(struct store *s, enum statement id);

/* Its next two parameters: address and port.  @room: IP_TEXT_MAX bytes,
 * borrowed until the statement has run */
void store_bind_endpoint(struct db_row *row, const struct ip_endpoint *ep,
			 char *room);

/* Run an INSERT in the open transaction.  Returns: the row's id, or < 0. */
int64_t store_insert(struct store *s, struct db_row *row, struct err *e);

#endif
