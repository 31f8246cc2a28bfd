/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kind - is a YAML file a topology, a workload or a plan?  Told by its content.
 */
#ifndef LAB_CMD_KIND_H
#define LAB_CMD_KIND_H

enum file_kind {
	KIND_UNKNOWN,  /* valid YAML, but none of them */
	KIND_TOPOLOGY, /* a mapping with `nodes` */
	KIND_WORKLOAD, /* a mapping whose `client` and `server` are lists */
	KIND_PLAN,     /* a mapping with `topologies` and `workloads` */
	KIND_BROKEN,   /* cannot be read, or is no YAML */
};

enum file_kind kind_of(const char *path);

#endif
