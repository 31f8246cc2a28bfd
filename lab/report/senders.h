/* SPDX-License-Identifier: GPL-2.0-or-later */
/* senders - who sent the RSTs, over all topologies, so that it fits a screen.
 */
#ifndef LAB_REPORT_SENDERS_H
#define LAB_REPORT_SENDERS_H

#include "lab/base/text.h"
#include "lab/cause/cause.h"
#include "lab/flow/ending.h"
#include "lab/store/summary.h"

#include <stdbool.h>
#include <stdint.h>

/* First RSTs alike in all but the topology. */
struct sender_group {
	const struct summary_sender *like; /* one of them */
	struct text who;		   /* "client", "middle (proxy)" */
	struct text why;		   /* "close-unread (certain)" */
	struct text where;		   /* "all 7 topologies, 50 each" */
	uint64_t connections, echoes;
};

struct senders {
	struct sender_group *groups; /* client, server, middle; most first */
	size_t n;
	uint64_t echoes; /* of all */
	/* what needs explaining */
	bool has_form[FORMS], has_ending[ENDINGS], has_cause[CAUSES];
};

/* Errors: out of memory only. */
int senders_init(struct senders *g, const struct summary *s, struct err *e);
void senders_done(struct senders *g);
#define own_senders OWN(senders_done)

/* Of a run without any group: were there resets all the same, of which only
 * the kernel's counters tell? */
bool senders_unseen(const struct summary *s);

/* Why there are no groups: "nobody: no connection was reset", or that nothing
 * was captured of those that were.  Words without a capital or a full stop. */
const char *senders_none(const struct summary *s);

/* What an RST of that form says: "RST,ACK with a window: ...". */
const char *senders_form_says(enum reset_form form);

#endif
