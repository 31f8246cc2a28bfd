/* SPDX-License-Identifier: GPL-2.0-or-later */
/* param-parts - what the files of param have between them. */
#ifndef LAB_SPEC_PARAM_PARTS_H
#define LAB_SPEC_PARAM_PARTS_H

#include "lab/base/err.h"
#include "lab/spec/topology.h"

/* What is to be changed. */
struct param_change {
	struct topology *t;
	struct topology_node *node; /* only this one; NULL: all */
	const char *key; /* what follows a beginning, else the name */
	const char *value;
};

/* "topology 'host' @what", "mtu must be @form, not '9'". */
int param_refuse(const struct param_change *c, struct err *e, const char *what);
int param_must_be(const struct param_change *c, const char *form,
		  struct err *e);

/* The addresses between which the two programs talk. */
int param_apply_family(const struct param_change *c, struct err *e);
int param_apply_port(const struct param_change *c, struct err *e);
int param_apply_localhost(const struct param_change *c, struct err *e);

/* What happens to frames between machines, in both directions. */
int param_apply_wire(const struct param_change *c, struct err *e);

#endif
