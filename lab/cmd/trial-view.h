/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trial-view - a stored trial with its packets at every point. */
#ifndef LAB_CMD_TRIAL_VIEW_H
#define LAB_CMD_TRIAL_VIEW_H

#include "lab/cmd/address.h"
#include "lab/flow/transcript.h"

/* Of a trial with more the first that were reset are looked at, then the
 * first. */
enum { VIEW_CONNECTIONS_MAX = 8 };

struct view_point {
	const struct stored_leg *leg;
	struct transcript *t;
	char *cut; /* what is wrong with the end of the file, or NULL */
};

struct view_connection {
	const struct stored_connection *c;
	struct view_point *points; /* one per leg */
	size_t n;
};

struct trial_view {
	struct stored_trial trial;
	struct view_connection *connections;
	size_t n;
};

/**
 * trial_view_read() - read the trial that @at names
 * @word:	by which the user named it, for messages
 * @all:	however many connections it has
 *
 * Errors:	ERR_EMPTY: there is no such trial, or no captures of it
 */
int trial_view_read(const struct address *at, const char *word, bool all,
		    struct trial_view *ret, struct err *e);
void trial_view_done(struct trial_view *v);
#define own_trial_view OWN(trial_view_done)

/* The reset that was seen at @leg at that time, or NULL. */
const struct stored_reset *trial_view_reset(const struct stored_connection *c,
					    const struct stored_leg *leg,
					    int64_t time_ns);

/* The one that ended the connection, or NULL. */
const struct stored_reset *
trial_view_first_reset(const struct stored_connection *c);

#endif
