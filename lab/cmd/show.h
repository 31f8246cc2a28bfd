/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show - a topology or a workload drawn in text. */
#ifndef LAB_CMD_SHOW_H
#define LAB_CMD_SHOW_H

#include "lab/spec/topology.h"
#include "lab/spec/workload.h"

#include <stdio.h>

/* Nodes with their interfaces, addresses, routes, sysctls and rules. */
void show_topology(const struct topology *t, FILE *out);

/* Both scripts side by side, each sync on one line. */
void show_workload(const struct workload *w, FILE *out);

#endif
