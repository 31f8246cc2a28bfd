/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * casting - who plays the server of a workload with `exec:`, and what the
 * parameters of both programs are, in one variant of a topology.
 *
 * How it works.  A parameter of a workload is an axis like those of a
 * topology: the variant of the topology notes its value.  Workloads of one
 * family can play with each other: `FAMILY-server=NAME` takes the server of
 * the workload FAMILY-NAME, the workload's own partner.
 */
#ifndef LAB_SPEC_CASTING_H
#define LAB_SPEC_CASTING_H

#include "lab/spec/topology.h"
#include "lab/spec/workload.h"

/* Is @name a parameter of @w or of its partners? */
bool casting_knows(const struct workload *w, const char *name);

/* Is @name "FAMILY-server" for the family of @w? */
bool casting_is_server(const struct workload *w, const char *name);

/* The workload whose server plays, of @w or its partners; NULL: it has no
 * partner of that name (casting_check() says so). */
const struct workload *casting_server(const struct workload *w,
				      const struct topology *t);

/* Has one client of @w all trials that follow each other, and is told when the
 * next begins?  That is its parameter client-lifetime. */
bool casting_client_stays(const struct workload *w, const struct topology *t);

/**
 * casting_params() - what the parameters of one program are
 * @of:		whose program it is: @w, or what casting_server() returned
 * @ret:	of struct spec_pair; ended with casting_params_done()
 */
int casting_params(const struct workload *of, const struct topology *t,
		   struct spec_list *ret, struct err *e);
void casting_params_done(struct spec_list *params);

/**
 * casting_check() - can @w be played in that variant?
 * @name:	of a parameter that is varied
 *
 * Errors:	ERR_INPUT: no such parameter, value or server
 */
int casting_check(const struct workload *w, const struct topology *t,
		  const char *name, struct err *e);

#endif
