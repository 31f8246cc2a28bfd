/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * course - the course of a trial: who is in it, and what happened between them
 * in the order of time.
 *
 * How it works.  A connection's legs, in the order in which its SYN came by,
 * are its way; each node on it is a lane, and where one connection ends in a
 * relay and the next begins there, theirs is one lane.  Between two lanes a
 * segment is an arrow: it was sent where the first of them saw it, and arrived
 * if the second did.
 */
#ifndef LAB_CMD_COURSE_H
#define LAB_CMD_COURSE_H

#include "lab/cmd/trial-view.h"
#include "lab/report/ladder.h"

struct course {
	char *lanes[LADDER_LANES_MAX];
	size_t n_lanes;
	struct ladder_event *events; /* since the first segment */
	char **texts;		     /* of the events, in no order */
	size_t n;
	size_t connections; /* that are in it, of the view */
};

/**
 * course_make() - the course that begins with a connection
 * @first:	its place in @v; those that lead on from it follow in the view
 * @calls:	also show what the programs did
 */
int course_make(const struct trial_view *v, size_t first, bool calls,
		struct course *ret, struct err *e);
void course_done(struct course *c);
#define own_course OWN(course_done)

/* Does connection @next carry on what ends in a relay with @c? */
bool course_leads_on(const struct stored_connection *c,
		     const struct stored_connection *next);

#endif
