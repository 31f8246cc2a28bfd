/* SPDX-License-Identifier: GPL-2.0-or-later */
/* annotate - what a capture file says of the RSTs of a connection. */
#ifndef LAB_RUN_ANNOTATE_H
#define LAB_RUN_ANNOTATE_H

#include "lab/run/recorder.h"
#include "lab/store/store.h"

struct annotation {
	const struct connection *connection;
	const struct verdict *verdict; /* NULL: it was not reset */
	const char *frames; /* of HTTP/2 that were unread or late, or NULL */
	const struct store_names *names;
	const struct topology *topology;
	const char *run;
	const char *workload; /* NULL: it is of no trial */
	uint32_t trial;
};

/* Tell @rec, which may be NULL: nothing is recorded then. */
int annotate_connection(struct recorder *rec, const struct annotation *a,
			struct err *e);

#endif
