/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify - a topology as a lab and as containers of an engine, side by side.
 *
 * verify_stage() is done on the machine, verify_compare() in private
 * namespaces: the lab is built there, and the containers' namespaces are
 * entered by their descriptors.
 */
#ifndef LAB_FIDELITY_VERIFY_H
#define LAB_FIDELITY_VERIFY_H

#include "lab/base/err.h"
#include "lab/fidelity/behaviour.h"
#include "lab/fidelity/engine.h"
#include "lab/fidelity/facts.h"
#include "lab/fidelity/setup.h"
#include "lab/spec/workload.h"

struct verify {
	struct topology *topology;
	struct setup setup;
	const struct workload *workloads;
	size_t n_workloads;
	uint32_t trials; /* of each workload */
	const char *libexec;
	int remote;	/* namespace of the machine beyond the host, or -1 */
	bool stands_in; /* the host dials in the place of a remote client */
	/* by verify_stage() */
	int *netns;    /* by node; -1: not there */
	uint16_t port; /* of the host, that was published; or 0 */
};

/**
 * verify_plan() - what has to be started, and who plays which part
 *
 * A remote client of a published port can be replaced by the host itself,
 * which dials its own address: the destination is rewritten all the same.
 *
 * Errors:	ERR_EMPTY as setup_of(); ERR_HOST when a remote machine is
 *		needed and .remote is -1
 */
int verify_plan(struct verify *v, enum engine_kind engine, struct err *e);

/* Start the containers and open their namespaces.  Ended with verify_done(),
 * and engine_remove(). */
int verify_stage(struct verify *v, struct engine *g, struct err *e);
void verify_done(struct verify *v);

struct verdict {
	struct behaviour *lab, *real; /* by workload */
	struct facts lab_facts, real_facts;
	struct differences differences; /* borrow from the facts */
	size_t differing;		/* workloads */
};

/* Build the lab, look at both, play in both. */
int verify_compare(const struct verify *v, struct verdict *ret, struct err *e);
void verdict_done(struct verdict *v);
#define own_verdict OWN(verdict_done)

#endif
