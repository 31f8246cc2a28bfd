/* SPDX-License-Identifier: GPL-2.0-or-later */
/* topology-tables - the fields of a topology's parts.  Private to spec/. */
#ifndef LAB_SPEC_TOPOLOGY_TABLES_H
#define LAB_SPEC_TOPOLOGY_TABLES_H

#include "lab/spec/topology.h"

extern const struct spec_table topology_node_table;	  /* topology_node */
extern const struct spec_table topology_interface_table;  /* interface */
extern const struct spec_table topology_link_table;	  /* link */
extern const struct spec_table topology_impairment_table; /* impairment */

/* Make .there and .back of what was said. */
void link_complete(struct link *l);

#endif
