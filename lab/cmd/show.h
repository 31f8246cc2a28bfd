/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show - a topology, a workload or a cause in text. */
#ifndef LAB_CMD_SHOW_H
#define LAB_CMD_SHOW_H

#include "lab/cause/cause.h"
#include "lab/spec/topology.h"
#include "lab/spec/workload.h"

#include <stdio.h>

/* Nodes with their interfaces, addresses, routes, sysctls and rules. */
void show_topology(const struct topology *t, FILE *out);

/* Both scripts side by side, each sync on one line. */
void show_workload(const struct workload *w, FILE *out);

/* The help page of a cause. */
void show_cause(const struct cause_info *c, FILE *out);

/* All of them: docs/causes.md. */
void show_causes_markdown(FILE *out);

#endif
