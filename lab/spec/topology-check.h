/* SPDX-License-Identifier: GPL-2.0-or-later */
/* topology-check - what the parts of a topology must be to one another. */
#ifndef LAB_SPEC_TOPOLOGY_CHECK_H
#define LAB_SPEC_TOPOLOGY_CHECK_H

#include "lab/spec/topology.h"

/* Add every contradiction in @t to @d.  Parts that could not be read are
 * NULL in @t and are passed over: they have been reported. */
void topology_check(const struct topology *t, struct spec_diags *d);

#endif
