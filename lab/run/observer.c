/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  A capture slows down every frame of its namespace as long as
 * it is open, also between the trials that it is for, so the silent trials get
 * namespaces of their own.  What both arms do alike: each trial stands alone,
 * and ends when no socket can send any more, for the counters to be its own.
 */
#include "lab/run/observer.h"

int observer_open(struct observer *o, const struct run_request *q,
		  const struct lab_options *measured, struct err *e)
{
	int r;

	o->options = *measured;
	o->options.capture = false;
	o->context.cells = calloc(q->n_topologies * q->n_workloads,
				  sizeof(*o->context.cells));
	if (!o->context.cells)
		return err_errno(e, "cells");
	r = lab_open(q->topologies, q->n_topologies, &o->options, &o->labs, e);
	if (r == 0)
		o->n_labs = q->n_topologies;
	return r;
}

void observer_share(struct observer *o, const struct batch_context *run)
{
	struct batch_context *c = &o->context;

	c->labs = &o->options;
	c->events = run->events;
	c->id = run->id;
	c->limit = run->limit;
	c->collector = run->collector;
	c->store = run->store;
	c->silent = c->compared = true;
}

void observer_done(struct observer *o)
{
	lab_close(o->labs, o->n_labs);
	batch_context_done(&o->context);
	free(o->context.cells);
}
