/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * param - a property of a topology, varied from the command line; each
 * combination of values is a topology of its own, and so an axis of the
 * matrix.
 *
 * How it works.  A parameter is applied to a topology that was just read,
 * before anything is built: `cpus=1` sets the processors of the nodes in which
 * the two programs run, `mtu=1400` of every interface, `delay=2ms` of every
 * wire (and makes wires of the cables between machines where there is none),
 * `sysctl:K=V` of every node, `NODE.sysctl:K=V` of one, and so on; the table in
 * param.c is also the help.
 */
#ifndef LAB_SPEC_PARAM_H
#define LAB_SPEC_PARAM_H

#include "lab/base/err.h"
#include "lab/spec/topology.h"

#include <stdbool.h>

struct param_info {
	const char *name;  /* "cpus"; "sysctl:" and "nf_conntrack_" are the
			    * beginnings of names */
	const char *value; /* "N", "TIME", "KEY=VALUE" after a beginning */
	const char *help;
	bool prefix;  /* .name is a beginning */
	bool of_node; /* "NODE.NAME" restricts it to one node */
};
extern const struct param_info param_infos[]; /* ends with .name == NULL */

/**
 * param_apply() - change @t, and note it in @t->params
 *
 * After all parameters are applied, param_check() has to follow.
 *
 * Errors:	ERR_INPUT: unknown name ("did you mean"), a value that does not
 *		fit, or a topology that has nothing of that kind (delay on one
 *		machine), which would be an axis without effect
 */
int param_apply(struct topology *t, const char *name, const char *value,
		struct err *e);

/* Note in @t->params that @name has @value, and nothing else: for a parameter
 * that is none of the topology's, but of the workloads that run in it. */
int param_note(struct topology *t, const char *name, const char *value,
	       struct err *e);

/* What was noted of @name, or NULL; the caller frees it. */
char *param_value(const struct topology *t, const char *name);

/* Is @t still without a contradiction?  Errors: ERR_INPUT: the first one. */
int param_check(const struct topology *t, struct err *e);

/* Add the topology's name and its parameters: "host-pair cpus=1 mtu=1400". */
void param_label(const struct topology *t, struct text *out);

/* One axis: "cpus=1,2" -> cpus with two values.  .text is owned. */
struct param_axis {
	char *text;
	const char *name;
	const char **values;
	size_t n;
};
int param_axis_parse(const char *text, struct param_axis *ret, struct err *e);
void param_axis_done(struct param_axis *a);

#endif
