/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tc - what netem does to frames, as tc(8) is told. */
#ifndef LAB_CMD_TC_H
#define LAB_CMD_TC_H

#include "lab/base/text.h"
#include "lab/spec/topology.h"

/* Add "netem limit 1000 delay 2ms loss 0.5%". */
void tc_add_netem(struct text *out, const struct impairment *m);

#endif
